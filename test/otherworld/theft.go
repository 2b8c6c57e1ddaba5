package otherworld

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"redshank/test/world"
	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// theft is a kind of attack that reads mail with stolen credentials or tokens.
type theft struct {
	name    string
	needs   needs
	classes []string
	days    int // that have to be left of the world
	plan    func(*robbery)
}

// The classes.
var (
	scripted  = []string{"scripted_mail_access", "session_replay"}
	toolClass = []string{"collection_tool", "scripted_mail_access", "session_replay"}
	appClass  = []string{"application_mail_access", "scripted_mail_access"}
	export    = []string{"mailbox_export"}
	diversion = []string{"mail_diversion"}
	byHand    = []string{"session_replay", "scripted_mail_access", "mail_diversion"}
	granted   = []string{"application_mail_access", "scripted_mail_access", "session_replay"}
)

var thefts = []theft{
	{"AADInternals signs in, Outlook synchronises", inTenant, toolClass, 0, (*robbery).aadInternals},
	{"device code, GraphRunner searches", inTenant, scripted, 0, (*robbery).graphRunner},
	{"refresh token for another client, faked telephone", inTenant, scripted, 0, (*robbery).tokenTactics},
	{"GraphSpy behind a proxy, common browser", inTenant, scripted, 0, (*robbery).graphSpy},
	{"ROADtools token, python over Graph", inTenant, scripted, 0, (*robbery).roadtools},
	{"adversary in the middle, proxy in the victim's city", inTenant, byHand, 0, (*robbery).middleNear},
	{"adversary in the middle, kit in node, rules", inTenant, byHand, 0, (*robbery).middleKit},
	{"stolen cookie, read from a server", inTenant, byHand, 0, (*robbery).cookie},
	{"stolen cookie, read from a consumer's line", inTenant, byHand, 0, (*robbery).cookieNear},
	{"refresh token, library over Graph", inTenant, scripted, 0, (*robbery).library},
	{"user consents to an illicit application", inTenant, granted, 1, (*robbery).illicit},
	{"administrator tricked into consent, many mailboxes", inTenant, appClass, 1, (*robbery).illicitForAll},
	{"secret of an application stolen", inTenant, appClass, 0, (*robbery).secret},
	{"application granted all mailboxes, then used", inTenant, appClass, 0, (*robbery).fullAccess},
	{"impersonation by a service account, elsewhere", inTenant, granted, 0, (*robbery).impersonation},
	{"impersonation granted, then used", inTenant, granted, 0, (*robbery).grantedImpersonation},
	{"right to a mailbox added, then read", inTenant, granted, 0, (*robbery).addedRight},
	{"forwarding by a rule", inTenant, diversion, 0, (*robbery).forwardRule},
	{"forwarding of the mailbox", inTenant, diversion, 0, (*robbery).forwardMailbox},
	{"transport rule copies mail out", inTenant, diversion, 0, (*robbery).transportRule},
	{"sweep rule hides answers", inTenant, byHand, 0, (*robbery).sweep},
	{"Outlook synchronises at a server for rent", inTenant, scripted, 0, (*robbery).rentedOutlook},
	{"IMAP in the cloud with a stolen password", inTenant, scripted, 0, (*robbery).cloudIMAP},
	{"little by little, for days", inTenant, granted, 2, (*robbery).slowly},
	{"stolen administrator searches and exports", inTenant, export, 0, (*robbery).searchExport},
	{"stolen administrator in PowerShell: trace, search", inTenant, []string{"mailbox_export", "scripted_mail_access", "session_replay"}, 0, (*robbery).traceSearch},
	{"auditing bypassed, then read", inTenant, byHand, 0, (*robbery).bypass},
	{"password guessed, then read by hand", inTenant, byHand, 0, (*robbery).guessedRead},
	{"password of a list, used days later by a script", inTenant, scripted, 0, (*robbery).usedLater},
	{"desktop mail program consented to by a thief", inTenant, granted, 0, (*robbery).thiefProgram},
	{"second factor worn out, then read by hand", inTenant, byHand, 0, (*robbery).fatigue},
	{"Outlook for telephones set up by a thief", inTenant, scripted, 0, (*robbery).thiefTelephone},
	{"application reads by Graph alone, role just granted", inTenant, appClass, 0, (*robbery).graphRole},
	{"assistant's session stolen, the boss read", inTenant, granted, 0, (*robbery).stolenAssistant},
	{"IMAP switched on for a mailbox, then read", inTenant, granted, 0, (*robbery).enabledIMAP},
	{"mailboxes searched by a stolen administrator on the server", onServer, []string{"mailbox_export", "scripted_mail_access"}, 0, (*robbery).searchMailbox},
	{"impersonation granted on the server, then EWS", onServer, granted, 0, (*robbery).serverGranted},
	{"guessed on the server, mailbox exported", onServer, export, 0, (*robbery).serverExport},
	{"ProxyShell, mailbox exported", onServer, export, 0, (*robbery).proxyShell},
	{"MailSniper over EWS", onServer, scripted, 0, (*robbery).mailSniper},
	{"EWS without an agent, by night", onServer, scripted, 0, (*robbery).bareEWS},
	{"impersonation on the server, by a service account elsewhere", onServer, granted, 0, (*robbery).serverImpersonation},
	{"Outlook profile at a server for rent, on the server", onServer, scripted, 0, (*robbery).serverOutlook},
	{"IMAP of a whole mailbox", onServer, scripted, 0, (*robbery).serverIMAP},
	{"POP of a whole mailbox", onServer, scripted, 0, (*robbery).serverPOP},
	{"ActiveSync of a whole mailbox by a script", onServer, scripted, 0, (*robbery).serverEAS},
	{"web mail read abroad after guesses", onServer, byHand, 0, (*robbery).serverByHand},
	{"script block on a workstation", onServer, []string{"collection_tool"}, 0, (*robbery).scriptBlock},
	{"script reads Outlook on a workstation", onServer, []string{"collection_tool", "scripted_mail_access"}, 0, (*robbery).comScript},
	{"export by a stolen administrator in remote PowerShell", onServer, export, 0, (*robbery).remoteExport},
}

