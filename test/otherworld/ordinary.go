package otherworld

import (
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// dayPlanner plans what people do on ordinary days.
type dayPlanner struct{ *World }

// ordinary plans a day of everybody.
func (w dayPlanner) ordinary(day int) {
	for _, p := range w.people {
		if start := w.local(p, day, 12); p.works(start) {
			w.personDay(p, day)
		}
	}
	w.background(day)
}

// local returns a time of a day where the person works.
func (w dayPlanner) local(p *person, day int, hour float64) time.Time {
	return w.Day(day, hour).Add(-time.Duration(p.site.zone-w.countries[0].zone) * time.Hour)
}

func (w dayPlanner) personDay(p *person, day int) {
	weekday := w.local(p, day, 12).Weekday()
	rest := weekday == time.Saturday || weekday == time.Sunday
	comes := p.comes
	if p.role.shifts {
		comes, rest = []float64{6, 14, 22}[(p.number+day/4)%3], w.Chance(0.35)
	}
	w.mayTravel(p, day)
	w.telephone(p, day)
	if p.isNowhere(day) {
		return
	}
	p.spots[day] = w.where(p, day)
	if p.imap {
		w.During(w.local(p, day, 7), w.local(p, day, 24), 55*time.Minute, func(t time.Time) { w.poll(p, t, lines.Right) })
	}
	if rest && !w.Chance(0.08) || w.Chance(0.07) {
		return
	}
	begin := w.Around(w.local(p, day, comes), 18*time.Minute)
	end := w.Around(begin.Add(8*time.Hour), 30*time.Minute)
	w.workday(p, day, begin, end, p.spots[day])
	if w.Chance(0.012) {
		w.newPassword(p, begin.Add(w.minutes(5, 200)))
	}
}

// workday is a person's day with mail on a computer.
func (w dayPlanner) workday(p *person, day int, begin, end time.Time, at spot) {
	if p.web {
		w.At(begin, func(t time.Time) { w.enter(p, t, at) })
		w.During(begin.Add(5*time.Minute), end, 80*time.Minute, func(t time.Time) { w.readWeb(p, t, at) })
		if p.role.shifts && w.Chance(0.4) {
			w.At(begin.Add(dice.Hours(4+w.Rand.Float64())), func(t time.Time) { w.enter(p, t, at) })
		}
	}
	if p.outlook {
		w.At(begin.Add(3*time.Minute), func(t time.Time) { w.openOutlook(p, t, at) })
		w.During(begin, end, 70*time.Minute, func(t time.Time) { w.useOutlook(p, t, at) })
	}
	if p.cloud {
		w.During(begin, end, 4*time.Hour, func(t time.Time) { w.services(p, t) })
	}
	if p.boss != nil && p.boss.cloud && p.cloud {
		w.During(begin, end, 3*time.Hour, func(t time.Time) { w.delegate(p, t, at) })
	}
	if w.Chance(0.2) {
		w.At(w.Around(end.Add(3*time.Hour), time.Hour), func(t time.Time) {
			home := p.away[day]
			if home == nil {
				home = everywhere(p.home)
			}
			if p.web {
				w.enter(p, t, home)
				w.readWeb(p, t.Add(time.Minute), home)
			} else if p.outlook {
				w.useOutlook(p, t, home)
			}
		})
	}
}

// mistakes draws the number of wrong passwords before the right one: mostly none. More
// than five lock the account.
func (w dayPlanner) mistakes(p *person, at time.Time) int {
	share := 0.035
	if at.In(w.Start.Location()).Weekday() == time.Monday {
		share = 0.07
	}
	if p.role.shifts {
		share *= 1.5
	}
	n := 0
	for n < 7 && w.Chance(share) {
		n, share = n+1, 0.3+0.05*float64(n)
	}
	return n
}

// enter is a sign-in with a password in a browser, with what goes wrong.
func (w dayPlanner) enter(p *person, at time.Time, where spot) {
	out, in := where(at)
	agent := w.browser(p, at)
	if p.role.shifts && p.site.inside {
		agent = agentOf(0, w.build-1, 1) // of the shared computers
	}
	if !p.cloud {
		w.enterServer(p, at, client(in, agent), w.mistakes(p, at))
		return
	}
	if at.Sub(p.entered) < 6*24*time.Hour && !p.role.shifts && p.entered.After(p.relaunched) && w.Chance(0.75) {
		w.log.SignIn(lines.SignIn{At: at, Client: client(out, agent), App: lines.OutlookWeb, UPN: p.upn(), Object: p.object, Session: p.session, Device: p.registered()})
		return
	}
	p.session, p.entered = w.UUID(), at
	w.enterTenant(p, at, client(out, agent), dice.OneOf(w, lines.OfficeHome, lines.OutlookWeb), w.mistakes(p, at))
}

// registered is the id of the computer, where the tenant knows it.
func (p *person) registered() string {
	if p.role.shifts || p.role.name == "student" || p.role.name == "contractor" {
		return ""
	}
	return p.device
}

func (w dayPlanner) enterServer(p *person, at time.Time, c lines.Client, mistakes int) time.Time {
	w.log.LogonPage(at.Add(-w.seconds(4, 20)), c)
	for i := range mistakes {
		v := lines.Wrong
		if i > 4 {
			v = lines.Locked
		}
		at = w.log.Form(at, c, p.typed(), v).Add(w.seconds(6, 50))
	}
	if mistakes > 5 {
		at = at.Add(w.minutes(15, 40)) // the help desk unlocks the account
	}
	return w.log.Form(at, c, p.typed(), lines.Right)
}

func (w dayPlanner) enterTenant(p *person, at time.Time, c lines.Client, app lines.App, mistakes int) time.Time {
	s := lines.SignIn{At: at, Client: c, App: app, UPN: p.upn(), Object: p.object, Session: p.session, Device: p.registered(), Password: true}
	write := func(v lines.Verdict, low, high float64) {
		s.Verdict = v
		w.log.SignIn(s)
		s.At = s.At.Add(w.seconds(low, high))
	}
	for i := range mistakes {
		v := lines.Wrong
		if i > 4 {
			v = lines.Locked
		}
		write(v, 6, 50)
	}
	if w.Chance(0.3) {
		write(dice.OneOf(w, lines.NoSession, lines.StaySignedIn, lines.NoSession, lines.NoConsent), 1, 6)
	}
	if s.MFA = w.Chance(0.5); s.MFA {
		write(lines.MFAAsked, 8, 40)
		if w.Chance(0.03) {
			write(lines.MFADenied, 10, 60)
		}
	}
	write(lines.Right, 1, 2)
	return s.At
}

// readWeb is reading in a browser.
func (w dayPlanner) readWeb(p *person, at time.Time, where spot) {
	out, in := where(at)
	if p.cloud {
		w.log.Mail(lines.Read{At: at, IP: out, User: p.upn(), Key: p.object, Info: webInfo, App: lines.OutlookWeb.ID, Session: p.session, Items: w.Number(1, 2*p.reads)})
		return
	}
	w.serverWeb(p, at, client(in, w.browser(p, at)), w.Number(1, 6))
}

// The names of clients in the audit log.
const (
	webInfo     = "Client=OWA;Action=ViaProxy"
	outlookInfo = "Client=MSExchangeRPC"
	restInfo    = "Client=REST;;"
)

// serverWeb is a number of actions in the web client of the server.
func (w dayPlanner) serverWeb(p *person, at time.Time, c lines.Client, actions int) time.Time {
	for range actions {
		w.log.Web(lines.Request{At: at, Client: c, Service: lines.OWA, Stem: "/owa/service.svc", Query: "action=" + dice.OneOf(w, "FindConversation", "GetConversationItems", "GetItem", "FindItem", "CreateItem"),
			User: p.typed(), Status: 200, Signed: true, Out: w.Number(3000, 60000)})
		at = at.Add(w.seconds(8, 150))
	}
	return at
}

func (w dayPlanner) outlookAgent() string {
	return dice.OneOf(w, "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.18025; Pro)", "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.10416; Pro)")
}

func (w dayPlanner) openOutlook(p *person, at time.Time, where spot) {
	out, in := where(at)
	if p.cloud {
		w.log.SignIn(lines.SignIn{At: at, Client: client(out, w.outlookAgent()), App: lines.Office, UPN: p.upn(), Object: p.object, Silent: true, Device: p.registered(), Session: p.device})
		w.log.Mail(lines.Read{At: at.Add(w.seconds(3, 40)), IP: out, User: p.upn(), Key: p.object, Info: outlookInfo, App: lines.Office.ID, Session: p.device, Sync: true})
		return
	}
	c := client(in, w.outlookAgent())
	w.log.Challenge(at, c, lines.Autodiscover, "")
	w.log.NTLM(at.Add(150*time.Millisecond), c, lines.Autodiscover, p.down(), lines.Right)
}

func (w dayPlanner) useOutlook(p *person, at time.Time, where spot) {
	out, in := where(at)
	if p.cloud {
		w.log.Mail(lines.Read{At: at, IP: out, User: p.upn(), Key: p.object, Info: outlookInfo, App: lines.Office.ID, Session: p.device, Sync: w.Chance(0.3), Items: w.Number(1, 2*p.reads)})
		return
	}
	s := lines.MAPI
	if w.Chance(0.1) {
		s = lines.EWS
	}
	w.log.Signed(at, client(in, w.outlookAgent()), s, p.down(), "", w.Number(1000, 30000))
}

// poll is one look of a program that speaks IMAP, and now and then a message sent: by
// day where the person is, else at home. Until p.stale it has an old password.
func (w dayPlanner) poll(p *person, at time.Time, v lines.Verdict) {
	where := p.spots[w.dayOf(at)]
	if hour := at.Add(time.Duration(p.site.zone) * time.Hour).Hour(); where == nil || (hour < 8 || hour > 17) && p.away[w.dayOf(at)] == nil {
		where = everywhere(p.home)
	}
	out, in := where(at)
	if !out.IsValid() {
		return
	}
	if at.After(p.relaunched) && at.Before(p.stale) {
		v = dice.OneOf(w, lines.Wrong, lines.Wrong, lines.Wrong, lines.Wrong, lines.Wrong, lines.Locked)
		w.usual.stale.Saw(out, p.upn())
		w.usual.stale.Saw(in, p.upn())
	}
	if p.cloud {
		s := lines.SignIn{At: at, Client: client(out, "BAV2ROPC"), App: lines.ExchangeIMAP, UPN: p.upn(), Object: p.object, Protocol: "ropc", Silent: true, Password: true, Verdict: v}
		if v != lines.Right || w.Chance(0.2) {
			w.log.SignIn(s)
		}
		if v == lines.Right {
			w.log.Mail(lines.Read{At: at.Add(3 * time.Second), IP: out, User: p.upn(), Key: p.object, Info: "Client=POP3/IMAP4;Protocol=IMAP4", Items: w.Number(1, p.reads)})
		}
		return
	}
	w.log.IMAP(at, client(in, ""), p.upn(), v, w.Number(0, 5))
	if w.Chance(0.2) {
		w.log.Submit(at.Add(time.Minute), client(in, ""), p.upn(), v)
	}
}

// services are Microsoft's own programs that read mail in the tenant.
func (w dayPlanner) services(p *person, at time.Time) {
	w.log.Mail(lines.Read{At: at, IP: w.microsoft(), User: p.upn(), Key: p.object, Info: "Client=REST;Client=RESTSystem;;", App: dice.OneOf(w, "13937bba-652e-4c46-b222-3003f4d1ff97", "f3f64fec-ecee-4e9a-9eed-a36a5e421300"), Items: w.Number(1, 4)})
}

// microsoft is an address of Exchange Online.
func (w dayPlanner) microsoft() netip.Addr {
	return netip.AddrFrom4([4]byte{52, 97, byte(w.Rand.IntN(256)), byte(w.Rand.IntN(256))})
}

// delegate is an assistant who reads somebody else's mail.
func (w dayPlanner) delegate(p *person, at time.Time, where spot) {
	out, _ := where(at)
	w.log.Mail(lines.Read{At: at, IP: out, User: p.upn(), Key: p.object, Owner: p.boss.upn(), Info: outlookInfo, App: lines.Office.ID, Session: p.device, Logon: 2, Items: w.Number(1, 12)})
}

// telephone is a telephone that looks for mail all day, by the carrier and at home.
func (w dayPlanner) telephone(p *person, day int) {
	if !p.native && !p.app {
		return
	}
	w.During(w.local(p, day, 6.5), w.local(p, day, 23), 110*time.Minute, func(t time.Time) { w.phoneLook(p, t, lines.Right) })
}

// phoneLook is one look of the telephone; until p.stale with an old password, every
// few minutes.
func (w dayPlanner) phoneLook(p *person, at time.Time, v lines.Verdict) {
	from := w.cellular(p, at)
	if hour := at.Add(time.Duration(p.site.zone) * time.Hour).Hour(); (hour < 8 || hour > 18) && p.away[w.dayOf(at)] == nil {
		from = p.home(at)
	}
	if p.private != nil && p.number%2 == 0 {
		from = w.relay.V4(w.Hash(7, int64(w.Rand.IntN(80))))
	}
	switch {
	case !p.cloud:
		if at.After(p.relaunched) && at.Before(p.stale) {
			v = lines.Wrong
			w.usual.stale.Saw(from, p.upn())
		}
		w.log.Basic(at, client(from, p.phone), lines.EAS, p.down(), lines.Device(p.down(), p.handset[:20], "iPhone", dice.OneOf(w, "Sync", "Ping", "Ping", "FolderSync")), v)
	case p.native:
		if w.Chance(0.3) {
			w.log.SignIn(lines.SignIn{At: at, Client: client(from, p.phone), App: lines.ExchangeAS, UPN: p.upn(), Object: p.object, Silent: true, Session: p.handset})
		}
		w.log.Mail(lines.Read{At: at.Add(4 * time.Second), IP: from, User: p.upn(), Key: p.object, Info: "Client=ActiveSync;UserAgent=" + p.phone + ";Version=16.1", Session: p.handset, Sync: w.Chance(0.2), Items: w.Number(1, p.reads)})
	default:
		agent := []string{"Outlook-iOS/2.0", "Outlook-Android/2.0"}[p.number%2]
		if w.Chance(0.3) {
			w.log.SignIn(lines.SignIn{At: at, Client: client(from, agent), App: lines.OutlookMobile, UPN: p.upn(), Object: p.object, Silent: true, Session: p.handset})
		}
		w.log.Mail(lines.Read{At: at.Add(4 * time.Second), IP: from, User: p.upn(), Key: p.object, Info: "Client=OutlookService;" + agent + ";", App: lines.OutlookMobile.ID, Session: p.handset, Sync: w.Chance(0.2), Items: w.Number(1, p.reads)})
	}
}

// newPassword is a changed password: programs of the telephone and of IMAP go on
// with the old one for minutes to days, and try more often than usual.
func (w dayPlanner) newPassword(p *person, at time.Time) {
	p.relaunched = at
	if p.cloud && !p.imap || !p.native && !p.imap {
		return
	}
	p.stale = at.Add(dice.Hours(dice.OneOf(w, 0.3, 1, 3, 9, 30, 60)))
	if p.native && !p.cloud {
		w.During(at, p.stale, w.minutes(4, 40), func(t time.Time) { w.phoneLook(p, t, lines.Wrong) })
	}
	if p.imap {
		w.During(at, p.stale, w.minutes(8, 40), func(t time.Time) { w.poll(p, t, lines.Wrong) })
	}
}

// background is what the internet does to every server: single tries of nobody in
// particular, never two for an account and a day.
func (w dayPlanner) background(day int) {
	for range w.Number(0, 3) {
		p, c := dice.OneOf(w, w.people...), client(dice.OneOf(w, w.foreign...).V4(w.Rand.Uint64()), dice.OneOf(w, "", "Mozilla/5.0"))
		w.usual.internet.Saw(c.IP, "")
		w.At(w.Day(day, 24*w.Rand.Float64()), func(t time.Time) {
			if w.hasServer() {
				w.log.Submit(t, c, dice.OneOf(w, "info@", "test@", "admin@", "scan@")+w.domain, lines.Nobody)
			} else {
				w.log.SignIn(lines.SignIn{At: t, Client: c, App: lines.ExchangeSMTP, UPN: p.upn(), Object: p.object, Verdict: lines.Wrong, Password: true, Protocol: "ropc"})
			}
		})
	}
}
