package otherworld

import (
	"net/netip"
	"strings"
	"time"

	"redshank/test/world/lines"
	"redshank/test/world/network"
)

var (
	stuffing = []string{"credential_stuffing"}
	spraying = []string{"password_spraying"}
	guessing = []string{"password_guessing"}
	manyway  = []string{"credential_stuffing", "password_spraying"}
	anyClass = []string{"credential_stuffing", "password_spraying", "password_guessing"}
)

// assault is a kind of attack that tries passwords.
type assault struct {
	name    string
	needs   needs
	classes []string
	from    func(*World) origin     // addresses and agents
	at      func(*World) func() way // services
	on      func(*World) []aim      // accounts, one for each try
	hours   span                    // how long it takes
	begins  span                    // hour of the day
	right   []lines.Verdict         // what a right password leads to; nil: nothing is found
	days    int                     // days on which all of it is tried; 0: one
}

// origin is where tries come from.
type origin struct {
	client func(i int) lines.Client
	shared bool // honest people use the addresses
}

var (
	anytime = span{0, 23}
	working = span{8, 15}
	night   = span{0, 5}
	found   = []lines.Verdict{lines.Right}
	second  = []lines.Verdict{lines.MFAAsked, lines.Blocked, lines.MFAAsked, lines.MFADenied}
	mixed   = []lines.Verdict{lines.Right, lines.MFAAsked, lines.Blocked, lines.Expired}
)

