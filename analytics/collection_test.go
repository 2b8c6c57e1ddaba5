package analytics

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
)

const (
	alice   = "alice@contoso.com"
	homeIP  = "192.0.2.20"
	thief   = "203.0.113.77"
	browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	python  = "python-requests/2.31.0"
	outlook = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"
	phone   = "Outlook-iOS/2.0"

	officeID = "d3590ed6-52b3-4102-aeff-aad2292ab01c"
	mobileID = "27922004-5251-4030-b22d-91ecd9a37ea4"
	rogueID  = "5e1f0000-0000-4000-8000-000000000666"
	backupID = "5e1f0000-0000-4000-8000-000000000bac"
)

// signsIn is a successful cloud sign-in.
func (s *scene) signsIn(a act) *scene {
	a.outcome, a.source, a.service = event.Success, event.Entra, event.M365
	return s.add(a)
}

// reads is access to mail as in the audit log.
func (s *scene) reads(a act) *scene {
	a.outcome, a.action = event.Success, event.MailAccess
	if a.source == event.SourceUnknown {
		a.source, a.service = event.UAL, event.M365
	}
	if a.access == event.AccessNone {
		a.access = event.Bind
	}
	if a.operation == "" {
		a.operation = "MailItemsAccessed"
	}
	return s.add(a)
}

// does is a change as in the audit log.
func (s *scene) does(action event.Action, operation string, a act) *scene {
	a.outcome, a.action, a.operation = event.Success, action, operation
	if a.source == event.SourceUnknown {
		a.source, a.service = event.UAL, event.M365
	}
	return s.add(a)
}

// lives adds ordinary activity of an account on the given number of days before
// midnight: five sign-ins a day at the office and some mail. The baseline is
// mature after four days.
func (s *scene) lives(user string, days int) *scene {
	for d := -days; d < 0; d++ {
		for _, h := range []int{8, 10, 12, 14, 16} {
			at := time.Duration(d)*24*time.Hour + time.Duration(h)*time.Hour
			s.signsIn(act{at: at, ip: homeIP, user: user, agent: browser, app: officeID, country: "NL", device: "laptop-1", past: true})
			s.reads(act{at: at + 5*time.Minute, ip: homeIP, user: user, agent: outlook, app: officeID, items: 10, past: true})
		}
	}
	return s
}

// summary sums an incident up, as far as no order may change it.
func summary(a *alert.Alert) string {
	codes := make([]string, 0, len(a.Signals))
	for _, s := range a.Signals {
		codes = append(codes, s.Code)
	}
	slices.Sort(codes)
	return fmt.Sprintf("%s %s %s %s %s from %s, %d mailboxes, %d items", a.Rule.ID, a.Subject, a.Class, a.Severity,
		strings.Join(slices.Compact(codes), " "), a.Source, a.Counts.Mailboxes, a.Counts.Items)
}

func summaries(all map[string]*alert.Alert) string {
	var list []string
	for _, a := range all {
		list = append(list, summary(a))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// only is the one incident of AN0131, with the signals that it must have.
func only(t *testing.T, all map[string]*alert.Alert, class string, severity alert.Severity, codes ...string) *alert.Alert {
	t.Helper()
	got := byRule(all, "AN0131")
	if len(got) != 1 {
		t.Fatalf("%d incidents, want 1:\n%s", len(got), summaries(all))
	}
	a := got[0]
	check(t, a, class, severity)
	for _, code := range codes {
		if !slices.ContainsFunc(a.Signals, func(s alert.Signal) bool { return s.Code == code }) {
			t.Errorf("no signal %s in %s", code, summary(a))
		}
	}
	return a
}
