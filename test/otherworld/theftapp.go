package otherworld

import (
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// grant has the victim consent to the thief's application, from the victim's own place.
func (r *robbery) grant(at time.Time, g program, scopes string, everybody bool) {
	w := r.w
	from, _ := w.work(r.victim, 0)(at)
	r.Apps = append(r.Apps, g.ID, g.principal)
	w.log.SignIn(lines.SignIn{At: at, Client: client(from, w.browser(r.victim, at)), App: g.App, UPN: r.victim.upn(), Object: r.victim.object, Session: r.victim.session, Graph: true})
	w.log.Consent(at.Add(30*time.Second), from, r.victim.upn(), r.victim.object, g.App, g.principal, scopes, everybody)
	r.Saw(at.Add(30*time.Second), netip.Addr{}, r.victim.upn())
}

// app is one record of mail that an application of its own right reads in a mailbox.
func (r *robbery) app(at time.Time, g program, owner *person, items int) {
	r.Saw(at, g.from[0], owner.upn())
	r.w.log.Mail(lines.Read{At: at, IP: g.from[0], User: "ServicePrincipal_" + g.principal, Key: g.principal, Owner: owner.upn(), Info: g.info, App: g.ID, Logon: 1, Items: items})
}

func (r *robbery) illicit() {
	g := r.w.program(dice.OneOf(r.w, "Mail Upgrade", "Secure Viewer", "O365 Sync"), dice.OneOf(r.w, libraries...), 1)
	g.from = []netip.Addr{r.ip}
	r.agent = g.agent
	r.run(func(at time.Time) {
		r.grant(at, g, "Mail.Read Mail.ReadWrite Mail.Send offline_access User.Read", false)
		at = at.Add(dice.Hours(r.w.draw(span{0.1, 20})))
		at = r.enter(at, lines.SignIn{App: g.App, Silent: true, Graph: true})
		r.overGraph(at, g.ID, r.w.Number(15, 60), 2, 60)
	})
}

func (r *robbery) illicitForAll() {
	owners := r.w.others(r.w.Number(8, 40))
	r.becomesAdmin()
	g := r.w.program("Signature Manager", "", 1)
	g.from = []netip.Addr{r.ip}
	r.run(func(at time.Time) {
		r.grant(at, g, "Mail.Read Mail.ReadWrite", true)
		at = at.Add(dice.Hours(r.w.draw(span{0.2, 15})))
		r.w.log.AppSignIn(at, client(r.ip, ""), g.App, g.principal, true)
		for _, p := range owners {
			for range r.w.Number(1, 4) {
				r.app(at, g, p, r.w.Number(10, 90))
				at = at.Add(r.w.seconds(3, 60))
			}
		}
	})
}

// secret is an honest application whose secret somebody else uses.
func (r *robbery) secret() {
	g := r.w.program("Ticket Reader", "", 2)
	honest := r.w.Honest("application in honest use", r.w.Start, r.w.End())
	honest.Addresses = g.from
	boxes := r.w.others(r.w.Number(3, 12))
	r.Apps = append(r.Apps, g.ID, g.principal)
	for _, p := range boxes {
		r.w.During(r.w.Start, r.w.End(), 2*time.Hour, func(at time.Time) {
			r.w.log.Mail(lines.Read{At: at, IP: g.from[p.number%2], User: "ServicePrincipal_" + g.principal, Key: g.principal, Owner: p.upn(), Info: g.info, App: g.ID, Logon: 1, Items: r.w.Number(1, 6)})
		})
	}
	thief, owners := g, r.w.others(r.w.Number(6, 25))
	thief.from = []netip.Addr{r.ip}
	r.run(func(at time.Time) {
		r.w.log.AppSignIn(at, client(r.ip, ""), g.App, g.principal, true)
		for _, p := range owners {
			at = at.Add(r.w.seconds(10, 300))
			r.app(at, thief, p, r.w.Number(10, 90))
		}
	})
}

func (r *robbery) fullAccess() {
	owners := r.w.others(r.w.Number(5, 25))
	r.becomesAdmin()
	g := r.w.program("Migration Helper", "", 1)
	g.from, g.info = []netip.Addr{dice.OneOf(r.w, r.ip, dice.OneOf(r.w, r.w.foreign...).V4(r.w.Rand.Uint64()))}, "Client=WebServices;ExchangeServicesClient/15.01.2106.002;"
	r.Apps, r.agent = append(r.Apps, g.ID, g.principal), r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.App{ID: "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", Name: "Azure Portal", Client: "Browser"}, Password: true, MFA: true})
		r.w.log.Directory(at, r.ip, r.victim.upn(), r.victim.object, "Add app role assignment to service principal.", g.App, g.principal, "AppRole.Value", `"full_access_as_app"`)
		r.w.log.Directory(at.Add(time.Minute), r.ip, r.victim.upn(), r.victim.object, "Update application – Certificates and secrets management ", g.App, g.principal, "KeyDescription", `["[KeyIdentifier=`+r.w.UUID()+`,KeyType=Password,KeyUsage=Verify,DisplayName=x]"]`)
		at = at.Add(r.w.minutes(5, 300))
		for _, p := range owners {
			for range r.w.Number(1, 5) {
				r.app(at, g, p, r.w.Number(10, 80))
				at = at.Add(r.w.seconds(5, 200))
			}
		}
	})
}

