package otherworld

import (
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

const powerShellAgent = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.2506"

func (r *robbery) aadInternals() {
	r.agent = "AADInternals"
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: dice.OneOf(r.w, lines.Office, lines.AzureADPS, lines.AzureCLI), Password: true, MFA: r.w.Chance(0.5)})
		for _, f := range []string{"Inbox", "Sent Items", "Drafts", "Archive"} {
			r.mail(at, lines.Read{Info: dice.OneOf(r.w, outlookInfo, restInfo), App: lines.Office.ID, Sync: true, Folder: f})
			at = at.Add(r.w.seconds(20, 300))
		}
	})
}

func (r *robbery) graphRunner() {
	r.agent = dice.OneOf(r.w, powerShellAgent, "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; en-US) PowerShell/7.4.6")
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.Office, Protocol: "deviceCode", MFA: true, Graph: true})
		for range r.w.Number(2, 6) {
			r.graph(at, lines.Office.ID, "/search/query")
			at = at.Add(r.w.seconds(3, 30))
		}
		r.overGraph(at, lines.Office.ID, r.w.Number(15, 60), 1, 9)
	})
}

func (r *robbery) tokenTactics() {
	r.agent = dice.OneOf(r.w, "Mozilla/5.0 (Linux; Android 12; SM-G991U) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.73 Mobile Safari/537.36", "Mozilla/5.0 (iPhone; CPU iPhone OS 15_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.3 Mobile/15E148 Safari/604.1")
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.Teams, Protocol: "deviceCode", MFA: true})
		at = r.enter(at, lines.SignIn{App: lines.OutlookMobile, Silent: true, Graph: true})
		r.overGraph(at, lines.OutlookMobile.ID, r.w.Number(15, 50), 2, 30)
	})
}

func (r *robbery) graphSpy() {
	r.ip, r.agent = dice.OneOf(r.w, r.w.foreign...).V4(r.w.Rand.Uint64()), r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.Office, Protocol: "deviceCode", MFA: true, Graph: true})
		r.overGraph(at.Add(r.w.minutes(2, 90)), lines.Office.ID, r.w.Number(12, 40), 8, 120)
	})
}

func (r *robbery) roadtools() {
	r.agent = dice.OneOf(r.w, "python-requests/2.31.0", "Python/3.11 aiohttp/3.9.3")
	r.run(func(at time.Time) {
		app := dice.OneOf(r.w, lines.AzureCLI, lines.AzureADPS)
		at = r.enter(at, lines.SignIn{App: app, Password: true, Protocol: "ropc", Silent: true, Graph: true})
		r.overGraph(at, app.ID, r.w.Number(20, 60), 1, 20)
	})
}

// middleNear is a phished session whose thief sits, as it seems, round the corner.
func (r *robbery) middleNear() {
	relay := r.w.rented()
	r.ip, r.agent = r.w.neighbour(r.victim), r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{Client: client(relay, r.w.browser(r.victim, at)), App: lines.OfficeHome, Password: true, MFA: true})
		at = r.enter(at.Add(r.w.minutes(2, 60)), lines.SignIn{App: lines.OutlookWeb})
		at = r.browse(at, r.w.Number(30, 120))
		if r.w.Chance(0.6) {
			r.hides(at)
		}
	})
}

func (r *robbery) middleKit() {
	kit := client(r.w.rented(), dice.OneOf(r.w, "axios/1.7.9", "node", "undici", "Go-http-client/1.1"))
	r.ip, r.agent = dice.OneOf(r.w, r.w.privacy...).V4(r.w.Rand.Uint64()), r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{Client: kit, App: lines.OfficeHome, Password: true, MFA: true})
		at = r.enter(at.Add(r.w.minutes(1, 400)), lines.SignIn{App: lines.OutlookWeb})
		r.hides(r.browse(at, r.w.Number(10, 60)))
	})
}

func (r *robbery) cookie() {
	r.ip = r.w.rented()
	r.run(func(at time.Time) {
		r.session, r.agent = r.victim.session, r.w.browser(r.victim, at)
		r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb}), r.w.Number(50, 150))
	})
}

