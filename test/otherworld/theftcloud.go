package otherworld

import (
	"time"

	"redshank/test/world/lines"
)

const powerShellAgent = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.2506"

func (w *World) aadInternals(r *robbery) {
	r.agent = "AADInternals"
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: one(w, lines.Office, lines.AzureADPS, lines.AzureCLI), Password: true, MFA: w.chance(0.5)})
		for _, f := range []string{"Inbox", "Sent Items", "Drafts", "Archive"} {
			r.mail(at, lines.Read{Info: one(w, outlookInfo, restInfo), App: lines.Office.ID, Sync: true, Folder: f})
			at = at.Add(w.seconds(20, 300))
		}
	})
}

func (w *World) graphRunner(r *robbery) {
	r.agent = one(w, powerShellAgent, "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; en-US) PowerShell/7.4.6")
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.Office, Protocol: "deviceCode", MFA: true, Graph: true})
		for range w.count(2, 6) {
			r.graph(at, lines.Office.ID, "/search/query")
			at = at.Add(w.seconds(3, 30))
		}
		r.overGraph(at, lines.Office.ID, w.count(15, 60), 1, 9)
	})
}

func (w *World) tokenTactics(r *robbery) {
	r.agent = one(w, "Mozilla/5.0 (Linux; Android 12; SM-G991U) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.73 Mobile Safari/537.36", "Mozilla/5.0 (iPhone; CPU iPhone OS 15_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.3 Mobile/15E148 Safari/604.1")
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.Teams, Protocol: "deviceCode", MFA: true})
		at = r.enter(at, lines.SignIn{App: lines.OutlookMobile, Silent: true, Graph: true})
		r.overGraph(at, lines.OutlookMobile.ID, w.count(15, 50), 2, 30)
	})
}

func (w *World) graphSpy(r *robbery) {
	r.ip, r.agent = one(w, w.foreign...).V4(w.rng.Uint64()), w.current(w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.Office, Protocol: "deviceCode", MFA: true, Graph: true})
		r.overGraph(at.Add(w.minutes(2, 90)), lines.Office.ID, w.count(12, 40), 8, 120)
	})
}

func (w *World) roadtools(r *robbery) {
	r.agent = one(w, "python-requests/2.31.0", "Python/3.11 aiohttp/3.9.3")
	r.run(func(at time.Time) {
		app := one(w, lines.AzureCLI, lines.AzureADPS)
		at = r.enter(at, lines.SignIn{App: app, Password: true, Protocol: "ropc", Silent: true, Graph: true})
		r.overGraph(at, app.ID, w.count(20, 60), 1, 20)
	})
}

// middleNear is a phished session whose thief sits, as it seems, round the corner.
func (w *World) middleNear(r *robbery) {
	relay := w.rented()
	r.ip, r.agent = w.neighbour(r.victim), w.current(w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{Client: client(relay, w.browser(r.victim, at)), App: lines.OfficeHome, Password: true, MFA: true})
		at = r.enter(at.Add(w.minutes(2, 60)), lines.SignIn{App: lines.OutlookWeb})
		at = r.browse(at, w.count(30, 120))
		if w.chance(0.6) {
			r.hides(at)
		}
	})
}

func (w *World) middleKit(r *robbery) {
	kit := client(w.rented(), one(w, "axios/1.7.9", "node", "undici", "Go-http-client/1.1"))
	r.ip, r.agent = one(w, w.privacy...).V4(w.rng.Uint64()), w.current(w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{Client: kit, App: lines.OfficeHome, Password: true, MFA: true})
		at = r.enter(at.Add(w.minutes(1, 400)), lines.SignIn{App: lines.OutlookWeb})
		r.hides(r.browse(at, w.count(10, 60)))
	})
}

func (w *World) cookie(r *robbery) {
	r.ip = w.rented()
	r.run(func(at time.Time) {
		r.session, r.agent = r.victim.session, w.browser(r.victim, at)
		r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb}), w.count(50, 150))
	})
}

