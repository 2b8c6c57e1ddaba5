package analytics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
)

// adEvent returns an event of an Active Directory domain as in_winevtlog with
// event_data_as_map writes it.
func adEvent(id int, provider, channel string, at time.Duration, user, data string) string {
	return fmt.Sprintf(`{"ProviderName":"%s","EventID":%d,"Channel":"%s","Computer":"EX01.contoso.com","EventRecordID":%d,"TimeCreated":"%s","UserID":"%s",%s}`,
		provider, id, channel, int(at.Seconds()), stamped(at), user, data)
}

const aliceSID = "S-1-5-21-1-2-3-1105"

func adLogon(at time.Duration) string {
	return adEvent(4624, "Microsoft-Windows-Security-Auditing", "Security", at, "",
		`"EventData":{"TargetUserSid":"`+aliceSID+`","TargetUserName":"alice","TargetDomainName":"CONTOSO","LogonType":"3","IpAddress":"192.0.2.10"}`)
}

// TestAccountsOfActiveDirectoryHaveOneName plays a logon, and after it records that
// have the SID of the account, its name without a domain or its display name.
func TestAccountsOfActiveDirectoryHaveOneName(t *testing.T) {
	const policyText = "domains: {default: contoso.com, netbios: {CONTOSO: contoso.com}}\n"
	script := func(at time.Duration) string {
		return adEvent(4104, "Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational", at, aliceSID,
			`"EventData":{"ScriptBlockText":"Invoke-SelfSearch -Mailbox x","ScriptBlockId":"b1","MessageNumber":"1","MessageTotal":"1"}`)
	}
	export := func(at time.Duration) string {
		return adEvent(1, "MSExchange CmdletLogs", "MSExchange Management", at, "",
			`"StringInserts":["New-MailboxExportRequest","-Mailbox \"bob@contoso.com\" -FilePath \"\\\\x\\y.pst\"","contoso.com/Users/Alice Smith","`+aliceSID+`","`+aliceSID+`","ServerRemoteHost-EMS"]`)
	}
	var guesses []string
	for n := range 25 {
		guesses = append(guesses, adEvent(4771, "Microsoft-Windows-Security-Auditing", "Security", 10*time.Hour+time.Duration(n*n%7+n*11)*time.Second, "",
			`"EventData":{"TargetUserName":"alice","TargetSid":"`+aliceSID+`","Status":"0x18","IpAddress":"::ffff:203.0.113.9"}`))
	}
	for _, c := range []struct {
		name   string
		policy string
		lines  []string
		rule   string
		want   string
	}{
		{"the SID alone", policyText, []string{script(10 * time.Hour)}, "AN0131", "alice@contoso.com"},
		{"the SID and the display name", policyText, []string{script(10 * time.Hour), export(10*time.Hour + time.Minute)}, "AN0131", "alice@contoso.com"},
		{"a name without a domain", "", guesses, "AN1269", `contoso\alice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newRawScene(t, c.policy).policy
			kept := memory{}
			e := newTracked(t, p, kept)
			observe := func(lines ...string) (got []*alert.Alert) {
				var all [][]byte
				for _, l := range lines {
					all = append(all, []byte(l))
				}
				for _, chunk := range chunked(all, 50, asMap) {
					got = append(got, e.Observe("win", chunk)...)
				}
				return got
			}
			observe(adLogon(8 * time.Hour))
			if err := e.Changes(kept.put); err != nil {
				t.Fatal(err)
			}
			e = newTracked(t, p, kept) // the name outlasts a restart
			got := append(observe(c.lines...), e.Close()...)
			if len(got) == 0 {
				t.Fatalf("no alert: %+v", e.Stats())
			}
			for _, a := range got {
				text := fmt.Sprint(summary(a), a.Message, a.Users, a.Context)
				if a.Rule.ID != c.rule || strings.Contains(strings.ToLower(text), "s-1-5-21") || !strings.Contains(text, c.want) || strings.Contains(text, "alice smith") {
					t.Errorf("%s %s (want %s)", a.Rule.ID, text, c.want)
				}
			}
		})
	}
}