// service is an account that a program uses honestly, from one address, on some mailboxes.
func (r *robbery) impersonation() {
	account, object, home := "svc-crm@"+r.w.domain, r.w.UUID(), r.w.addresses(1, r.w.functions)[0]
	honest := r.w.Honest("service account in honest use", r.w.Start, r.w.End())
	info := "Client=WebServices;ExchangeServicesClient/15.00.0913.015;"
	for _, p := range r.w.others(r.w.Number(2, 8)) {
		r.w.During(r.w.Start, r.w.End(), 3*time.Hour, func(at time.Time) {
			honest.Saw(home, account)
			r.w.log.Mail(lines.Read{At: at, IP: home, User: account, Key: object, Owner: p.upn(), Info: info, App: lines.Office.ID, Logon: 1, Items: r.w.Number(1, 5)})
		})
	}
	owners := r.w.others(r.w.Number(5, 20))
	r.run(func(at time.Time) {
		r.w.log.SignIn(lines.SignIn{At: at, Client: client(r.ip, "ExchangeServicesClient/15.00.0913.015"), App: lines.Office, UPN: account, Object: object, Password: true, Protocol: "ropc", Silent: true})
		r.Saw(at, r.ip, account)
		for _, p := range owners {
			for range r.w.Number(1, 4) {
				at = at.Add(r.w.seconds(5, 90))
				r.Saw(at, r.ip, p.upn())
				r.w.log.Mail(lines.Read{At: at, IP: r.ip, User: account, Key: object, Owner: p.upn(), Info: info, App: lines.Office.ID, Logon: 1, Items: r.w.Number(10, 90)})
			}
		}
	})
}

func (r *robbery) grantedImpersonation() {
	owners := r.w.others(r.w.Number(4, 15))
	r.becomesAdmin()
	r.agent = powerShellAgent
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangePS, Password: true, MFA: r.w.Chance(0.5)})
		at = r.does(at, "New-ManagementRoleAssignment", "x", "Name", "x", "Role", "ApplicationImpersonation", "User", r.victim.upn())
		for _, p := range owners {
			r.mail(at, lines.Read{Owner: p.upn(), Info: "Client=WebServices;ExchangeServicesClient/15.00.0913.015;", Logon: 1, Items: r.w.Number(20, 90)})
			at = at.Add(r.w.seconds(10, 120))
		}
	})
}

func (r *robbery) addedRight() {
	owners := r.w.others(r.w.Number(1, 5))
	r.becomesAdmin()
	r.agent = dice.OneOf(r.w, powerShellAgent, r.w.current(r.w.Start))
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangePS, Password: true, MFA: r.w.Chance(0.5)})
		for _, p := range owners {
			if r.w.Chance(0.5) {
				at = r.does(at, "Add-MailboxPermission", p.upn(), "Identity", p.upn(), "User", r.victim.upn(), "AccessRights", "FullAccess")
			} else {
				at = r.does(at, "Add-MailboxFolderPermission", p.upn()+`:\Inbox`, "Identity", p.upn()+`:\Inbox`, "User", r.victim.upn(), "AccessRights", "Owner")
			}
		}
		for _, p := range owners {
			for range r.w.Number(3, 9) {
				r.mail(at, lines.Read{Owner: p.upn(), Info: dice.OneOf(r.w, webInfo, outlookInfo), App: lines.OutlookWeb.ID, Logon: 2, Items: r.w.Number(5, 30)})
				at = at.Add(r.w.seconds(20, 200))
			}
		}
	})
}

// thiefProgram is a mail program that the thief lets in and synchronises with.
func (r *robbery) thiefProgram() {
	app := lines.App{ID: dice.OneOf(r.w, "ff8d92dc-3d82-41d6-bcbd-b9174d163620", "a245e8c0-b53c-4b67-9b45-751d1dff8e6b"), Name: dice.OneOf(r.w, "PERFECTDATA SOFTWARE", "Newsletter Software Supermailer"), Client: "Mobile Apps and Desktop clients"}
	r.agent, r.Apps = r.w.current(r.w.Start), append(r.Apps, app.ID)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.OfficeHome, Password: true, MFA: true})
		r.w.log.Consent(at, r.ip, r.victim.upn(), r.victim.object, app, r.w.UUID(), "EWS.AccessAsUser.All offline_access", false)
		at = r.enter(at.Add(time.Minute), lines.SignIn{App: app})
		for _, f := range []string{"Inbox", "Sent Items", "Archive", "Deleted Items", "Drafts"} {
			r.mail(at, lines.Read{Info: "Client=WebServices;PerfectData/4.1;", App: app.ID, Sync: r.w.Chance(0.5), Items: r.w.Number(40, 200), Folder: f})
			at = at.Add(r.w.seconds(10, 90))
		}
	})
}

// graphRole is an application with a role for all mailboxes, seen in the log of Graph.
func (r *robbery) graphRole() {
	owners := r.w.others(r.w.Number(5, 25))
	r.becomesAdmin()
	g := r.w.program("Report Builder", dice.OneOf(r.w, libraries...), 1)
	r.Apps, r.agent = append(r.Apps, g.ID, g.principal), r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.App{ID: "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", Name: "Azure Portal", Client: "Browser"}, Password: true, MFA: true})
		r.w.log.Directory(at, r.ip, r.victim.upn(), r.victim.object, "Add app role assignment to service principal.", g.App, g.principal, "AppRole.Value", `"Mail.Read"`)
		at = at.Add(r.w.minutes(5, 200))
		r.w.log.AppSignIn(at, client(r.ip, g.agent), g.App, g.principal, true)
		for _, p := range owners {
			for range r.w.Number(2, 6) {
				at = at.Add(r.w.seconds(2, 60))
				r.Saw(at, r.ip, p.upn())
				r.w.log.Graph(lines.GraphCall{At: at, Client: client(r.ip, g.agent), App: g.ID, Principal: g.principal, Token: r.token, URI: "/users/" + p.object + "/messages?$top=100", Size: r.w.Number(20_000, 900_000)})
			}
		}
	})
}
