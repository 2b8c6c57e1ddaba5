package policy

import (
	"strings"
	"testing"

	"redshank/analytics/event"
)

func TestAgentFamilies(t *testing.T) {
	p := Default()
	families := map[event.Family][]string{
		event.FamilyNone:  {"", "-"},
		event.FamilyOther: {"Acme/1.0", "Windows-AzureAD-Authentication-Provider/1.0"},
		event.Browser: {
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
			"Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/120.0.0.0+Safari/537.36+Edg/120.0",
			"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML  like Gecko) Version/17.1 Mobile/15E148 Safari/604.1",
			"Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
		},
		event.Outlook: {
			"Microsoft+Office/16.0+(Windows+NT+10.0;+Microsoft+Outlook+16.0.17328;+Pro)",
			"Microsoft Office/15.0 (Windows NT 6.1; Microsoft Outlook 15.0.5059; Pro)",
			"MacOutlook/16.78.23100802 (Intelx64 Mac OS X 14.0 (Build 23A344))",
			"Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
			"AppleExchangeWebServices/814.80.3 accountsd/113",
			"Mac+OS+X/10.15.7+(19H2)+ExchangeWebServices/814.80.3",
			"Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Thunderbird/102.4",
		},
		event.Mobile: {
			"Outlook-iOS/2.0", "Outlook-iOS-Android/1.0", "Outlook-Android/2.0",
			"Apple-iPhone14C2/2101.91", "Apple-iPad11C3/1905.258", "Android-Mail/2023.10", "Android/13-EAS-2.0", "SAMSUNG-SM-G998B/101.13",
			"MSFT-WP/10.0.14393",
		},
		event.Legacy: {"BAV2ROPC", "CBAinPROD", "CBAinTAR"},
		event.Scripting: {
			"python-requests/2.31.0", "curl/8.5.0", "Go-http-client/1.1", "axios/1.6.2", "node", "undici", "okhttp/4.9.0", "aiohttp/3.9",
			"Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1", "Mozilla/5.0 (Linux) PowerShell/7.4.0",
			"Microsoft+WinRM+Client", "ExchangeServicesClient/15.00.0913.015", "EWSEditor (ExchangeServicesClient/15.0)",
			"Mozilla/4.0+(compatible;+Win32;+WinHttp.WinHttpRequest.5)", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/119.0 Safari/537.36",
			"Mozilla/5.0 zgrab/0.x", "fasthttp",
		},
		event.Tool: {
			"ruler", "AADInternals", "AutodiscoverClient", "azurehound/v2.1.0",
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Teams/1.3.00.30866 Chrome/80.0.3987.165 Electron/8.5.1 Safari/537.36",
		},
		event.Probe: {"AMProbe/Local/ClientAccess", "Mozilla/4.0+(compatible;+MSIE+9.0;+Windows+NT+6.1;+MSEXCHMON;+ACTIVEMONITORING)", "Load+Balancer+Agent", "ELB-HealthChecker/2.0"},
	}
	for want, agents := range families {
		for _, agent := range agents {
			if got, name := p.Agent([]byte(agent)); got != want {
				t.Errorf("%s: %v (%s), want %v", agent, got, name, want)
			}
		}
	}
}

