package source

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/source/format"
)

// linesWith returns what a set with the content of a policy makes of lines.
func linesWith(t *testing.T, yaml string, lines ...string) (events []string, set *Set) {
	t.Helper()
	p := policy.Default()
	if yaml != "" {
		var err error
		if p, err = policy.Parse("test", "", []byte("version: 1\n"+yaml)); err != nil {
			t.Fatal(err)
		}
	}
	set, err := New(Auto, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		set.Decode("kinds", tailed(line), func(ev *event.Event) {
			p.Normalise(ev)
			events = append(events, fmt.Sprintf("%s %s %s", ev.User, ev.IP, ev.Outcome))
		})
	}
	return events, set
}

const (
	proxied   = "networks: {trusted_proxies: [192.0.2.1/32, 172.16.0.0/12]}"
	iisFront  = "2026-03-10 10:00:00 192.0.2.20 POST /EWS/Exchange.asmx - 443 "
	iisBehind = " python-requests/2.31.0 - 401 1 1326 46"
)

// TestClientHeaders finds the client that a trusted proxy names, in every spelling,
// and in no header that the policy does not name.
func TestClientHeaders(t *testing.T) {
	const columns = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"
	behind := func(cell string) string { return iisFront + "alice 192.0.2.1" + iisBehind + " " + cell }
	named := strings.Replace(proxied, "}", ", client_headers: [X-Client-IP, CF-Connecting-IP]}", 1)
	for _, c := range []struct{ name, policy, fields, line, want string }{
		{"plain", proxied, columns + " X-Forwarded-For", behind("203.0.113.7"), "203.0.113.7"},
		{"backslash", proxied, columns + " X-Forwarded-For", behind(`\203.0.113.7`), "203.0.113.7"},
		{"quotes", proxied, columns + " X-Forwarded-For", behind(`"203.0.113.7"`), "203.0.113.7"},
		{"list", proxied, columns + " X-Forwarded-For", behind("203.0.113.7,172.16.0.9"), "203.0.113.7"},
		{"list with plus signs and ports", proxied, columns + " X-Forwarded-For", behind("203.0.113.7:5,+172.16.0.9:6"), "203.0.113.7"},
		{"list with a space", proxied, columns + " X-Forwarded-For", behind("203.0.113.7, 172.16.0.9"), "203.0.113.7"},
		{"list with spaces in quotes", proxied, columns + " X-Forwarded-For", behind(`"203.0.113.7, 172.16.0.8, 172.16.0.9"`), "203.0.113.7"},
		{"escaped space", proxied, columns + " X-Forwarded-For", behind("203.0.113.7,%20172.16.0.9"), "203.0.113.7"},
		{"IPv6 in brackets", proxied, columns + " X-Forwarded-For", behind("[2001:db8::7]:443"), "2001:db8::7"},
		{"cs(X-Forwarded-For)", proxied, columns + " cs(X-Forwarded-For)", behind("203.0.113.7"), "203.0.113.7"},
		{"lower case", proxied, columns + " x-forwarded-for", behind("203.0.113.7"), "203.0.113.7"},
		{"before c-ip", proxied, strings.Replace(columns, "c-ip", "X-Forwarded-For c-ip", 1), iisFront + "alice 203.0.113.7 192.0.2.1" + iisBehind, "203.0.113.7"},
		{"list with a space before c-ip", proxied, strings.Replace(columns, "c-ip", "X-Forwarded-For c-ip", 1), iisFront + "alice 203.0.113.7, 172.16.0.9 192.0.2.1" + iisBehind, "203.0.113.7"},
		{"list in quotes before the account", proxied, strings.Replace(columns, "cs-username", "X-Forwarded-For cs-username", 1), iisFront + `"203.0.113.7, 172.16.0.9" alice 192.0.2.1` + iisBehind, "203.0.113.7"},
		{"column before the status", proxied, strings.Replace(columns, "sc-status", "X-Forwarded-For sc-status", 1), iisFront + "alice 192.0.2.1 python-requests/2.31.0 - 203.0.113.7, 172.16.0.9 401 1 1326 46", "203.0.113.7"},
		{"Forwarded", strings.Replace(proxied, "}", ", client_headers: [Forwarded]}", 1), columns + " Forwarded", behind(`for=203.0.113.7;proto=https`), "203.0.113.7"},
		{"X-Client-IP in the policy", named, columns + " X-Client-IP", behind("203.0.113.7"), "203.0.113.7"},
		{"CF-Connecting-IP in the policy", named, columns + " CF-Connecting-IP", behind("203.0.113.7"), "203.0.113.7"},
		{"the better of two", named, columns + " CF-Connecting-IP X-Client-IP", behind("198.51.100.1 203.0.113.7"), "203.0.113.7"},
		{"the other if the better is empty", named, columns + " CF-Connecting-IP X-Client-IP", behind("203.0.113.7 -"), "203.0.113.7"},
		{"X-Forwarded-For not in the policy", named, columns + " X-Forwarded-For", behind("203.0.113.7"), "192.0.2.1"},
		{"another header, if the default is not logged", proxied, columns + " True-Client-IP", behind("203.0.113.7"), "203.0.113.7"},
		{"not another header beside the default", proxied, columns + " X-Forwarded-For True-Client-IP", behind("- 198.51.100.1"), "192.0.2.1"},
		{"no trusted proxy", "", columns + " X-Forwarded-For", behind("198.51.100.1"), "192.0.2.1"},
	} {
		events, set := linesWith(t, c.policy, c.fields, c.line)
		if len(events) != 1 || events[0] != "alice "+c.want+" failure" {
			t.Errorf("%s: %v, want %s, %+v", c.name, events, c.want, set.Unread())
		}
	}
}

