package otherworld

import (
	"fmt"
	"net/netip"
	"time"

	"redshank/test/world/lines"
)

// visit is a sign-in at a place, at a time, with mistakes; for people who have
// no mail in the browser it is one all the same.
func (w *World) visit(s *situation, p *person, at time.Time, where spot, mistakes int) {
	w.at(at, func(at time.Time) {
		out, in := where(at)
		if !out.IsValid() {
			return
		}
		s.saw(out, p.upn())
		s.saw(in, p.upn())
		c := client(in, w.browser(p, at))
		if p.cloud {
			p.session = w.uuid()
			c.IP = out
			at = w.enterTenant(p, at, c, lines.OutlookWeb, mistakes)
		} else {
			at = w.enterServer(p, at, c, mistakes)
		}
		w.readWeb(p, at.Add(w.seconds(20, 200)), where)
	})
}

// slips draws mistakes where they are common.
func (w *World) slips(share float64) (n int) {
	for n < 6 && w.chance(share) {
		n++
	}
	return n
}

func (w *World) expiry(s *situation) {
	day, at := w.aWorkday(2), one(w, w.sites...)
	s.within(w.day(day, 0), w.day(day+3, 0))
	for _, p := range w.group(span{0.15, 0.5}, 4) {
		if p.site != at {
			continue
		}
		begin := w.about(w.local(p, day, p.comes), 30*time.Minute)
		where := w.stay(p, day)
		w.at(begin, func(t time.Time) {
			out, in := where(t)
			if !out.IsValid() {
				return
			}
			s.saw(out, p.upn())
			s.saw(in, p.upn())
			for range w.count(1, 2) {
				if p.cloud {
					w.log.SignIn(lines.SignIn{At: t, Client: client(out, w.browser(p, t)), App: lines.OfficeHome, UPN: p.upn(), Object: p.object, Verdict: lines.Expired, Password: true})
				} else {
					w.log.Form(t, client(in, w.browser(p, t)), p.typed(), lines.Expired)
				}
				t = t.Add(w.seconds(20, 90))
			}
		})
		w.visit(s, p, begin.Add(w.minutes(3, 12)), where, w.slips(0.3))
		w.newPassword(p, begin.Add(4*time.Minute))
	}
}

func (w *World) outage(s *situation) {
	day := w.aWorkday(1)
	begin := w.day(day, 9+6*w.rng.Float64())
	end := begin.Add(w.minutes(15, 80))
	s.within(begin, end)
	v := one(w, lines.Unavailable, lines.Unavailable, lines.NoSession)
	for _, p := range inCloud(w.group(span{0.2, 0.6}, 3)) {
		where := w.stay(p, day)
		w.during(begin, end, 20*time.Minute, func(t time.Time) {
			out, _ := where(t)
			if !out.IsValid() {
				return
			}
			s.saw(out, p.upn())
			w.log.SignIn(lines.SignIn{At: t, Client: client(out, w.browser(p, t)), App: lines.OfficeHome, UPN: p.upn(), Object: p.object, Verdict: v, Password: true})
		})
		w.visit(s, p, end.Add(w.minutes(1, 60)), where, w.slips(0.2))
	}
}

func (w *World) revoked(s *situation) {
	day := w.aWorkday(3)
	begin := w.day(day, 8+4*w.rng.Float64())
	s.within(begin, begin.Add(10*time.Hour))
	for _, p := range inCloud(w.group(span{0.4, 0.9}, 4)) {
		p.relaunched = begin
		w.visit(s, p, begin.Add(w.wait(90*time.Minute)), w.stay(p, day), w.slips(0.15))
	}
}

// crowd is a place where many people sign in on some days, and mistype more than usual.
func (w *World) crowd(s *situation, exits []netip.Addr, who []*person, day, days int, slips float64) {
	s.within(w.day(day, 7), w.day(day+days, 0))
	for _, p := range who {
		where := fixed(one(w, exits...))
		for d := range days {
			p.away[day+d] = where
			for range w.count(1, 3) {
				w.visit(s, p, w.day(day+d, 8+11*w.rng.Float64()), where, w.slips(slips))
			}
		}
	}
}