func TestContent(t *testing.T) {
	p := Default()
	if got := p.AppName([]byte("04B07795-8ddb-461a-bbee-02f9e1bf7b46")); got != "Microsoft Azure CLI" {
		t.Errorf("app %q", got)
	}
	for _, id := range []string{"", "nobody", strings.Repeat("x", 1000)} {
		if got := p.AppName([]byte(id)); got != "" {
			t.Errorf("app %.20q: %q", id, got)
		}
	}
	for name, want := range map[string]string{
		"MailItemsAccessed":       "mail_access",
		"Consent to application.": "consent",
		"Update application \u2013 Certificates and secrets management ": "app_credential",
		"new-inboxrule":           "mail_rule",
		"":                        "",
		"FileDownloaded":          "",
		strings.Repeat("x", 1000): "",
	} {
		if got := p.OperationGroup([]byte(name)); got != want {
			t.Errorf("operation %.60q: %q, want %q", name, got, want)
		}
	}
	if got := p.CmdletGroup([]byte("NEW-MailboxExportRequest")); got != "mail_export" {
		t.Errorf("cmdlet %q", got)
	}
	for host, want := range map[string]bool{
		"outlook.office365.com": true, "Outlook.Office365.com.": true, "eur.outlook.office365.com": true,
		"notoutlook.office365.com.example": false, "office365.com": false, "": false, "...": false,
		strings.Repeat("a.", 500) + "outlook.com": false,
	} {
		if got := p.MailHost([]byte(host)); got != want {
			t.Errorf("host %.40q: %v", host, got)
		}
	}
	code, ok := p.CodeMeaning(event.CodeEntra, []byte("50126"))
	if !ok || code.Meaning != "wrong user name or password" {
		t.Errorf("%+v", code)
	}
}

// TestScriptTool lays a fragment over every border between two windows.
func TestScriptTool(t *testing.T) {
	p := Default()
	for _, at := range []int{0, 1, 900, 960, 1000, 1015, 1023, 1024, 1983, 1984, 2000, 5000} {
		script := strings.Repeat("#", at) + "Get-aadintAccessTokenForEXO" + strings.Repeat("#", 3000)
		if got := p.ScriptTool([]byte(script)); got != "AADInternals" {
			t.Errorf("at %d: %q", at, got)
		}
	}
	for _, script := range []string{"", "Get-Mailbox | Format-Table", strings.Repeat("x", 100_000)} {
		if got := p.ScriptTool([]byte(script)); got != "" {
			t.Errorf("%.40q: %q", script, got)
		}
	}
}

func TestContentAdditions(t *testing.T) {
	p := must(t, `
content:
  codes: {entra: {50126: {outcome: noise, meaning: seen it}}}
  apps: {C0FFEE00-0000-4000-8000-000000000009: acme}
  agents: [{family: probe, name: acme, patterns: ["curl/*"]}]
  operations: {mail_access: [AcmeRead]}
  cmdlets: {mail_read: [Get-Acme]}
  scripts: {acme: [Invoke-Acme]}
  hosts: [mail.contoso.com]
`)
	if code, _ := p.CodeMeaning(event.CodeEntra, []byte("50126")); code.Outcome != event.Noise {
		t.Errorf("%+v", code)
	}
	if p.AppName([]byte("c0ffee00-0000-4000-8000-000000000009")) != "acme" {
		t.Error("app")
	}
	if family, _ := p.Agent([]byte("curl/8")); family != event.Probe {
		t.Errorf("agent %v", family)
	}
	if family, _ := p.Agent([]byte("ruler")); family != event.Tool {
		t.Errorf("agent %v: the embedded ones are gone", family)
	}
	if p.OperationGroup([]byte("AcmeRead")) != "mail_access" || p.CmdletGroup([]byte("get-acme")) != "mail_read" {
		t.Error("operation or cmdlet")
	}
	if p.ScriptTool([]byte("x; invoke-acme")) != "acme" || !p.MailHost([]byte("mail.contoso.com")) {
		t.Error("script or host")
	}
	if family, _ := Default().Agent([]byte("curl/8")); family != event.Scripting {
		t.Error("one policy's additions reached another")
	}
}

func TestLookupsAllocate(t *testing.T) {
	p := Default()
	app, operation, host, script := []byte("04b07795-8ddb-461a-bbee-02f9e1bf7b46"), []byte("Consent to application."), []byte("eur.outlook.office365.com"), []byte(strings.Repeat("x", 3000))
	n := testing.AllocsPerRun(100, func() {
		p.AppName(app)
		p.OperationGroup(operation)
		p.CmdletGroup(operation)
		p.MailHost(host)
		p.ScriptTool(script)
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}