// TestAccountsWithSpaces keeps names whole, and lets none of them choose the address.
func TestAccountsWithSpaces(t *testing.T) {
	const columns = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"
	const agent = " Mozilla/5.0 (X11; Linux) x - 401 1 1326 46"
	for _, c := range []struct{ name, fields, line, want string }{
		{"two words", columns, iisFront + `CONTOSO\alice smith 203.0.113.7` + iisBehind, `contoso\alice smith 203.0.113.7 failure`},
		{"five words", columns, iisFront + `CONTOSO\a b c d e 203.0.113.7` + iisBehind, `contoso\a b c d e 203.0.113.7 failure`},
		{"an address for a name", columns, iisFront + `alice 198.51.100.1 203.0.113.7` + iisBehind, `alice 198.51.100.1 203.0.113.7 failure`},
		{"a whole row for a name", columns, iisFront + `alice 198.51.100.1 curl - 200 0 0 203.0.113.7` + iisBehind, `alice 198.51.100.1 curl - 200 0 0 203.0.113.7 failure`},
		{"two addresses for a name", columns, iisFront + `x 198.51.100.1 198.51.100.2 203.0.113.7` + iisBehind, `x 198.51.100.1 198.51.100.2 203.0.113.7 failure`},
		{"spaces in the agent", columns, iisFront + `alice 203.0.113.7` + agent, `alice 203.0.113.7 failure`},
		{"spaces in both", columns, iisFront + `alice smith 203.0.113.7` + agent, `alice smith 203.0.113.7 failure`},
		{"account behind the client", "#Fields: date time c-ip cs-username cs-method cs-uri-stem sc-status sc-substatus sc-win32-status cs(User-Agent) s-port", `2026-03-10 10:00:00 203.0.113.7 alice 198.51.100.1 smith POST /EWS/x 401 1 1326 x 443`, `alice 198.51.100.1 smith 203.0.113.7 failure`},
		{"no agent column", "#Fields: date time cs-username c-ip cs-method cs-uri-stem sc-status sc-substatus sc-win32-status", `2026-03-10 10:00:00 alice 198.51.100.1 203.0.113.7 POST /EWS/x 401 1 1326`, `alice 198.51.100.1 203.0.113.7 failure`},
		{"no header", "# no header", iisFront + `alice smith 203.0.113.7` + iisBehind, `alice smith 203.0.113.7 failure`},
		{"an address for a name, no header", "# no header", iisFront + `alice 198.51.100.1 203.0.113.7` + iisBehind, `alice 198.51.100.1 203.0.113.7 failure`},
		{"an address for an agent, no header", "# no header", iisFront + `alice 203.0.113.7 198.51.100.1 - 401 1 1326 46`, `alice 203.0.113.7 failure`},
	} {
		events, set := linesWith(t, "", c.fields, c.line)
		if len(events) != 1 || events[0] != c.want {
			t.Errorf("%s: %q, want %q, %+v", c.name, events, c.want, set.Unread())
		}
	}
	// Where agents come with spaces, a line with two readings is refused.
	spaced := iisFront + `alice 203.0.113.7` + agent
	events, set := linesWith(t, "", columns, spaced, iisFront+`bob 203.0.113.7 foo 198.51.100.1 bar - 401 1 1326 46`)
	if len(events) != 1 || len(set.Unread()) != 1 || set.Unread()[0].Reason != format.Ambiguous {
		t.Errorf("%q, %+v", events, set.Unread())
	}
}

