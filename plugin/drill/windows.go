package drill

import (
	"encoding/json"
	"strings"
)

// windows writes Windows events as the input winevtlog of Fluent Bit does, one JSON
// object a line: 4625 and 4624 of the Security channel, cmdlets of MSExchange
// Management, and script blocks (4104) of PowerShell. The number of the record is the
// mark.
type windows struct{}

func (windows) name() string { return "windows" }

// can leaves out what has an agent or an application: no event has one.
func (windows) can(a *act) bool {
	return a.kind == wrongPassword || a.kind == signIn || a.kind >= inboxRule && a.address == ""
}

func (windows) line(a *act, id string) []byte {
	e := map[string]any{"Level": 0, "Version": 0, "EventRecordID": id, "Computer": "DRILL01.drill.example", "TimeCreated": a.at.UTC().Format("2006-01-02 15:04:05 -0700"),
		"UserID": "", "Message": ""}
	cmdlet := func(name, parameters string) {
		e["ProviderName"], e["Channel"], e["EventID"] = "MSExchange CmdletLogs", "MSExchange Management", 1
		e["StringInserts"] = []any{name, parameters, a.account, "", "", "Remote-ManagementShell-Unknown"}
	}
	switch a.kind {
	case wrongPassword:
		e["EventID"], e["StringInserts"] = 4625, []any{"S-1-5-18", "DRILL01$", "DRILL", "0x3e7", "S-1-0-0", a.account, "", "0xc000006d", "%%2313", "0xc000006a",
			8, "Advapi  ", "Negotiate", "DRILL01", "-", "-", 0, "0x2f1c", webProcess, a.address, "50000"}
	case signIn:
		e["EventID"], e["Version"], e["StringInserts"] = 4624, 2, []any{"S-1-5-18", "DRILL01$", "DRILL", "0x3e7", "S-1-0-0", a.account, "", "0xd411",
			8, "Advapi  ", "Negotiate", "DRILL01", "{d0000000-0000-4000-8000-00000000d411}", "-", "-", 0, "0x2f1c", webProcess, a.address, "50000",
			"%%1833", "-", "-", "-", "%%1843", "0x0", "%%1843"}
	case scriptBlock:
		e["ProviderName"], e["Channel"], e["EventID"] = "Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational", 4104
		e["UserID"], e["StringInserts"] = a.account, []any{"1", "1", "Import-Module " + a.agent, id[len(id)-32:], ""}
	case permission:
		cmdlet("Add-MailboxPermission", `-Identity "drill@drill.example" -User "`+a.account+`" -AccessRights "FullAccess"`)
	case inboxRule:
		cmdlet("New-InboxRule", `-Mailbox "`+a.account+`" -Name "drill" -ForwardTo "drill@drill.example"`)
	case export:
		cmdlet("New-MailboxExportRequest", `-Mailbox "`+a.account+`" -FilePath "\\drill.example\drill\drill.pst"`)
	}
	if e["Channel"] == nil {
		e["ProviderName"], e["Channel"] = "Microsoft-Windows-Security-Auditing", "Security"
	}
	line, err := json.Marshal(e)
	if err != nil {
		panic(err) // texts and numbers only
	}
	return []byte(strings.TrimSpace(string(line)))
}

const webProcess = `C:\Windows\System32\inetsrv\w3wp.exe`
