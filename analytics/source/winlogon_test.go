package source

import (
	"strings"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/windows"
)

// failedWith returns the failed logon with other data.
func failedWith(pairs ...string) string {
	return `{` + failedHeads + `,"Message":"","EventData":` + strings.NewReplacer(pairs...).Replace(failedData) + `}`
}

func TestWinFailedLogon(t *testing.T) {
	for _, c := range []struct {
		name   string
		record string
		check  func(e winTold) bool
	}{
		{"UPN", failedWith(`"alice"`, `"alice@contoso.com"`), func(e winTold) bool { return e.user == "alice@contoso.com" }},
		{"no domain", failedWith(`"TargetDomainName":"CONTOSO"`, `"TargetDomainName":"-"`), func(e winTold) bool { return e.user == "alice" }},
		{"domain in the name", failedWith(`"alice"`, `"CONTOSO\\alice"`), func(e winTold) bool { return e.user == `CONTOSO\alice` }},
		{"no name", failedWith(`"alice"`, `"-"`), func(e winTold) bool { return e.user == "" && e.ip == "203.0.113.7" }},
		{"no address", failedWith("203.0.113.7", "-"), func(e winTold) bool { return e.ip == "" && e.user == `CONTOSO\alice` }},
		{"IPv6", failedWith("203.0.113.7", "2001:db8::7"), func(e winTold) bool { return e.ip == "2001:db8::7" }},
		{"SubStatus zero", failedWith(`"0xc000006a"`, `"0x0"`, "0xc000006d", "0xc0000234"), func(e winTold) bool { return e.code == "0xc0000234" }},
		{"SubStatus long zero", failedWith(`"0xc000006a"`, `"0x00000000"`), func(e winTold) bool { return e.code == "0xc000006d" }},
		{"upper case", failedWith("0xc000006a", "0xC0000064"), func(e winTold) bool { return e.code == "0xC0000064" }},
		{"signed number", failedWith(`"0xc000006a"`, `-1073741718`), func(e winTold) bool { return e.code == "0xc000006a" }},
		{"unsigned number", failedWith(`"0xc000006a"`, `3221225578`), func(e winTold) bool { return e.code == "0xc000006a" }},
		{"NTLM", failedWith(`"LogonType":8`, `"LogonType":3`, "Negotiate", "NTLM"), func(e winTold) bool { return e.protocol == "ntlm" }},
		{"SMTP", failedWith(`System32\\inetsrv\\w3wp.exe`, `MSExchangeFrontendTransport.exe`), func(e winTold) bool { return e.service == "smtp" }},
		{"IMAP", failedWith(`w3wp.exe`, `Microsoft.Exchange.Imap4.exe`), func(e winTold) bool { return e.service == "imap" }},
		{"POP", failedWith(`w3wp.exe`, `MICROSOFT.EXCHANGE.POP3.EXE`), func(e winTold) bool { return e.service == "pop" }},
		{"process of any length", failedWith(`w3wp.exe`, strings.Repeat("x", 300)), func(e winTold) bool { return e.service == "windows" }},
	} {
		emitted, counts := winRun(t, c.record)
		if len(emitted) != 1 || emitted[0].outcome != "failure" || !c.check(emitted[0]) {
			t.Errorf("%s: %+v, counts %v", c.name, emitted, counts)
		}
	}
}