// csvExports are the lines of exports of the same sign-in.
func csvExports() map[string][]string {
	cell := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }
	audit := cell(shapeAudit)
	portal := "Date (UTC),Request ID,User agent,User ID,User,Username,Application,Application ID,IP address,Location,Status,Sign-in error code,Failure reason,Client app,Authentication Protocol"
	row := `2026-03-10T10:00:00Z,r1,Mozilla/5.0,u1,Alice,alice@contoso.com,Outlook,app-1,203.0.113.7,"Paris, Ile-De-France, FR",Failure,50126,bad,Browser,none`
	viewed := shapeLabels + "\r\n\r\nProcess Information:\r\n\tCaller Process ID:\t0x1\r\n"
	log := "TimeGenerated [UTC],ResultType,UserPrincipalName,AppId,IPAddress,CreatedDateTime [UTC],Location"
	return map[string][]string{
		"Purview, comma":             {"RecordId,CreationDate,RecordType,Operation,UserId,AuditData", "1,3/10/2026 10:00:00 AM,15,UserLoginFailed,alice@contoso.com," + audit},
		"Purview, semicolon":         {"RecordId;CreationDate;RecordType;Operation;UserId;AuditData", "1;10.03.2026 10:00:00;15;UserLoginFailed;alice@contoso.com;" + audit},
		"Purview, tab":               {"RecordId\tCreationDate\tAuditData", "1\tx\t" + audit},
		"Purview, quoted, BOM, CR":   {"\ufeff\"RecordId\",\"CreationDate\",\"AuditData\"\r", "\"1\",\"x\"," + audit + "\r"},
		"PowerShell, type line":      {`#TYPE Deserialized.X`, `"PSComputerName","AuditData","ResultIndex"`, `"a",` + audit + `,"1"`},
		"Entra portal":               {portal, row},
		"Entra portal, semicolon":    {strings.ReplaceAll(portal, ",", ";"), strings.NewReplacer(`"Paris, Ile-De-France, FR"`, "FR", ",", ";").Replace(row)},
		"Entra portal, other order":  {strings.Replace(portal, "Date (UTC),Request ID", "Request ID,Date (UTC)", 1), strings.Replace(row, "2026-03-10T10:00:00Z,r1", "r1,2026-03-10T10:00:00Z", 1)},
		"Log Analytics":              {log, `"3/10/2026, 10:00:01.000 AM",50126,alice@contoso.com,app-1,203.0.113.7,"3/10/2026, 10:00:00.000 AM",FR`},
		"Log Analytics, few columns": {"TimeGenerated [UTC],UserPrincipalName,IPAddress,ResultType", `"3/10/2026, 10:00:01.000 AM",alice@contoso.com,203.0.113.7,50126`},
		"SecurityEvent": {"TimeGenerated [UTC],Computer,Channel,EventID,TargetUserName,SubStatus,LogonType,IpAddress",
			`"3/10/2026, 10:00:01.000 AM",exch01,Security,4625,alice@contoso.com,0xc000006a,8,203.0.113.7`},
		"Event viewer": {"Keywords,Date and Time,Source,Event ID,Task Category",
			"Audit Failure,3/10/2026 10:00:01 AM,Microsoft-Windows-Security-Auditing,4625,Logon," + cell(viewed)},
		"Get-WinEvent": {`"Message","Id","RecordId","ProviderName","LogName","MachineName","TimeCreated","KeywordsDisplayNames"`,
			cell(viewed) + `,"4625","9","Microsoft-Windows-Security-Auditing","Security","exch01","3/10/2026 10:00:01 AM","x"`},
		"Splunk":                 {`"_time","_raw",host,sourcetype`, `"2026-03-10T10:00:00.000+0000",` + audit + `,h,o365`},
		"PowerShell, few fields": {`"CreationTime","UserId","Operation","ClientIP","ErrorNumber"`, `"3/10/2026 10:00:00 AM","alice@contoso.com","UserLoginFailed","203.0.113.7","50126"`},
		"Excel":                  {"sep=;", "RecordId;AuditData", "1;" + audit},
		"Defender":               {"Timestamp,Application,ApplicationId,LogonType,ErrorCode,AccountUpn,IPAddress,UserAgent", `"Mar 10, 2026 10:00:00 AM",Outlook,app,"[""interactiveUser""]",50126,alice@contoso.com,203.0.113.7,x`},
		"audit records":          {"CreationTime,Id,Operation,RecordType,Workload,ClientIP,UserId,ErrorNumber", "2026-03-10T10:00:00,a1,UserLoginFailed,15,AzureActiveDirectory,203.0.113.7,alice@contoso.com,50126"},
		"IIS":                    {"date,time,cs-method,cs-uri-stem,cs-username,c-ip,sc-status,sc-substatus,sc-win32-status", "2026-03-10,10:00:00,POST,/EWS/Exchange.asmx,alice@contoso.com,203.0.113.7,401,1,1326"},
		"IMAP, Export-Csv":       {`"dateTime","sessionId","seqNumber","sIp","cIp","user","command","parameters","context"`, `"2026-03-10T10:00:00Z","08DA0000000000AB","2","192.0.2.20:993","203.0.113.7:55","alice@contoso.com","login","x","R=""a NO LOGIN failed."";Msg=AuthFailed:LogonDenied"`},
		"Log Parser":             {"EventLog,RecordNumber,TimeGenerated,EventID,SourceName,Strings,ComputerName", `Security,9,2026-03-10 10:00:00,4625,Microsoft-Windows-Security-Auditing,S-1-5-18|E$|C|0x3e7|S-1-0-0|alice@contoso.com||0xc000006d|%%2313|0xc000006a|8|Advapi  |Negotiate|E|-|-|0|0x2cec|C:\x.exe|203.0.113.7|5,e`},
		"Log Analytics, tab":     {strings.ReplaceAll(log, ",", "\t"), "3/10/2026, 10:00:01.000 AM\t50126\talice@contoso.com\tapp-1\t203.0.113.7\t3/10/2026, 10:00:00.000 AM\tFR"},
	}
}

