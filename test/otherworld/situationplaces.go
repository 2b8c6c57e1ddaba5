package otherworld

import (
	"fmt"
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// crowd is a place where many people sign in on some days, and mistype more than usual.
func (w planner) crowd(s *situation, exits []netip.Addr, who []*person, day, days int, slips float64) {
	s.Within(w.Day(day, 7), w.Day(day+days, 0))
	for _, p := range who {
		where := fixed(dice.OneOf(w, exits...))
		for d := range days {
			p.away[day+d] = where
			for range w.Number(1, 3) {
				w.visit(s, p, w.Day(day+d, 8+11*w.Rand.Float64()), where, w.slips(slips))
			}
		}
	}
}

func (w planner) conference(s *situation) {
	c := dice.OneOf(w, w.countries...)
	w.crowd(s, w.addresses(w.Number(1, 2), c.business), living(w.group(span{0.02, 0.06}, 4), c), w.Number(1, max(1, w.Days-3)), w.Number(1, 3), w.draw(span{0.1, 0.35}))
}

func (w planner) train(s *situation) {
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
func (w planner) course(s *situation) {
	day, at := w.aWorkday(1), w.sites[0]
	begin := w.Day(day, float64(w.Number(8, 16)))
	s.Within(begin, begin.Add(3*time.Hour))
	exit := dice.OneOf(w, at.exits...)
	for _, p := range living(dice.Some(w, w.people, min(90, 4+len(w.people)/20)), at.country) {
		p.away[day] = fixed(exit)
		w.visit(s, p, begin.Add(w.minutes(0, 12)), fixed(exit), w.slips(0.35))
	}
}

// newLine is a site that is seen with another address from a day on.
func (w planner) newLine(s *situation) {
	day, at := w.aWorkday(2), dice.OneOf(w, w.sites...)
	exits := w.addresses(w.Number(1, 2), at.business[1:])
	s.Within(w.Day(day, 0), w.End())
	s.Addresses = append(s.Addresses, exits...)
	w.At(w.Day(day, 0.1), func(time.Time) { at.exits = exits })
}

func (w planner) newVPN(s *situation) {
	if len(w.vpn) == 0 {
		return
	}
	day := w.aWorkday(2)
	exits := w.addresses(w.Number(1, 6), dice.OneOf(w, w.functions, w.countries[0].business[:1]))
	s.Within(w.Day(day, 0), w.End())
	s.Addresses = append(s.Addresses, exits...)
	w.At(w.Day(day, 0.2), func(time.Time) { w.vpn = exits })
}

// scanner is a test of the server from outside: many requests, no credentials.
func (w planner) scanner(s *situation) {
	from := w.rented()
	begin := w.Day(w.aWorkday(1), 20*w.Rand.Float64())
	s.Within(begin, begin.Add(4*time.Hour))
	s.Saw(from, "")
	services := []lines.Service{lines.OWA, lines.ECP, lines.EWS, lines.EAS, lines.MAPI, lines.Autodiscover, lines.PowerShell}
	for range w.Number(300, 900) {
		w.At(begin.Add(w.minutes(0, 200)), func(t time.Time) {
			c := client(from, dice.OneOf(w, "Nessus", "Mozilla/5.0 (compatible; Nmap Scripting Engine)", "Mozilla/5.0 zgrab/0.x"))
			if w.Chance(0.4) {
				w.log.Challenge(t, c, dice.OneOf(w, services...), "")
			} else {
				w.log.Web(lines.Request{At: t, Client: c, Service: dice.OneOf(w, services...), Method: "GET", Stem: dice.OneOf(w, "/owa/auth/logon.aspx", "/ecp/x.js", "/autodiscover/autodiscover.json", "/.env", "/ews/", "/powershell"), Status: dice.OneOf(w, 200, 302, 401, 403, 404)})
			}
		})
	}
}

// strangers are people of elsewhere who have mistyped the domain, behind the
// address that the organisation's telephones have, too.
func (w planner) strangers(s *situation) {
	s.Within(w.Start, w.End())
	for i := range w.Days * w.Number(1, 4) {
		p := dice.OneOf(w, w.people...)
		w.At(w.Day(0, 24*float64(w.Days)*w.Rand.Float64()), func(t time.Time) {
			from := w.cellular(p, t)
			upn := dice.OneOf(w, familyNames...) + fmt.Sprint(i) + "@" + w.domain
			s.Saw(from, upn)
			w.tryOnce(t, client(from, dice.OneOf(w, phones...)), lines.Account{UPN: upn}, lines.Nobody)
		})
	}
}

// tryOnce is a try at the web form or at the tenant's page.
func (w planner) tryOnce(at time.Time, c lines.Client, t lines.Account, v lines.Verdict) {
	if w.hasServer() {
		w.log.Form(at, c, t.UPN, v)
		return
	}
	w.log.SignIn(lines.SignIn{At: at, Client: c, App: lines.OfficeHome, UPN: t.UPN, Object: t.Object, Verdict: v, Password: true})
}

// travellers work from one foreign country for days.
func (w planner) travellers(s *situation) {
	for _, p := range w.group(span{0.01, 0.04}, 1) {
		day, days := w.Number(2, max(2, w.Days-3)), w.Number(1, 4)
		a := dice.OneOf(w, w.foreign...).V4(w.Rand.Uint64())
		s.Saw(a, p.upn())
		p.travel(day, days, fixed(a))
		for d := range days {
			w.visit(s, p, w.local(p, day+1+d, 7+12*w.Rand.Float64()), fixed(a), w.slips(0.12))
		}
	}
}

// vpnService are people who take up a VPN service with many exits.
func (w planner) vpnService(s *situation) {
	for _, p := range w.group(span{0.005, 0.02}, 1) {
		n, favourite := dice.OneOf(w, w.privacy...), int64(w.Rand.IntN(40))
		for d := w.Number(2, w.Days-1); d < w.Days; d++ {
			if w.Chance(0.2) {
				favourite = int64(w.Rand.IntN(40))
			}
			w.visit(s, p, w.local(p, d, 18+4*w.Rand.Float64()), fixed(n.V4(w.Hash(8, favourite))), w.slips(0.08))
		}
	}
}
