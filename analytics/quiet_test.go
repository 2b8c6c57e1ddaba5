package analytics

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

func TestQuiet(t *testing.T) {
	week := func(s *scene) { s.lives(alice, 7) }
	for name, play := range map[string]func(s *scene){
		"a user on holiday with Outlook mobile": func(s *scene) {
			week(s)
			for d := range 5 {
				at := time.Duration(d)*24*time.Hour + 7*time.Hour
				for n := range 6 {
					s.signsIn(act{at: at + time.Duration(n)*2*time.Hour, ip: fmt.Sprintf("198.18.%d.9", 10*d+n), user: alice, agent: phone, app: mobileID, country: "GR", device: "phone-1", session: "phone"})
					s.reads(act{at: at + time.Duration(n)*2*time.Hour + time.Minute, ip: fmt.Sprintf("198.18.%d.9", 10*d+n), user: alice, agent: phone, app: mobileID,
						client: "Client=OutlookService;Outlook-iOS/2.0", session: "phone", items: 20})
				}
			}
		},
		"a new laptop that fetches the whole mailbox": func(s *scene) {
			week(s)
			s.signsIn(act{at: 8 * time.Hour, ip: homeIP, user: alice, agent: outlook, app: officeID, country: "NL", device: "laptop-2"})
			for n := range 40 {
				s.reads(act{at: 8*time.Hour + time.Duration(n)*time.Minute, ip: homeIP, user: alice, agent: outlook, app: officeID, client: "Client=MSExchangeRPC", access: event.Sync, items: 100})
			}
		},
		"a VPN switched on and off": func(s *scene) {
			week(s)
			for n := range 20 {
				ip := homeIP
				if n%2 == 1 {
					ip = "198.51.100.200"
				}
				at := 8*time.Hour + time.Duration(n)*20*time.Minute
				s.signsIn(act{at: at, ip: ip, user: alice, agent: browser, app: officeID, country: "NL", session: "day"})
				s.reads(act{at: at + time.Minute, ip: ip, user: alice, agent: browser, app: officeID, client: "Client=OWA;Action=ViaProxy", session: "day", items: 10})
			}
		},
		"CGNAT churn of a telephone": func(s *scene) {
			week(s)
			for n := range 50 {
				ip := fmt.Sprintf("100.%d.7.9", 64+n)
				at := 8*time.Hour + time.Duration(n)*10*time.Minute
				s.signsIn(act{at: at, ip: ip, user: alice, agent: phone, app: mobileID, country: "NL", session: "phone"})
				s.reads(act{at: at + time.Minute, ip: ip, user: alice, agent: phone, app: mobileID, client: "Client=OutlookService;Outlook-iOS/2.0", session: "phone", items: 3})
			}
		},
		"a telephone that changes between IPv4 and IPv6": func(s *scene) {
			for n := range 20 {
				ip := "192.0.2.80"
				if n%2 == 1 {
					ip = "2001:db8:7::9"
				}
				s.signsIn(act{at: time.Duration(n) * time.Hour, ip: ip, user: alice, agent: phone, app: mobileID, session: "phone"})
				s.reads(act{at: time.Duration(n)*time.Hour + time.Minute, ip: ip, user: alice, agent: python, app: mobileID, session: "phone", items: 3})
			}
		},
		"a person's own script, daily": func(s *scene) {
			for d := range 20 {
				at := time.Duration(d)*24*time.Hour + 6*time.Hour
				s.signsIn(act{at: at, ip: homeIP, user: alice, agent: browser, app: officeID})
				for n := range 30 {
					s.reads(act{at: at + time.Duration(n)*5*time.Second, ip: homeIP, user: alice, agent: python, app: officeID, source: event.Graph, service: event.GraphService,
						operation: "GET /me/messages", items: 5})
				}
			}
		},
		"an administrator's routine": func(s *scene) {
			for d := range 5 {
				at := time.Duration(d)*24*time.Hour + 9*time.Hour
				s.add(act{at: at, ip: homeIP, user: "admin@contoso.com", agent: "Microsoft WinRM Client", service: event.PowerShell, outcome: event.Success})
				for n, text := range []string{"Get-Mailbox -ResultSize Unlimited | Get-MailboxStatistics", "Get-MessageTrackingLog -Start (Get-Date).AddDays(-1)",
					"Connect-ExchangeOnline; Get-EXOMailbox | Export-Csv c:\\r.csv"} {
					s.add(act{at: at + time.Duration(n)*time.Minute, action: event.Script, source: event.WinEvent, service: event.PowerShell, outcome: event.Success, host: "mgmt01", detail: text})
				}
				s.add(act{at: at + 5*time.Minute, action: event.Network, source: event.WinEvent, service: event.Windows, outcome: event.Success, host: "mgmt01",
					client: `C:\Program Files\PowerShell\7\pwsh.exe`, target: "outlook.office365.com"})
				s.add(act{at: at + 6*time.Minute, user: "admin@contoso.com", source: event.Cmdlet, service: event.PowerShell, action: event.Script, outcome: event.Success, host: "ex01",
					operation: "Get-Mailbox", detail: "-ResultSize Unlimited"})
			}
		},
		"Microsoft's own services": func(s *scene) {
			week(s)
			for n := range 40 {
				s.reads(act{at: 9*time.Hour + time.Duration(n)*10*time.Second, ip: "2603:10b6:208:2::5", user: person(n), app: "13937bba-652e-4c46-b222-3003f4d1ff97",
					client: "Client=REST;Client=RESTSystem;;", items: 50})
				s.reads(act{at: 9*time.Hour + time.Duration(n)*10*time.Second, ip: "40.104.7.9", user: alice, mailbox: person(n), app: "00000002-0000-0ff1-ce00-000000000000",
					client: "Client=EDiscoverySearch", items: 50})
			}
		},
		"first-party application ids by themselves": func(s *scene) {
			week(s)
			for n, app := range []string{"04b07795-8ddb-461a-bbee-02f9e1bf7b46", "14d82eec-204b-4c2f-b7e8-296a70dab67e", "1950a258-227b-4e31-a9cf-717495945fc2"} {
				at := 9*time.Hour + time.Duration(n)*time.Minute
				s.signsIn(act{at: at, ip: homeIP, user: alice, agent: browser, app: app, country: "NL", device: "laptop-1"})
				s.reads(act{at: at + time.Minute, ip: homeIP, user: alice, agent: browser, app: app, items: 5})
			}
		},
		"a third-party mail client, consented to and used": func(s *scene) {
			week(s)
			s.does(event.DirectoryChange, "Add service principal.", act{at: 9 * time.Hour, ip: homeIP, user: alice, target: rogueID, detail: "AccountEnabled=true"})
			s.does(event.Consent, "Consent to application.", act{at: 9 * time.Hour, ip: homeIP, user: alice, target: rogueID, detail: "Scope: Mail.ReadWrite offline_access"})
			for n := range 30 {
				s.signsIn(act{at: 9*time.Hour + time.Duration(n)*10*time.Minute, ip: homeIP, user: alice, agent: browser, app: rogueID, country: "NL"})
				s.reads(act{at: 9*time.Hour + time.Duration(n)*10*time.Minute + time.Second, ip: homeIP, user: alice, app: rogueID, client: "Client=REST;;", items: 5})
			}
		},
		"a new EWS integration that polls": func(s *scene) {
			for n := range 5 * 24 * 60 {
				at := time.Duration(n) * time.Minute
				a := act{at: at, ip: homeIP, user: "svc-crm@contoso.com", agent: "ExchangeServicesClient/15.00.0913.015", source: event.IIS, service: event.EWSService, outcome: event.Success, operation: "GetFolder"}
				s.add(a)
				a.at += 2 * time.Second
				a.operation = "GetItem"
				s.reads(a)
			}
		},
		"a rule that sorts, a calendar that is shared": func(s *scene) {
			week(s)
			s.does(event.MailboxChange, "New-InboxRule", act{at: 9 * time.Hour, ip: homeIP, user: alice, detail: "Name=news; From=news@example.com; MoveToFolder=News"})
			s.does(event.MailboxChange, "AddFolderPermissions", act{at: 9 * time.Hour, ip: homeIP, user: alice, detail: `MemberUpn=Everyone; Path=\Calendar`})
			s.does(event.MailboxChange, "Set-Mailbox", act{at: 9 * time.Hour, ip: homeIP, user: alice, detail: "ForwardingSmtpAddress=smtp:bob@eu.contoso.com"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			play(s)
			s.sorted().quiet()
			s.late(12*time.Hour, 1).quiet()
		})
	}
}

// backup reads the given number of mailboxes in one night as an application.
func backup(s *scene, day, boxes int) {
	at := time.Duration(day)*24*time.Hour + time.Hour
	s.signsIn(act{at: at, ip: "192.0.2.130", user: "ServicePrincipal_" + backupID, app: backupID, protocol: event.ClientCredential})
	for n := range boxes {
		s.reads(act{at: at + time.Duration(n)*5*time.Second, ip: "192.0.2.130", user: "ServicePrincipal_" + backupID, mailbox: person(n), app: backupID,
			client: "Client=REST;;", protocol: event.ClientCredential, access: event.Sync, items: 20})
	}
}

func declared(t *testing.T, s *scene, automation string) {
	t.Helper()
	p, err := policy.Parse("policy.yaml", "", []byte("version: 1\nautomation: "+automation))
	if err != nil {
		t.Fatal(err)
	}
	s.policy = p
}

// An automation excuses nothing after its expiry.
func TestExpiredAutomation(t *testing.T) {
	s := newScene(t)
	declared(t, s, `[{name: backup, app: `+backupID+`, expires: 2026-03-09}]`)
	backup(s, 0, 20)
	only(t, s.sorted().play(), "application_mail_access", alert.Low, "access.many_mailboxes")
}