// TestCSVExports reads the same sign-in from every export.
func TestCSVExports(t *testing.T) {
	for name, lines := range csvExports() {
		events, set := linesWith(t, "", lines...)
		if len(events) != 1 || events[0] != "alice@contoso.com 203.0.113.7 failure" {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
}

// auditExport are the columns of the directory audit that the portal exports, and
// a row with some of them filled.
func auditExport(filled map[string]string) []string {
	columns := strings.Split("Date (UTC),CorrelationId,Service,Category,Activity,Result,ResultReason,UserAgent,ActorType,ActorDisplayName,ActorObjectId,ActorUserPrincipalName,IPAddress,"+
		"ActorHomeTenantId,ActorHomeTenantName,ActorServicePrincipalId,ActorServicePrincipalName", ",")
	for i := 1; i <= 3; i++ {
		for _, c := range []string{"Type", "DisplayName", "ObjectId", "UserPrincipalName"} {
			columns = append(columns, fmt.Sprintf("Target%d%s", i, c))
		}
		for j := 1; j <= 5; j++ {
			for _, c := range []string{"Name", "OldValue", "NewValue"} {
				columns = append(columns, fmt.Sprintf("Target%dModifiedProperty%d%s", i, j, c))
			}
		}
	}
	for i := 1; i <= 6; i++ {
		columns = append(columns, fmt.Sprintf("AdditionalDetail%dKey", i), fmt.Sprintf("AdditionalDetail%dValue", i))
	}
	var row []string
	for _, c := range columns {
		row = append(row, `"`+strings.ReplaceAll(filled[c], `"`, `""`)+`"`)
	}
	return []string{"\ufeff" + strings.Join(columns, ","), strings.Join(row, ",")}
}

// TestAuditExport reads the directory audit from the CSV of Entra's portal.
func TestAuditExport(t *testing.T) {
	consent := map[string]string{"Date (UTC)": "2026-03-10T10:00:00.0000000+00:00", "CorrelationId": "c1", "Service": "Core Directory", "Category": "ApplicationManagement",
		"Activity": "Consent to application", "Result": "success", "UserAgent": "python-requests/2.31.0", "ActorType": "User", "ActorObjectId": "u1", "ActorUserPrincipalName": "alice@contoso.com",
		"IPAddress": "203.0.113.7", "Target1Type": "ServicePrincipal", "Target1DisplayName": "Reader", "Target1ObjectId": "sp-9",
		"Target1ModifiedProperty1Name": "ConsentAction.Permissions", "Target1ModifiedProperty1OldValue": `""`, "Target1ModifiedProperty1NewValue": `"[] => [[Scope: Mail.Read]]"`,
		"AdditionalDetail1Key": "AppId", "AdditionalDetail1Value": "app-9"}
	with := func(changes ...string) map[string]string {
		m := maps.Clone(consent)
		for i := 0; i < len(changes); i += 2 {
			m[changes[i]] = changes[i+1]
		}
		return m
	}
	const ok = "consent Consent to application alice@contoso.com 203.0.113.7 10:00:00 success app-9 python-requests/2.31.0 ConsentAction.Permissions=\"[] => [[Scope: Mail.Read]]\""
	for _, c := range []struct {
		name   string
		filled map[string]string
		want   string
	}{
		{"consent", consent, ok},
		{"american date", with("Date (UTC)", "3/10/2026, 10:00:00 AM"), ok},
		{"agent in the details only", with("UserAgent", "", "AdditionalDetail2Key", "User-Agent", "AdditionalDetail2Value", "curl/8"), strings.Replace(ok, "python-requests/2.31.0", "curl/8", 1)},
		{"no details", with("AdditionalDetail1Key", "", "AdditionalDetail1Value", ""), strings.Replace(ok, "app-9", "sp-9", 1)},
		{"failure", with("Result", "failure"), strings.Replace(ok, "success", "failure", 1)},
		{"by an application", with("ActorType", "Application", "ActorUserPrincipalName", "", "ActorObjectId", "", "ActorServicePrincipalId", "sp-1"), strings.Replace(ok, "alice@contoso.com", "sp-1", 1)},
		{"second target and property", with("Activity", "Add service principal credentials", "Target1ModifiedProperty1Name", "", "Target2ObjectId", "sp-2", "Target2ModifiedProperty5Name", "KeyDescription", "Target2ModifiedProperty5NewValue", "k"),
			"directory_change Add service principal credentials alice@contoso.com 203.0.113.7 10:00:00 success app-9 python-requests/2.31.0 KeyDescription=k"},
		{"of no interest", with("Activity", "Update user"), ""},
	} {
		set, err := New(Auto, testContent)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, line := range auditExport(c.filled) {
			set.Decode("audit", tailed(line), func(ev *event.Event) {
				got += fmt.Sprintf("%s %s %s %s %s %s %s %s %s", ev.Action, ev.Operation, ev.RawUser, ev.RawIP, ev.Time.Format("15:04:05"), ev.Outcome, ev.Target, ev.Agent, ev.Detail)
			})
		}
		if got != c.want || len(set.Unread()) != 0 {
			t.Errorf("%s: %q %+v, want %q", c.name, got, set.Unread(), c.want)
		}
	}
	for name, filled := range map[string]map[string]string{"no date": with("Date (UTC)", ""), "date that is none": with("Date (UTC)", "soon")} {
		if events, set := linesWith(t, "", auditExport(filled)...); len(events) != 0 || len(set.Unread()) != 1 || set.Unread()[0].Source != event.Entra {
			t.Errorf("%s: %q %+v", name, events, set.Unread())
		}
	}
	if events, set := linesWith(t, "", auditExport(consent)[0], "a,b"); len(events) != 0 || len(set.Unread()) != 1 {
		t.Errorf("short row: %q %+v", events, set.Unread())
	}
}

// TestParameters reads what a cmdlet was given, however the collector has left it.
func TestParameters(t *testing.T) {
	for name, parameters := range map[string]string{
		"list":                 `[{"Name":"Identity","Value":"bob"},{"Name":"ForwardingSmtpAddress","Value":"smtp:x@example.net"}]`,
		"map":                  `{"Identity":"bob","ForwardingSmtpAddress":"smtp:x@example.net"}`,
		"list of small maps":   `[{"Identity":"bob"},{"ForwardingSmtpAddress":"smtp:x@example.net"}]`,
		"list of keys":         `[{"Key":"Identity","Value":"bob"},{"Key":"ForwardingSmtpAddress","Value":"smtp:x@example.net"}]`,
		"lower-case keys":      `[{"name":"Identity","value":"bob"},{"name":"ForwardingSmtpAddress","value":"smtp:x@example.net"}]`,
		"list in a text":       jsonText(`[{"Name":"Identity","Value":"bob"},{"Name":"ForwardingSmtpAddress","Value":"smtp:x@example.net"}]`),
		"map in a text":        jsonText(`{"Identity":"bob","ForwardingSmtpAddress":"smtp:x@example.net"}`),
		"command line":         jsonText(`-Identity "bob" -ForwardingSmtpAddress "smtp:x@example.net"`),
		"truth value in a map": `{"Identity":"bob","DeliverToMailboxAndForward":true}`,
	} {
		text := `{"CreationTime":"2026-03-10T10:00:00","Id":"a","Operation":"Set-Mailbox","RecordType":1,"Workload":"Exchange","ClientIP":"203.0.113.7","UserId":"alice@contoso.com","ResultStatus":"True","Parameters":` + parameters + `}`
		if events, set := readShape(t, text); len(events) != 1 || !strings.HasPrefix(events[0], "mailbox_change alice@contoso.com 203.0.113.7") {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
	for name, parameters := range map[string]string{"other list": `[{"Name":"MaxSendSize","Value":"1"}]`, "other map": `{"MaxSendSize":"1"}`, "empty": `{"ForwardingSmtpAddress":""}`, "null": `{"ForwardingSmtpAddress":null}`} {
		text := `{"CreationTime":"2026-03-10T10:00:00","Id":"a","Operation":"Set-Mailbox","RecordType":1,"Workload":"Exchange","UserId":"alice@contoso.com","Parameters":` + parameters + `}`
		if events, set := readShape(t, text); len(events) != 0 || len(set.Unread()) != 0 {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
}

// TestRightPasswords knows the codes of a right password that a policy has stopped.
func TestRightPasswords(t *testing.T) {
	for _, code := range []string{"53000", "53001", "53002", "53003", "53004", "530002", "530003", "530021", "530031", "530032", "530035", "50005", "50097", "50129",
		"50105", "50074", "50076", "50079", "50158", "50055", "500121"} {
		for _, text := range []string{strings.ReplaceAll(shapeSignIn, "50126", code), strings.ReplaceAll(shapeExport, "50126", code), strings.ReplaceAll(shapeAudit, "50126", code),
			strings.NewReplacer("50126", code, "UserLoginFailed", "UserLoggedIn").Replace(shapeAudit)} {
			if events, _ := readShape(t, text); len(events) != 1 || !strings.Contains(events[0], " accepted ") {
				t.Errorf("%s: %q of %.80s", code, events, text)
			}
		}
	}
	for _, interrupt := range []string{"50140", "50058", "50199", "65001"} {
		text := strings.NewReplacer("50126", interrupt, "UserLoginFailed", "UserLoggedIn").Replace(shapeAudit)
		if events, _ := readShape(t, text); len(events) != 1 || !strings.Contains(events[0], " success") {
			t.Errorf("%s: %q", interrupt, events)
		}
	}
}

// TestDeviceCode reads the device code flow from each field that records it.
func TestDeviceCode(t *testing.T) {
	for name, fields := range map[string]string{
		"protocol":               `"authenticationProtocol":"deviceCode"`,
		"transfer method":        `"authenticationProtocol":"none","originalTransferMethod":"deviceCodeFlow"`,
		"transfer method alone":  `"originalTransferMethod":"deviceCodeFlow"`,
		"in capitals":            `"OriginalTransferMethod":"DeviceCodeFlow","AuthenticationProtocol":"oAuth2"`,
		"with an empty protocol": `"authenticationProtocol":"","originalTransferMethod":"deviceCodeFlow"`,
	} {
		p := policy.Default()
		set, _ := New(Auto, p)
		var got event.Protocol
		set.Decode("t", native(t, strings.Replace(shapeSignIn, `"clientAppUsed"`, fields+`,"clientAppUsed"`, 1)), func(ev *event.Event) { got = ev.Protocol })
		if got != event.DeviceCode {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestPolicyOperations extends the operations of the audit log by a policy.
func TestPolicyOperations(t *testing.T) {
	text := strings.Replace(shapeAudit, "UserLoginFailed", "AcmeExport", 1)
	if events, _ := linesWith(t, "", text); len(events) != 0 {
		t.Errorf("%q", events)
	}
	if events, set := linesWith(t, "content: {operations: {mail_export: [AcmeExport]}}", text); len(events) != 1 {
		t.Errorf("%q, %v", events, set.Counts())
	}
}

// TestOtherWindowsEvents reads events whose values have no names, and events of other
// providers, in the JSON of several tools.
func TestOtherWindowsEvents(t *testing.T) {
	const (
		heads  = `"Channel":"MSExchange Management","Computer":"e"`
		values = `"New-MailboxExportRequest","-Mailbox \"bob\" -FilePath \"\\\\x\\y.pst\"","contoso.com/Users/Admin"`
	)
	for name, c := range map[string]struct{ text, want string }{
		"evtx_dump":       {`{"Event":{"System":{"Provider":{"#attributes":{"Name":"MSExchange CmdletLogs"}},"EventID":{"#attributes":{"Qualifiers":16384},"#text":1},"TimeCreated":{"#attributes":{"SystemTime":"2026-03-10T10:00:00Z"}},` + heads + `},"EventData":{"Data":{"#text":[` + values + `]}}}}`, "mailbox_change New-MailboxExportRequest"},
		"Velociraptor":    {`{"System":{"Provider":{"Name":"MSExchange CmdletLogs"},"EventID":{"Value":1},"TimeCreated":{"SystemTime":1773136800.5},` + heads + `},"EventData":{"Data":[` + values + `]}}`, "mailbox_change New-MailboxExportRequest"},
		"OpenTelemetry":   {`{"channel":"MSExchange Management","computer":"e","event_id":{"id":1,"qualifiers":16384},"provider":{"name":"MSExchange CmdletLogs"},"system_time":"2026-03-10T10:00:00Z","event_data":{"data":[{"":"New-MailboxExportRequest"},{"":"-Mailbox \"bob\""},{"":"x"}]}}`, "mailbox_change New-MailboxExportRequest"},
		"fluentd":         {`{"ProviderName":"MSExchange CmdletLogs","EventID":"1","TimeCreated":"2026-03-10T10:00:00Z",` + heads + `,"EventData":[` + values + `]}`, "mailbox_change New-MailboxExportRequest"},
		"Get-EventLog":    {`{"EventID":1,"MachineName":"e","Source":"MSExchange CmdletLogs","TimeGenerated":"/Date(1773136800000)/","ReplacementStrings":[` + values + `]}`, "mailbox_change New-MailboxExportRequest"},
		"Sentinel Event":  {`{"TimeGenerated":"2026-03-10T10:00:00Z","Source":"MSExchange CmdletLogs","EventLog":"MSExchange Management","Computer":"e","EventID":1,"ParameterXml":"<Param>x</Param>","EventData":` + jsonText(`<DataItem><EventData><Data>New-MailboxExportRequest</Data><Data>-Mailbox "bob"</Data></EventData></DataItem>`) + `}`, "mailbox_change New-MailboxExportRequest"},
		"message alone":   {`{"TimeGenerated":"2026-03-10T10:00:00Z","Source":"MSExchange CmdletLogs","EventLog":"MSExchange Management","Computer":"e","EventID":1,"RenderedDescription":"Cmdlet suceeded. Cmdlet New-MailboxExportRequest, parameters -Mailbox \"bob\"."}`, "mailbox_change New-MailboxExportRequest"},
		"script block":    {`{"System":{"Provider":{"Name":"Microsoft-Windows-PowerShell"},"EventID":{"Value":4104},"TimeCreated":{"SystemTime":1773136800.5},"Channel":"Microsoft-Windows-PowerShell/Operational","Computer":"e"},"EventData":{"MessageNumber":1,"MessageTotal":1,"ScriptBlockText":"Invoke-GraphRunner","ScriptBlockId":"i"}}`, "script "},
		"Sysmon":          {`{"channel":"Microsoft-Windows-Sysmon/Operational","computer":"e","event_id":{"id":22},"provider":{"name":"Microsoft-Windows-Sysmon"},"system_time":"2026-03-10T10:00:00Z","event_data":{"data":[{"UtcTime":"2026-03-10 10:00:00.000"},{"QueryName":"graph.microsoft.com"},{"Image":"C:\\powershell.exe"},{"QueryStatus":"0"}]}}`, "network "},
		"SMTP refusal":    {`{"Event":{"System":{"Provider":{"@Name":"MSExchangeFrontEndTransport"},"EventID":"1035","TimeCreated":{"@SystemTime":"2026-03-10T10:00:00Z"},"Channel":"Application","Computer":"e"},"EventData":{"Data":["LogonDenied","Client Frontend","Login","203.0.113.7"]}}}`, "sign_in Client Frontend"},
		"NTLM validation": {`{"Event":{"System":{"Provider_attributes":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":4776,"TimeCreated_attributes":{"SystemTime":"2026-03-10T10:00:00Z"},"Channel":"Security","Computer":"e"},"EventData":{"PackageName":"M","TargetUserName":"alice","Workstation":"W","Status":"0xc000006a"}}}`, "sign_in "},
	} {
		set, err := New(Auto, testContent)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		set.Decode("t", native(t, c.text), func(ev *event.Event) {
			got = append(got, fmt.Sprintf("%s %s", ev.Action, ev.Operation))
			if ev.Time.Year() != 2026 || ev.Time.Month() != 3 {
				t.Errorf("%s: %v", name, ev.Time)
			}
		})
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %q, want %q, %+v", name, got, c.want, set.Unread())
		}
	}
}

// TestExchangeLogsInWrappers reads the text logs of Exchange from any key, and their
// columns as maps.
func TestExchangeLogsInWrappers(t *testing.T) {
	const (
		smtp = `2026-03-10T10:00:00.270Z,EX01\Default Frontend EX01,08DA4F7C11473A60,3,192.0.2.10:25,203.0.113.7:5602,>,535 5.7.3 Authentication unsuccessful,`
		imap = `2026-03-10T10:00:00.530Z,000000000000000E,2,192.0.2.10:143,203.0.113.7:35070,alice,168,31,31,authenticate,PLAIN,"R=""2 NO AUTHENTICATE failed."";Msg=""AuthFailed:LogonDenied,User: alice"";ErrMsg=AuthFailed:LogonDenied"`
	)
	for name, text := range map[string]string{
		"SMTP line":           smtp,
		"SMTP, Vector":        `{"file":"x","host":"h","source_type":"file","message":` + jsonText(smtp) + `}`,
		"SMTP, HEC":           `{"time":1,"host":"h","event":` + jsonText(smtp) + `}`,
		"SMTP, unknown key":   `{"host":"h","a":1,"b":2,"line":` + jsonText(smtp) + `}`,
		"SMTP behind syslog":  `{"message":` + jsonText(smtp) + `,"ident":"x","host":"h","pri":"13"}`,
		"IMAP line":           imap,
		"IMAP, Cribl":         `{"_raw":` + jsonText(imap) + `,"_time":1,"host":"h","source":"s"}`,
		"IMAP, Splunk export": `{"preview":false,"result":{"_raw":` + jsonText(imap) + `}}`,
		"SMTP, columns":       `{"date-time":"2026-03-10T10:00:00.270Z","connector-id":"EX01\\x","session-id":"08DA4F7C11473A60","local-endpoint":"192.0.2.10:25","remote-endpoint":"203.0.113.7:5602","event":">","data":"535 5.7.3 Authentication unsuccessful"}`,
	} {
		events, set := readShape(t, text)
		if len(events) != 1 || !strings.Contains(events[0], " 203.0.113.7 2026-03-10T10:00:00") || !strings.Contains(events[0], "failure") {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
}