// robbery is one theft: victim, thief, and the truth about them.
type robbery struct {
	*world.Attack
	w              *World
	victim         *person
	at             time.Time
	ip             netip.Addr // of the thief
	agent          string
	session, token string
}

// rob plans one theft of a kind.
func (w *World) rob(x theft) {
	cloud := x.needs == inTenant
	r := &robbery{Attack: w.Attack("AN0131", x.name, x.classes...), w: w, victim: w.prey(cloud), session: w.UUID(), token: w.token()}
	if r.victim == nil {
		return
	}
	first := min(5, w.Days-1)
	r.at = w.Day(w.Number(first, max(first, w.Days-1-x.days)), 22*w.Rand.Float64())
	r.ip, r.agent = dice.OneOf(w, w.rented(), w.rented(), w.addresses(1, w.privacy)[0]), dice.OneOf(w, libraries...)
	x.plan(r)
}

var libraries = []string{"python-requests/2.32.3", "curl/8.7.1", "Go-http-client/2.0", "aiohttp/3.10.5", "axios/1.7.7", "PostmanRuntime/7.40.0", "python-httpx/0.27.0"}

// prey draws a victim of no other theft, employed for the whole time.
func (w *World) prey(cloud bool) *person {
	for range 500 {
		p := dice.OneOf(w, w.people...)
		if p.cloud == cloud && !p.admin && !w.busy[p] && p.from.IsZero() && p.until.IsZero() {
			w.busy[p] = true
			return p
		}
	}
	return nil
}

// from returns the thief's client.
func (r *robbery) from() lines.Client { return client(r.ip, r.agent) }

// enter is a sign-in of the thief, at r.at, which moves on.
func (r *robbery) enter(at time.Time, s lines.SignIn) time.Time {
	s.At, s.UPN, s.Object = at, r.victim.upn(), r.victim.object
	if !s.IP.IsValid() {
		s.Client = r.from()
	}
	if s.Session == "" {
		s.Session = r.session
	}
	s.Token = r.token
	r.Saw(at, s.IP, r.victim.upn())
	r.w.log.SignIn(s)
	return at.Add(r.w.seconds(20, 400))
}

