package lines

import (
	"fmt"
	"hash/fnv"
	"path"
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

// The programs that sign users in, and the types of their logons.
const (
	webProcess  = `C:\Windows\System32\inetsrv\w3wp.exe`
	smtpProcess = `C:\Program Files\Microsoft\Exchange Server\V15\Bin\MSExchangeFrontendTransport.exe`
	cleartext   = 8 // NetworkCleartext: Basic, forms, SMTP AUTH
	network     = 3 // NTLM
)

// logon writes a 4624 of a web sign-in, which has the domain's name of the account
// however the name was typed.
func (w Server) logon(at time.Time, user, ip string) {
	name, domain := targetFields(w.signedAs(user))
	logon, guid, server := w.Hex(7), w.UUID(), w.Servers[0]
	w.security(at, 4624, 2, "0x8020000000000000",
		"S-1-5-18", server+"$", w.NetBIOS, "0x3e7", sid(name),
		name, domain, "0x"+strings.ToLower(logon), cleartext, "Advapi  ", "Negotiate", server,
		"{"+guid+"}", "-", "-", 0, "0x2f1c", webProcess, ip, fmt.Sprint(w.port()),
		"%%1833", "-", "-", "-", "%%1843", "0x0", "%%1843")
}

// sid returns the security identifier of an account.
func sid(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(name))) // never fails
	return fmt.Sprint("S-1-5-21-1004336348-1177238915-682003330-", 1000+h.Sum32()>>2)
}

// logonFailed writes a 4625. Windows does not learn the client's address of SMTP AUTH.
func (w Server) logonFailed(at time.Time, user, ip, process string, kind int, v Verdict) {
	name, domain := targetFields(user)
	from, via, server := fmt.Sprint(w.port()), "Advapi  ", w.Servers[0]
	if process == smtpProcess {
		ip, from = "-", "-"
	}
	if kind == network {
		via = "NtLmSsp "
	}
	w.security(at, 4625, 0, "0x8010000000000000",
		"S-1-5-18", server+"$", w.NetBIOS, "0x3e7", "S-1-0-0", name, domain, "0xc000006d", "%%2313", v.Codes().SubStatus,
		kind, via, "Negotiate", server, "-", "-", 0, "0x2f1c", process, ip, from)
}

func (w Server) security(at time.Time, id, version int, keywords string, inserts ...any) {
	w.event("Security", at, windowsEvent{
		ProviderName: "Microsoft-Windows-Security-Auditing", ProviderGuid: "{54849625-5478-4994-A5BA-3E3B0328C30D}",
		EventID: id, Version: version, Task: 12544, Keywords: keywords, Computer: w.computer(), StringInserts: inserts,
	})
}

func (w Server) computer() string { return w.Servers[0] + "." + w.Domain }

// targetFields splits an account into the two fields of a Windows event. A user principal
// name is not split; its domain field is empty.
func targetFields(user string) (name, domain string) {
	if domain, name, ok := strings.Cut(user, `\`); ok {
		return name, domain
	}
	return user, ""
}

// event writes e to a channel, with local time.
func (w Server) event(channel string, at time.Time, e windowsEvent) {
	if channel == "Security" && !w.Security {
		return
	}
	w.events++
	e.Channel, e.EventRecordID = channel, 410_000+w.events
	e.TimeCreated = at.In(w.Local).Format("2006-01-02 15:04:05 -0700") // it has seconds
	e.ProcessID, e.ThreadID = 712, 4880
	tag := "windows." + strings.ToLower(strings.NewReplacer("Microsoft-Windows-", "", "/Operational", "", " ", "").Replace(channel))
	w.json(tag, "exchange/"+tag+".ndjson", at, flushed(at, 2*time.Second), e)
}

// ScriptBlock writes what somebody ran in PowerShell on a computer (4104).
func (w Server) ScriptBlock(at time.Time, computer, user, text string) {
	w.event("Microsoft-Windows-PowerShell/Operational", at, windowsEvent{
		ProviderName: "Microsoft-Windows-PowerShell", ProviderGuid: "{A0C1853B-5C40-4B15-8766-3CF1C58F985A}",
		EventID: 4104, Version: 1, Level: 5, Task: 2, Opcode: 15, Keywords: "0x0", Computer: computer, UserID: user,
		StringInserts: []any{"1", "1", text, w.UUID(), ""},
	})
}

// Query writes that a program on a computer looked up a host (Sysmon 22).
func (w Server) Query(at time.Time, computer, user, image, host string) {
	w.event("Microsoft-Windows-Sysmon/Operational", at, windowsEvent{
		ProviderName: "Microsoft-Windows-Sysmon", ProviderGuid: "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
		EventID: 22, Version: 5, Level: 4, Task: 22, Keywords: "0x8000000000000000", Computer: computer, UserID: "NT AUTHORITY\\SYSTEM",
		StringInserts: []any{"-", at.Format("2006-01-02 15:04:05.000"), "{" + strings.ToUpper(w.UUID()) + "}", "5216", host, "0", "type:  5 " + host + ";", image, user},
	})
}

// Cmdlet writes a cmdlet that the server ran, to the channel MSExchange
// Management. user is a name in the directory, as contoso.com/Users/Admin.
func (w Server) Cmdlet(at time.Time, user, cmdlet, parameters string) {
	w.event("MSExchange Management", at, windowsEvent{
		ProviderName: "MSExchange CmdletLogs", EventID: 1, Level: 4, Task: 1, Qualifiers: "16384", Keywords: "0x80000000000000", Computer: w.computer(),
		Message: "Cmdlet suceeded. Cmdlet " + cmdlet + ", parameters " + parameters + ".",
		StringInserts: []any{cmdlet, parameters, user, sid(path.Base(user)), sid(path.Base(user)),
			"Remote-ManagementShell-Unknown", "8372 w3wp#MSExchangePowerShellAppPool", "1", "00:00:00.3124905", "View Entire Forest: 'False'", "", "", "", "false", "0 objects"},
	})
}