func (w *World) cookieNear(r *robbery) {
	r.ip = one(w, w.neighbour(r.victim), one(w, w.foreign...).V4(w.rng.Uint64()))
	r.run(func(at time.Time) {
		r.session, r.agent = r.victim.session, one(w, w.browser(r.victim, at), oldBrowsers[1], oldBrowsers[4])
		r.hides(r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb}), w.count(60, 150)))
	})
}

func (w *World) library(r *robbery) {
	r.ip = one(w, r.ip, one(w, w.foreign...).V4(w.rng.Uint64()), w.addresses(1, w.functions)[0])
	app := one(w, lines.Office, lines.Teams, lines.OneDrive, lines.OutlookMobile)
	r.run(func(at time.Time) {
		r.overGraph(r.enter(at, lines.SignIn{App: app, Silent: true, Graph: true}), app.ID, w.count(12, 80), 1, 40)
	})
}

func (w *World) rentedOutlook(r *robbery) {
	r.ip, r.agent = w.rented(), "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.15601; Pro)"
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.Office, Password: true, MFA: w.chance(0.5), Device: w.uuid()})
		for _, f := range []string{"Inbox", "Sent Items", "Drafts", "Deleted Items", "Archive", "Clients", "Finance", "Junk Email"} {
			r.mail(at, lines.Read{Info: outlookInfo, App: lines.Office.ID, Sync: true, Folder: f})
			at = at.Add(w.seconds(2, 80))
		}
	})
}

func (w *World) cloudIMAP(r *robbery) {
	r.ip, r.agent = one(w, w.rented(), one(w, w.foreign...).V4(w.rng.Uint64())), "BAV2ROPC"
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangeIMAP, Password: true, Protocol: "ropc"})
		for range w.count(6, 25) {
			r.mail(at, lines.Read{Info: one(w, "Client=POP3/IMAP4;Protocol=IMAP4", "Client=POP3/IMAP4;Protocol=POP3"), Items: w.count(15, 100)})
			at = at.Add(w.seconds(15, 150))
		}
	})
}

func (w *World) slowly(r *robbery) {
	r.ip = one(w, w.neighbour(r.victim), w.countries[0].business[0].V4(w.rng.Uint64()), w.hosting[0].V4(w.rng.Uint64()))
	app := one(w, lines.Office, lines.AzureCLI, lines.GraphPS)
	r.run(func(at time.Time) { r.enter(at, lines.SignIn{App: app, Silent: w.chance(0.5), Graph: true}) })
	w.during(r.at.Add(time.Minute), r.at.Add(hours(w.draw(span{30, 46}))), 30*time.Minute, func(at time.Time) {
		r.graph(at, app.ID, "/me/messages?$top=10")
		r.mail(at, lines.Read{Info: restInfo, App: app.ID, Items: w.count(3, 15)})
	})
}

func (w *World) forwardRule(r *robbery) {
	r.agent = w.current(w.Start)
	r.run(func(at time.Time) {
		at = r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb, Password: true, MFA: w.chance(0.5)}), w.count(2, 25))
		if w.chance(0.3) {
			r.Saw(at, r.ip, r.victim.upn())
			w.log.Rules(at, r.ip, r.victim.upn(), r.victim.object, r.session, ".", `[{"ActionType":"Forward","Recipients":["drop912@mailbox.invalid"],"ForwardFlags":"None"}]`)
			return
		}
		r.does(at, one(w, "New-InboxRule", "Set-InboxRule"), r.victim.upn()+`\ `, "Name", " ", one(w, "ForwardTo", "RedirectTo", "ForwardAsAttachmentTo"), "drop912@mailbox.invalid", "MarkAsRead", "True")
	})
}

func (w *World) forwardMailbox(r *robbery) {
	r.agent = w.current(w.Start)
	r.run(func(at time.Time) {
		at = r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb, Password: true}), w.count(1, 12))
		r.does(at, "Set-Mailbox", r.victim.upn(), "Identity", r.victim.upn(), "ForwardingSmtpAddress", "smtp:drop912@mailbox.invalid", "DeliverToMailboxAndForward", "True")
	})
}

func (w *World) transportRule(r *robbery) {
	r.becomesAdmin()
	r.agent = powerShellAgent
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangePS, Password: true, MFA: w.chance(0.5)})
		r.does(at, "New-TransportRule", "Compliance copy", "Name", "Compliance copy", one(w, "BlindCopyTo", "RedirectMessageTo", "CopyTo"), "drop912@mailbox.invalid", "SubjectOrBodyContainsWords", "invoice;contract")
	})
}

