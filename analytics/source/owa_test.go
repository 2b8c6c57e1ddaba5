package source

import (
	"fmt"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// The requests of a browser around a forms login, from outside with edge.
func form(at, user string) string {
	return formFrom(at, user, "https://mail.contoso.com/owa/auth/logon.aspx?url=x")
}

func formFrom(at, user, referer string) string {
	return iisLine(at, "POST", "/owa/auth.owa", "&cafeReqId=id-"+at+";", user, outside, edge, referer, "302 0 0")
}

func page(at, reason string) string {
	return iisLine(at, "GET", "/owa/auth/logon.aspx", "replaceCurrent=1&reason="+reason+"&url=https%3a%2f%2fmail", "-", outside, edge, "-", "200 0 0")
}

func inbox(at, user string) string {
	return iisLine(at, "GET", "/owa/", "-", user, outside, edge, "https://mail.contoso.com/owa/auth/logon.aspx?url=x", "200 0 0")
}

func other(at string) string {
	return iisLine(at, "GET", "/", "-", "-", "203.0.113.99", edge, "-", "200 0 0")
}

func TestFormsLogins(t *testing.T) {
	at := func(s string) string { return "2026-03-02T" + s + "Z" }
	failed := func(user, s string, reason event.Reason) want {
		return want{outcome: event.Failure, action: event.SignIn, user: user, ip: outside, at: at(s), service: "owa", agent: "Edg/120", op: "auth.owa", reason: reason}
	}
	in := func(user, s string) want {
		return want{outcome: event.Success, action: event.SignIn, user: user, ip: outside, at: at(s), service: "owa"}
	}
	for _, c := range []struct {
		name  string
		lines []string
		want  []want
	}{
		{"wrong password", []string{form("08:00:00", "alice"), page("08:00:01", "2")}, []want{failed("alice", "08:00:00", event.WrongPassword)}},
		{"right password", []string{form("08:00:00", "alice"), inbox("08:00:01", "alice")}, []want{in("alice", "08:00:00"), in("alice", "08:00:01")}},
		{"the account spelt otherwise", []string{form("08:00:00", "alice.smith@contoso.com"), inbox("08:00:01", `CONTOSO\asmith`)},
			[]want{in("alice.smith@contoso.com", "08:00:00"), in(`CONTOSO\asmith`, "08:00:01")}},
		{"another account is no answer", []string{form("08:00:00", "alice"), form("08:00:00", "bob"), inbox("08:00:01", "carol"), other("08:01:02")},
			[]want{in("carol", "08:00:01"), failed("alice", "08:00:00", event.OtherReason), failed("bob", "08:00:00", event.OtherReason)}},
		{"wrong, then right", []string{form("08:00:00", "alice"), page("08:00:01", "2"), form("08:00:09", "alice"), inbox("08:00:10", "alice")},
			[]want{failed("alice", "08:00:00", event.WrongPassword), in("alice", "08:00:09"), in("alice", "08:00:10")}},
		{"the page came from a cache", []string{form("08:00:00", "alice"), formFrom("08:00:09", "alice", "https://m/owa/auth/logon.aspx?reason=2"), inbox("08:00:10", "alice")},
			[]want{failed("alice", "08:00:00", event.WrongPassword), in("alice", "08:00:09"), in("alice", "08:00:10")}},
		{"the page was never asked for", []string{form("08:00:00", "alice"), form("08:00:09", "alice"), inbox("08:00:10", "alice")},
			[]want{in("alice", "08:00:09"), failed("alice", "08:00:00", event.OtherReason), in("alice", "08:00:10")}},
		{"several at a time", []string{form("08:00:00", "alice"), form("08:00:00", "bob"), form("08:00:00", "carol"), page("08:00:01", "2"), inbox("08:00:01", "carol"), page("08:00:01", "2")},
			[]want{failed("alice", "08:00:00", event.WrongPassword), in("carol", "08:00:00"), in("carol", "08:00:01"), failed("bob", "08:00:00", event.WrongPassword)}},
		{"a script does not follow", []string{form("08:00:00", "alice"), form("08:00:01", "bob"), other("08:01:00"), other("08:01:01"), other("08:01:02")},
			[]want{failed("alice", "08:00:00", event.OtherReason), failed("bob", "08:00:01", event.OtherReason)}},
		{"signed out", []string{page("08:00:00", "1"), form("08:00:02", "alice"), page("08:00:03", "3"), page("08:00:04", "4"), page("08:00:05", "0")}, nil},
		{"a picture of the logon page proves nothing", []string{form("08:00:00", "alice"), iisLine("08:00:01", "GET", "/owa/auth/15.1/themes/x.png", "-", "alice", outside, edge, "-", "200 0 0"), page("08:00:01", "2")},
			[]want{failed("alice", "08:00:00", event.WrongPassword)}},
		{"a form is not fetched", []string{iisLine("08:00:00", "GET", "/owa/auth.owa", "-", "alice", outside, edge, "-", "302 0 0"), other("08:02:00")}, nil},
		{"expired password", []string{form("08:00:00", "alice"), iisLine("08:00:01", "GET", "/owa/auth/expiredpassword.aspx", "-", "-", outside, edge, "-", "200 0 0")},
			[]want{{outcome: event.Accepted, user: "alice", reason: event.Expired}}},
		{"another browser's page", []string{form("08:00:00", "alice"), iisLine("08:00:01", "GET", "/owa/auth/logon.aspx", "reason=2", "-", "203.0.113.9", edge, "-", "200 0 0")}, nil},
		{"the server was busy", []string{iisLine("08:00:00", "POST", "/owa/auth.owa", "-", "alice", outside, edge, "-", "503 0 0"), page("08:00:01", "2")}, nil},
		{"a page much later", []string{form("08:00:00", "alice"), page("08:09:00", "2")}, []want{failed("alice", "08:00:00", event.OtherReason)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench()
			emitted := b.lines(append([]string{iisHeader}, c.lines...)...)
			if len(emitted) != len(c.want) {
				t.Fatalf("%d events, want %d: %v", len(emitted), len(c.want), emitted)
			}
			for i := range emitted {
				c.want[i].check(t, &emitted[i])
				if c.want[i].reason != 0 && c.want[i].reason != emitted[i].Reason {
					t.Errorf("reason %s, want %s", emitted[i].Reason, c.want[i].reason)
				}
			}
		})
	}
}

func TestFormsLoginWithLocation(t *testing.T) {
	b := newBench()
	emitted := b.lines(iisHeader+" Location",
		form("08:00:00", "alice")+" /owa/auth/logon.aspx?replaceCurrent=1&reason=2", form("08:00:01", "bob")+" https://mail.contoso.com/owa/")
	if len(emitted) != 2 || emitted[0].Outcome != event.Failure || emitted[1].Outcome != event.Success || emitted[1].Protocol != event.FormsLogin {
		t.Fatalf("%v", emitted)
	}
	if string(emitted[0].ID) != "id-08:00:00" {
		t.Errorf("id %q", emitted[0].ID)
	}
}

// TestFormsLoginWithoutMethod takes no login for a success where the log
// leaves out how the page was asked for.
func TestFormsLoginWithoutMethod(t *testing.T) {
	b := newBench()
	emitted := b.lines("#Fields: date time cs-uri-stem cs-uri-query cs-username c-ip sc-status sc-substatus sc-win32-status",
		"2026-03-02 08:00:00 /owa/auth.owa - alice 198.51.100.7 302 0 0", "2026-03-02 08:00:01 /owa/auth/logon.aspx reason=2 - 198.51.100.7 200 0 0")
	if len(emitted) != 1 || emitted[0].Outcome != event.Failure {
		t.Errorf("%v", emitted)
	}
}

// TestFormsLoginOverMidnight finds the answer in the next file.
func TestFormsLoginOverMidnight(t *testing.T) {
	b := newBench()
	b.lines(iisHeader, form("23:59:59", "alice"))
	b.stream = format.Stream{}
	emitted := b.lines(iisHeader, page("23:59:59", "2"))
	if len(emitted) != 1 || emitted[0].Reason != event.WrongPassword {
		t.Fatalf("%v", emitted)
	}
}

// TestFormsLoginFlood tells every login once, however many are held.
func TestFormsLoginFlood(t *testing.T) {
	const clients, each = 3000, 4
	b := newBench()
	b.lines(iisHeader)
	for i := range clients * each {
		ip := fmt.Sprintf("203.0.%d.%d", i%clients/250, i%clients%250)
		b.line(iisLine("08:00:00", "POST", "/owa/auth.owa", "-", fmt.Sprintf("user%d", i), ip, edge, "-", "302 0 0"))
	}
	if early := len(b.emitted); early < clients*each-8192 {
		t.Errorf("%d logins are held", clients*each-early)
	}
	b.line(other("09:00:00"))
	users := map[string]bool{}
	for _, e := range b.emitted {
		users[string(e.RawUser)] = true
	}
	if len(b.emitted) != clients*each || len(users) != clients*each {
		t.Errorf("%d emitted of %d accounts", len(b.emitted), len(users))
	}
}

func TestOneClientFlood(t *testing.T) {
	b := newBench()
	b.lines(iisHeader)
	for i := range 1000 {
		b.line(form("08:00:00", fmt.Sprintf("user%d", i)))
	}
	b.line(other("08:02:00"))
	if len(b.emitted) != 1000 {
		t.Errorf("%d emitted of 1000", len(b.emitted))
	}
}
