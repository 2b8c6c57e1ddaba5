package world

import (
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// planner plans honest situations.
type planner struct{ dayPlanner }

// noises are honest situations that look like attacks, or may. All of them
// happen in every world, those of one day on a day that is drawn.
var noises = []plannedKind[planner]{
	{"Monday's typos behind the offices", planner.mondays},
	{"hotel, train, conference", planner.guests},
	{"new office line", planner.newLine},
	{"travellers", planner.travellers},
	{"password expiry wave", planner.expiry},
	{"forced reset, phones keep the old password", planner.reset},
	{"stale client", planner.stale},
	{"printer with an old password", planner.printer},
	{"kiosk", planner.kiosk},
	{"lockout by one old phone on mobile addresses", planner.oldPhone},
	{"monitoring probe with a wrong password", planner.probe},
	{"scanner", planner.scanner},
	{"conditional access rollout", planner.rollout},
	{"Entra outage", planner.outage},
	{"new build of Outlook", planner.newBuild},
	{"new phones", planner.newPhones},
	{"ROPC monitoring", planner.ropcMonitor},
	{"SMTP devices with old passwords", planner.devices},
	{"returners", planner.returners},
	{"helpdesk", planner.helpdesk},
	{"forgotten passwords", planner.forgotten},
	{"office's exit behind which leaked accounts mistype", planner.leakedTypos},
}

// noise plans all kinds.
func (w *World) noise() {
	w.Honest("first-party services", w.Start, w.End()).Apps = services
	for _, k := range append(append([]plannedKind[planner]{}, noises...), programs...) {
		k.plan(planner{dayPlanner{w}}, k.name)
	}
}

// trip has somebody work at another address on a day.
func (w planner) trip(p *person, day int, address netip.Addr) {
	start := w.Day(day, 0)
	w.At(start.Add(-time.Second), func(time.Time) { p.away = start.AddDate(0, 0, 1) })
	w.At(start, func(at time.Time) { w.workday(p, at, travelling, address) })
}

// retry is a person who tries some passwords before the right one.
func (w planner) retry(n *Noise, p *person, at time.Time, c lines.Client, wrong int, v lines.Verdict) {
	for range wrong {
		if w.Chance(0.5) {
			lines.ByPage(lines.OfficeHome)(w.log, at, c, aim(p), v)
		} else {
			w.log.Form(at, c, p.typed(), v)
		}
		n.Saw(c.IP, p.upn())
		at = at.Add(w.Between(8*time.Second, 70*time.Second))
	}
	n.Saw(c.IP, p.upn())
	w.typedSignIn(p, at, c, lines.OfficeHome)
}

func (w planner) mondays(name string) {
	for day := range w.Days {
		if w.Day(day, 12).Weekday() != time.Monday {
			continue
		}
		n := w.Honest(name, w.Day(day, 6), w.Day(day, 12))
		for _, p := range dice.Some(w, w.org.people, len(w.org.people)/12) {
			w.At(w.Around(w.Day(day, p.comes), 15*time.Minute), func(at time.Time) {
				w.retry(n, p, at, lines.Client{IP: p.office.address, Agent: p.browser}, w.Number(1, 3), lines.Wrong)
			})
		}
	}
}

// guests are people in one hotel, train and conference: one address each, some
// mistype, all get in.
func (w planner) guests(name string) {
	for i, size := range []int{8, 14, 30} {
		day, address := w.aWorkday(1), w.nets.business[i%3].V4(w.Rand.Uint64())
		n := w.Honest(name, w.Day(day, 0), w.Day(day, 24))
		for _, p := range dice.Some(w, w.org.people, size) {
			w.trip(p, day, address)
			w.At(w.Day(day, 8+3*w.Rand.Float64()), func(at time.Time) {
				wrong := 0
				if w.Chance(0.3) {
					wrong = w.Number(1, 2)
				}
				w.retry(n, p, at, lines.Client{IP: address, Agent: p.browser}, wrong, lines.Wrong)
				if p.cloud {
					w.readWeb(p, at.Add(5*time.Minute), address)
				}
			})
		}
	}
}

// newLine is an office that gets another provider, which nobody has declared.
func (w planner) newLine(name string) {
	day, o := w.aWorkday(2), w.org.offices[len(w.org.offices)-1]
	address := dice.One(w, w.nets.business).V4(w.Rand.Uint64())
	n := w.Honest(name, w.Day(day, 0), w.End())
	w.At(w.Day(day, 5), func(time.Time) { o.address = address })
	for _, p := range dice.Some(w, w.org.people, len(w.org.people)/10) {
		if p.office == o {
			w.At(w.Day(day, p.comes), func(at time.Time) {
				w.retry(n, p, at, lines.Client{IP: address, Agent: p.browser}, w.Rand.IntN(2), lines.Wrong)
			})
		}
	}
	n.Addresses = append(n.Addresses, address)
}

// travellers are abroad for some days.
func (w planner) travellers(name string) {
	for i, p := range dice.Some(w, w.org.people, max(2, len(w.org.people)/60)) {
		from := w.Number(1, max(1, w.Days-3))
		later := time.Duration(i/30) * 10 * time.Minute // the hundreds of a large tenant do not sign in together
		network := dice.One(w, w.nets.foreign)
		n := w.Honest(name, w.Day(from, 0), w.Day(from+3, 0))
		for d := range 3 {
			address := network.V4(w.Rand.Uint64())
			n.Saw(address, p.upn())
			w.trip(p, from+d, address)
			w.At(w.Day(from+d, 7).Add(later), func(at time.Time) {
				p.renewed = time.Time{}
				w.retry(n, p, at, lines.Client{IP: address, Agent: p.browser}, w.Rand.IntN(3), lines.Wrong)
				if p.cloud {
					w.readWeb(p, at.Add(10*time.Minute), address)
				}
			})
		}
	}
}

// scanner asks for pages of every kind, without a name.
func (w planner) scanner(name string) {
	for range w.Days / 2 {
		start := w.Day(w.Rand.IntN(w.Days), 24*w.Rand.Float64())
		c := lines.Client{IP: w.hosted(), Agent: dice.One(w, []string{"Mozilla/5.0 zgrab/0.x", "masscan/1.3", "Nmap Scripting Engine", "Expanse, a Palo Alto Networks company"})}
		n := w.Honest(name, start, start.Add(time.Hour))
		for i := range 80 {
			w.At(start.Add(time.Duration(i)*3*time.Second), func(at time.Time) {
				n.Saw(c.IP, "")
				w.log.Challenge(at, c, dice.One(w, []lines.Service{lines.EWS, lines.EAS, lines.Autodiscover, lines.MAPI}), "")
			})
		}
	}
}

// rollout is a conditional-access policy that stops many people for a morning.
func (w planner) rollout(name string) {
	day := w.aWorkday(2)
	n := w.Honest(name, w.Day(day, 7), w.Day(day, 14))
	for _, p := range dice.Some(w, w.org.people, len(w.org.people)/4) {
		l := w.out(p, dice.One(w, []spot{atOffice, atHome, atHome}), netip.Addr{})
		w.At(w.Day(day, 7+4*w.Rand.Float64()), func(at time.Time) {
			for range w.Number(1, 4) {
				c := p.client(at, l)
				n.Saw(c.IP, p.upn())
				lines.ByPage(lines.Teams)(w.log, at, c, aim(p), dice.One(w, []lines.Verdict{lines.Blocked, lines.Enrol, lines.MFAAsked}))
				at = at.Add(w.Between(20*time.Second, 10*time.Minute))
			}
			w.typedSignIn(p, at, p.client(at, l), lines.Teams)
		})
	}
}

// outage is an hour in which sign-ins fail for everybody, some with the wrong
// reason.
func (w planner) outage(name string) {
	day := w.aWorkday(2)
	n := w.Honest(name, w.Day(day, 9), w.Day(day, 11))
	for _, p := range dice.Some(w, w.org.people, len(w.org.people)/2) {
		l := w.out(p, dice.One(w, []spot{atOffice, atOffice, atHome}), netip.Addr{})
		w.At(w.Day(day, 9+w.Rand.Float64()), func(at time.Time) {
			for range w.Number(2, 6) {
				c := p.client(at, l)
				n.Saw(c.IP, p.upn())
				lines.ByPage(lines.OfficeHome)(w.log, at, c, aim(p), dice.One(w, []lines.Verdict{lines.Unavailable, lines.Unavailable, lines.Wrong, lines.MFAAsked, lines.NoSession}))
				at = at.Add(w.Between(15*time.Second, 6*time.Minute))
			}
			w.At(w.Day(day, 10.2+0.8*w.Rand.Float64()), func(at time.Time) { w.typedSignIn(p, at, p.client(at, l), lines.OfficeHome) })
		})
	}
}

func (w planner) newBuild(name string) {
	day := w.aWorkday(2)
	w.Honest(name, w.Day(day, 0), w.Day(day+1, 0))
	w.At(w.Day(day, 3), func(time.Time) { w.org.build += 120 })
}

// newPhones are for a quarter of all people, set up over two days.
func (w planner) newPhones(name string) {
	day := w.aWorkday(2)
	n := w.Honest(name, w.Day(day, 0), w.Day(day+2, 0))
	for _, p := range dice.Some(w, w.org.people, min(100, len(w.org.people)/4)) {
		w.At(w.Day(day, 8+30*w.Rand.Float64()), func(at time.Time) {
			p.phone, p.handset, p.mobile = "Apple-iPhone18C1/2402.55", w.Hex(16)+w.Hex(10), true
			address := w.cellular(p)(at)
			n.Saw(address, p.upn())
			if p.cloud {
				w.typedSignIn(p, at, lines.Client{IP: address, Agent: outlookMobile(p)}, lines.OutlookMobile)
				w.log.Mail(lines.Read{At: at.Add(time.Minute), IP: address, User: p.upn(), Key: p.object, Info: "Client=OutlookService;" + outlookMobile(p) + ";", App: lines.OutlookMobile.ID, Session: p.handset, Sync: true})
			} else {
				w.sync(p, at, address)
			}
		})
	}
}

// ropcMonitor is a script of a monitoring service that signs in with a password
// every ten minutes.
func (w planner) ropcMonitor(name string) {
	n := w.Honest(name, w.Day(0, 0), w.End())
	ips := []netip.Addr{w.nets.cloud.V4(w.Rand.Uint64()), w.nets.cloud.V4(w.Rand.Uint64())}
	account, object := "svc-monitor@"+w.org.domain, w.UUID()
	for at := w.Day(0, 0.2); at.Before(w.End()); at = at.Add(10 * time.Minute) {
		w.At(at, func(at time.Time) {
			c := lines.Client{IP: dice.One(w, ips), Agent: "python-requests/2.32.3"}
			n.Saw(c.IP, account)
			lines.ByToken(lines.AzureCLI)(w.log, at, c, lines.Account{UPN: account, Down: account, Object: object}, lines.Right)
			w.log.Mail(lines.Read{At: at.Add(2 * time.Second), IP: c.IP, User: account, Key: object, Info: "Client=REST;;", App: lines.AzureCLI.ID, Items: 1})
		})
	}
}
