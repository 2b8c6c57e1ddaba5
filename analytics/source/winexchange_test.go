package source

import (
	"strings"
	"testing"

	"redshank/analytics/source/format"
)

func managementHeads(id string) string {
	return strings.NewReplacer("Microsoft-Windows-Security-Auditing", "MSExchange CmdletLogs", "4625", id, `"Channel":"Security"`, `"Channel":"MSExchange Management"`).Replace(failedHeads)
}

const (
	managementValues = `"New-InboxRule","-Name \"x\" -Mailbox \"bob@contoso.com\" -ForwardTo \"eve@example.net\"","contoso.com/Users/Alice","S-1-5-21-1-2-3-1104","S-1-5-21-1-2-3-1104","Remote-ManagementShell-Unknown","8372 w3wp#MSExchangePowerShellAppPool","","23"`
	managementText   = `-Name "x" -Mailbox "bob@contoso.com" -ForwardTo "eve@example.net"`
)

func TestManagementCmdlet(t *testing.T) {
	want := winTold{time: "2026-07-10T10:59:14Z", action: "mailbox_change", outcome: "success", service: "powershell", host: "EX01.contoso.com",
		user: "contoso.com/Users/Alice", operation: "New-InboxRule", detail: managementText, client: "Remote-ManagementShell-Unknown",
		id: "EX01.contoso.com/MSExchange Management/7001/1783681154"}
	var data, params strings.Builder
	for i, value := range strings.Split(`New-InboxRule|`+managementText+`|contoso.com/Users/Alice|S-1-5-21-1-2-3-1104|S-1-5-21-1-2-3-1104|Remote-ManagementShell-Unknown`, "|") {
		data.WriteString("<Data>" + strings.ReplaceAll(value, `"`, "&quot;") + "</Data>")
		params.WriteString(`,"param` + string(rune('1'+i)) + `":` + quoteJSON(value))
	}
	xml := failedXML[:strings.Index(failedXML, "<Data ")] + data.String() + "</EventData></Event>"
	xml = strings.NewReplacer("Microsoft-Windows-Security-Auditing", "MSExchange CmdletLogs", ">4625<", ">1<", ">Security<", ">MSExchange Management<").Replace(xml)
	beats := `{"@timestamp":"2026-07-10T10:59:14Z","winlog":{"channel":"MSExchange Management","computer_name":"EX01.contoso.com","event_id":"1","record_id":7001,"provider_name":"MSExchange CmdletLogs","event_data":{` + params.String()[1:] + `}}}`
	for name, record := range map[string]string{
		"inserts": `{` + managementHeads("1") + `,"Message":"","StringInserts":[` + managementValues + `]}`,
		"XML":     `{"log":` + quoteJSON(xml) + `}`,
		"Beats":   beats,
	} {
		emitted, counts := winRun(t, record)
		if len(emitted) != 1 || emitted[0] != want {
			t.Errorf("%s: counts %v\n got %+v\nwant %+v", name, counts, emitted, want)
		}
	}
	failed, _ := winRun(t, `{`+managementHeads("6")+`,"StringInserts":[`+managementValues+`]}`)
	if len(failed) != 1 || failed[0].outcome != "failure" {
		t.Errorf("failed cmdlet: %+v", failed)
	}
}

func TestManagementMessage(t *testing.T) {
	for message, want := range map[string][2]string{
		`Cmdlet suceeded. Cmdlet Set-OabVirtualDirectory, parameters -Force "True".`:     {"Set-OabVirtualDirectory", `-Force "True"`},
		`Iussum bene factum. Iussum Get-Mailbox, argumenta -Identity "a" -ResultSize 1.`: {"Get-Mailbox", `-Identity "a" -ResultSize 1`},
		`Cmdlet suceeded. Cmdlet Get-Mailbox, parameters .`:                              {"Get-Mailbox", ""},
	} {
		emitted, _ := winRun(t, `{`+managementHeads("1")+`,"Message":`+quoteJSON(message)+`}`)
		if len(emitted) != 1 || emitted[0].operation != want[0] || emitted[0].detail != want[1] {
			t.Errorf("%s: %+v", message, emitted)
		}
	}
	for _, message := range []string{"", "nothing", "a-b c-d", "-"} {
		if emitted, counts := winRun(t, `{`+managementHeads("1")+`,"Message":`+quoteJSON(message)+`}`); counts[format.Malformed] != 1 {
			t.Errorf("%q: %+v", message, emitted)
		}
	}
}

func TestSMTPRefusal(t *testing.T) {
	heads := func(provider string) string {
		return strings.NewReplacer("Microsoft-Windows-Security-Auditing", provider, "4625", "1035", `"Channel":"Security"`, `"Channel":"Application"`).Replace(failedHeads)
	}
	for name, record := range map[string]string{
		"inserts": `{` + heads("MSExchangeFrontEndTransport") + `,"StringInserts":["LogonDenied","Default Frontend EX01","Login","203.0.113.9"]}`,
		"hub":     `{` + heads("MSExchangeTransport") + `,"StringInserts":["LogonDenied","Client Proxy EX01","Ntlm","203.0.113.9","x"]}`,
		"message": `{` + heads("MSExchangeTransport") + `,"Message":"Inbound authentication failed with error LogonDenied for Receive connector Default Frontend EX01. The authentication mechanism is Login. The source IP address of the client who tried to authenticate to Microsoft Exchange is [203.0.113.9]."}`,
	} {
		emitted, counts := winRun(t, record)
		if len(emitted) != 1 || emitted[0].ip != "203.0.113.9" || emitted[0].service != "smtp" || emitted[0].outcome != "failure" || emitted[0].user != "" ||
			emitted[0].protocol != map[string]string{"inserts": "basic", "hub": "ntlm"}[name] {
			t.Errorf("%s: %+v, counts %v", name, emitted, counts)
		}
	}
	if _, counts := winRun(t, `{`+heads("MSExchangeTransport")+`,"Message":"[no address]"}`); counts[format.Malformed] != 1 {
		t.Errorf("counts %v", counts)
	}
}