func TestWinOtherLogons(t *testing.T) {
	for _, c := range []struct {
		name, id string
		inserts  []any
		want     winTold
	}{
		{"lockout", "4740", []any{"erin", "EX01", "S-1-5-21-1-2-3-1106", "S-1-5-18", "DC01$", "CONTOSO", "0x3e7"},
			winTold{action: "sign_in", outcome: "noise", reason: "locked", user: "erin", host: "EX01", device: "EX01", service: "windows"}},
		{"lockout without a computer", "4740", []any{"erin", "", "S-1-5-21-1-2-3-1106", "S-1-5-18", "DC01$", "CONTOSO", "0x3e7"},
			winTold{action: "sign_in", outcome: "noise", reason: "locked", user: "erin", host: "EX01.contoso.com", service: "windows"}},
		{"NTLM accepted", "4776", []any{"MICROSOFT_AUTHENTICATION_PACKAGE_V1_0", "dave", "PC7", "0x0"},
			winTold{action: "sign_in", outcome: "success", user: "dave", device: "PC7", protocol: "ntlm", host: "EX01.contoso.com", service: "windows"}},
		{"NTLM refused", "4776", []any{"MICROSOFT_AUTHENTICATION_PACKAGE_V1_0", "dave", "", "0xC0000064"},
			winTold{action: "sign_in", outcome: "failure", code: "0xC0000064", user: "dave", protocol: "ntlm", host: "EX01.contoso.com", service: "windows"}},
		{"Kerberos", "4771", []any{"carol", "S-1-5-21-1-2-3-1105", "krbtgt/CONTOSO.COM", "0x40810010", "0x18", "2", "::ffff:203.0.113.8", "49254", "", "", ""},
			winTold{action: "sign_in", outcome: "failure", code: "0x18", user: "carol", ip: "::ffff:203.0.113.8", host: "EX01.contoso.com", service: "windows"}},
		{"service logon", "4624", []any{"S-1-5-18", "EX01$", "CONTOSO", "0x3e7", "S-1-5-18", "SYSTEM", "NT AUTHORITY", "0x3e7", 5, "Advapi  ", "Negotiate", "-", "{00000000-0000-0000-0000-000000000000}", "-", "-", 0, "0x25c", `C:\Windows\System32\services.exe`, "-", "-"},
			winTold{action: "sign_in", outcome: "success", user: `NT AUTHORITY\SYSTEM`, host: "EX01.contoso.com", service: "windows"}},
	} {
		emitted, counts := winRun(t, inserted(t, c.id, "0", c.inserts))
		if len(emitted) != 1 {
			t.Errorf("%s: %d events, counts %v", c.name, len(emitted), counts)
			continue
		}
		c.want.time, c.want.id = "2026-07-10T10:59:14Z", "EX01.contoso.com/Security/7001/1783681154"
		if emitted[0] != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, emitted[0], c.want)
		}
	}
}

func TestWinMessageOrders(t *testing.T) {
	line := func(values ...string) string {
		return "\tNomen:\t\t" + strings.Join(values, "\r\n\tNomen:\t\t") + "\r\n"
	}
	for _, c := range []struct{ name, id, message, user, ip, code string }{
		{"4624 v2", "4624", line("S", "EX01$", "CONTOSO", "0x3e7", "8", "-", "No", "Yes", "Impersonation", "S", "bob", "CONTOSO", "0x1", "0x0", "-", "-", "{x}", "0x2", `C:\a.exe`, "PC7", "203.0.113.9", "1", "Advapi", "Negotiate", "-", "-", "0"), `CONTOSO\bob`, "203.0.113.9", ""},
		{"4624 v0", "4624", line("S", "EX01$", "CONTOSO", "0x3e7", "8", "S", "bob", "CONTOSO", "0x1", "{x}", "0x2", `C:\a.exe`, "PC7", "203.0.113.9", "1", "Advapi", "Negotiate", "-", "-", "0"), `CONTOSO\bob`, "203.0.113.9", ""},
		{"4740", "4740", line("S", "DC01$", "CONTOSO", "0x3e7", "S", "erin", "EX01"), "erin", "", ""},
		{"4771", "4771", line("S", "carol", "krbtgt/X", "::ffff:203.0.113.8", "1", "0x40810010", "0x18", "2", "", "", ""), "carol", "::ffff:203.0.113.8", "0x18"},
		{"4776", "4776", line("PKG", "dave", "PC7", "0xc000006a"), "dave", "", "0xc000006a"},
	} {
		record := `{` + strings.Replace(failedHeads, "4625", c.id, 1) + `,"Message":` + quoteJSON("Explanatio.\r\n\r\nSectio:\r\n"+c.message+"\r\nFinis.\r\n") + `}`
		emitted, counts := winRun(t, record)
		if len(emitted) != 1 || emitted[0].user != c.user || emitted[0].ip != c.ip || emitted[0].code != c.code {
			t.Errorf("%s: %+v, counts %v", c.name, emitted, counts)
		}
	}
}