var assaults = []assault{
	{name: "one server, fast list", classes: stuffing, from: server, at: anyService, on: pairs(20, 200, 0.15), hours: span{0.03, 0.4}, begins: anytime, right: mixed},
	{name: "one server, slow list", classes: stuffing, from: server, at: anyService, on: pairs(15, 60, 0.2), hours: span{5, 20}, begins: anytime, right: mixed},
	{name: "one IPv6 /64, an address for each try", classes: stuffing, from: prefix, at: anyService, on: pairs(20, 120, 0.1), hours: span{0.2, 3}, begins: anytime, right: mixed},
	{name: "one address, every service in turn", classes: stuffing, from: server, at: everyService, on: pairs(14, 60, 0.1), hours: span{0.2, 4}, begins: anytime, right: mixed},
	{name: "list of people most of whom have left", classes: stuffing, from: server, at: anyService, on: pairs(20, 80, 0.85), hours: span{0.1, 2}, begins: anytime},
	{name: "spray in rounds from one address", classes: spraying, from: server, at: anyService, on: rounds(12, 60, 2, 4), hours: span{1, 5}, begins: anytime, right: mixed},
	{name: "spray in rounds from many servers", classes: spraying, from: hosts(5, 60), at: anyService, on: rounds(25, 120, 2, 3), hours: span{1, 9}, begins: anytime, right: mixed},
	{name: "one password for everybody from many servers", classes: manyway, from: hosts(30, 200), at: anyService, on: rounds(40, 150, 1, 1), hours: span{0.5, 6}, begins: anytime, right: mixed},
	{name: "residential proxies of the country, one tool", classes: stuffing, from: proxies(20, 120, tool), at: anyService, on: pairs(40, 150, 0.1), hours: span{1, 8}, begins: anytime, right: mixed},
	{name: "residential proxies of the country, old browsers", classes: stuffing, from: proxies(30, 120, rotating), at: byBrowser, on: pairs(50, 150, 0.1), hours: span{1, 8}, begins: anytime, right: mixed},
	{name: "proxies of the country, common browser, working hours", classes: manyway, from: proxies(25, 90, common), at: byBrowser, on: pairs(50, 140, 0.05), hours: span{1, 4}, begins: working, right: mixed},
	{name: "cloud functions, an address for each try, one tool", classes: manyway, from: functions(tool), at: anyService, on: pairs(40, 160, 0.1), hours: span{0.2, 3}, begins: anytime, right: mixed},
	{name: "cloud functions, rotating agents", classes: manyway, from: functions(rotating), at: anyService, on: pairs(50, 160, 0.1), hours: span{0.5, 6}, begins: anytime, right: mixed},
	{name: "botnet abroad, rotating agents", classes: manyway, from: botnet(40, 200, rotating), at: anyService, on: pairs(60, 200, 0.2), hours: span{2, 20}, begins: anytime, right: mixed},
	{name: "a dozen addresses, a few accounts each", classes: manyway, from: hosts(8, 15), at: anyService, on: rounds(30, 45, 1, 1), hours: span{0.5, 4}, begins: anytime, right: mixed},
	{name: "nineteen addresses, nine accounts each", classes: manyway, from: botnet(19, 19, tool), at: anyService, on: rounds(140, 171, 1, 1), hours: span{4, 7}, begins: anytime, right: mixed},
	{name: "script behind a site's address, by day", classes: anyClass, from: behindSite(tool), at: anyService, on: rounds(15, 60, 1, 2), hours: span{0.2, 3}, begins: working, right: found},
	{name: "browser behind a site's address, at night", classes: anyClass, from: behindSite(common), at: byBrowser, on: pairs(20, 60, 0), hours: span{0.3, 3}, begins: night, right: found},
	{name: "tool behind the company's VPN", classes: anyClass, from: behindVPN, at: anyService, on: rounds(15, 50, 1, 2), hours: span{0.2, 3}, begins: anytime, right: found},
	{name: "tool behind a carrier's address", classes: anyClass, from: behindCarrier, at: anyService, on: pairs(15, 60, 0.1), hours: span{0.2, 3}, begins: anytime, right: found},
	{name: "administrator guessed, fast", classes: guessing, from: server, at: anyService, on: administrators(1, 25, 80), hours: span{0.2, 1.5}, begins: anytime, right: found},
	{name: "administrator guessed, thirty a day", classes: guessing, from: server, at: anyService, on: administrators(1, 30, 40), hours: span{20, 23}, begins: span{0, 1}, days: 2},
	{name: "administrators guessed, six a day each", classes: guessing, from: server, at: anyService, on: administrators(4, 24, 28), hours: span{20, 23}, begins: span{0, 1}, days: 4},
	{name: "administrator guessed from many addresses", classes: guessing, from: botnet(15, 60, rotating), at: anyService, on: administrators(1, 40, 90), hours: span{2, 10}, begins: anytime, right: found},
	{name: "one try for each account and day, one address, a week", classes: manyway, from: server, at: anyService, on: rounds(8, 15, 1, 1), hours: span{10, 20}, begins: span{0, 3}, days: 6},
	{name: "low and slow from many addresses, a week", classes: manyway, from: botnet(60, 120, tool), at: anyService, on: rounds(30, 60, 1, 1), hours: span{18, 22}, begins: span{0, 1}, days: 5, right: mixed},
	{name: "SMTP AUTH botnet", classes: manyway, from: botnet(30, 150, tool), at: inProtocol(atSMTP, lines.ExchangeSMTP), on: pairs(50, 150, 0.3), hours: span{2, 20}, begins: anytime, right: found},
	{name: "IMAP botnet", classes: manyway, from: botnet(20, 120, tool), at: inProtocol(atIMAP, lines.ExchangeIMAP), on: pairs(40, 120, 0.2), hours: span{1, 12}, begins: anytime, right: found},
	{name: "POP from one server", needs: onServer, classes: stuffing, from: server, at: inProtocol(atPOP, lines.ExchangeIMAP), on: pairs(20, 90, 0.2), hours: span{0.1, 3}, begins: anytime, right: found},
	{name: "SMTP AUTH from one server, slow", classes: manyway, from: server, at: inProtocol(atSMTP, lines.ExchangeSMTP), on: pairs(15, 50, 0.2), hours: span{2, 14}, begins: anytime, right: found},
	{name: "token end point, right but for the second factor", needs: inTenant, classes: manyway, from: server, at: onToken, on: pairs(20, 90, 0.05), hours: span{0.2, 5}, begins: anytime, right: second},
	{name: "token end point through functions, second factor", needs: inTenant, classes: manyway, from: functions(tool), at: onToken, on: pairs(40, 120, 0.05), hours: span{0.5, 5}, begins: anytime, right: second},
	{name: "a few accounts of a leaked list", classes: anyClass, from: server, at: anyService, on: (*World).leakedFew, hours: span{0.05, 1}, begins: anytime, right: found},
	{name: "list tried from a consumer VPN, common browser", classes: stuffing, from: consumerVPN, at: byBrowser, on: pairs(15, 60, 0.1), hours: span{0.3, 4}, begins: anytime, right: mixed},
	{name: "spray that locks accounts", classes: anyClass, from: hosts(1, 4), at: anyService, on: rounds(10, 30, 5, 8), hours: span{0.5, 4}, begins: anytime},
}

func tool(w *World) func(int) string     { a := one(w, tools...); return func(int) string { return a } }
func common(w *World) func(int) string   { a := w.current(w.Start); return func(int) string { return a } }
func rotating(w *World) func(int) string { return func(int) string { return one(w, oldBrowsers...) } }

