package source

import (
	"fmt"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// dialogue writes the rows of one session.
type dialogue struct {
	session, local, remote string
	rows                   []string
}

func newDialogue() *dialogue {
	return &dialogue{session: "08DA4F7C11473A60", local: "192.0.2.10:25", remote: "198.51.100.7:56026"}
}

func (d *dialogue) row(event, data, context string) *dialogue {
	d.rows = append(d.rows, fmt.Sprintf(`2026-03-02T08:00:%02d.5Z,EX01\Default Frontend EX01,%s,%d,%s,%s,%s,%s,%s`,
		len(d.rows)%60, d.session, len(d.rows), d.local, d.remote, event, data, context))
	return d
}

const (
	deniedText = "Inbound AUTH LOGIN failed because of LogonDenied"
	tarpitText = "Tarpit for '0.00:00:05' due to '535 5.7.3 Authentication unsuccessful'"
	replyText  = "535 5.7.3 Authentication unsuccessful"
)

func (d *dialogue) denied() *dialogue           { return d.row("*", "", deniedText) }
func (d *dialogue) named(user string) *dialogue { return d.row("*", "", "User Name: "+user) }
func (d *dialogue) tarpit() *dialogue           { return d.row("*", tarpitText, "") }
func (d *dialogue) reply() *dialogue            { return d.row(">", replyText, "") }
func (d *dialogue) close() *dialogue            { return d.row("-", "", "Remote") }

// twice repeats every row.
func (d *dialogue) twice() *dialogue {
	var rows []string
	for _, r := range d.rows {
		rows = append(rows, r, r)
	}
	d.rows = rows
	return d
}

func TestSMTPActs(t *testing.T) {
	failed := func(user string) want {
		return want{outcome: event.Failure, action: event.SignIn, user: user, ip: outside, service: "smtp"}
	}
	in := func(user, ip string) want { return want{outcome: event.Success, user: user, ip: ip, service: "smtp"} }
	hub := func() *dialogue {
		d := newDialogue()
		d.local, d.remote = "192.0.2.10:465", "192.0.2.10:21000"
		return d
	}
	passed := func(local string) *dialogue {
		d := newDialogue()
		d.local, d.remote = local, "192.0.2.11:21000"
		return d.row("<", "XPROXY SID=08DA4F7C11473A61 IP=203.0.113.9 PORT=1234 DOMAIN=x CAPABILITIES=0", "")
	}
	six := newDialogue()
	six.remote = "[2001:db8::7]:4711"
	for _, c := range []struct {
		name string
		said *dialogue
		want []want
	}{
		{"all four rows", newDialogue().denied().named("alice").tarpit().reply(), []want{failed("alice")}},
		{"the first twice, no reply", newDialogue().denied().denied().named("alice").close(), []want{failed("alice")}},
		{"the account twice", newDialogue().denied().named("alice").named("alice").reply(), []want{failed("alice")}},
		{"every row twice", newDialogue().denied().named("alice").tarpit().reply().denied().named("bob").reply().close().twice(), []want{failed("alice"), failed("bob")}},
		{"replies only", newDialogue().reply().reply().reply(), []want{failed(""), failed(""), failed("")}},
		{"no account", newDialogue().denied().tarpit().reply(), []want{failed("")}},
		{"no account and no delay", newDialogue().denied().reply().denied().reply(), []want{failed(""), failed("")}},
		{"the session breaks off", newDialogue().denied().close(), []want{failed("")}},
		{"several in one session", newDialogue().denied().named("alice").tarpit().reply().denied().named("bob").tarpit().reply().denied().named("bob").tarpit().reply(),
			[]want{failed("alice"), failed("bob"), failed("bob")}},
		{"no reply between", newDialogue().denied().named("alice").denied().named("bob").denied().named("bob"), []want{failed("alice"), failed("bob"), failed("bob")}},
		{"no such mechanism", newDialogue().row(">", "504 5.7.4 Unrecognized authentication type", ""), []want{failed("")}},
		{"success", newDialogue().row("*", "alice@contoso.com", "authenticated").row(">", "235 2.7.0 Authentication successful", "").close(), []want{in("alice@contoso.com", outside)}},
		{"success emitted twice", newDialogue().row("*", "alice@contoso.com", "authenticated").row("*", "", "Proxy session was successfully set up. Session foralice@contoso.com will now be proxied"),
			[]want{in("alice@contoso.com", outside)}},
		{"success, no space", newDialogue().row("*", "", "Proxy session was successfully set up. Session foralice@contoso.com will now be proxied"), []want{in("alice@contoso.com", outside)}},
		{"failure, then success", newDialogue().denied().named("alice").tarpit().reply().row("*", "alice", "authenticated"), []want{failed("alice"), in("alice", outside)}},
		{"the hub says it again", hub().denied().named("alice").reply().row("*", "alice", "authenticated"), nil},
		{"the hub of another server", passed("192.0.2.10:465").row("*", "alice", "authenticated"), nil},
		{"passed on by a front end", passed("192.0.2.10:25").row("*", "alice", "authenticated"), []want{in("alice", "203.0.113.9")}},
		{"a client at the hub's port", func() *dialogue {
			d := newDialogue()
			d.local = "192.0.2.10:465"
			return d.denied().named("alice").reply()
		}(), []want{failed("alice")}},
		{"IPv6", six.denied().named("alice").reply(), []want{{outcome: event.Failure, user: "alice", ip: "2001:db8::7"}}},
		{"the server's own probe", func() *dialogue { d := newDialogue(); d.remote = "127.0.0.1:1"; return d.denied().named("x").reply() }(), nil},
		{"mail", newDialogue().row("<", "EHLO x", "").row("<", "MAIL FROM:<a@b>", "").row("*", "Tarpit for '0.00:00:05' due to '550 5.7.1 x'", "").row(">", "550 5.7.1 Unable to relay", ""), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench()
			emitted := b.lines(c.said.rows...)
			if b.counts[format.Malformed]+b.counts[format.Unknown] > 0 {
				t.Errorf("%v", b.counts)
			}
			if len(emitted) != len(c.want) {
				t.Fatalf("%d events, want %d: %v", len(emitted), len(c.want), emitted)
			}
			for i := range emitted {
				c.want[i].check(t, &emitted[i])
				if c.want[i].user == "" && len(emitted[i].RawUser) > 0 {
					t.Errorf("user %q, want none", emitted[i].RawUser)
				}
			}
		})
	}
}