func (r *robbery) cookieNear() {
	r.ip = dice.OneOf(r.w, r.w.neighbour(r.victim), dice.OneOf(r.w, r.w.foreign...).V4(r.w.Rand.Uint64()))
	r.run(func(at time.Time) {
		r.session, r.agent = r.victim.session, dice.OneOf(r.w, r.w.browser(r.victim, at), oldBrowsers[1], oldBrowsers[4])
		r.hides(r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb}), r.w.Number(60, 150)))
	})
}

func (r *robbery) library() {
	r.ip = dice.OneOf(r.w, r.ip, dice.OneOf(r.w, r.w.foreign...).V4(r.w.Rand.Uint64()), r.w.addresses(1, r.w.functions)[0])
	app := dice.OneOf(r.w, lines.Office, lines.Teams, lines.OneDrive, lines.OutlookMobile)
	r.run(func(at time.Time) {
		r.overGraph(r.enter(at, lines.SignIn{App: app, Silent: true, Graph: true}), app.ID, r.w.Number(12, 80), 1, 40)
	})
}

func (r *robbery) rentedOutlook() {
	r.ip, r.agent = r.w.rented(), "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.15601; Pro)"
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.Office, Password: true, MFA: r.w.Chance(0.5), Device: r.w.UUID()})
		for _, f := range []string{"Inbox", "Sent Items", "Drafts", "Deleted Items", "Archive", "Clients", "Finance", "Junk Email"} {
			r.mail(at, lines.Read{Info: outlookInfo, App: lines.Office.ID, Sync: true, Folder: f})
			at = at.Add(r.w.seconds(2, 80))
		}
	})
}

func (r *robbery) cloudIMAP() {
	r.ip, r.agent = dice.OneOf(r.w, r.w.rented(), dice.OneOf(r.w, r.w.foreign...).V4(r.w.Rand.Uint64())), "BAV2ROPC"
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangeIMAP, Password: true, Protocol: "ropc"})
		for range r.w.Number(6, 25) {
			r.mail(at, lines.Read{Info: dice.OneOf(r.w, "Client=POP3/IMAP4;Protocol=IMAP4", "Client=POP3/IMAP4;Protocol=POP3"), Items: r.w.Number(15, 100)})
			at = at.Add(r.w.seconds(15, 150))
		}
	})
}

func (r *robbery) slowly() {
	r.ip = dice.OneOf(r.w, r.w.neighbour(r.victim), r.w.countries[0].business[0].V4(r.w.Rand.Uint64()), r.w.hosting[0].V4(r.w.Rand.Uint64()))
	app := dice.OneOf(r.w, lines.Office, lines.AzureCLI, lines.GraphPS)
	r.run(func(at time.Time) { r.enter(at, lines.SignIn{App: app, Silent: r.w.Chance(0.5), Graph: true}) })
	r.w.During(r.at.Add(time.Minute), r.at.Add(dice.Hours(r.w.draw(span{30, 46}))), 30*time.Minute, func(at time.Time) {
		r.graph(at, app.ID, "/me/messages?$top=10")
		r.mail(at, lines.Read{Info: restInfo, App: app.ID, Items: r.w.Number(3, 15)})
	})
}

func (r *robbery) forwardRule() {
	r.agent = r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb, Password: true, MFA: r.w.Chance(0.5)}), r.w.Number(2, 25))
		if r.w.Chance(0.3) {
			r.Saw(at, r.ip, r.victim.upn())
			r.w.log.Rules(at, r.ip, r.victim.upn(), r.victim.object, r.session, ".", `[{"ActionType":"Forward","Recipients":["drop912@mailbox.invalid"],"ForwardFlags":"None"}]`)
			return
		}
		r.does(at, dice.OneOf(r.w, "New-InboxRule", "Set-InboxRule"), r.victim.upn()+`\ `, "Name", " ", dice.OneOf(r.w, "ForwardTo", "RedirectTo", "ForwardAsAttachmentTo"), "drop912@mailbox.invalid", "MarkAsRead", "True")
	})
}

func (r *robbery) forwardMailbox() {
	r.agent = r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb, Password: true}), r.w.Number(1, 12))
		r.does(at, "Set-Mailbox", r.victim.upn(), "Identity", r.victim.upn(), "ForwardingSmtpAddress", "smtp:drop912@mailbox.invalid", "DeliverToMailboxAndForward", "True")
	})
}

