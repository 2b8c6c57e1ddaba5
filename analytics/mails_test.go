package analytics

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
)

// audited is a record of the audit log of alice.
func audited(at time.Duration, id int, operation, rest string) string {
	return fmt.Sprintf(`{"CreationTime":"%s","Id":"m%d","Operation":"%s","RecordType":50,"Workload":"Exchange","ResultStatus":"Succeeded","UserId":"alice@contoso.com","ClientIPAddress":"%s",%s}`,
		midnight.Add(at).Format("2006-01-02T15:04:05"), id, operation, thief, rest)
}

// readMails is a record of n mails that a script read; the first has hostile texts.
func readMails(at time.Duration, id, n int) string {
	items := []string{`{"InternetMessageId":"<` + strings.Repeat("x", 5000) + `\u0000\u202e\n@x>"}`}
	for i := range n {
		items = append(items, fmt.Sprintf(`{"InternetMessageId":"<%d-%d@contoso.com>"}`, id, i))
	}
	return audited(at, id, "MailItemsAccessed", fmt.Sprintf(`"ClientInfoString":"Client=REST;python-requests/2.31;","AppId":"%s","MailboxOwnerUPN":"alice@contoso.com","OperationCount":%d,`+
		`"OperationProperties":[{"Name":"MailAccessType","Value":"Bind"}],"Folders":[{"Path":"\\Inbox","FolderItems":[%s]}]`, rogueID, n+1, strings.Join(items, ",")))
}

// TestMailsOfAnIncident reads mails before and after the incident opens: the mailbox
// is read by a script, and a permission is given away.
func TestMailsOfAnIncident(t *testing.T) {
	lines := []string{
		readMails(9*time.Hour, 0, 2),
		audited(9*time.Hour+10*time.Minute, 100, "Add-MailboxPermission", `"ClientInfoString":"Client=WebServices;python-requests/2.31;","Parameters":[{"Name":"Identity","Value":"`+strings.Repeat("EURPR05A001/", 20)+
			`alice"},{"Name":"AutoMapping","Value":"False"},{"Name":"AccessRights","Value":"FullAccess"},{"Name":"User","Value":"mallory@contoso.com"}]`),
		fmt.Sprintf(`{"time":"%s","category":"SignInLogs","operationName":"Sign-in activity","resultType":"0","properties":{"id":"s1","createdDateTime":"%[1]s",`+
			`"userPrincipalName":"alice@contoso.com","appId":"%s","ipAddress":"%s","authenticationProtocol":"deviceCode","userAgent":"%s","status":{"errorCode":0}}}`,
			stamped(9*time.Hour+12*time.Minute), rogueID, thief, python),
	}
	for n := 1; n < 6; n++ {
		lines = append(lines, readMails(9*time.Hour+15*time.Minute+time.Duration(n)*time.Minute, n, 30))
	}
	a := rawIncident(t, lines, asMap)
	if len(a.Mails) != alert.MaxMails || a.Counts.Items < 150 {
		t.Errorf("%d mails of %d items, want %d of more than 150", len(a.Mails), a.Counts.Items, alert.MaxMails)
	}
	for _, m := range a.Mails {
		if len(m.ID) > 160 || m.Folder != `\Inbox` {
			t.Errorf("%+v", m)
		}
	}
	if !slices.ContainsFunc(a.Mails, func(m alert.Mail) bool { return m.ID == "<0-1@contoso.com>" }) {
		t.Errorf("no mail from before the incident opened: %v", a.Mails)
	}
	found := map[string]string{}
	for _, s := range a.Signals {
		found[s.Code] = s.Detail
		if s.At.IsZero() || s.Record == "" || !s.IP.IsValid() || len(s.Mails) > 5 {
			t.Errorf("%+v", s)
		}
		if strings.HasPrefix(s.Code, "access.") && len(s.Mails) == 0 {
			t.Errorf("%s: no mails", s.Code)
		}
	}
	if got := found["mailbox.permission"]; !strings.HasPrefix(got, "User=mallory@contoso.com; AccessRights=FullAccess; Identity=EURPR") {
		t.Errorf("permission %q in %v", got, found)
	}
}

// TestAlertsOfTheRecordedTenant checks the fields that an analyst acts on in the alerts
// of a tenant's audit log: every signal has a time and a record, and every incident has
// evidence and, for attacks with a valid credential, its sign-in.
func TestAlertsOfTheRecordedTenant(t *testing.T) {
	all, _ := run(t, standard(), "m365.audit", chunked(fixture(t, "m365_ual/invictus__ual_2021-03_to_05.ndjson"), 100, asMap))
	mails := 0
	for _, a := range append(byRule(all, "AN0131"), byRule(all, "AN1269")...) {
		if len(a.Evidence) == 0 || len(alert.Actions(a)) == 0 {
			t.Errorf("%s: evidence %q, actions %q", a.Message, a.Evidence, alert.Actions(a))
		}
		for _, s := range a.Signals {
			other := s.Code == "signin.from_attack" || s.Code == "session.two_networks" // may be about an earlier record
			if s.At.IsZero() || s.Record == "" && !other {
				t.Errorf("%s: %+v", a.Message, s)
			}
		}
		for _, v := range a.Valid {
			if !v.IP.IsValid() || v.Record == "" || a.RelatedIPs()[0] != a.Valid[0].IP || a.RelatedUsers()[0] != a.Valid[0].User {
				t.Errorf("%s: %+v", a.Message, v)
			}
		}
		mails += len(a.Mails)
	}
	if mails == 0 {
		t.Error("no incident has mails")
	}
}

// The chain in records as the logs have them: sources, policy and analytic
// together.
func rawIncident(t *testing.T, lines []string, pack func([]byte) any) *alert.Alert {
	t.Helper()
	var all [][]byte
	for _, l := range lines {
		all = append(all, []byte(l))
	}
	got, e := run(t, standard(), "raw", chunked(all, 50, pack))
	list := byRule(got, "AN0131")
	if len(list) != 1 {
		t.Fatalf("%d incidents, want 1: %s\n%+v", len(list), summaries(got), e.Stats())
	}
	return list[0]
}

func stamped(at time.Duration) string { return midnight.Add(at).Format("2006-01-02T15:04:05Z") }