func (w *World) conference(s *situation) {
	c := one(w, w.countries...)
	w.crowd(s, w.addresses(w.count(1, 2), c.business), living(w.group(span{0.02, 0.06}, 4), c), w.count(1, max(1, w.Days-3)), w.count(1, 3), w.draw(span{0.1, 0.35}))
}

func (w *World) train(s *situation) {
	w.crowd(s, w.addresses(1, w.countries[0].mobile), living(w.group(span{0.01, 0.04}, 3), w.countries[0]), w.aWorkday(1), 1, w.draw(span{0.15, 0.4}))
}

// living are the people of list who work in a country.
func living(list []*person, c *country) (out []*person) {
	for _, p := range list {
		if p.site.country == c {
			out = append(out, p)
		}
	}
	return out
}

// course is a room in which a class signs in within minutes, with one browser.
func (w *World) course(s *situation) {
	day, at := w.aWorkday(1), w.sites[0]
	begin := w.day(day, float64(w.count(8, 16)))
	s.within(begin, begin.Add(3*time.Hour))
	exit := one(w, at.exits...)
	for _, p := range living(some(w, w.people, min(90, 4+len(w.people)/20)), at.country) {
		p.away[day] = fixed(exit)
		w.visit(s, p, begin.Add(w.minutes(0, 12)), fixed(exit), w.slips(0.35))
	}
}

// newLine is a site that is seen with another address from a day on.
func (w *World) newLine(s *situation) {
	day, at := w.aWorkday(2), one(w, w.sites...)
	exits := w.addresses(w.count(1, 2), at.business[1:])
	s.within(w.day(day, 0), w.End())
	s.Addresses = append(s.Addresses, exits...)
	w.at(w.day(day, 0.1), func(time.Time) { at.exits = exits })
}

func (w *World) newVPN(s *situation) {
	if len(w.vpn) == 0 {
		return
	}
	day := w.aWorkday(2)
	exits := w.addresses(w.count(1, 6), one(w, w.functions, w.countries[0].business[:1]))
	s.within(w.day(day, 0), w.End())
	s.Addresses = append(s.Addresses, exits...)
	w.at(w.day(day, 0.2), func(time.Time) { w.vpn = exits })
}

func (w *World) newSystem(s *situation) {
	day := w.count(1, max(1, w.Days-3))
	s.within(w.day(day, 0), w.End())
	for _, p := range w.people {
		if p.native && w.chance(0.7) {
			w.at(w.day(day, 120*w.rng.Float64()), func(t time.Time) {
				p.phone = p.phone[:len(p.phone)-len(p.phone)/5] + fmt.Sprintf("%d.%d", 2300+int(t.Sub(w.Start)/(72*time.Hour)), 55)
			})
		}
	}
}

