package source

import (
	"strings"
	"testing"

	"redshank/analytics/event"
)

// renderedContext is the context of a command as the message of 4103 shows it.
const renderedContext = "Context:\r\n        Severity = Informational\r\n        Host Name = ConsoleHost\r\n        Host Version = 5.1\r\n        Host ID = 1\r\n        Host Application = powershell.exe -nop\r\n        Engine Version = 5.1\r\n        Runspace ID = 2\r\n        Pipeline ID = 3\r\n        Command Name = New-MailboxExportRequest\r\n        Command Type = Cmdlet\r\n        Script Name = \r\n        Command Path = \r\n        Sequence Number = 16\r\n        User = CONTOSO\\alice\r\n        Connected User =\r\n        Shell ID = Microsoft.PowerShell\r\n\r\n\r\nUser Data:\r\n\r\n"

// TestRenderedMessages reads events of PowerShell and Sysmon of which only the rendered
// message is left, as in the export of the event viewer.
func TestRenderedMessages(t *testing.T) {
	const sysmonHead = "RuleName: -\r\nUtcTime: 2026-03-10 10:00:00.000\r\nProcessGuid: {11111111-2222-3333-4444-555555555555}\r\nProcessId: 5\r\n"
	for name, c := range map[string]struct {
		provider, id, message string
		want                  seen
	}{
		"4103": {"Microsoft-Windows-PowerShell", "4103", "CommandInvocation(New-MailboxExportRequest): \"New-MailboxExportRequest\"\r\nParameterBinding(New-MailboxExportRequest): name=\"Mailbox\"; value=\"a = b\"\r\n\r\n\r\n" + renderedContext,
			seen{Action: "script", Operation: "New-MailboxExportRequest", User: `CONTOSO\alice`, Client: "powershell.exe -nop", Detail: "CommandInvocation(New-MailboxExportRequest)"}},
		"4104": {"Microsoft-Windows-PowerShell", "4104", "Creating Scriptblock text (1 of 1):\r\nInvoke-SelfSearch # ScriptBlock ID: none\r\nGet-Mailbox\r\n\r\nScriptBlock ID: 11111111-2222-3333-4444-555555555555\r\nPath: ",
			seen{Action: "script", Detail: "Invoke-SelfSearch # ScriptBlock ID: none\r\nGet-Mailbox"}},
		"4104 in German": {"Microsoft-Windows-PowerShell", "4104", "Scriptblocktext wird erstellt (1 von 1):\r\nInvoke-SelfSearch\r\n\r\nScriptBlock-ID: 11111111-2222-3333-4444-555555555555\r\nPfad: ",
			seen{Action: "script", Detail: "Invoke-SelfSearch"}},
		"3": {"Microsoft-Windows-Sysmon", "3", "Network connection detected:\r\n" + sysmonHead + "Image: C:\\x\\powershell.exe\r\nUser: CONTOSO\\alice\r\nProtocol: tcp\r\nInitiated: true\r\nSourceIp: 10.0.0.9\r\nDestinationIp: 203.0.113.80\r\nDestinationHostname: outlook.office365.com\r\nDestinationPort: 443",
			seen{Action: "network", Target: "outlook.office365.com", User: `CONTOSO\alice`, Client: `C:\x\powershell.exe`, IP: "10.0.0.9"}},
		"22": {"Microsoft-Windows-Sysmon", "22", "Dns query:\r\n" + sysmonHead + "QueryName: outlook.office365.com\r\nQueryStatus: 0\r\nQueryResults: ::ffff:203.0.113.80;\r\nImage: C:\\x\\powershell.exe\r\nUser: CONTOSO\\alice",
			seen{Action: "network", Target: "outlook.office365.com", User: `CONTOSO\alice`, Client: `C:\x\powershell.exe`, Detail: "::ffff:203.0.113.80;"}},
	} {
		set, err := New(Auto, testContent)
		if err != nil {
			t.Fatal(err)
		}
		var got []seen
		for _, line := range []string{"Keywords,Date and Time,Source,Event ID,Task Category", ",3/10/2026 10:00:00 AM," + c.provider + "," + c.id + ",x,\"" + strings.ReplaceAll(c.message, `"`, `""`) + `"`} {
			set.Decode("viewer", tailed(line), func(ev *event.Event) { got = append(got, see(ev)) })
		}
		if len(got) != 1 {
			t.Errorf("%s: %+v, %+v", name, got, set.Unread())
			continue
		}
		g, w := got[0], c.want
		if g.Action != w.Action || g.Operation != w.Operation || g.User != w.User || g.Client != w.Client || g.Target != w.Target || g.IP != w.IP || !strings.HasPrefix(g.Detail, w.Detail) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, g, w)
		}
	}
}
