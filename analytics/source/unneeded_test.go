package source

import (
	"strings"
	"testing"

	"redshank/analytics/event"
)

const trackingHead = "#Software: Microsoft Exchange Server\n#Version: 15.02.0986.005\n#Log-type: Message Tracking Log\n#Date: 2026-03-10T10:00:00.000Z\n#Fields: date-time,client-ip,client-hostname,server-ip"

// TestUnneededLogs ignores the rows of logs that no analytic needs, counts them, and reads
// what follows in the same stream.
func TestUnneededLogs(t *testing.T) {
	set, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	set.Track()
	events := 0
	read := func(text string) {
		for line := range strings.SplitSeq(text, "\n") {
			set.Decode("exchange", tailed(line), func(*event.Event) { events++ })
		}
	}
	row := "2026-03-10T10:00:00.000Z,203.0.113.7,mail.example.net,10.0.0.5"
	read(trackingHead + "\n" + row + "\n" + row)
	if list := set.Unneeded(); len(list) != 1 || list[0] != (Unneeded{"message tracking", 2}) || len(set.Unread()) != 0 || events != 0 {
		t.Errorf("%v, %+v, %d events", list, set.Unread(), events)
	}
	restarted, _ := New(Auto, testContent)
	set.Changes(func(key, value []byte) {
		if err := restarted.Restore(key, value); err != nil {
			t.Error(err)
		}
	})
	restarted.Decode("exchange", tailed(row), func(*event.Event) {})
	if len(restarted.Unneeded()) != 1 || len(restarted.Unread()) != 0 {
		t.Errorf("after a restart: %v, %+v", restarted.Unneeded(), restarted.Unread())
	}
	read("#Software: Microsoft Internet Information Services 10.0\n" + shapeIIS)
	if events != 1 {
		t.Errorf("%d events of the log behind", events)
	}
}

// TestNCSA reads lines in the common and the combined format.
func TestNCSA(t *testing.T) {
	for line, want := range map[string]string{
		`203.0.113.7 - alice@contoso.com [10/Mar/2026:12:00:00 +0200] "POST /EWS/Exchange.asmx HTTP/1.1" 401 1293`:                                                     "sign_in alice@contoso.com 203.0.113.7 " + shapeAt + " failure other",
		`203.0.113.7 - alice@contoso.com [10/Mar/2026:10:00:00 +0000] "POST /EWS/Exchange.asmx?a=[ HTTP/1.1" 401 0 "https://x/\"[" "curl/8.1 (a \"b\")" "203.0.113.9"`: "sign_in alice@contoso.com 203.0.113.7 " + shapeAt + " failure other",
		`2001:db8::7 - alice@contoso.com [10/Mar/2026:10:00:00 +0000] "GET /owa/ HTTP/2.0" 200 5 "-" "Mozilla/5.0 (X11)"`:                                              "sign_in alice@contoso.com 2001:db8::7 " + shapeAt + " success ",
		`203.0.113.7 - - [10/Mar/2026:10:00:00 +0000] "OPTIONS /Microsoft-Server-ActiveSync?User=alice@contoso.com&Cmd=Sync HTTP/1.1" 401 0 "-" "x"`:                   "none  203.0.113.7 " + shapeAt + " challenge ",
	} {
		if events, set := readShape(t, line); len(events) != 1 || events[0] != want {
			t.Errorf("%s: %q, want %s; %+v", line, events, want, set.Unread())
		}
	}
	for line, outcome := range map[string]Outcome{
		`203.0.113.7 - - [10/Mar/2026:10:00:00 +0000] "GET /index.html HTTP/1.1" 200 5 "-" "x"`: Ignored,
		`203.0.113.7 - - [10/Mar/2026:10:00:00 +0000] "\x16\x03\x01" 400 0 "-" "-"`:             Malformed,
		`203.0.113.7 - - [10/Xxx/2026:10:00:00 +0000] "GET /owa/ HTTP/1.1" 200 5`:               Malformed,
		`203.0.113.7 - - [10/Mar/2026:10:00:00 +0000] "`:                                        Malformed,
	} {
		events, set := readShape(t, line)
		if counts := set.Counts(); len(events) != 0 || counts[event.IIS][outcome] != 1 {
			t.Errorf("%s: %q, %v", line, events, counts[event.IIS])
		}
	}
}

// TestLineKind names lines that no format reads and says what to do about them.
func TestLineKind(t *testing.T) {
	for line, want := range map[string]string{
		`203.0.113.7, CONTOSO\alice, 3/10/2026, 10:00:00, W3SVC1, EX1, 10.0.0.5, 15, 163, 3223, 401, 1326, POST, /EWS/Exchange.asmx, -,`:                  "select W3C",
		"2\x000\x002\x006\x00-\x000\x003\x00-\x001\x000\x00":                                                                                              "UTF-16",
		`<Event MailboxGuid="a" LastAccessed="b" Operation="MessageBind" />`:                                                                              "Search-MailboxAuditLog",
		"2026-03-10T10:00:00Z CEF:0|MCAS|SIEM_Agent|0.1|EVENT_CATEGORY_LOGIN|Log on|0|suser=alice@contoso.com":                                            "CEF of MCAS SIEM_Agent",
		"<13>Mar 10 10:00:00 e LEEF:1.0|Microsoft|Windows|10|4625|usrName=alice@contoso.com\tsrc=203.0.113.7":                                             "LEEF, which",
		"<13>Mar 10 10:00:00 e Microsoft-Windows-Security-Auditing[7]: Fehler beim Anmelden eines Kontos.":                                                "a rendered Windows event",
		`<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0"><MS><S N="AuditData">alice</S></MS></Obj></Objs>`: "PowerShell's Export-Clixml",
		"nothing that is known": "line of 4 words",
	} {
		_, set := readShape(t, line)
		if unread := set.Unread(); len(unread) != 1 || !strings.Contains(unread[0].Shape, want) {
			t.Errorf("%s: %+v", line, unread)
		}
	}
}