func (w *World) newProgram(s *situation) {
	day := w.count(2, max(2, w.Days-3))
	s.within(w.day(day, 0), w.End())
	for _, p := range w.group(span{0.05, 0.3}, 2) {
		if p.cloud && p.native {
			w.at(w.day(day, 72*w.rng.Float64()), func(t time.Time) {
				p.native, p.app, p.handset = false, true, w.token()
				from := w.cellular(p, t)
				s.saw(from, p.upn())
				w.enterTenant(p, t, client(from, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"), lines.OutlookMobile, w.slips(0.2))
			})
		}
	}
}

func (w *World) onboarding(s *situation) {
	day := w.aWorkday(2)
	s.within(w.day(day, 0), w.day(day+3, 0))
	for _, p := range w.group(span{0.02, 0.08}, 1) {
		if p.admin {
			continue
		}
		p.from = w.day(day, 0)
		w.visit(s, p, w.day(day, 9+2*w.rng.Float64()), w.stay(p, day), w.slips(0.4))
		if p.native || p.app {
			w.at(w.day(day, 11+2*w.rng.Float64()), func(t time.Time) { w.phoneLook(p, t, lines.Right) })
		}
	}
}

// leavers have accounts that are disabled; their telephones do not know yet.
func (w *World) leavers(s *situation) {
	for _, p := range w.group(span{0.01, 0.03}, 1) {
		if p.admin || !p.from.IsZero() {
			continue
		}
		p.until = w.day(w.count(1, w.Days-2), 17)
		w.during(p.until.Add(time.Hour), p.until.Add(hours(w.draw(span{10, 90}))), w.minutes(20, 90), func(t time.Time) {
			from := w.cellular(p, t)
			s.saw(from, p.upn())
			if p.cloud {
				w.log.SignIn(lines.SignIn{At: t, Client: client(from, "Outlook-iOS/2.0"), App: lines.OutlookMobile, UPN: p.upn(), Object: p.object, Silent: true, Verdict: lines.Disabled})
			} else {
				w.log.Basic(t, client(from, p.phone), lines.EAS, p.down(), lines.Device(p.down(), p.handset[:20], "iPhone", "Ping"), lines.Disabled)
			}
		})
	}
}

// device is a program of the organisation that sends mail with SMTP AUTH.
func (w *World) submit(at time.Time, account string, from netip.Addr, v lines.Verdict) {
	if w.hasServer() {
		w.log.Submit(at, client(from, ""), account+"@"+w.domain, v)
		return
	}
	w.log.SignIn(lines.SignIn{At: at, Client: client(from, "BAV2ROPC"), App: lines.ExchangeSMTP, UPN: account + "@" + w.domain, Object: lines.UUID(w.rng), Verdict: v, Password: true, Protocol: "ropc"})
}

func (w *World) printers(s *situation) {
	day := w.aWorkday(3)
	changed := w.day(day, 10)
	mended := changed.Add(hours(w.draw(span{2, 30})))
	s.within(w.Start, w.End())
	accounts := []string{"scan"}
	if w.chance(0.5) {
		accounts = nil
		for i := range w.count(3, 14) {
			accounts = append(accounts, fmt.Sprintf("mfp-%02d", i+1))
		}
	}
	for _, at := range w.sites {
		for i := range w.count(1, min(12, 1+len(w.people)/30)) {
			account := accounts[i%len(accounts)]
			w.during(w.Start, w.End(), 70*time.Minute, func(t time.Time) {
				hour := t.In(w.Start.Location()).Hour()
				if hour < 7 || hour > 19 {
					return
				}
				v := lines.Right
				if t.After(changed) && t.Before(mended) {
					v = lines.Wrong
				}
				s.saw(at.exits[0], account+"@"+w.domain)
				w.submit(t, account, at.exits[0], v)
			})
		}
	}
}

func (w *World) oldService(s *situation) {
	changed := w.day(w.count(2, w.Days-2), 12)
	from, account := one(w, w.sites[0].exits...), one(w, "svc-erp", "svc-ticket", "noreply")
	s.within(w.Start, w.End())
	w.during(w.Start, w.End(), w.minutes(5, 25), func(t time.Time) {
		v := lines.Right
		if t.After(changed) && t.Before(changed.Add(hours(40))) {
			v = lines.Wrong
		}
		s.saw(from, account+"@"+w.domain)
		w.submit(t, account, from, v)
	})
}

// monitoring is a product that signs in with a test account from many places.
func (w *World) monitoring(s *situation) {
	from, agent := w.addresses(w.count(3, 8), w.functions), one(w, "Mozilla/5.0 (compatible; UptimeProbe/2.1)", "python-requests/2.32.3", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/129.0.0.0")
	upn, object := "monitor@"+w.domain, w.uuid()
	changed := w.day(w.count(3, max(3, w.Days-2)), 9)
	s.within(w.Start, w.End())
	for _, a := range from {
		w.during(w.Start, w.End(), 50*time.Minute, func(t time.Time) {
			v := lines.Right
			if t.After(changed) && t.Before(changed.Add(7*time.Hour)) {
				v = lines.Wrong
			}
			s.saw(a, upn)
			if w.hasServer() {
				w.log.Form(t, client(a, agent), upn, v)
			} else {
				w.log.SignIn(lines.SignIn{At: t, Client: client(a, agent), App: lines.OutlookWeb, UPN: upn, Object: object, Verdict: v, Password: true})
			}
		})
	}
}

// scanner is a test of the server from outside: many requests, no credentials.
func (w *World) scanner(s *situation) {
	from := w.rented()
	begin := w.day(w.aWorkday(1), 20*w.rng.Float64())
	s.within(begin, begin.Add(4*time.Hour))
	s.saw(from, "")
	services := []lines.Service{lines.OWA, lines.ECP, lines.EWS, lines.EAS, lines.MAPI, lines.Autodiscover, lines.PowerShell}
	for range w.count(300, 900) {
		w.at(begin.Add(w.minutes(0, 200)), func(t time.Time) {
			c := client(from, one(w, "Nessus", "Mozilla/5.0 (compatible; Nmap Scripting Engine)", "Mozilla/5.0 zgrab/0.x"))
			if w.chance(0.4) {
				w.log.Challenge(t, c, one(w, services...), "")
			} else {
				w.log.Web(lines.Request{At: t, Client: c, Service: one(w, services...), Method: "GET", Stem: one(w, "/owa/auth/logon.aspx", "/ecp/x.js", "/autodiscover/autodiscover.json", "/.env", "/ews/", "/powershell"), Status: one(w, 200, 302, 401, 403, 404)})
			}
		})
	}
}

// strangers are people of elsewhere who have mistyped the domain, behind the
// address that the organisation's telephones have, too.
func (w *World) strangers(s *situation) {
	s.within(w.Start, w.End())
	for i := range w.Days * w.count(1, 4) {
		p := one(w, w.people...)
		w.at(w.day(0, 24*float64(w.Days)*w.rng.Float64()), func(t time.Time) {
			from := w.cellular(p, t)
			upn := one(w, familyNames...) + fmt.Sprint(i) + "@" + w.domain
			s.saw(from, upn)
			w.tryOnce(t, client(from, one(w, phones...)), aim{upn: upn}, lines.Nobody)
		})
	}
}

// tryOnce is a try at the web form or at the tenant's page.
func (w *World) tryOnce(at time.Time, c lines.Client, t aim, v lines.Verdict) {
	if w.hasServer() {
		w.log.Form(at, c, t.upn, v)
		return
	}
	w.log.SignIn(lines.SignIn{At: at, Client: c, App: lines.OfficeHome, UPN: t.upn, Object: t.object, Verdict: v, Password: true})
}

// newComputers are browsers and Outlook set up anew, at the desk.
func (w *World) newComputers(s *situation) {
	day := w.aWorkday(3)
	s.within(w.day(day, 0), w.day(day+2, 0))
	for _, p := range w.group(span{0.03, 0.1}, 2) {
		w.at(w.day(day, 1), func(time.Time) {
			p.device, p.system, p.outlook = w.uuid(), w.rng.IntN(9), true
			p.relaunched = w.day(day, 1)
		})
		w.visit(s, p, w.day(day, 8+4*w.rng.Float64()), w.stay(p, day), w.slips(0.25))
	}
}

// travellers work from one foreign country for days.
func (w *World) travellers(s *situation) {
	for _, p := range w.group(span{0.01, 0.04}, 1) {
		day, days := w.count(2, max(2, w.Days-3)), w.count(1, 4)
		a := one(w, w.foreign...).V4(w.rng.Uint64())
		s.saw(a, p.upn())
		p.travel(day, days, fixed(a))
		for d := range days {
			w.visit(s, p, w.local(p, day+1+d, 7+12*w.rng.Float64()), fixed(a), w.slips(0.12))
		}
	}
}

// vpnService are people who take up a VPN service with many exits.
func (w *World) vpnService(s *situation) {
	for _, p := range w.group(span{0.005, 0.02}, 1) {
		n, favourite := one(w, w.privacy...), int64(w.rng.IntN(40))
		for d := w.count(2, w.Days-1); d < w.Days; d++ {
			if w.chance(0.2) {
				favourite = int64(w.rng.IntN(40))
			}
			w.visit(s, p, w.local(p, d, 18+4*w.rng.Float64()), fixed(n.V4(w.hash(8, favourite))), w.slips(0.08))
		}
	}
}