func TestWinNothingToRead(t *testing.T) {
	for name, record := range map[string]string{
		"no data":      `{` + failedHeads + `}`,
		"half message": `{` + failedHeads + `,"Message":"Subject:\r\n\tSID:\t\tS-1-5-18"}`,
		"cut XML":      `{"log":` + quoteJSON(failedXML[:strings.Index(failedXML, "<EventID>")]) + `}`,
	} {
		emitted, counts := winRun(t, record)
		if len(emitted) != 0 || counts[format.Malformed] != 1 {
			t.Errorf("%s: %+v, counts %v", name, emitted, counts)
		}
	}
	cut := failedXML[:strings.Index(failedXML, `<Data Name="IpAddress">`)]
	if emitted, counts := winRun(t, `{"log":`+quoteJSON(cut)+`}`); len(emitted) != 1 || emitted[0].user != `CONTOSO\alice` {
		t.Errorf("cut in the data: %+v, counts %v", emitted, counts)
	}
}

// TestWinUnclaimed: what other sources write must be left to them.
func TestWinUnclaimed(t *testing.T) {
	w := windows.New()
	for _, line := range []string{"", "#Fields: date time", "EventID=4625", "<html>", "ProviderName"} {
		if w.Claims(&format.Input{Line: []byte(line), Stream: new(format.Stream)}) {
			t.Errorf("line %q is claimed", line)
		}
	}
	for _, text := range []string{
		`{}`, `{"log":"x"}`, `{"EventID":4625}`, `{"event_id":1,"Channel":"x"}`, `{"time":"x","category":"SignInLogs","properties":{"id":"1"}}`,
		`{"data":{"win":1}}`, `{"winlog":1}`, `{"System":"<System>"}`, `{"CreationTime":"x","Operation":"y","UserId":"z","Version":1}`,
	} {
		emitted, counts := winRun(t, text)
		if len(emitted) != 0 || counts[format.Unknown] != 1 {
			t.Errorf("%s: counts %v", text, counts)
		}
	}
}

// TestKerberosTicket counts tickets that were refused, and ignores those that were issued.
func TestKerberosTicket(t *testing.T) {
	const head = `{"ProviderName":"Microsoft-Windows-Security-Auditing","EventID":4768,"TimeCreated":"2026-03-10T10:00:00Z","Channel":"Security","Computer":"dc01","EventRecordID":7,`
	data := `"EventData":{"TargetUserName":"alice","TargetDomainName":"contoso.com","TargetSid":"S-1-0-0","ServiceName":"krbtgt","Status":"0x6","IpAddress":"::ffff:203.0.113.7","IpPort":"5"}}`
	inserts := `"StringInserts":["alice","contoso.com","S-1-0-0","krbtgt/CONTOSO","S-1-0-0","0x40810010","0x6","0xffffffff","-","::ffff:203.0.113.7","5","","",""]}`
	message := `"Message":` + jsonText("A Kerberos authentication ticket (TGT) was requested.\r\n\r\nAccount Information:\r\n\tAccount Name:\t\talice\r\n\tSupplied Realm Name:\tcontoso.com\r\n\tUser ID:\t\t\tS-1-0-0\r\n\r\nService Information:\r\n\tService Name:\t\tkrbtgt\r\n\tService ID:\t\tS-1-0-0\r\n\r\nNetwork Information:\r\n\tClient Address:\t\t::ffff:203.0.113.7\r\n\tClient Port:\t\t5\r\n\r\nAdditional Information:\r\n\tTicket Options:\t\t0x40810010\r\n\tResult Code:\t\t0x6\r\n\tTicket Encryption Type:\t0xFFFFFFFF\r\n\tPre-Authentication Type:\t-") + `}`
	for name, rest := range map[string]string{"data": data, "inserts": inserts, "message": message} {
		if events, set := readShape(t, head+rest); len(events) != 1 || events[0] != "sign_in alice 203.0.113.7 "+shapeAt+" failure unknown_user" {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
	events, set := readShape(t, head+strings.Replace(data, `"0x6"`, `"0x0"`, 1))
	if counts := set.Counts(); len(events) != 0 || counts[event.WinEvent][Ignored] != 1 {
		t.Errorf("issued: %q, %v", events, counts)
	}
}
