package otherworld

import (
	"fmt"
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// visit is a sign-in at a place, at a time, with mistakes; for people who have
// no mail in the browser it is one all the same.
func (w planner) visit(s *situation, p *person, at time.Time, where spot, mistakes int) {
	w.At(at, func(at time.Time) {
		out, in := where(at)
		if !out.IsValid() {
			return
		}
		s.Saw(out, p.upn())
		s.Saw(in, p.upn())
		c := client(in, w.browser(p, at))
		if p.cloud {
			p.session = w.UUID()
			c.IP = out
			at = w.enterTenant(p, at, c, lines.OutlookWeb, mistakes)
		} else {
			at = w.enterServer(p, at, c, mistakes)
		}
		w.readWeb(p, at.Add(w.seconds(20, 200)), where)
	})
}

// slips draws mistakes where they are common.
func (w planner) slips(share float64) (n int) {
	for n < 6 && w.Chance(share) {
		n++
	}
	return n
}

func (w planner) expiry(s *situation) {
	day, at := w.aWorkday(2), dice.OneOf(w, w.sites...)
	s.Within(w.Day(day, 0), w.Day(day+3, 0))
	for _, p := range w.group(span{0.15, 0.5}, 4) {
		if p.site != at {
			continue
		}
		begin := w.Around(w.local(p, day, p.comes), 30*time.Minute)
		where := w.stay(p, day)
		w.At(begin, func(t time.Time) {
			out, in := where(t)
			if !out.IsValid() {
				return
			}
			s.Saw(out, p.upn())
			s.Saw(in, p.upn())
			for range w.Number(1, 2) {
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

func (w planner) outage(s *situation) {
	day := w.aWorkday(1)
	begin := w.Day(day, 9+6*w.Rand.Float64())
	end := begin.Add(w.minutes(15, 80))
	s.Within(begin, end)
	v := dice.OneOf(w, lines.Unavailable, lines.Unavailable, lines.NoSession)
	for _, p := range inCloud(w.group(span{0.2, 0.6}, 3)) {
		where := w.stay(p, day)
		w.During(begin, end, 20*time.Minute, func(t time.Time) {
			out, _ := where(t)
			if !out.IsValid() {
				return
			}
			s.Saw(out, p.upn())
			w.log.SignIn(lines.SignIn{At: t, Client: client(out, w.browser(p, t)), App: lines.OfficeHome, UPN: p.upn(), Object: p.object, Verdict: v, Password: true})
		})
		w.visit(s, p, end.Add(w.minutes(1, 60)), where, w.slips(0.2))
	}
}

func (w planner) revoked(s *situation) {
	day := w.aWorkday(3)
	begin := w.Day(day, 8+4*w.Rand.Float64())
	s.Within(begin, begin.Add(10*time.Hour))
	for _, p := range inCloud(w.group(span{0.4, 0.9}, 4)) {
		p.relaunched = begin
		w.visit(s, p, begin.Add(w.Wait(90*time.Minute)), w.stay(p, day), w.slips(0.15))
	}
}

func (w planner) newSystem(s *situation) {
	day := w.Number(1, max(1, w.Days-3))
	s.Within(w.Day(day, 0), w.End())
	for _, p := range w.people {
		if p.native && w.Chance(0.7) {
			w.At(w.Day(day, 120*w.Rand.Float64()), func(t time.Time) {
				p.phone = p.phone[:len(p.phone)-len(p.phone)/5] + fmt.Sprintf("%d.%d", 2300+int(t.Sub(w.Start)/(72*time.Hour)), 55)
			})
		}
	}
}

func (w planner) newProgram(s *situation) {
	day := w.Number(2, max(2, w.Days-3))
	s.Within(w.Day(day, 0), w.End())
	for _, p := range w.group(span{0.05, 0.3}, 2) {
		if p.cloud && p.native {
			w.At(w.Day(day, 72*w.Rand.Float64()), func(t time.Time) {
				p.native, p.app, p.handset = false, true, w.token()
				from := w.cellular(p, t)
				s.Saw(from, p.upn())
				w.enterTenant(p, t, client(from, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"), lines.OutlookMobile, w.slips(0.2))
			})
		}
	}
}

func (w planner) onboarding(s *situation) {
	day := w.aWorkday(2)
	s.Within(w.Day(day, 0), w.Day(day+3, 0))
	for _, p := range w.group(span{0.02, 0.08}, 1) {
		if p.admin {
			continue
		}
		p.from = w.Day(day, 0)
		w.visit(s, p, w.Day(day, 9+2*w.Rand.Float64()), w.stay(p, day), w.slips(0.4))
		if p.native || p.app {
			w.At(w.Day(day, 11+2*w.Rand.Float64()), func(t time.Time) { w.phoneLook(p, t, lines.Right) })
		}
	}
}

// leavers have accounts that are disabled; their telephones do not know yet.
func (w planner) leavers(s *situation) {
	for _, p := range w.group(span{0.01, 0.03}, 1) {
		if p.admin || !p.from.IsZero() {
			continue
		}
		p.until = w.Day(w.Number(1, w.Days-2), 17)
		w.During(p.until.Add(time.Hour), p.until.Add(dice.Hours(w.draw(span{10, 90}))), w.minutes(20, 90), func(t time.Time) {
			from := w.cellular(p, t)
			s.Saw(from, p.upn())
			if p.cloud {
				w.log.SignIn(lines.SignIn{At: t, Client: client(from, "Outlook-iOS/2.0"), App: lines.OutlookMobile, UPN: p.upn(), Object: p.object, Silent: true, Verdict: lines.Disabled})
			} else {
				w.log.Basic(t, client(from, p.phone), lines.EAS, p.down(), lines.Device(p.down(), p.handset[:20], "iPhone", "Ping"), lines.Disabled)
			}
		})
	}
}

// device is a program of the organisation that sends mail with SMTP AUTH.
func (w planner) submit(at time.Time, account string, from netip.Addr, v lines.Verdict) {
	if w.hasServer() {
		w.log.Submit(at, client(from, ""), account+"@"+w.domain, v)
		return
	}
	w.log.SignIn(lines.SignIn{At: at, Client: client(from, "BAV2ROPC"), App: lines.ExchangeSMTP, UPN: account + "@" + w.domain, Object: w.UUID(), Verdict: v, Password: true, Protocol: "ropc"})
}

func (w planner) printers(s *situation) {
	day := w.aWorkday(3)
	changed := w.Day(day, 10)
	mended := changed.Add(dice.Hours(w.draw(span{2, 30})))
	s.Within(w.Start, w.End())
	accounts := []string{"scan"}
	if w.Chance(0.5) {
		accounts = nil
		for i := range w.Number(3, 14) {
			accounts = append(accounts, fmt.Sprintf("mfp-%02d", i+1))
		}
	}
	for _, at := range w.sites {
		for i := range w.Number(1, min(12, 1+len(w.people)/30)) {
			account := accounts[i%len(accounts)]
			w.During(w.Start, w.End(), 70*time.Minute, func(t time.Time) {
				hour := t.In(w.Start.Location()).Hour()
				if hour < 7 || hour > 19 {
					return
				}
				v := lines.Right
				if t.After(changed) && t.Before(mended) {
					v = lines.Wrong
				}
				s.Saw(at.exits[0], account+"@"+w.domain)
				w.submit(t, account, at.exits[0], v)
			})
		}
	}
}

func (w planner) oldService(s *situation) {
	changed := w.Day(w.Number(2, w.Days-2), 12)
	from, account := dice.OneOf(w, w.sites[0].exits...), dice.OneOf(w, "svc-erp", "svc-ticket", "noreply")
	s.Within(w.Start, w.End())
	w.During(w.Start, w.End(), w.minutes(5, 25), func(t time.Time) {
		v := lines.Right
		if t.After(changed) && t.Before(changed.Add(dice.Hours(40))) {
			v = lines.Wrong
		}
		s.Saw(from, account+"@"+w.domain)
		w.submit(t, account, from, v)
	})
}

// monitoring is a product that signs in with a test account from many places.
func (w planner) monitoring(s *situation) {
	from, agent := w.addresses(w.Number(3, 8), w.functions), dice.OneOf(w, "Mozilla/5.0 (compatible; UptimeProbe/2.1)", "python-requests/2.32.3", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/129.0.0.0")
	upn, object := "monitor@"+w.domain, w.UUID()
	changed := w.Day(w.Number(3, max(3, w.Days-2)), 9)
	s.Within(w.Start, w.End())
	for _, a := range from {
		w.During(w.Start, w.End(), 50*time.Minute, func(t time.Time) {
			v := lines.Right
			if t.After(changed) && t.Before(changed.Add(7*time.Hour)) {
				v = lines.Wrong
			}
			s.Saw(a, upn)
			if w.hasServer() {
				w.log.Form(t, client(a, agent), upn, v)
			} else {
				w.log.SignIn(lines.SignIn{At: t, Client: client(a, agent), App: lines.OutlookWeb, UPN: upn, Object: object, Verdict: v, Password: true})
			}
		})
	}
}

// newComputers are browsers and Outlook set up anew, at the desk.
func (w planner) newComputers(s *situation) {
	day := w.aWorkday(3)
	s.Within(w.Day(day, 0), w.Day(day+2, 0))
	for _, p := range w.group(span{0.03, 0.1}, 2) {
		w.At(w.Day(day, 1), func(time.Time) {
			p.device, p.system, p.outlook = w.UUID(), w.Rand.IntN(9), true
			p.relaunched = w.Day(day, 1)
		})
		w.visit(s, p, w.Day(day, 8+4*w.Rand.Float64()), w.stay(p, day), w.slips(0.25))
	}
}
