package analytics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/policy"
)

// The chain in records as the logs have them: sources, policy and analytic
// together.
func rawIncident(t *testing.T, lines []string, pack func([]byte) any) *alert.Alert {
	t.Helper()
	var all [][]byte
	for _, l := range lines {
		all = append(all, []byte(l))
	}
	got, e := run(t, policy.Default(), "raw", chunked(all, 50, pack))
	list := byRule(got, "AN0131")
	if len(list) != 1 {
		t.Fatalf("%d incidents, want 1: %s\n%+v", len(list), summaries(got), e.Stats())
	}
	return list[0]
}

func stamped(at time.Duration) string { return midnight.Add(at).Format("2006-01-02T15:04:05Z") }

func TestRawSessionReplay(t *testing.T) {
	signIn := func(at time.Duration, ip, country string) string {
		return fmt.Sprintf(`{"time":"%s","category":"SignInLogs","operationName":"Sign-in activity","resultType":"0","callerIpAddress":"%s",`+
			`"properties":{"id":"%s","createdDateTime":"%s","userPrincipalName":"alice@contoso.com","userId":"0b1ec700-0000-4000-8000-000000000001","appId":"%s",`+
			`"ipAddress":"%s","userAgent":"%s","sessionId":"sess-1","uniqueTokenIdentifier":"tok-%s","status":{"errorCode":0},"location":{"countryOrRegion":"%s"}}}`,
			stamped(at), ip, at, stamped(at), officeID, ip, browser, country, country)
	}
	lines := []string{signIn(9*time.Hour, homeIP, "NL"), signIn(9*time.Hour+10*time.Minute, thief, "BR")}
	for n := range 10 {
		at := stamped(9*time.Hour + 12*time.Minute + time.Duration(n)*17*time.Second)
		lines = append(lines, fmt.Sprintf(`{"time":"%s","category":"MicrosoftGraphActivityLogs","callerIpAddress":"%s","properties":{"timeGenerated":"%s","requestId":"r-%d",`+
			`"userId":"0b1ec700-0000-4000-8000-000000000001","appId":"%s","ipAddress":"%s","userAgent":"%s","signInActivityId":"tok-BR","requestMethod":"GET",`+
			`"requestUri":"https://graph.microsoft.com/v1.0/me/messages?$top=100","responseStatusCode":200}}`, at, thief, at, n, officeID, thief, python))
	}
	a := rawIncident(t, lines, asMap)
	check(t, a, "session_replay", alert.High)
	if a.User == nil || a.User.Email != alice || a.Source.String() != thief || a.Counts.Items != 1000 {
		t.Errorf("%s", summary(a))
	}
}

func TestRawDeviceCodeAndSync(t *testing.T) {
	lines := []string{fmt.Sprintf(`{"time":"%s","category":"SignInLogs","operationName":"Sign-in activity","resultType":"0","properties":{"id":"s1","createdDateTime":"%s",`+
		`"userPrincipalName":"alice@contoso.com","appId":"%s","ipAddress":"%s","authenticationProtocol":"deviceCode","userAgent":"%s","status":{"errorCode":0}}}`,
		stamped(9*time.Hour), stamped(9*time.Hour), rogueID, thief, browser)}
	for n := range 3 {
		lines = append(lines, fmt.Sprintf(`{"CreationTime":"%s","Id":"m%d","Operation":"MailItemsAccessed","RecordType":50,"Workload":"Exchange","ResultStatus":"Succeeded","UserId":"alice@contoso.com",`+
			`"ClientIPAddress":"%s","ClientInfoString":"Client=REST;;","AppId":"%s","MailboxOwnerUPN":"alice@contoso.com","OperationProperties":[{"Name":"MailAccessType","Value":"Sync"},{"Name":"IsThrottled","Value":"False"}]}`,
			midnight.Add(9*time.Hour+time.Duration(10+n)*time.Minute).Format("2006-01-02T15:04:05"), n, thief, rogueID))
	}
	a := rawIncident(t, lines, asMap)
	check(t, a, "scripted_mail_access", alert.High)
}

func TestRawNamelessEWS(t *testing.T) {
	s := newRawScene(t, "")
	for n := range 60 {
		s.line(fmt.Sprintf("%s 10.0.0.5 POST /EWS/Exchange.asmx &cafeReqId=%08x-0000-4000-8000-000000000000;&SoapAction=%s; 443 CONTOSO\\alice %s - - 200 0 0 40 -",
			midnight.Add(9*time.Hour+time.Duration(n)*3*time.Second).Format("2006-01-02 15:04:05"), n, []string{"GetItem", "FindItem"}[map[bool]int{true: 1}[n == 0]], thief))
	}
	var lines []string
	for _, l := range s.lines {
		lines = append(lines, string(l))
	}
	a := rawIncident(t, lines, asLines)
	check(t, a, "scripted_mail_access", alert.Medium)
	t.Log(a.Message)
}

func TestRawAADInternals(t *testing.T) {
	event := func(id int, channel, at, data string) string {
		return fmt.Sprintf(`{"@timestamp":"%s","winlog":{"event_id":%d,"channel":"%s","provider_name":"%s","computer_name":"srv01.contoso.com","event_data":%s}}`,
			at, id, channel, strings.TrimSuffix(channel, "/Operational"), data)
	}
	a := rawIncident(t, []string{
		event(4104, "Microsoft-Windows-PowerShell/Operational", stamped(9*time.Hour), `{"ScriptBlockText":"$t = Get-AADIntAccessTokenForEXO; Open-AADIntOWA -AccessToken $t","ScriptBlockId":"b1","MessageNumber":"1","MessageTotal":"1"}`),
		event(22, "Microsoft-Windows-Sysmon/Operational", stamped(9*time.Hour+time.Minute), `{"Image":"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe","QueryName":"outlook.office365.com","QueryStatus":"0","QueryResults":"::ffff:192.0.2.1;"}`),
	}, asMap)
	check(t, a, "collection_tool", alert.High)
	t.Log(summary(a))
}
