package world

import (
	"fmt"
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// expiry is a day on which the passwords of a quarter of all people end.
func (w planner) expiry(name string) {
	day := w.aWorkday(2)
	n := w.Honest(name, w.Day(day, 6), w.Day(day, 20))
	for _, p := range dice.Some(w, w.org.people, len(w.org.people)/4) {
		w.At(w.Around(w.Day(day, p.comes), 20*time.Minute), func(at time.Time) {
			where := w.out(p, dice.One(w, []spot{atOffice, atHome}), netip.Addr{})
			c := p.client(at, where)
			w.retry(n, p, at, c, w.Number(1, 2), lines.Expired)
			if w.Chance(0.4) {
				w.retry(n, p, at.Add(4*time.Hour), c, w.Number(1, 2), lines.Wrong)
			}
		})
		w.keepsOld(n, p, w.Day(day, p.comes), dice.Hours(5))
	}
}

// keepsOld is a telephone that tries an old password for a while.
func (w planner) keepsOld(n *Noise, p *person, start time.Time, span time.Duration) {
	if !p.mobile {
		return
	}
	address := w.cellular(p)
	w.During(start, start.Add(span), 12*time.Minute, func(at time.Time) {
		c := lines.Client{IP: address(at), Agent: p.phone}
		n.Saw(c.IP, p.upn())
		if p.cloud {
			w.log.SignIn(lines.SignIn{At: at, Client: c, App: lines.ExchangeAS, UPN: p.upn(), Object: p.object, Verdict: lines.Wrong, Password: true, Silent: true})
		} else {
			w.log.Basic(at, c, lines.EAS, p.down(), lines.Device(p.down(), p.handset, "iPhone", "Sync"), lines.Wrong)
		}
	})
}

// reset is a hundred people whose passwords are reset at noon.
func (w planner) reset(name string) {
	day := w.aWorkday(3)
	n := w.Honest(name, w.Day(day, 12), w.Day(day+1, 10))
	for _, p := range dice.Some(w, w.org.people, min(100, len(w.org.people)/4)) {
		w.keepsOld(n, p, w.Day(day, 12), dice.Hours(0.5+3*w.Rand.Float64()))
		w.At(w.Day(day, 12.2+3*w.Rand.Float64()), func(at time.Time) {
			w.retry(n, p, at, p.client(at, w.out(p, atOffice, netip.Addr{})), w.Number(0, 3), lines.Wrong)
		})
	}
}

// stale is a program with an old password, at one place, for days.
func (w planner) stale(name string) {
	for range 3 {
		p := dice.One(w, w.org.people)
		start := w.Day(w.Rand.IntN(max(1, w.Days-2)), 9)
		n := w.Honest(name, start, start.Add(dice.Hours(48)))
		address := w.home(p)
		every := time.Duration(w.Number(5, 30)) * time.Minute
		for at := start; at.Before(start.Add(dice.Hours(40))); at = at.Add(every + w.Between(0, 3*time.Second)) {
			w.At(at, func(at time.Time) {
				c := lines.Client{IP: address(at), Agent: w.outlookAgent()}
				n.Saw(c.IP, p.upn())
				w.log.Basic(at, c, lines.EWS, p.down(), "", lines.Wrong)
			})
		}
	}
}

func (w planner) printer(name string) {
	n := w.Honest(name, w.Day(1, 0), w.End())
	c := lines.Client{IP: netip.AddrFrom4([4]byte{10, 20, 2, byte(w.Number(10, 200))})}
	for at := w.Day(1, 7); at.Before(w.End()); at = at.Add(w.Between(20*time.Minute, 22*time.Minute)) {
		w.At(at, func(at time.Time) {
			n.Saw(c.IP, "printer3@"+w.org.domain)
			w.log.Submit(at, c, "printer3@"+w.org.domain, lines.Wrong)
		})
	}
}

// kiosk is one computer in a hall, where shift workers sign in with names and
// passwords they rarely use.
func (w planner) kiosk(name string) {
	c := lines.Client{IP: netip.AddrFrom4([4]byte{10, 20, 3, byte(w.Number(10, 200))}), Agent: w.browser()}
	people := dice.Some(w, w.org.people, 40)
	for day := range w.Days {
		n := w.Honest(name, w.Day(day, 5), w.Day(day, 23))
		for _, p := range dice.Some(w, people, 12) {
			w.At(w.Day(day, []float64{5.8, 13.8, 21.8}[w.Rand.IntN(3)]+0.3*w.Rand.Float64()), func(at time.Time) {
				for w.Chance(0.3) {
					at = w.log.Form(at, c, p.typed(), lines.Wrong).Add(w.Between(10*time.Second, time.Minute))
				}
				n.Saw(c.IP, p.upn())
				w.log.Form(at, c, p.typed(), lines.Right)
			})
		}
	}
}

// oldPhone locks its owner out: an old telephone on 14 addresses of a carrier.
func (w planner) oldPhone(name string) {
	p := dice.One(w, w.org.people)
	start := w.Day(w.aWorkday(1), 7)
	n := w.Honest(name, start, start.Add(dice.Hours(14)))
	at := start
	for i := range 56 {
		v := lines.Wrong
		if i%8 > 4 {
			v = lines.Locked
		}
		w.At(at, func(at time.Time) {
			c := lines.Client{IP: p.carrier.V4(w.Hash(17, int64(i/4))), Agent: "Android/8.1-EAS-1.3"}
			n.Saw(c.IP, p.upn())
			w.log.Basic(at, c, lines.EAS, p.down(), lines.Device(p.down(), "androidold"+p.handset[:6], "Android", "Sync"), v)
		})
		at = at.Add(w.Between(10*time.Minute, 15*time.Minute))
	}
	w.During(start, start.Add(dice.Hours(10)), 3*time.Hour, func(at time.Time) {
		w.retry(n, p, at, lines.Client{IP: p.office.address, Agent: p.browser}, w.Rand.IntN(2), lines.Locked)
	})
}

func (w planner) probe(name string) {
	n := w.Honest(name, w.Day(0, 0), w.End())
	c := lines.Client{IP: w.org.machines[3], Agent: "Monitoring/3.2"}
	for at := w.Day(0, 0.1); at.Before(w.End()); at = at.Add(15 * time.Minute) {
		w.At(at, func(at time.Time) {
			n.Saw(c.IP, "probe@"+w.org.domain)
			w.log.Basic(at, c, lines.EWS, "probe@"+w.org.domain, "", lines.Wrong)
			w.log.Basic(at.Add(3*time.Second), c, lines.EWS, "probe-ok@"+w.org.domain, "", lines.Right)
		})
	}
}

func (w planner) devices(name string) {
	day := w.aWorkday(2)
	n := w.Honest(name, w.Day(day, 0), w.End())
	for i := range 12 {
		c := lines.Client{IP: netip.AddrFrom4([4]byte{10, 20, 4, byte(10 + i)})}
		account := fmt.Sprintf("scan%02d@%s", i, w.org.domain)
		w.During(w.Day(0, 1), w.End(), 3*time.Hour, func(at time.Time) {
			v := lines.Right
			if i < 3 && at.After(w.Day(day, 0)) {
				v = lines.Wrong
			}
			n.Saw(c.IP, account)
			w.log.Submit(at, c, account, v)
		})
	}
}

// returners come back from weeks away and have forgotten their passwords.
func (w planner) returners(name string) {
	day := w.aWorkday(2)
	n := w.Honest(name, w.Day(day, 6), w.Day(day, 12))
	for _, p := range dice.Some(w, w.org.people, max(3, len(w.org.people)/40)) {
		w.At(w.Around(w.Day(day, p.comes), 30*time.Minute), func(at time.Time) {
			l := w.home(p)
			w.retry(n, p, at, p.client(at, l), w.Number(3, 9), lines.Wrong)
		})
	}
}

// helpdesk tries to sign in as other people, from one desk, with them on the
// telephone.
func (w planner) helpdesk(name string) {
	c := lines.Client{IP: w.org.offices[0].address, Agent: w.browser()}
	for day := range w.Days {
		n := w.Honest(name, w.Day(day, 8), w.Day(day, 18))
		for _, p := range dice.Some(w, w.org.people, 3) {
			w.At(w.Day(day, 8.5+8*w.Rand.Float64()), func(at time.Time) { w.retry(n, p, at, c, w.Number(0, 2), lines.Wrong) })
		}
	}
}

func (w planner) forgotten(name string) {
	for day := range w.Days {
		n := w.Honest(name, w.Day(day, 7), w.Day(day, 22))
		for _, p := range dice.Some(w, w.org.people, max(1, len(w.org.people)/150)) {
			w.At(w.Day(day, 8+10*w.Rand.Float64()), func(at time.Time) {
				l := w.home(p)
				w.retry(n, p, at, p.client(at, l), w.Number(2, 8), lines.Wrong)
			})
		}
	}
}

func (w planner) leakedTypos(name string) {
	day := w.aWorkday(1)
	n := w.Honest(name, w.Day(day, 7), w.Day(day, 12))
	address := w.org.offices[0].address
	for _, p := range w.org.people {
		if w.Chance(0.3) && len(n.Accounts) < 6 && p.upn() == w.org.leaked[p.id%len(w.org.leaked)] || p.id%57 == 0 {
			w.At(w.Day(day, p.comes), func(at time.Time) {
				w.retry(n, p, at, lines.Client{IP: address, Agent: p.browser}, w.Number(1, 2), lines.Wrong)
			})
		}
	}
	n.Addresses = append(n.Addresses, address)
}