// mail is one record of mail that the thief reads.
func (r *robbery) mail(at time.Time, m lines.Read) {
	m.At, m.IP, m.User, m.Key = at, r.ip, r.victim.upn(), r.victim.object
	if m.Session == "" {
		m.Session, m.Token = r.session, r.token
	}
	r.Saw(at, r.ip, r.victim.upn())
	r.Saw(at, r.ip, m.Owner)
	r.w.log.Mail(m)
}

// graph is one request for mail.
func (r *robbery) graph(at time.Time, app, uri string) {
	r.Saw(at, r.ip, r.victim.upn())
	r.w.log.Graph(lines.GraphCall{At: at, Client: r.from(), App: app, User: r.victim.object, Token: r.token, URI: uri, Size: r.w.Number(5000, 300_000)})
}

// overGraph is a script that reads n messages and has records of both logs.
func (r *robbery) overGraph(at time.Time, app string, n int, low, high float64) {
	for i := range n {
		r.graph(at, app, dice.OneOf(r.w, "/me/messages?$top=50&$skip="+fmt.Sprint(50*i), "/me/mailFolders/inbox/messages/"+r.w.token(), "/me/messages/"+r.w.token()+"/attachments"))
		if i%3 == 0 {
			r.mail(at.Add(time.Second), lines.Read{Info: restInfo, App: app, Items: r.w.Number(3, 50)})
		}
		at = at.Add(r.w.seconds(low, high))
	}
}

// browse is reading by hand: a number of mails in folders.
func (r *robbery) browse(at time.Time, items int) time.Time {
	for items > 0 {
		n := r.w.Number(1, 8)
		r.mail(at, lines.Read{Info: webInfo, App: lines.OutlookWeb.ID, Items: n, Folder: dice.OneOf(r.w, "Inbox", "Inbox", "Sent Items", "Contracts", "Archive")})
		items -= n
		at = at.Add(r.w.seconds(20, 260))
	}
	return at
}

// does is a cmdlet, or its like in the web, by the victim's account.
func (r *robbery) does(at time.Time, cmdlet, object string, parameters ...string) time.Time {
	r.Saw(at, r.ip, r.victim.upn())
	r.w.log.Admin(at, r.ip, r.victim.upn(), r.victim.object, cmdlet, object, r.session, parameters...)
	return at.Add(r.w.seconds(20, 300))
}

// hides makes a rule that hides answers.
func (r *robbery) hides(at time.Time) {
	r.does(at, "New-InboxRule", r.victim.upn()+`\..`, "Name", dice.OneOf(r.w, ".", "..", "zz", "update"), "SubjectOrBodyContainsWords", dice.OneOf(r.w, "invoice;wire;payment", "phishing;hacked;virus", "docusign;bank"), dice.OneOf(r.w, "MoveToFolder", "MoveToFolder", "DeleteMessage"), "RSS Feeds", "MarkAsRead", "True", "StopProcessingRules", "True")
}

// run plans the theft's acts at its time.
func (r *robbery) run(do func(at time.Time)) { r.w.At(r.at, do) }

// becomesAdmin makes an administrator the victim, one whom no other theft has where
// there is one.
func (r *robbery) becomesAdmin() {
	list := slices.DeleteFunc(dice.Some(r.w, r.w.admins, len(r.w.admins)), func(p *person) bool { return r.w.hasTenant() && !p.cloud })
	for _, p := range list {
		if r.victim = p; !r.w.busy[p] {
			break
		}
	}
	r.w.busy[r.victim] = true
}

// others are n people of the tenant whose mail is read through other accounts or applications.
func (w *World) others(n int) (list []*person) {
	for _, p := range dice.Some(w, w.people, len(w.people)) {
		if p.cloud && len(list) < n {
			list = append(list, p)
		}
	}
	return list
}
