package source

import (
	"strings"
	"testing"

	"redshank/analytics/source/format"
)

// psHeads are the heads of PowerShell events.
func psHeads(id string) string {
	return strings.NewReplacer("Microsoft-Windows-Security-Auditing", "Microsoft-Windows-PowerShell", "4625", id, `"Version":0`, `"Version":1`,
		`"Channel":"Security"`, `"Channel":"Microsoft-Windows-PowerShell/Operational"`, `"UserID":""`, `"UserID":"CONTOSO\\admin"`).Replace(failedHeads)
}

// The labels are translated on purpose; what counts is the place.
const psContextText = "        Gravitas = Informatio\r\n        Hospes = ConsoleHost\r\n        Versio = 5.1\r\n        ID = 1\r\n        Applicatio = powershell.exe -Command Get-Mailbox\r\n -ResultSize 1\r\n        Machina = 5.1\r\n        Spatium = 2\r\n        Tubus = 3\r\n        Nomen Iussi = Get-Mailbox\r\n        Genus = Cmdlet\r\n        Scriptum = \r\n        Via = \r\n        Numerus = 15\r\n        Usor = CONTOSO\\alice\r\n        Usor Coniunctus = \r\n        Testa = Microsoft.PowerShell\r\n"

const psPayload = "CommandInvocation(Get-Mailbox): \"Get-Mailbox\"\r\nParameterBinding(Get-Mailbox): name=\"ResultSize\"; value=\"1\"\r\n"

func TestPipeline(t *testing.T) {
	want := winTold{time: "2026-07-10T10:59:14Z", action: "script", outcome: "success", service: "powershell", host: "EX01.contoso.com",
		user: `CONTOSO\alice`, operation: "Get-Mailbox", client: "powershell.exe -Command Get-Mailbox", detail: strings.TrimSpace(psPayload),
		id: "EX01.contoso.com/Microsoft-Windows-PowerShell/Operational/7001/1783681154"}
	for name, data := range map[string]string{
		"inserts":                  `"StringInserts":[` + quoteJSON(psContextText) + `,"",` + quoteJSON(psPayload) + `]`,
		"inserts, empty one lost":  `"StringInserts":[` + quoteJSON(psContextText) + `,` + quoteJSON(psPayload) + `]`,
		"map":                      `"EventData":{"ContextInfo":` + quoteJSON(psContextText) + `,"UserData":"","Payload":` + quoteJSON(psPayload) + `}`,
		"NXLog, data beside heads": `"ContextInfo":` + quoteJSON(psContextText) + `,"Payload":` + quoteJSON(psPayload),
	} {
		emitted, counts := winRun(t, `{`+psHeads("4103")+`,"Message":"x",`+data+`}`)
		if len(emitted) != 1 || emitted[0] != want {
			t.Errorf("%s: counts %v\n got %+v\nwant %+v", name, counts, emitted, want)
		}
	}
	emitted, _ := winRun(t, `{`+psHeads("4103")+`,"EventData":{"ContextInfo":"cut = off","Payload":`+quoteJSON(psPayload)+`}}`)
	if len(emitted) != 1 || emitted[0].operation != "Get-Mailbox" || emitted[0].user != `CONTOSO\admin` {
		t.Errorf("without a whole context: %+v", emitted)
	}
	emitted, _ = winRun(t, `{`+psHeads("4103")+`,"EventData":{"ContextInfo":"","Payload":"CommandInvocation(x): `+strings.Repeat("y", 5000)+`"}}`)
	if len(emitted) != 1 || len(emitted[0].detail) != 2<<10 {
		t.Errorf("%d events of %d bytes", len(emitted), len(emitted[0].detail))
	}
}

// Beats names the account of a script block in winlog.user, beside its SID.
func TestScriptBlockOfBeats(t *testing.T) {
	for user, want := range map[string]string{
		`{"identifier":"S-1-5-21-1-2-3-1104","name":"alice","domain":"CONTOSO"}`: `CONTOSO\alice`,
		`{"identifier":"S-1-5-21-1-2-3-1104","name":"alice"}`:                    `alice`,
		`{"identifier":"S-1-5-21-1-2-3-1104"}`:                                   `S-1-5-21-1-2-3-1104`,
	} {
		emitted, counts := winRun(t, `{"@timestamp":"2026-07-10T10:59:14Z","event":{"code":"4104"},"winlog":{"channel":"Microsoft-Windows-PowerShell/Operational","computer_name":"PC1",
			"event_id":"4104","record_id":7001,"provider_name":"Microsoft-Windows-PowerShell","user":`+user+`,"event_data":{"ScriptBlockText":"x","ScriptBlockId":"i","MessageNumber":"1","MessageTotal":"1"}}}`)
		if len(emitted) != 1 || emitted[0].user != want {
			t.Errorf("%s: %+v, counts %v", user, emitted, counts)
		}
	}
}

func TestScriptBlock(t *testing.T) {
	for name, data := range map[string]string{
		"inserts":            `"StringInserts":[1,1,"Get-AADIntAccessTokenForEXO","{F3A1B2C3-D4E5-6F7A-8B9C-0D1E2F3A4B5C}",""]`,
		"inserts, path lost": `"StringInserts":["1","1","Get-AADIntAccessTokenForEXO","f3a1b2c3-d4e5-6f7a-8b9c-0d1e2f3a4b5c"]`,
		"map":                `"EventData":{"MessageNumber":1,"MessageTotal":1,"ScriptBlockText":"Get-AADIntAccessTokenForEXO","ScriptBlockId":"f3a1b2c3-d4e5-6f7a-8b9c-0d1e2f3a4b5c","Path":""}`,
		"no GUID":            `"EventData":{"MessageNumber":"1","MessageTotal":"1","ScriptBlockText":"Get-AADIntAccessTokenForEXO","ScriptBlockId":"x","Path":"C:\\a.ps1"}`,
	} {
		emitted, counts := winRun(t, `{`+psHeads("4104")+`,"Message":"x",`+data+`}`)
		if len(emitted) != 1 || emitted[0].detail != "Get-AADIntAccessTokenForEXO" || emitted[0].user != `CONTOSO\admin` || emitted[0].service != "powershell" {
			t.Errorf("%s: %+v, counts %v", name, emitted, counts)
		}
	}
	for _, text := range []string{"", " \r\n"} {
		emitted, counts := winRun(t, `{`+psHeads("4104")+`,"EventData":{"MessageNumber":1,"MessageTotal":1,"ScriptBlockText":`+quoteJSON(text)+`,"ScriptBlockId":"x"}}`)
		if len(emitted) != 0 || counts[format.Ignored] != 1 {
			t.Errorf("empty block: %+v, counts %v", emitted, counts)
		}
	}
	for _, id := range []string{"4105", "4106", "400", "600", "800"} {
		if emitted, counts := winRun(t, `{`+psHeads(id)+`,"StringInserts":["x","y"]}`); len(emitted) != 0 || counts[format.Ignored] != 1 {
			t.Errorf("%s: counts %v", id, counts)
		}
	}
}
