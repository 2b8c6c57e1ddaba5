package source

import (
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

func mailRow(server, user, command, parameters, context string) string {
	return "2026-03-02T08:00:00.5Z,000000000000000E,2," + server + ",198.51.100.7:35070," + user + ",168,31,31," + command + "," + parameters + "," + context + ","
}

func TestMailboxRows(t *testing.T) {
	const imap, imaps, pop, back = "192.0.2.10:143", "192.0.2.10:993", "192.0.2.10:995", "192.0.2.10:1993"
	const passed = `"R=OK;Msg=""Proxy:EX01.contoso.com:1993:SSL;ProxySuccess"""`
	refused := func(user, service string) *want {
		return &want{outcome: event.Failure, action: event.SignIn, user: user, ip: outside, service: service}
	}
	for _, c := range []struct {
		name, row string
		want      *want
		reason    event.Reason
		items     int
	}{
		{"refused", mailRow(imap, "alice", "authenticate", "PLAIN", `"R=""2 NO AUTHENTICATE failed."";Msg=""AuthFailed:LogonDenied,User: alice"";ErrMsg=AuthFailed:LogonDenied"`), refused("alice", "imap"), event.WrongPassword, 0},
		{"account in the text", mailRow(imap, "", "authenticate", "PLAIN", `"R=""2 NO AUTHENTICATE failed."";Msg=""AuthFailed:LogonDenied,User: CONTOSO\alice"""`), refused(`CONTOSO\alice`, "imap"), event.WrongPassword, 0},
		{"no account", mailRow(imaps, "", "login", " *****", `"R=""a2 NO LOGIN failed."""`), refused("", "imap"), event.WrongPassword, 0},
		{"account in the parameters", mailRow(imaps, "", "login", "bob@contoso.com *****", `"R=""a2 NO LOGIN failed."""`), refused("bob@contoso.com", "imap"), event.WrongPassword, 0},
		{"pop", mailRow(pop, "alice", "pass", "*****", `"R=""-ERR Logon failure: unknown user name or bad password."""`), refused("alice", "pop"), event.WrongPassword, 0},
		{"pop auth", mailRow(pop, "alice", "auth", " PLAIN", `"R=""-ERR Authentication failure: unknown user name or bad password."";ErrMsg=AuthFailed:LogonDenied"`), refused("alice", "pop"), event.WrongPassword, 0},
		{"basic blocked", mailRow(pop, "alice", "pass", "*****", `"R=""-ERR Logon failure: x"";ErrMsg=AuthFailed:LogonDenied-BasicAuthBlocked"`), refused("alice", "pop"), event.PolicyBlocked, 0},
		{"in", mailRow(imaps, "alice", "login", "alice *****", passed), &want{outcome: event.Success, action: event.SignIn, user: "alice", ip: outside}, 0, 0},
		{"in, lower case", mailRow(pop, "alice", "pass", "*****", "R=ok"), &want{outcome: event.Success, user: "alice", service: "pop"}, 0, 0},
		{"the back end says it again", mailRow(back, "alice", "login", "alice *****", "R=OK"), nil, 0, 0},
		{"and again", mailRow(back, "alice", "login", "alice *****", `"R=""a2 NO LOGIN failed."""`), nil, 0, 0},
		{"the account alone", mailRow(pop, "alice", "user", "alice", "R=OK"), nil, 0, 0},
		{"out of order", mailRow(pop, "alice", "pass", "*****", `"R=""-ERR Command is not valid in this state."""`), nil, 0, 0},
		{"fetch", mailRow(back, "alice", "fetch", "1:7 (RFC822)", "R=OK;Rows=7;x=1"), &want{outcome: event.Success, action: event.MailAccess, user: "alice", op: "fetch"}, 0, 7},
		{"uid fetch", mailRow(back, "alice", "uid", "FETCH 1 (FLAGS)", "R=OK;Rows=3"), &want{outcome: event.Success, action: event.MailAccess}, 0, 3},
		{"retr", mailRow("192.0.2.10:1995", "alice", "retr", "1", "R=OK"), &want{outcome: event.Success, action: event.MailAccess, service: "pop"}, 0, 1},
		{"select", mailRow(back, "alice", "select", "INBOX", "R=OK;Rows=4000"), &want{outcome: event.Success, action: event.MailAccess}, 0, 0},
		{"fetch refused", mailRow(back, "alice", "fetch", "1", `"R=""a NO x"""`), nil, 0, 0},
		{"idle", mailRow(back, "alice", "idle", "", "R=OK"), nil, 0, 0},
		{"port of the site's own", mailRow("192.0.2.10:2143", "alice", "pass", "*****", `"R=""-ERR Logon failure: x"""`), refused("alice", "pop"), event.WrongPassword, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench()
			emitted := b.lines(c.row)
			if b.counts[format.Malformed]+b.counts[format.Unknown] > 0 || c.want == nil != (len(emitted) == 0) {
				t.Fatalf("emitted %v, %v", emitted, b.counts)
			}
			if c.want == nil {
				return
			}
			c.want.at = "2026-03-02T08:00:00.5Z"
			c.want.check(t, &emitted[0])
			if emitted[0].Reason != c.reason || emitted[0].Items != c.items {
				t.Errorf("%s, %d items; want %s, %d", emitted[0].Reason, emitted[0].Items, c.reason, c.items)
			}
		})
	}
}

func TestMailboxFields(t *testing.T) {
	for server, source := range map[string]event.Source{"192.0.2.10:110": event.POP, "192.0.2.10:143": event.IMAP} {
		b := newBench()
		b.Decode(&format.Input{Time: b.now, Fields: fields("dateTime", "2026-03-02T08:00:00.5Z", "sessionId", "E", "sIp", server, "cIp", "198.51.100.7:1", "user", "alice",
			"command", "auth", "parameters", "PLAIN", "context", "R=OK")})
		if len(b.emitted) != 1 || b.emitted[0].Source != source {
			t.Errorf("%s: %v", server, b.emitted)
		}
	}
}

func FuzzMailbox(f *testing.F) {
	f.Add("#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,command,parameters,context", mailRow("[2001:db8::1]:143", "a", "login", `"a`, `"R=""a NO LOGIN failed."";,User: x`), mailRow("x:110", "", "uid", "fetch", "R=OK;Rows="))
	fuzzLines(f)
}
