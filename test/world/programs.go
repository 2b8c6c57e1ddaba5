package world

import (
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// declaredBackup is known to the policy; the other one is not.
var declaredBackup = lines.App{ID: "5f1c3a52-98b1-4d37-a1b6-6d3f9a3d1b01", Name: "Cloud Backup"}

// programs are honest programs that read mail.
var programs = []plannedKind[planner]{
	{"declared backup", func(w planner, name string) {
		w.backup(name, declaredBackup, 0, w.Days, w.org.people)
	}},
	{"undeclared backup", func(w planner, name string) {
		w.backup(name, lines.App{ID: w.UUID(), Name: "Mail Vault"}, 0, w.Days, dice.Some(w, w.org.people, len(w.org.people)/3))
	}},
	{"backup switched to another product", func(w planner, name string) {
		w.backup(name, lines.App{ID: w.UUID(), Name: "Safe Keep"}, w.aWorkday(3), w.Days, dice.Some(w, w.org.people, len(w.org.people)*3/4))
	}},
	{"CRM", planner.crm},
	{"calendar application that many adopt", planner.calendar},
	{"Copilot", planner.copilot},
	{"delegates", planner.delegates},
	{"eDiscovery", planner.discovery},
	{"migration by impersonation", planner.migration},
	{"administrators' scripts", planner.adminScripts},
	{"archive over EWS on the server", planner.archive},
}

// backup reads mailboxes every night, with its own identity, from a cloud.
func (w planner) backup(name string, app lines.App, from, to int, people []*person) {
	principal := w.UUID()
	addresses := []netip.Addr{w.nets.cloud.V4(w.Rand.Uint64()), w.nets.cloud.V4(w.Rand.Uint64())}
	n := w.Honest(name, w.Day(from, 0), w.Day(to, 0))
	n.Apps = append(n.Apps, app.ID)
	n.Addresses = append(n.Addresses, addresses...)
	if from > 0 {
		admin := w.org.admins[0]
		w.At(w.Day(from, 0).Add(-9*time.Hour), func(at time.Time) {
			w.log.Consent(at, admin.office.address, admin.upn(), admin.object, app, principal, "Mail.Read full_access_as_app", true)
		})
	}
	for day := from; day < to; day++ {
		c := lines.Client{IP: dice.One(w, addresses)}
		start := w.Day(day, 1+0.2*w.Rand.Float64())
		w.At(start, func(at time.Time) { w.log.AppSignIn(at, c, app, principal, true) })
		for i, p := range people {
			if !p.cloud {
				continue
			}
			w.At(start.Add(time.Duration(i)*13*time.Second), func(at time.Time) {
				w.log.Mail(lines.Read{At: at, IP: c.IP, User: "ServicePrincipal_" + principal, Key: principal, Owner: p.upn(), Info: "Client=REST;;", App: app.ID, Logon: 1, Items: w.Number(5, 60)})
				if i%6 == 0 {
					w.log.Graph(lines.GraphCall{At: at, Client: c, App: app.ID, Principal: principal, URI: "/users/" + p.object + "/messages?$top=100", Size: 400_000})
				}
			})
		}
	}
}

// crm reads the mail of sales people for them, all day long.
func (w planner) crm(name string) {
	app, principal := lines.App{ID: w.UUID(), Name: "Customer Desk"}, w.UUID()
	addresses := []netip.Addr{w.nets.cloud.V4(w.Rand.Uint64()), w.nets.cloud.V4(w.Rand.Uint64()), w.nets.cloud.V4(w.Rand.Uint64())}
	n := w.Honest(name, w.Day(0, 0), w.End())
	n.Apps, n.Addresses = append(n.Apps, app.ID), append(n.Addresses, addresses...)
	for _, p := range dice.Some(w, w.org.people, max(3, len(w.org.people)/25)) {
		if !p.cloud {
			continue
		}
		w.During(w.Day(0, 0), w.End(), 2*time.Hour, func(at time.Time) {
			c := lines.Client{IP: dice.One(w, addresses), Agent: "CustomerDesk-Sync/4.1"}
			w.readBy(p, at, c, app, principal, w.Number(1, 12))
		})
	}
}

// readBy is an application that reads the mail of somebody who let it in.
func (w planner) readBy(p *person, at time.Time, c lines.Client, app lines.App, principal string, items int) {
	token := w.Hex(16) + "AA"
	w.log.SignIn(lines.SignIn{At: at, Client: c, App: app, UPN: p.upn(), Object: p.object, Silent: true, Token: token, Graph: true})
	w.log.Graph(lines.GraphCall{At: at.Add(time.Second), Client: c, App: app.ID, User: p.object, Token: token, URI: "/me/messages?$top=25", Size: 40_000})
	w.log.Mail(lines.Read{At: at.Add(time.Second), IP: c.IP, User: p.upn(), Key: p.object, Info: "Client=REST;;", App: app.ID, Token: token, Items: items})
}

// calendar is an application that sixty people let in within a week.
func (w planner) calendar(name string) {
	app, principal := lines.App{ID: w.UUID(), Name: "Plan Together"}, w.UUID()
	addresses := []netip.Addr{w.nets.cloud.V4(w.Rand.Uint64()), w.nets.cloud.V6(7, w.Rand.Uint64())}
	n := w.Honest(name, w.Day(1, 0), w.End())
	n.Apps, n.Addresses = append(n.Apps, app.ID), append(n.Addresses, addresses...)
	for _, p := range dice.Some(w, w.org.people, min(60, len(w.org.people)/5)) {
		if !p.cloud {
			continue
		}
		at := w.Day(w.aWorkday(1), 9+8*w.Rand.Float64())
		w.At(at, func(at time.Time) {
			n.Saw(netip.Addr{}, p.upn())
			w.log.Consent(at, p.office.address, p.upn(), p.object, app, principal, "openid profile offline_access Calendars.ReadWrite Mail.Read", false)
		})
		w.During(at, w.End(), 4*time.Hour, func(at time.Time) {
			w.readBy(p, at, lines.Client{IP: dice.One(w, addresses), Agent: "PlanTogether/2.0 (+https://plan.example)"}, app, principal, w.Number(1, 6))
		})
	}
}

// copilot reads mail for half of the people, from Microsoft's addresses.
func (w planner) copilot(name string) {
	const app = "fb8d773d-7ef8-4ec0-a117-179f88add510"
	day := w.aWorkday(1)
	n := w.Honest(name, w.Day(day, 0), w.End())
	n.Apps = append(n.Apps, app)
	for _, p := range dice.Some(w, w.org.people, len(w.org.people)/2) {
		if !p.cloud {
			continue
		}
		w.During(w.Day(day, 8), w.End(), 9*time.Hour, func(at time.Time) {
			w.log.Mail(lines.Read{At: at, IP: w.backEnd(), User: p.upn(), Key: p.object, Info: "Client=REST;Client=RESTSystem;;", App: app, Items: w.Number(3, 30)})
		})
	}
}

// delegates read and send for others; now and then one is made.
func (w planner) delegates(name string) {
	n := w.Honest(name, w.Day(0, 0), w.End())
	for range max(2, len(w.org.people)/30) {
		d, boss := dice.One(w, w.org.people), dice.One(w, w.org.people)
		if !d.cloud || !boss.cloud {
			continue
		}
		n.Saw(netip.Addr{}, d.upn())
		if w.Chance(0.3) {
			w.At(w.Day(w.aWorkday(1), 10), func(at time.Time) {
				w.log.Admin(at, boss.office.address, boss.upn(), boss.object, "Add-MailboxFolderPermission", boss.upn()+`:\Inbox`, boss.session, "Identity", boss.upn()+`:\Inbox`, "User", d.upn(), "AccessRights", "Reviewer")
			})
		}
		w.During(w.Day(0, 8), w.End(), 5*time.Hour, func(at time.Time) {
			w.log.Mail(lines.Read{At: at, IP: d.office.address, User: d.upn(), Key: d.object, Owner: boss.upn(), Info: "Client=MSExchangeRPC", Logon: 2, Session: d.device, Items: w.Number(1, 10)})
		})
	}
}

// discovery is a search for the lawyers: declared to nobody.
func (w planner) discovery(name string) {
	admin, day := w.org.admins[1], w.aWorkday(2)
	n := w.Honest(name, w.Day(day, 9), w.Day(day, 18))
	n.Saw(admin.office.address, admin.upn())
	w.At(w.Day(day, 10), func(at time.Time) {
		w.log.Admin(at, admin.office.address, admin.upn(), admin.object, "New-ComplianceSearch", "Case 114", admin.session, "Name", "Case 114", "ExchangeLocation", "All", "ContentMatchQuery", "subject:tender")
		w.log.Admin(at.Add(20*time.Minute), admin.office.address, admin.upn(), admin.object, "New-ComplianceSearchAction", "Case 114_Export", admin.session, "SearchName", "Case 114", "Export", "True")
	})
	for _, p := range dice.Some(w, w.org.people, 12) {
		w.At(w.Day(day, 11+3*w.Rand.Float64()), func(at time.Time) {
			w.log.Mail(lines.Read{At: at, IP: w.backEnd(), User: admin.upn(), Key: admin.object, Owner: p.upn(), Info: "Client=EDiscoverySearch", Logon: 1, Items: w.Number(3, 40)})
		})
	}
}

// migration moves 80 mailboxes of the server to the cloud over a weekend of
// work, with one account that may impersonate.
func (w planner) migration(name string) {
	day := w.aWorkday(2)
	address := w.nets.cloud.V4(w.Rand.Uint64())
	account, object := "svc-migration@"+w.org.domain, w.UUID()
	n := w.Honest(name, w.Day(day, 0), w.Day(day+2, 0))
	n.Saw(address, account)
	w.At(w.Day(day, 16), func(at time.Time) {
		admin := w.org.admins[2]
		w.log.Cmdlet(at, w.org.domain+"/Users/"+admin.name, "New-ManagementRoleAssignment", `-Name "migration" -Role "ApplicationImpersonation" -User "svc-migration"`)
	})
	at := w.Day(day, 18)
	for _, p := range dice.Some(w, w.org.people, min(80, len(w.org.people)/5)) {
		for range w.Number(4, 12) {
			w.At(at, func(at time.Time) {
				c := lines.Client{IP: address, Agent: "ExchangeServicesClient/15.00.0913.015"}
				if p.cloud {
					w.log.Mail(lines.Read{At: at, IP: address, User: account, Key: object, Owner: p.upn(), Info: "Client=WebServices;ExchangeServicesClient/15.00.0913.015;", Logon: 1, Items: w.Number(10, 80)})
				} else {
					w.log.Signed(at, c, lines.EWS, w.org.netbios+`\svc-migration`, "", 200_000)
				}
			})
			at = at.Add(w.Between(5*time.Second, 40*time.Second))
		}
	}
}

// adminScripts are administrators at work with PowerShell, from the office,
// from home and on the way.
func (w planner) adminScripts(name string) {
	for _, p := range w.org.admins {
		n := w.Honest(name, w.Day(0, 0), w.End())
		computer := "ADM" + w.Hex(4) + "." + w.org.domain
		w.During(w.Day(0, 8), w.End(), 14*time.Hour, func(at time.Time) {
			l := w.out(p, dice.One(w, []spot{atOffice, atHome}), netip.Addr{})
			c := lines.Client{IP: l(at), Agent: "Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041.4648"}
			n.Saw(c.IP, p.upn())
			app := dice.One(w, []lines.App{lines.ExchangePS, lines.GraphPS, lines.AzurePS})
			w.log.SignIn(lines.SignIn{At: at, Client: c, App: app, UPN: p.upn(), Object: p.object, Password: true, MFA: true, Session: p.session})
			w.log.Admin(at.Add(time.Minute), c.IP, p.upn(), p.object, dice.One(w, []string{"Set-Mailbox", "Set-DistributionGroup", "Add-DistributionGroupMember", "Set-CASMailbox", "Add-MailboxPermission"}), dice.One(w, w.org.people).upn(), p.session,
				"Identity", dice.One(w, w.org.people).upn(), "User", dice.One(w, w.org.people).upn(), "AccessRights", "FullAccess")
			w.log.ScriptBlock(at.Add(2*time.Minute), computer, w.org.netbios+`\`+p.name, dice.One(w, []string{
				"Connect-ExchangeOnline -ShowBanner:$false; Get-Mailbox -ResultSize Unlimited | Get-MailboxStatistics",
				"Get-MessageTrace -StartDate (Get-Date).AddDays(-1) | Group-Object Status",
				"Get-ADUser -Filter * -Properties PasswordLastSet | Where-Object { $_.PasswordLastSet -lt (Get-Date).AddDays(-80) }",
			}))
			w.log.Query(at.Add(time.Minute), computer, w.org.netbios+`\`+p.name, `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, "outlook.office365.com")
		})
	}
}

// archive copies mailboxes of the server over EWS, day and night, from inside.
func (w planner) archive(name string) {
	n := w.Honest(name, w.Day(0, 0), w.End())
	c := lines.Client{IP: w.org.machines[5], Agent: dice.One(w, []string{"", "ExchangeServicesClient/15.20.3067.5", "EWSArchive/7.3"})}
	n.Saw(c.IP, "svc-archive@"+w.org.domain)
	w.During(w.Day(0, 0), w.End(), 6*time.Minute, func(at time.Time) {
		w.log.Signed(at, c, lines.EWS, w.org.netbios+`\svc-archive`, "", 30_000)
	})
}