func (r *robbery) transportRule() {
	r.becomesAdmin()
	r.agent = powerShellAgent
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangePS, Password: true, MFA: r.w.Chance(0.5)})
		r.does(at, "New-TransportRule", "Compliance copy", "Name", "Compliance copy", dice.OneOf(r.w, "BlindCopyTo", "RedirectMessageTo", "CopyTo"), "drop912@mailbox.invalid", "SubjectOrBodyContainsWords", "invoice;contract")
	})
}

func (r *robbery) sweep() {
	r.agent = r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb, Password: true, MFA: true}), r.w.Number(15, 60))
		r.does(at, "New-SweepRule", r.victim.upn(), "Name", "x", "Sender", "accounts@supplier.example", "DestinationFolder", "RSS Feeds")
	})
}

func (r *robbery) searchExport() {
	r.becomesAdmin()
	r.agent = r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.App{ID: "80ccca67-54bd-44ab-8625-4b79c4dc7775", Name: "M365 Compliance Center", Client: "Browser"}, Password: true, MFA: r.w.Chance(0.6)})
		for _, act := range []string{"SearchCreated", "SearchStarted", "SearchExported", "SearchExportDownloaded"} {
			r.Saw(at, r.ip, r.victim.upn())
			r.w.log.Search(at, r.ip, r.victim.upn(), r.victim.object, act, "q", "All", "password OR vpn OR wire")
			at = at.Add(r.w.minutes(1, 25))
		}
	})
}

func (r *robbery) traceSearch() {
	r.becomesAdmin()
	r.agent = dice.OneOf(r.w, powerShellAgent, "Mozilla/5.0 (Linux 6.1.0; Debian GNU/Linux 12) PowerShell/7.4.1")
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangePS, Password: true, MFA: r.w.Chance(0.5)})
		at = r.does(at, "Get-MessageTrace", "", "SenderAddress", "finance@"+r.w.domain, "PageSize", "5000")
		at = r.does(at, "New-ComplianceSearch", "sync", "Name", "sync", "ExchangeLocation", "All", "ContentMatchQuery", "password")
		at = r.does(at, "Start-ComplianceSearch", "sync", "Identity", "sync")
		r.does(at, "New-ComplianceSearchAction", "sync_Export", "SearchName", "sync", "Export", "True")
	})
}

func (r *robbery) bypass() {
	owner := r.victim
	r.becomesAdmin()
	r.agent = dice.OneOf(r.w, powerShellAgent, r.w.current(r.w.Start))
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: dice.OneOf(r.w, lines.ExchangePS, lines.OutlookWeb), Password: true, MFA: true})
		switch r.w.Rand.IntN(4) {
		case 0:
			at = r.does(at, "Set-MailboxAuditBypassAssociation", r.victim.upn(), "Identity", r.victim.upn(), "AuditBypassEnabled", "True")
		case 1:
			at = r.does(at, "Set-AdminAuditLogConfig", "Admin Audit Log Settings", "UnifiedAuditLogIngestionEnabled", "False")
		case 2:
			at = r.does(at, "Set-OrganizationConfig", r.w.domain, "AuditDisabled", "True")
		default:
			at = r.does(at, "Set-Mailbox", owner.upn(), "Identity", owner.upn(), "AuditEnabled", "False")
		}
		for range r.w.Number(5, 15) {
			r.mail(at, lines.Read{Owner: owner.upn(), Info: webInfo, App: lines.OutlookWeb.ID, Logon: 2, Items: r.w.Number(3, 20)})
			at = at.Add(r.w.seconds(30, 200))
		}
	})
}

func (r *robbery) guessedRead() {
	r.ip, r.agent = r.w.rented(), dice.OneOf(r.w, tools[0], tools[1], oldBrowsers[0])
	targets := append(r.w.accounts(r.w.Number(15, 50), 0.1), r.victim.aim())
	v, a := lines.ByToken(dice.OneOf(r.w, tokenApps...)), r.w.Attack("AN1269", "list tried, then mail read", manyway...)
	begin := r.at.Add(-r.w.minutes(20, 90))
	for i, t := range targets {
		right := lines.Verdict(0)
		if i == len(targets)-1 {
			right = lines.Right + 1
		}
		r.w.At(begin.Add(time.Duration(i)*r.at.Sub(begin)/time.Duration(len(targets)+1)), func(at time.Time) { r.w.try(a, at, r.from(), v, t, right) })
	}
	r.run(func(at time.Time) {
		s := lines.SignIn{App: lines.OutlookWeb, Password: true}
		s.Client = client(r.ip, r.w.current(at))
		r.browse(r.enter(at, s), r.w.Number(20, 80))
	})
}