// pool is a number of addresses that are used in turn or at random.
func (w *World) pool(list []netip.Addr, agent func(int) string) origin {
	shuffled := w.chance(0.5)
	return origin{client: func(i int) lines.Client {
		if shuffled {
			return client(one(w, list...), agent(i))
		}
		return client(list[i%len(list)], agent(i))
	}}
}

func server(w *World) origin {
	agent := tool(w)
	if w.chance(0.3) {
		agent = func(int) string { return oldBrowsers[int(w.Seed)%len(oldBrowsers)] }
	}
	return w.pool([]netip.Addr{one(w, w.rented(), w.addresses(1, w.foreign)[0])}, agent)
}

func prefix(w *World) origin {
	n, subscriber, agent := one(w, w.hosting...), w.rng.Uint64(), tool(w)
	return origin{client: func(i int) lines.Client { return client(n.V6(subscriber, uint64(i)*7919), agent(i)) }}
}

type agents = func(*World) func(int) string

// spread draws addresses of networks; no more than the attack will use.
func spread(low, high int, pick func(*World) []*network.Network, agent agents) func(*World) origin {
	return func(w *World) origin { return w.pool(w.addresses(w.count(low, high), pick(w)), agent(w)) }
}

func hosts(low, high int) func(*World) origin {
	return spread(low, high, func(w *World) []*network.Network { return w.hosting }, tool)
}

func proxies(low, high int, agent agents) func(*World) origin {
	return spread(low, high, func(w *World) []*network.Network { return w.countries[0].broadband }, agent)
}

func botnet(low, high int, agent agents) func(*World) origin {
	return spread(low, high, func(w *World) []*network.Network { return w.foreign }, agent)
}

func functions(agent agents) func(*World) origin {
	return spread(250, 400, func(w *World) []*network.Network { return w.functions }, agent)
}

func consumerVPN(w *World) origin {
	return w.pool(w.addresses(1, w.privacy), common(w))
}

func behindSite(agent agents) func(*World) origin {
	return func(w *World) origin {
		at, desk, a := one(w, w.sites...), byte(w.count(10, 60)), agent(w)
		return origin{shared: true, client: func(i int) lines.Client {
			if at.inside && !w.hasTenant() {
				return client(netip.AddrFrom4([4]byte{10, byte(40 + at.number), 0, desk}), a(i))
			}
			return client(at.exits[0], a(i))
		}}
	}
}

func behindVPN(w *World) origin {
	if len(w.vpn) == 0 {
		return behindSite(tool)(w)
	}
	o := w.pool(w.vpn[:1], tool(w))
	o.shared = true
	return o
}

func behindCarrier(w *World) origin {
	a := one(w, w.countries[0].mobile...).V4(w.hash(2, int64(w.rng.IntN(120))))
	o := w.pool([]netip.Addr{a}, tool(w))
	o.shared = true
	return o
}

func fixedWay(v way) func() way      { return func() way { return v } }
func anyService(w *World) func() way { return fixedWay(w.service()) }
func byBrowser(w *World) func() way  { return fixedWay(w.page()) }
func onToken(w *World) func() way    { return fixedWay(byToken(one(w, tokenApps...))) }
func inProtocol(s way, app lines.App) func(*World) func() way {
	return func(w *World) func() way { return fixedWay(w.protocol(s, app)) }
}

// everyService tries each service that the organisation has.
func everyService(w *World) func() way {
	var ways []way
	if w.hasServer() {
		ways = append(ways, atForm, atEWS, atEAS, atSMTP, atIMAP)
	}
	if w.hasTenant() {
		ways = append(ways, byToken(lines.Office), byMail(lines.ExchangeSMTP), byPage(lines.OfficeHome))
	}
	return func() way { return one(w, ways...) }
}

// accounts are n accounts: people, and from a share on somebody who has left; strangers
// make up for people who are missing.
func (w *World) accounts(n int, left float64) (list []aim) {
	for i := range n {
		list = append(list, aim{upn: w.former(i + w.count(0, 3)*n)})
	}
	for i, p := range some(w, w.people, n) {
		if !w.chance(left) {
			list[i] = p.aim()
		}
	}
	return list
}

func pairs(low, high int, left float64) func(*World) []aim {
	return func(w *World) (list []aim) {
		for _, t := range w.accounts(w.count(low, high), left) {
			for range 1 + w.rng.IntN(3)/2 {
				list = append(list, t)
			}
		}
		return list
	}
}

