package day

import (
	"fmt"
	"strings"
	"time"
)

// windowsEvent is a record of Fluent Bit's winevtlog input: the event data are
// positional strings, without names.
type windowsEvent struct {
	ProviderName      string
	ProviderGuid      string
	Qualifiers        string
	EventID           int
	Version           int
	Level             int
	Task              int
	Opcode            int
	Keywords          string
	TimeCreated       string
	EventRecordID     int
	ActivityID        string
	RelatedActivityID string
	ProcessID         int
	ThreadID          int
	Channel           string
	Computer          string
	UserID            string
	Message           string
	StringInserts     []any
}

const (
	webProcess  = `C:\Windows\System32\inetsrv\w3wp.exe`
	smtpProcess = `C:\Program Files\Microsoft\Exchange Server\V15\Bin\MSExchangeFrontendTransport.exe`
	cleartext   = 8 // logon type NetworkCleartext: Basic, forms, SMTP AUTH
)

// logon writes a 4624 of a web login, which has the domain's name of the account,
// however the name was typed.
func (m *maker) logon(at time.Time, user, ip string) {
	name, domain := target(signedAs(user))
	m.security(at, 4624, 2, "0x8020000000000000", []any{
		"S-1-5-18", "EX01$", "CONTOSO", "0x3e7", "S-1-5-21-1004336348-1177238915-682003330-" + fmt.Sprint(2000+len(name)),
		name, domain, "0x" + strings.ToLower(m.hex(7)), cleartext, "Advapi  ", "Negotiate", serverName,
		"{" + m.uuid() + "}", "-", "-", 0, "0x2f1c", webProcess, ip, fmt.Sprint(m.port()),
		"%%1833", "-", "-", "-", "%%1843", "0x0", "%%1843",
	})
}

// logonFailed writes a 4625 of a web login.
func (m *maker) logonFailed(at time.Time, user, ip string, v verdict) {
	m.failed(at, user, ip, fmt.Sprint(m.port()), webProcess, v)
}

// logonFailedSMTP writes a 4625 of SMTP AUTH, which lacks the client's address.
func (m *maker) logonFailedSMTP(at time.Time, user string, v verdict) {
	m.failed(at, user, "-", "-", smtpProcess, v)
}

func (m *maker) failed(at time.Time, user, ip, port, process string, v verdict) {
	name, domain := target(user)
	m.security(at, 4625, 0, "0x8010000000000000", []any{
		"S-1-5-18", "EX01$", "CONTOSO", "0x3e7", "S-1-0-0", name, domain, "0xc000006d", "%%2313", v.codes().subStatus,
		cleartext, "Advapi  ", "Negotiate", serverName, "-", "-", 0, "0x2f1c", process, ip, port,
	})
}

// target splits an account into the two fields of a Windows event. A user principal
// name is not split; its domain field is empty.
func target(user string) (name, domain string) {
	if domain, name, ok := strings.Cut(user, `\`); ok {
		return name, domain
	}
	return user, ""
}

func (m *maker) security(at time.Time, id, version int, keywords string, inserts []any) {
	// Record numbers increase with time, whatever the order in which the day is
	// generated. The lowest bits distinguish events of the same millisecond.
	m.events++
	record := 410_000 + 8*int(at.Sub(Date).Milliseconds()) + m.events%8
	s := m.stream("windows.security", "exchange/Security/security.ndjson", Date)
	m.json(s, at, flushed(at, 2*time.Second), windowsEvent{
		ProviderName: "Microsoft-Windows-Security-Auditing", ProviderGuid: "{54849625-5478-4994-A5BA-3E3B0328C30D}",
		EventID: id, Version: version, Task: 12544, Keywords: keywords,
		TimeCreated: at.Format("2006-01-02 15:04:05 -0700"), EventRecordID: record,
		ProcessID: 712, ThreadID: 4880, Channel: "Security", Computer: "EX01.contoso.com", StringInserts: inserts,
	})
}