// usedLater is a password that was found earlier and is used from elsewhere.
func (r *robbery) usedLater() {
	from, v := dice.OneOf(r.w, r.w.foreign...).V4(r.w.Rand.Uint64()), lines.ByToken(dice.OneOf(r.w, tokenApps...))
	a, agent := r.w.Attack("AN1269", "list tried, used days later", manyway...), dice.OneOf(r.w, tools...)
	for i, t := range append(r.w.accounts(r.w.Number(15, 50), 0.1), r.victim.aim()) {
		right := lines.Verdict(0)
		if t == r.victim.aim() {
			right = dice.OneOf(r.w, lines.Right, lines.Right, lines.MFAAsked) + 1
		}
		r.w.At(r.at.AddDate(0, 0, -r.w.Number(2, 3)).Add(time.Duration(i)*15*time.Second), func(at time.Time) { r.w.try(a, at, client(from, agent), v, t, right) })
	}
	r.run(func(at time.Time) {
		app := dice.OneOf(r.w, lines.Office, lines.AzureCLI)
		r.overGraph(r.enter(at, lines.SignIn{App: app, Password: true, Protocol: "ropc", Silent: true, Graph: true}), app.ID, r.w.Number(15, 50), 1, 20)
	})
}

// fatigue repeats the request for the second factor until the victim approves one.
func (r *robbery) fatigue() {
	r.agent = r.w.current(r.w.Start)
	r.run(func(at time.Time) {
		for range r.w.Number(3, 12) {
			s := lines.SignIn{App: lines.OfficeHome, Password: true, MFA: true, Verdict: lines.MFADenied}
			r.enter(at, s)
			at = at.Add(r.w.seconds(30, 120))
		}
		r.browse(r.enter(at, lines.SignIn{App: lines.OfficeHome, Password: true, MFA: true}), r.w.Number(20, 90))
	})
}

func (r *robbery) thiefTelephone() {
	r.agent = dice.OneOf(r.w, "Outlook-iOS/2.0", "Outlook-Android/2.0")
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.OutlookMobile, Password: true, MFA: r.w.Chance(0.6)})
		for _, f := range []string{"Inbox", "Sent Items", "Archive", "Drafts", "Clients"} {
			r.mail(at, lines.Read{Info: "Client=OutlookService;" + r.agent + ";", App: lines.OutlookMobile.ID, Sync: true, Folder: f})
			at = at.Add(r.w.seconds(5, 200))
		}
	})
}

// stolenAssistant reads the boss's mailbox with the assistant's session.
func (r *robbery) stolenAssistant() {
	for _, p := range r.w.people {
		if p.boss != nil && p.cloud && p.boss.cloud && !r.w.busy[p] {
			r.victim = p
		}
	}
	boss := r.victim.boss
	if boss == nil {
		boss = r.w.others(1)[0]
	}
	r.run(func(at time.Time) {
		r.session, r.agent = r.victim.session, r.w.browser(r.victim, at)
		at = r.enter(at, lines.SignIn{App: lines.OutlookWeb})
		for range r.w.Number(10, 30) {
			r.mail(at, lines.Read{Owner: boss.upn(), Info: webInfo, App: lines.OutlookWeb.ID, Session: r.session, Logon: 2, Items: r.w.Number(2, 12)})
			at = at.Add(r.w.seconds(20, 200))
		}
	})
}

func (r *robbery) enabledIMAP() {
	owner := r.victim
	r.becomesAdmin()
	r.agent = powerShellAgent
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangePS, Password: true, MFA: r.w.Chance(0.5)})
		at = r.does(at, "Set-CASMailbox", owner.upn(), "Identity", owner.upn(), "ImapEnabled", "True")
		r.victim, r.agent = owner, "BAV2ROPC"
		at = r.enter(at, lines.SignIn{App: lines.ExchangeIMAP, Password: true, Protocol: "ropc"})
		for range r.w.Number(6, 20) {
			r.mail(at, lines.Read{Info: "Client=POP3/IMAP4;Protocol=IMAP4", Items: r.w.Number(15, 100)})
			at = at.Add(r.w.seconds(15, 150))
		}
	})
}
