package world

import (
	"net/netip"
	"slices"
	"time"

	"redshank/test/world/dice"
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

// theftPlanner plans thefts.
type theftPlanner struct{ *World }

// thefts are the kinds of attack that AN0131 is about.
var thefts = []plannedKind[theftPlanner]{
	{"AADInternals, then the mailbox synchronised", theftPlanner.aadInternals},
	{"EWS without an agent from a hosting network at night", theftPlanner.bareEWS},
	{"password found by stuffing, then a mailbox exported", theftPlanner.stuffedExport},
	{"EWS impersonation with a service account from a server for rent", theftPlanner.impersonation},
	{"full_access_as_app through residential proxies", theftPlanner.slowApp},
	{"guessed at the web form, then EWS Managed API", theftPlanner.guessedEWS},
	{"adversary in the middle, read in a browser", theftPlanner.middle},
	{"stolen cookie, same session and agent", theftPlanner.cookie},
	{"Outlook at a hosting provider", theftPlanner.hostedOutlook},
	{"slow exfiltration over two days from the same country", theftPlanner.slowExfiltration},
	{"phished consent, read 13 hours later", theftPlanner.phishedConsent},
	{"ProxyShell export", theftPlanner.proxyShell},
	{"device code phished, mail over Graph", theftPlanner.deviceCode},
	{"GraphSpy with a current browser's agent", theftPlanner.graphSpy},
	{"ROPC and IMAP in the cloud", theftPlanner.legacyIMAP},
	{"administrator's token, rights granted, mailboxes read", theftPlanner.grantedRights},
	{"auditing turned off, then read", theftPlanner.auditingOff},
	{"forwarding out of the domain", theftPlanner.forwarding},
	{"collection tool in a script block", theftPlanner.scriptBlock},
	{"secret of the backup used elsewhere", theftPlanner.stolenSecret},
	{"IMAP dump on the server", theftPlanner.dumpIMAP},
	{"TeamFiltration: sprayed, then exfiltrated", theftPlanner.teamFiltration},
	{"python over EWS in the cloud", theftPlanner.pythonEWS},
	{"secret added to an application, then mail read", theftPlanner.addedSecret},
}

// steal begins a theft.
func (w theftPlanner) steal(name string, classes ...string) *Attack {
	return w.Attack("AN0131", name, classes...)
}

// victim draws somebody whom no attack has taken yet.
func (w theftPlanner) victim(cloud bool) *person {
	for range 1000 {
		p := dice.One(w, w.org.people)
		if p.cloud == cloud && !p.admin && !w.busy[p] {
			w.busy[p] = true
			return p
		}
	}
	return dice.One(w, w.org.people)
}

// mature draws a time at which the detection has learned people's behaviour.
func (w theftPlanner) mature(leave int) time.Time {
	day := w.Number(min(4, w.Days-1), w.Days-1-leave)
	return w.Day(day, 23*w.Rand.Float64())
}

// signIn is a sign-in by a thief.
func (w theftPlanner) signIn(a *Attack, at time.Time, p *person, s lines.SignIn) {
	s.At, s.UPN, s.Object = at, p.upn(), p.object
	a.Saw(at, s.Client.IP, p.upn())
	w.log.SignIn(s)
}

// mail is mail that a thief reads.
func (w theftPlanner) mail(a *Attack, r lines.Read, p *person) {
	r.User, r.Key = p.upn(), p.object
	a.Saw(r.At, r.IP, p.upn())
	w.log.Mail(r)
}

// owaInfo, restInfo are how the audit log names these clients.
const (
	owaInfo  = "Client=OWA;Action=ViaProxy"
	restInfo = "Client=REST;;"
	rpcInfo  = "Client=MSExchangeRPC"
)

// byHand is some reading in a browser or in Outlook, by a thief.
func (w theftPlanner) byHand(a *Attack, at time.Time, p *person, ip netip.Addr, session, token string, items int) time.Time {
	for items > 0 {
		n := w.Number(2, 9)
		w.mail(a, lines.Read{At: at, IP: ip, Info: owaInfo, App: lines.OutlookWeb.ID, Session: session, Token: token, Items: n, Folder: dice.One(w, []string{"Inbox", "Sent Items", "Invoices"})}, p)
		items -= n
		at = at.Add(w.Between(40*time.Second, 4*time.Minute))
	}
	return at
}

// hide makes a rule that hides what the victim must not see.
func (w theftPlanner) hide(a *Attack, at time.Time, p *person, ip netip.Addr, session string) {
	a.Saw(at, ip, p.upn())
	w.log.Admin(at, ip, p.upn(), p.object, "New-InboxRule", p.upn()+`\.`, session,
		"Name", dice.One(w, []string{".", "..", "a"}), "SubjectOrBodyContainsWords", dice.One(w, []string{"invoice;payment;iban", "phish;hack;spam", "bank"}), "MoveToFolder", dice.One(w, []string{"RSS Subscriptions", "Conversation History", "Archive"}), "MarkAsRead", "True", "StopProcessingRules", "True")
}

// graph writes one request of a thief to Microsoft Graph for the mail of p.
func (w theftPlanner) graph(a *Attack, at time.Time, p *person, c lines.Client, app, token, uri string) {
	a.Saw(at, c.IP, p.upn())
	w.log.Graph(lines.GraphCall{At: at, Client: c, App: app, User: p.object, Token: token, URI: uri, Size: w.Number(20_000, 400_000)})
}

func (w theftPlanner) grantedRights(name string) {
	a, at := w.steal(name, slices.Concat(isScripted, isReplay, isApp)...), w.mature(0)
	admin := w.org.admins[3]
	c := lines.Client{IP: w.hosted(), Agent: dice.One(w, []string{"Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.17763.1", "python-requests/2.32.3"})}
	session := w.UUID()
	owners := dice.Some(w, w.org.people, 6)
	w.At(at, func(at time.Time) {
		w.signIn(a, at, admin, lines.SignIn{Client: c, App: lines.ExchangePS, Session: session})
		for _, p := range owners {
			at = at.Add(w.Between(10*time.Second, time.Minute))
			w.log.Admin(at, c.IP, admin.upn(), admin.object, "Add-MailboxPermission", p.upn(), session, "Identity", p.upn(), "User", admin.upn(), "AccessRights", "FullAccess", "AutoMapping", "False")
		}
		for _, p := range owners {
			for range 4 {
				at = at.Add(w.Between(20*time.Second, 2*time.Minute))
				w.mail(a, lines.Read{At: at, IP: c.IP, Owner: p.upn(), Info: "Client=WebServices;ExchangeServicesClient/15.00.0913.015;", Session: session, Logon: 2, Items: w.Number(20, 90)}, admin)
				a.Saw(at, c.IP, p.upn())
			}
		}
	})
}

func (w theftPlanner) auditingOff(name string) {
	a, at, p := w.steal(name, slices.Concat(isReplay, isScripted, isDiversion)...), w.mature(0), w.victim(true)
	admin := w.org.admins[4]
	ip, session := dice.One(w, slices.Concat(w.nets.hosting, w.nets.vpn)).V4(w.Rand.Uint64()), w.UUID()
	w.At(at, func(at time.Time) {
		w.signIn(a, at, admin, lines.SignIn{Client: lines.Client{IP: ip, Agent: w.browser()}, App: lines.OutlookWeb, Password: true, MFA: true, Session: session})
		at = at.Add(w.Between(time.Minute, 9*time.Minute))
		switch w.Rand.IntN(3) {
		case 0:
			w.log.Admin(at, ip, admin.upn(), admin.object, "Set-MailboxAuditBypassAssociation", p.upn(), session, "Identity", admin.upn(), "AuditBypassEnabled", "True")
		case 1:
			w.log.Admin(at, ip, admin.upn(), admin.object, "Set-AdminAuditLogConfig", "Admin Audit Log Settings", session, "UnifiedAuditLogIngestionEnabled", "False")
		default:
			w.log.Admin(at, ip, admin.upn(), admin.object, "Set-OrganizationConfig", w.org.domain, session, "AuditDisabled", "True")
		}
		for range 8 {
			at = at.Add(w.Between(30*time.Second, 3*time.Minute))
			w.mail(a, lines.Read{At: at, IP: ip, Owner: p.upn(), Info: owaInfo, App: lines.OutlookWeb.ID, Session: session, Logon: 2, Items: w.Number(5, 15)}, admin)
			a.Saw(at, ip, p.upn())
		}
	})
}

func (w theftPlanner) forwarding(name string) {
	a, p, at := w.steal(name, isDiversion...), w.victim(true), w.mature(0)
	ip, session := dice.One(w, slices.Concat(w.nets.hosting, w.nets.vpn)).V4(w.Rand.Uint64()), w.UUID()
	w.At(at, func(at time.Time) {
		w.signIn(a, at, p, lines.SignIn{Client: lines.Client{IP: ip, Agent: w.browser()}, App: lines.OutlookWeb, Password: true, Session: session})
		at = w.byHand(a, at.Add(time.Minute), p, ip, session, "", w.Number(5, 20))
		a.Saw(at, ip, p.upn())
		if w.Chance(0.5) {
			w.log.Admin(at, ip, p.upn(), p.object, "New-InboxRule", p.upn()+`\Copy`, session, "Name", "Copy", "ForwardTo", "collector77@mailbox.invalid", "StopProcessingRules", "False")
		} else {
			w.log.Admin(at, ip, p.upn(), p.object, "Set-Mailbox", p.upn(), session, "Identity", p.upn(), "ForwardingSmtpAddress", "smtp:collector77@mailbox.invalid", "DeliverToMailboxAndForward", "True")
		}
	})
}
