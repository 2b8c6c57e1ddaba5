package world

import (
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// dayPlanner plans what people do on ordinary days.
type dayPlanner struct{ *World }

// ordinary plans the day of everybody, and of the machines.
func (w dayPlanner) ordinary(day time.Time) {
	weekend := day.In(w.org.local).Weekday() == time.Saturday || day.In(w.org.local).Weekday() == time.Sunday
	for _, p := range w.org.people {
		if day.Before(p.away) {
			continue // see trip
		}
		if works := w.Chance(0.92); weekend && !w.Chance(0.07) || !works {
			w.idleDay(p, day)
			continue
		}
		where := atOffice
		if weekend || w.Chance(p.remote) {
			where = atHome
		}
		w.workday(p, day, where, netip.Addr{})
	}
	w.machines(day)
	w.probes(day)
}

// workday is one person's day at work.
func (w dayPlanner) workday(p *person, day time.Time, where spot, trip netip.Addr) {
	comes := w.Around(day.Add(dice.Hours(p.comes)), 20*time.Minute)
	goes := w.Around(comes.Add(dice.Hours(p.stays)), 25*time.Minute)
	out := w.out(p, where, trip)
	w.At(comes, func(at time.Time) { w.morning(p, at, out) })
	w.During(comes, goes, 150*time.Minute, func(at time.Time) {
		w.refresh(at, p, out, dice.One(w, []lines.App{lines.Teams, lines.Office, lines.OneDrive}))
	})
	if p.cloud {
		w.cloudMail(p, comes, goes, out)
	} else {
		w.serverMail(p, comes, goes, w.toServer(p, where, trip))
	}
	if w.Chance(0.25) {
		evening := w.Around(day.Add(20*time.Hour), time.Hour)
		w.At(evening, func(at time.Time) { w.evening(p, at) })
	}
	w.telephone(p, day)
}

// idleDay is a day on which only the telephone works.
func (w dayPlanner) idleDay(p *person, day time.Time) { w.telephone(p, day) }

// morning is the first sign-in to the tenant: typos, a second factor, and
// often nothing but the session of yesterday.
func (w dayPlanner) morning(p *person, at time.Time, out line) {
	c := p.client(at, out)
	if at.Sub(p.renewed) < 8*24*time.Hour && !p.renewed.IsZero() && w.Chance(0.7) {
		w.log.SignIn(lines.SignIn{At: at, Client: c, App: lines.OfficeHome, UPN: p.upn(), Object: p.object, Session: p.session, Device: p.device})
		return
	}
	p.session, p.renewed = w.UUID(), at
	w.typedSignIn(p, at, c, lines.OfficeHome)
}

// typedSignIn is a sign-in with a password, and what goes wrong with it.
func (w dayPlanner) typedSignIn(p *person, at time.Time, c lines.Client, app lines.App) time.Time {
	s := lines.SignIn{At: at, Client: c, App: app, UPN: p.upn(), Object: p.object, Session: p.session, Device: p.device, Password: true}
	typos := w.org.typos
	if at.In(w.org.local).Weekday() == time.Monday {
		typos *= 3
	}
	for w.Chance(typos) {
		s.Verdict = lines.Wrong
		w.log.SignIn(s)
		s.At = s.At.Add(w.Between(6*time.Second, 70*time.Second))
	}
	if w.Chance(0.15) {
		s.Verdict = dice.One(w, []lines.Verdict{lines.NoSession, lines.StaySignedIn, lines.NoConsent, lines.Enrol})
		w.log.SignIn(s)
		s.At = s.At.Add(w.Between(2*time.Second, 9*time.Second))
	}
	if w.Chance(0.4) {
		s.Verdict = lines.MFAAsked
		w.log.SignIn(s)
		s.At, s.MFA = s.At.Add(w.Between(8*time.Second, 40*time.Second)), true
	}
	s.Verdict = lines.Right
	w.log.SignIn(s)
	return s.At
}

// evening is a look at mail or files from home.
func (w dayPlanner) evening(p *person, at time.Time) {
	home := w.home(p)
	c := p.client(at, home)
	at = w.typedSignIn(p, at, c, lines.OutlookWeb)
	if p.cloud {
		w.readWeb(p, at.Add(time.Minute), c.IP)
	} else if p.web {
		w.webmail(p, at, home)
	}
}

func (w dayPlanner) refresh(at time.Time, p *person, l line, app lines.App) {
	w.log.SignIn(lines.SignIn{At: at, Client: p.client(at, l), App: app, UPN: p.upn(), Object: p.object, Silent: true, Device: p.device, Session: p.device})
}

// cloudMail is reading mail that lies in the cloud, on a computer.
func (w dayPlanner) cloudMail(p *person, comes, goes time.Time, out line) {
	if p.outlook {
		w.At(comes.Add(time.Minute), func(at time.Time) {
			w.refresh(at, p, out, lines.Office)
			w.log.Mail(lines.Read{At: at.Add(20 * time.Second), IP: out(at), User: p.upn(), Key: p.object, Info: "Client=MSExchangeRPC", Session: p.device, Sync: true})
		})
		w.During(comes, goes, 100*time.Minute, func(at time.Time) {
			w.log.Mail(lines.Read{At: at, IP: out(at), User: p.upn(), Key: p.object, Info: "Client=MSExchangeRPC", Session: p.device, Sync: w.Chance(0.4), Items: w.Number(1, 2*p.items)})
		})
	}
	if p.web {
		w.During(comes, goes, 70*time.Minute, func(at time.Time) { w.readWeb(p, at, out(at)) })
	}
	w.During(comes, goes, 5*time.Hour, func(at time.Time) { w.firstParty(at, p) })
	if w.Chance(0.03) {
		w.At(comes.Add(w.Between(time.Hour, 5*time.Hour)), func(at time.Time) { w.ownRule(p, at, out(at)) })
	}
}

// readWeb is some reading in the browser.
func (w dayPlanner) readWeb(p *person, at time.Time, from netip.Addr) {
	w.log.Mail(lines.Read{At: at, IP: from, User: p.upn(), Key: p.object, Info: "Client=OWA;Action=ViaProxy", App: lines.OutlookWeb.ID, Session: p.session, Items: w.Number(1, 2*p.items)})
}

// services are Microsoft's own programs that look into mailboxes all day, from
// Microsoft's addresses.
var services = []string{"f3f64fec-ecee-4e9a-9eed-a36a5e421300", "13937bba-652e-4c46-b222-3003f4d1ff97", "fe93bfe1-7947-460a-a5e0-7a5906b51360"}

func (w dayPlanner) firstParty(at time.Time, p *person) {
	w.log.Mail(lines.Read{At: at, IP: w.backEnd(), User: p.upn(), Key: p.object, Info: "Client=REST;Client=RESTSystem;;", App: dice.One(w, services), Items: w.Number(1, 5)})
}

// backEnd is an address of Exchange Online itself.
func (w dayPlanner) backEnd() netip.Addr {
	b := netip.MustParseAddr("2603:10a6:20b:f0:cafe::").As16()
	b[5], b[7], b[15] = byte(w.Rand.Uint32()), byte(w.Rand.Uint32()), byte(w.Rand.Uint32())
	return netip.AddrFrom16(b)
}

// ownRule is an inbox rule that tidies up, as people have them.
func (w dayPlanner) ownRule(p *person, at time.Time, from netip.Addr) {
	w.log.Admin(at, from, p.upn(), p.object, "New-InboxRule", p.upn()+`\News`, p.session,
		"Name", "News", "SubjectContainsWords", "newsletter", "MoveToFolder", dice.One(w, []string{"News", "Reading", "Lists"}), "StopProcessingRules", "False")
}

// serverMail is reading mail that lies on the server, on a computer.
func (w dayPlanner) serverMail(p *person, comes, goes time.Time, l line) {
	if p.outlook {
		w.At(comes, func(at time.Time) { w.startOutlook(p, at, l) })
		w.During(comes, goes, 40*time.Minute, func(at time.Time) {
			c := lines.Client{IP: l(at), Agent: w.outlookAgent()}
			if w.Chance(0.3) {
				w.log.Challenge(at, c, lines.MAPI, "")
				at = at.Add(40 * time.Millisecond)
			}
			service := lines.MAPI
			if w.Chance(0.15) {
				service = lines.EWS
			}
			w.log.Signed(at, c, service, p.down(), "", 2000+w.Rand.IntN(20000))
		})
	}
	if p.web {
		w.At(comes.Add(w.Between(time.Minute, 20*time.Minute)), func(at time.Time) { w.webmail(p, at, l) })
		if w.Chance(0.4) {
			w.At(comes.Add(w.Between(4*time.Hour, 6*time.Hour)), func(at time.Time) { w.webmail(p, at, l) })
		}
	}
	if p.imap {
		w.During(comes, goes, 70*time.Minute, func(at time.Time) {
			w.log.IMAP(at, lines.Client{IP: l(at)}, p.upn(), lines.Right, w.Number(0, 4))
		})
		w.During(comes, goes, 3*time.Hour, func(at time.Time) { w.log.Submit(at, lines.Client{IP: l(at)}, p.upn(), lines.Right) })
	}
}

// startOutlook is a desktop client that looks itself up.
func (w dayPlanner) startOutlook(p *person, at time.Time, l line) {
	c := lines.Client{IP: l(at), Agent: w.outlookAgent()}
	w.log.Challenge(at, c, lines.Autodiscover, "")
	w.log.NTLM(at.Add(200*time.Millisecond), c, lines.Autodiscover, p.down(), lines.Right)
}

// webmail is a login to the web client by hand, now and then after a typo, and
// some reading.
func (w dayPlanner) webmail(p *person, at time.Time, l line) {
	c := p.client(at, l)
	w.log.LogonPage(at.Add(-w.Between(4*time.Second, 15*time.Second)), c)
	typos := w.org.typos
	if at.In(w.org.local).Weekday() == time.Monday {
		typos *= 3
	}
	for w.Chance(typos) {
		at = w.log.Form(at, c, p.typed(), lines.Wrong).Add(w.Between(7*time.Second, 40*time.Second))
	}
	at = w.log.Form(at, c, p.typed(), lines.Right)
	for range w.Number(2, 7) {
		at = at.Add(w.Between(20*time.Second, 4*time.Minute))
		w.log.Web(lines.Request{At: at, Client: c, Service: lines.OWA, Stem: "/owa/service.svc", Query: "action=" + dice.One(w, []string{"FindConversation", "GetItem", "FindItem", "UpdateItem"}),
			User: p.typed(), Status: 200, Signed: true, Out: 4000})
	}
}

// telephone is a telephone that fetches mail from morning to night, over the
// carrier's network and at home.
func (w dayPlanner) telephone(p *person, day time.Time) {
	if !p.mobile {
		return
	}
	mobile, home := w.cellular(p), w.home(p)
	via := func(at time.Time) netip.Addr {
		if hour := at.In(w.org.local).Hour(); hour < 8 || hour > 18 {
			return home(at)
		}
		return mobile(at)
	}
	w.During(day.Add(6*time.Hour), day.Add(23*time.Hour), 105*time.Minute, func(at time.Time) { w.sync(p, at, via(at)) })
}

// sync is one look of the telephone.
func (w dayPlanner) sync(p *person, at time.Time, from netip.Addr) {
	switch {
	case !p.cloud:
		w.log.Basic(at, lines.Client{IP: from, Agent: p.phone}, lines.EAS, p.down(), lines.Device(p.down(), p.handset, "iPhone", dice.One(w, []string{"Sync", "Ping", "FolderSync"})), lines.Right)
	case p.native:
		if w.Chance(0.3) {
			w.log.SignIn(lines.SignIn{At: at, Client: lines.Client{IP: from, Agent: p.phone}, App: lines.ExchangeAS, UPN: p.upn(), Object: p.object, Silent: true, Session: p.handset})
		}
		w.log.Mail(lines.Read{At: at.Add(5 * time.Second), IP: from, User: p.upn(), Key: p.object, Info: "Client=ActiveSync;UserAgent=" + p.phone + ";Version=16.1", Session: p.handset, Sync: w.Chance(0.3), Items: w.Number(1, p.items)})
	default:
		if w.Chance(0.3) {
			w.log.SignIn(lines.SignIn{At: at, Client: lines.Client{IP: from, Agent: outlookMobile(p)}, App: lines.OutlookMobile, UPN: p.upn(), Object: p.object, Silent: true, Session: p.handset})
		}
		w.log.Mail(lines.Read{At: at.Add(5 * time.Second), IP: from, User: p.upn(), Key: p.object, Info: "Client=OutlookService;" + outlookMobile(p) + ";", App: lines.OutlookMobile.ID, Session: p.handset, Sync: w.Chance(0.3), Items: w.Number(1, p.items)})
	}
}

func outlookMobile(p *person) string {
	if p.id%3 == 0 {
		return "Outlook-Android/2.0"
	}
	return "Outlook-iOS/2.0"
}

// machines submit mail from inside: scanners, billing, tickets.
func (w dayPlanner) machines(day time.Time) {
	for i, name := range []string{"svc-scan", "svc-billing", "svc-tickets"} {
		w.During(day, day.AddDate(0, 0, 1), 55*time.Minute, func(at time.Time) {
			w.log.Submit(at, lines.Client{IP: w.org.machines[i]}, name+"@"+w.org.domain, lines.Right)
		})
	}
}

// probes are the server's tests of itself.
func (w dayPlanner) probes(day time.Time) {
	c := lines.Client{IP: netip.IPv6Loopback(), Agent: "AMProbe/Local/ClientAccess"}
	for at := day; at.Before(day.AddDate(0, 0, 1)); at = at.Add(20 * time.Minute) {
		w.At(at, func(at time.Time) {
			for _, s := range []lines.Service{lines.EAS, lines.EWS, lines.MAPI} {
				w.log.Challenge(at, c, s, "")
				w.log.Signed(at.Add(time.Second), c, s, "HealthMailboxb4dbf9b720d24d5486d5ae616abe6874@"+w.org.domain, "", 100)
			}
		})
	}
}