func (w *World) sweep(r *robbery) {
	r.agent = w.current(w.Start)
	r.run(func(at time.Time) {
		at = r.browse(r.enter(at, lines.SignIn{App: lines.OutlookWeb, Password: true, MFA: true}), w.count(15, 60))
		r.does(at, "New-SweepRule", r.victim.upn(), "Name", "x", "Sender", "accounts@supplier.example", "DestinationFolder", "RSS Feeds")
	})
}

func (w *World) searchExport(r *robbery) {
	r.becomesAdmin()
	r.agent = w.current(w.Start)
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.App{ID: "80ccca67-54bd-44ab-8625-4b79c4dc7775", Name: "M365 Compliance Center", Client: "Browser"}, Password: true, MFA: w.chance(0.6)})
		for _, act := range []string{"SearchCreated", "SearchStarted", "SearchExported", "SearchExportDownloaded"} {
			r.Saw(at, r.ip, r.victim.upn())
			w.log.Search(at, r.ip, r.victim.upn(), r.victim.object, act, "q", "All", "password OR vpn OR wire")
			at = at.Add(w.minutes(1, 25))
		}
	})
}

func (w *World) traceSearch(r *robbery) {
	r.becomesAdmin()
	r.agent = one(w, powerShellAgent, "Mozilla/5.0 (Linux 6.1.0; Debian GNU/Linux 12) PowerShell/7.4.1")
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangePS, Password: true, MFA: w.chance(0.5)})
		at = r.does(at, "Get-MessageTrace", "", "SenderAddress", "finance@"+w.domain, "PageSize", "5000")
		at = r.does(at, "New-ComplianceSearch", "sync", "Name", "sync", "ExchangeLocation", "All", "ContentMatchQuery", "password")
		at = r.does(at, "Start-ComplianceSearch", "sync", "Identity", "sync")
		r.does(at, "New-ComplianceSearchAction", "sync_Export", "SearchName", "sync", "Export", "True")
	})
}

func (w *World) bypass(r *robbery) {
	owner := r.victim
	r.becomesAdmin()
	r.agent = one(w, powerShellAgent, w.current(w.Start))
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: one(w, lines.ExchangePS, lines.OutlookWeb), Password: true, MFA: true})
		switch w.rng.IntN(4) {
		case 0:
			at = r.does(at, "Set-MailboxAuditBypassAssociation", r.victim.upn(), "Identity", r.victim.upn(), "AuditBypassEnabled", "True")
		case 1:
			at = r.does(at, "Set-AdminAuditLogConfig", "Admin Audit Log Settings", "UnifiedAuditLogIngestionEnabled", "False")
		case 2:
			at = r.does(at, "Set-OrganizationConfig", w.domain, "AuditDisabled", "True")
		default:
			at = r.does(at, "Set-Mailbox", owner.upn(), "Identity", owner.upn(), "AuditEnabled", "False")
		}
		for range w.count(5, 15) {
			r.mail(at, lines.Read{Owner: owner.upn(), Info: webInfo, App: lines.OutlookWeb.ID, Logon: 2, Items: w.count(3, 20)})
			at = at.Add(w.seconds(30, 200))
		}
	})
}

func (w *World) guessedRead(r *robbery) {
	r.ip, r.agent = w.rented(), one(w, tools[0], tools[1], oldBrowsers[0])
	targets := append(w.accounts(w.count(15, 50), 0.1), r.victim.aim())
	v, a := byToken(one(w, tokenApps...)), w.attack("AN1269", "list tried, then mail read", manyway)
	begin := r.at.Add(-w.minutes(20, 90))
	for i, t := range targets {
		right := lines.Verdict(0)
		if i == len(targets)-1 {
			right = lines.Right + 1
		}
		w.at(begin.Add(time.Duration(i)*r.at.Sub(begin)/time.Duration(len(targets)+1)), func(at time.Time) { w.try(a, at, r.from(), v, t, right) })
	}
	r.run(func(at time.Time) {
		s := lines.SignIn{App: lines.OutlookWeb, Password: true}
		s.Client = client(r.ip, w.current(at))
		r.browse(r.enter(at, s), w.count(20, 80))
	})
}