// TestSMTPManySessions checks that no failure is lost, regardless of how many sessions
// are open.
func TestSMTPManySessions(t *testing.T) {
	b := newBench()
	for i := range 3 * 4096 {
		d := newDialogue()
		d.session = fmt.Sprintf("%016X", i)
		b.lines(d.denied().named(fmt.Sprint("user", i)).rows...)
	}
	if len(b.emitted) != 3*4096 {
		t.Errorf("%d emitted", len(b.emitted))
	}
}

func TestMixedProtocolsInOneFile(t *testing.T) {
	b := newBench()
	emitted := b.lines(append(newDialogue().denied().rows,
		`2026-03-02T08:00:00.530Z,000000000000000E,2,192.0.2.10:143,198.51.100.8:35070,bob,168,31,31,authenticate,PLAIN,"R=""2 NO AUTHENTICATE failed."";Msg=""AuthFailed:LogonDenied,User: bob"";ErrMsg=AuthFailed:LogonDenied",`,
		newDialogue().denied().named("alice").rows[1])...)
	if len(emitted) != 2 || emitted[0].Source != event.IMAP || string(emitted[1].RawUser) != "alice" {
		t.Errorf("%v", emitted)
	}
}

func FuzzSMTP(f *testing.F) {
	d := newDialogue().denied().named("a").reply()
	f.Add(d.rows[0], d.rows[1], d.rows[2])
	f.Add(newDialogue().row("<", "XPROXY SID=1 IP=", "").rows[0], newDialogue().row("*", `"a`, "authenticated").rows[0], newDialogue().row("*", "", "Proxy session was successfully set up. Session for").rows[0])
	fuzzLines(f)
}
