package source

import (
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
)

// TestAuditMessages reads rendered messages of the Security log behind a syslog header,
// which has the local time without the year.
func TestAuditMessages(t *testing.T) {
	oneLine := strings.NewReplacer("\r\n", " ", "\t", " ").Replace(shapeLabels)
	const evtsys, nxlog = " e Security-Auditing: 4625: AUDIT_FAILURE ", " e Microsoft-Windows-Security-Auditing[700]: "
	for name, c := range map[string]struct{ line, now, want string }{
		"evtsys":       {"<13>Mar 10 10:00:00" + evtsys + oneLine, "2026-03-10T10:00:05Z", shapeAt},
		"NXLog":        {"<13>Mar 10 10:00:00" + nxlog + strings.ReplaceAll(shapeLabels, "\r\n", " "), "2026-03-10T10:00:05Z", shapeAt},
		"no priority":  {"Mar 10 10:00:00" + evtsys + oneLine, "2026-03-10T10:00:05Z", shapeAt},
		"another zone": {"<13>Mar 10 12:00:00" + evtsys + oneLine, "2026-03-10T10:00:05Z", shapeAt},
		"New Year":     {"<13>Dec 31 23:59:50" + evtsys + oneLine, "2026-01-01T00:00:05Z", "2025-12-31T23:59:50Z"},
		"leap day":     {"<13>Feb 29 10:00:00" + evtsys + oneLine, "2028-02-29T10:00:05Z", "2028-02-29T10:00:00Z"},
		"ISO 8601":     {"2026-03-10T10:00:00+00:00" + evtsys + oneLine, "2026-03-10T10:00:05Z", shapeAt},
	} {
		set, err := New(Auto, testContent)
		if err != nil {
			t.Fatal(err)
		}
		rec := tailed(c.line)
		if rec.Time, err = time.Parse(time.RFC3339, c.now); err != nil {
			t.Fatal(err)
		}
		got := ""
		set.Decode("audit", rec, func(ev *event.Event) {
			testContent.Normalise(ev)
			got += string(ev.User) + " " + ev.IP.String() + " " + ev.Reason.String() + " " + ev.Time.Format(time.RFC3339)
		})
		if got != "alice@contoso.com 203.0.113.7 wrong_password "+c.want {
			t.Errorf("%s: %q, %+v", name, got, set.Unread())
		}
	}
	for line, outcome := range map[string]Outcome{
		"<13>Mar 10 10:00:00 e Security-Auditing: 4688: AUDIT_SUCCESS A new process has been created.": Ignored,
		"<13>Mar 10 10:00:00" + evtsys + "cut":                                                         Malformed,
	} {
		_, set := readShape(t, line)
		if counts := set.Counts(); counts[event.WinEvent][outcome] != 1 {
			t.Errorf("%s: %v", line, counts[event.WinEvent])
		}
	}
}
