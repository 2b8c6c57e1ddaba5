package day

import (
	"time"

	"redshank/test/world/lines"
)

var machine = lines.Machine{Name: serverName, NetBIOS: "CONTOSO", Computer: "EX01.contoso.com"}

// logon writes a 4624 of a web sign-in.
func (m *maker) logon(at time.Time, user, ip string) {
	m.security(at, machine.Logon(signedAs(user), m.hex(7), m.uuid(), ip, m.port()))
}

// logonFailed writes a 4625 of a web sign-in.
func (m *maker) logonFailed(at time.Time, user, ip string, v lines.Verdict) {
	m.security(at, machine.LogonFailed(user, ip, m.port(), lines.WebProcess, lines.Cleartext, v))
}

// logonFailedSMTP writes a 4625 of SMTP AUTH, which lacks the client's address.
func (m *maker) logonFailedSMTP(at time.Time, user string, v lines.Verdict) {
	m.security(at, machine.LogonFailed(user, "", 0, lines.SMTPProcess, lines.Cleartext, v))
}

func (m *maker) security(at time.Time, e lines.WindowsEvent) {
	// Record numbers increase with time, whatever the order in which the day is
	// generated. The lowest bits distinguish events of the same millisecond.
	m.events++
	e.Stamp("Security", 410_000+8*int(at.Sub(Date).Milliseconds())+m.events%8, at)
	s := m.stream("windows.security", "exchange/Security/security.ndjson", Date)
	m.json(s, at, flushed(at, 2*time.Second), e)
}