// usedLater is a password that was found earlier and is used from elsewhere.
func (w *World) usedLater(r *robbery) {
	from, v := one(w, w.foreign...).V4(w.rng.Uint64()), byToken(one(w, tokenApps...))
	a, agent := w.attack("AN1269", "list tried, used days later", manyway), one(w, tools...)
	for i, t := range append(w.accounts(w.count(15, 50), 0.1), r.victim.aim()) {
		right := lines.Verdict(0)
		if t == r.victim.aim() {
			right = one(w, lines.Right, lines.Right, lines.MFAAsked) + 1
		}
		w.at(r.at.AddDate(0, 0, -w.count(2, 3)).Add(time.Duration(i)*15*time.Second), func(at time.Time) { w.try(a, at, client(from, agent), v, t, right) })
	}
	r.run(func(at time.Time) {
		app := one(w, lines.Office, lines.AzureCLI)
		r.overGraph(r.enter(at, lines.SignIn{App: app, Password: true, Protocol: "ropc", Silent: true, Graph: true}), app.ID, w.count(15, 50), 1, 20)
	})
}

// fatigue repeats the request for the second factor until the victim approves one.
func (w *World) fatigue(r *robbery) {
	r.agent = w.current(w.Start)
	r.run(func(at time.Time) {
		for range w.count(3, 12) {
			s := lines.SignIn{App: lines.OfficeHome, Password: true, MFA: true, Verdict: lines.MFADenied}
			r.enter(at, s)
			at = at.Add(w.seconds(30, 120))
		}
		r.browse(r.enter(at, lines.SignIn{App: lines.OfficeHome, Password: true, MFA: true}), w.count(20, 90))
	})
}

func (w *World) thiefTelephone(r *robbery) {
	r.agent = one(w, "Outlook-iOS/2.0", "Outlook-Android/2.0")
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.OutlookMobile, Password: true, MFA: w.chance(0.6)})
		for _, f := range []string{"Inbox", "Sent Items", "Archive", "Drafts", "Clients"} {
			r.mail(at, lines.Read{Info: "Client=OutlookService;" + r.agent + ";", App: lines.OutlookMobile.ID, Sync: true, Folder: f})
			at = at.Add(w.seconds(5, 200))
		}
	})
}

// stolenAssistant reads the boss's mailbox with the assistant's session.
func (w *World) stolenAssistant(r *robbery) {
	for _, p := range w.people {
		if p.boss != nil && p.cloud && p.boss.cloud && !w.busy[p] {
			r.victim = p
		}
	}
	boss := r.victim.boss
	if boss == nil {
		boss = w.others(1)[0]
	}
	r.run(func(at time.Time) {
		r.session, r.agent = r.victim.session, w.browser(r.victim, at)
		at = r.enter(at, lines.SignIn{App: lines.OutlookWeb})
		for range w.count(10, 30) {
			r.mail(at, lines.Read{Owner: boss.upn(), Info: webInfo, App: lines.OutlookWeb.ID, Session: r.session, Logon: 2, Items: w.count(2, 12)})
			at = at.Add(w.seconds(20, 200))
		}
	})
}

func (w *World) enabledIMAP(r *robbery) {
	owner := r.victim
	r.becomesAdmin()
	r.agent = powerShellAgent
	r.run(func(at time.Time) {
		at = r.enter(at, lines.SignIn{App: lines.ExchangePS, Password: true, MFA: w.chance(0.5)})
		at = r.does(at, "Set-CASMailbox", owner.upn(), "Identity", owner.upn(), "ImapEnabled", "True")
		r.victim, r.agent = owner, "BAV2ROPC"
		at = r.enter(at, lines.SignIn{App: lines.ExchangeIMAP, Password: true, Protocol: "ropc"})
		for range w.count(6, 20) {
			r.mail(at, lines.Read{Info: "Client=POP3/IMAP4;Protocol=IMAP4", Items: w.count(15, 100)})
			at = at.Add(w.seconds(15, 150))
		}
	})
}