func rounds(low, high, fewest, most int) func(*World) []aim {
	return func(w *World) (list []aim) {
		accounts := w.accounts(w.count(low, high), 0.05)
		for range w.count(fewest, most) {
			list = append(list, accounts...)
		}
		return list
	}
}

func administrators(n, low, high int) func(*World) []aim {
	return func(w *World) (list []aim) {
		who := some(w, w.admins, n)
		for i := range w.count(low, high) / n * len(who) {
			list = append(list, who[i%len(who)].aim())
		}
		return list
	}
}

func (w *World) leakedFew() (list []aim) {
	for _, p := range w.people {
		for _, l := range w.leaked {
			if l == p.upn() && len(list) < 6 {
				list = append(list, p.aim())
			}
		}
	}
	for i := 0; len(list) < 6; i++ {
		list = append(list, aim{upn: w.former(i)})
	}
	return list
}

// assail plans one attack of a kind, after a share of the days that attacks have: one
// after the other, so that what was found can be told apart.
func (w *World) assail(x assault, share float64) {
	days := max(1, x.days)
	a := w.attack("AN1269", x.name, x.classes)
	begin := w.day(min(2+int(share*float64(w.Days-2)), max(2, w.Days-days)), w.draw(x.begins))
	from, at, targets := x.from(w), x.at(w), x.on(w)
	a.Shared = from.shared
	right := w.rightOnes(x, targets)
	step := hours(w.draw(x.hours)) / time.Duration(len(targets))
	for day := range days {
		next := begin.AddDate(0, 0, day)
		for i, t := range targets {
			if right[i] > 0 && day > 0 {
				continue // known since the first day
			}
			w.at(next, func(now time.Time) { w.try(a, now, from.client(i+day*len(targets)), at(), t, right[i]) })
			next = next.Add(step*2/3 + time.Duration(w.rng.Int64N(int64(step*2/3)+1)))
		}
	}
}

// try is one try of an attack.
func (w *World) try(a attack, now time.Time, c lines.Client, v way, t aim, right lines.Verdict) {
	verdict := lines.Wrong
	switch {
	case right > 0:
		verdict = right - 1
		a.knows(t.upn, c.IP)
	case t.object == "":
		verdict = lines.Nobody
	}
	v(w, now, c, t, verdict)
	a.saw(now, c.IP, t.upn)
}

// rightOnes draws for which tries the password is right, and what follows, plus one.
func (w *World) rightOnes(x assault, targets []aim) map[int]lines.Verdict {
	out := map[int]lines.Verdict{}
	if x.right == nil {
		return out
	}
	for range []int{0, 1, 1, 2, 3}[w.rng.IntN(5)] {
		i := w.rng.IntN(len(targets))
		for k := range targets {
			if targets[k] == targets[i] {
				i = k // the last try at the account
			}
		}
		if targets[i].object != "" {
			out[i] = one(w, x.right...) + 1
		}
	}
	return out
}

// attacks plans the attacks: kinds in turn, so that successive seeds have all of them.
func (w *World) attacks() {
	var first []assault
	for _, x := range assaults {
		if w.has(x.needs) && strings.Contains(x.name, w.Only) {
			first = append(first, x)
		}
	}
	chosen := turn(first, w.org.attacks[0]*w.Days/10, w.Seed, w.Only != "")
	for i, slot := range w.rng.Perm(len(chosen)) {
		w.assail(chosen[i], float64(slot)/float64(len(chosen)))
	}
	var second []theft
	for _, x := range thefts {
		if w.has(x.needs) && strings.Contains(x.name, w.Only) {
			second = append(second, x)
		}
	}
	for _, x := range turn(second, w.org.attacks[1]*w.Days/10, w.Seed, w.Only != "") {
		w.rob(x)
	}
}

// turn returns n of list: with seed 1 the first, with seed 2 those that follow, and so
// on, after a shuffle that is always the same.
func turn[T any](list []T, n int, seed uint64, all bool) (out []T) {
	order := network.Mix(42)
	list = append([]T(nil), list...)
	for i := len(list) - 1; i > 0; i-- {
		order = network.Mix(order)
		k := int(order % uint64(i+1))
		list[i], list[k] = list[k], list[i]
	}
	if all {
		return list
	}
	for i := range min(n, len(list)) {
		out = append(out, list[(int(seed-1)*n+i)%len(list)])
	}
	return out
}
