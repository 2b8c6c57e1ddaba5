package otherworld

import (
	"time"

	"redshank/test/world"
	"redshank/test/world/dice"
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
	from    func(*World) origin           // addresses and agents
	at      func(*World) func() lines.Way // services
	on      func(*World) []lines.Account  // accounts, one for each try
	hours   span                          // how long it takes
	begins  span                          // hour of the day
	shared  bool                          // honest people use the addresses
	fresh   float64                       // share of passwords that are right; 0: none to three of them
	right   []lines.Verdict               // what a right password leads to; nil: nothing is found
	days    int                           // days on which all of it is tried; 0: one
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
	{name: "one server, fast list", classes: stuffing, from: oneServer, at: anyService, on: pairs(20, 200, 0.15), hours: span{0.03, 0.4}, begins: anytime, right: mixed},
	{name: "one server, slow list", classes: stuffing, from: oneServer, at: anyService, on: pairs(15, 60, 0.2), hours: span{5, 20}, begins: anytime, right: mixed},
	{name: "one IPv6 /64, an address for each try", classes: stuffing, from: prefix, at: anyService, on: pairs(20, 120, 0.1), hours: span{0.2, 3}, begins: anytime, right: mixed},
	{name: "one address, every service in turn", classes: stuffing, from: oneServer, at: everyService, on: pairs(14, 60, 0.1), hours: span{0.2, 4}, begins: anytime, right: mixed},
	{name: "list of people most of whom have left", classes: stuffing, from: oneServer, at: anyService, on: pairs(20, 80, 0.85), hours: span{0.1, 2}, begins: anytime},
	{name: "spray in rounds from one address", classes: spraying, from: oneServer, at: anyService, on: rounds(12, 60, 2, 4), hours: span{1, 5}, begins: anytime, right: mixed},
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
	{name: "administrator guessed, fast", classes: guessing, from: oneServer, at: anyService, on: administrators(1, 25, 80), hours: span{0.2, 1.5}, begins: anytime, right: found},
	{name: "administrator guessed, thirty a day", classes: guessing, from: oneServer, at: anyService, on: administrators(1, 30, 40), hours: span{20, 23}, begins: span{0, 1}, days: 2},
	{name: "administrators guessed, six a day each", classes: guessing, from: oneServer, at: anyService, on: administrators(4, 24, 28), hours: span{20, 23}, begins: span{0, 1}, days: 4},
	{name: "administrator guessed from many addresses", classes: guessing, from: botnet(15, 60, rotating), at: anyService, on: administrators(1, 40, 90), hours: span{2, 10}, begins: anytime, right: found},
	{name: "one try for each account and day, one address, a week", classes: manyway, from: oneServer, at: anyService, on: rounds(8, 15, 1, 1), hours: span{10, 20}, begins: span{0, 3}, days: 6},
	{name: "low and slow from many addresses, a week", classes: manyway, from: botnet(60, 120, tool), at: anyService, on: rounds(30, 60, 1, 1), hours: span{18, 22}, begins: span{0, 1}, days: 5, right: mixed},
	{name: "SMTP AUTH botnet", classes: manyway, from: botnet(30, 150, tool), at: inProtocol(lines.BySMTP, lines.ExchangeSMTP), on: pairs(50, 150, 0.3), hours: span{2, 20}, begins: anytime, right: found},
	{name: "IMAP botnet", classes: manyway, from: botnet(20, 120, tool), at: inProtocol(lines.ByIMAP, lines.ExchangeIMAP), on: pairs(40, 120, 0.2), hours: span{1, 12}, begins: anytime, right: found},
	{name: "POP from one server", needs: onServer, classes: stuffing, from: oneServer, at: inProtocol(byPOP, lines.ExchangeIMAP), on: pairs(20, 90, 0.2), hours: span{0.1, 3}, begins: anytime, right: found},
	{name: "SMTP AUTH from one server, slow", classes: manyway, from: oneServer, at: inProtocol(lines.BySMTP, lines.ExchangeSMTP), on: pairs(15, 50, 0.2), hours: span{2, 14}, begins: anytime, right: found},
	{name: "token end point, right but for the second factor", needs: inTenant, classes: manyway, from: oneServer, at: onToken, on: pairs(20, 90, 0.05), hours: span{0.2, 5}, begins: anytime, right: second},
	{name: "token end point through functions, second factor", needs: inTenant, classes: manyway, from: functions(tool), at: onToken, on: pairs(40, 120, 0.05), hours: span{0.5, 5}, begins: anytime, right: second},
	{name: "a few accounts of a leaked list", classes: anyClass, from: oneServer, at: anyService, on: func(w *World) []lines.Account { return w.leakedFew() }, hours: span{0.05, 1}, begins: anytime, right: found},
	{name: "list tried from a consumer VPN, common browser", classes: stuffing, from: consumerVPN, at: byBrowser, on: pairs(15, 60, 0.1), hours: span{0.3, 4}, begins: anytime, right: mixed},
	{name: "fresh list, many passwords are right", classes: stuffing, from: oneServer, at: anyService, on: pairs(14, 50, 0.05), hours: span{0.1, 3}, begins: anytime, right: mixed, fresh: 0.35},
	{name: "IPv6 of a hosting network, a /64 for each try", classes: manyway, from: manyPrefixes, at: anyService, on: pairs(40, 140, 0.1), hours: span{0.5, 6}, begins: anytime, right: mixed},
	{name: "proxies among the carrier's telephones", classes: manyway, from: spreadOver(30, 90, func(w *World) []*network.Network { return w.countries[0].mobile }, tool), shared: true, at: anyService, on: pairs(40, 120, 0.1), hours: span{1, 8}, begins: anytime, right: mixed},
	{name: "mailboxes of functions and machines, in rounds", classes: anyClass, from: oneServer, at: anyService, on: functional, hours: span{0.5, 6}, begins: anytime},
	{name: "VPN exit that people of the organisation use, too", classes: stuffing, from: sharedVPN, at: anyService, on: pairs(20, 60, 0.1), hours: span{0.2, 3}, begins: anytime, right: found},
	{name: "five exits of a VPN service, telephones faked", classes: manyway, from: spreadOver(5, 5, func(w *World) []*network.Network { return w.privacy }, telephones), at: anyService, on: pairs(25, 70, 0.1), hours: span{0.5, 6}, begins: anytime, right: mixed},
	{name: "spray that locks accounts", classes: anyClass, from: hosts(1, 4), at: anyService, on: rounds(10, 30, 5, 8), hours: span{0.5, 4}, begins: anytime},
}

func fixedWay(v lines.Way) func() lines.Way { return func() lines.Way { return v } }

func anyService(w *World) func() lines.Way { return fixedWay(w.service()) }

func byBrowser(w *World) func() lines.Way { return fixedWay(w.page()) }

func onToken(w *World) func() lines.Way { return fixedWay(lines.ByToken(dice.OneOf(w, tokenApps...))) }

func inProtocol(s lines.Way, app lines.App) func(*World) func() lines.Way {
	return func(w *World) func() lines.Way { return fixedWay(w.protocol(s, app)) }
}

// everyService tries each service that the organisation has.
func everyService(w *World) func() lines.Way {
	var ways []lines.Way
	if w.hasServer() {
		ways = append(ways, lines.ByForm, byEWS, byEAS, lines.BySMTP, lines.ByIMAP)
	}
	if w.hasTenant() {
		ways = append(ways, lines.ByToken(lines.Office), byMail(lines.ExchangeSMTP), lines.ByPage(lines.OfficeHome))
	}
	return func() lines.Way { return dice.OneOf(w, ways...) }
}

// assail plans one attack of a kind. It begins after a share of the days, so that the
// attacks of a world are spread over its days.
func (w *World) assail(x assault, share float64) {
	days := max(1, x.days)
	a := w.Attack("AN1269", x.name, x.classes...)
	begin := w.Day(min(2+int(share*float64(w.Days-2)), max(2, w.Days-days)), w.draw(x.begins))
	from, at, targets := x.from(w), x.at(w), x.on(w)
	a.Shared = from.shared || x.shared
	right := w.rightOnes(x, targets)
	step := dice.Hours(w.draw(x.hours)) / time.Duration(len(targets))
	for day := range days {
		next := begin.AddDate(0, 0, day)
		for i, t := range targets {
			if right[i] > 0 && day > 0 {
				continue // known since the first day
			}
			w.At(next, func(now time.Time) { w.try(a, now, from.client(i+day*len(targets)), at(), t, right[i]) })
			next = next.Add(step*2/3 + time.Duration(w.Rand.Int64N(int64(step*2/3)+1)))
		}
	}
}

// try is one try of an attack.
func (w *World) try(a *world.Attack, now time.Time, c lines.Client, v lines.Way, t lines.Account, right lines.Verdict) {
	verdict := lines.Wrong
	switch {
	case right > 0:
		verdict = right - 1
		a.Found(t.UPN, c.IP)
	case t.Object == "":
		verdict = lines.Nobody
	}
	v(w.log, now, c, t, verdict)
	a.Saw(now, c.IP, t.UPN)
}

// rightOnes draws for which tries the password is right, and what follows, plus one.
func (w *World) rightOnes(x assault, targets []lines.Account) map[int]lines.Verdict {
	out := map[int]lines.Verdict{}
	if x.right == nil {
		return out
	}
	n := []int{0, 1, 1, 2, 3}[w.Rand.IntN(5)]
	if x.fresh > 0 {
		n = int(x.fresh * float64(len(targets)))
	}
	for range n {
		i := w.Rand.IntN(len(targets))
		for k := range targets {
			if targets[k] == targets[i] {
				i = k // the last try at the account
			}
		}
		if targets[i].Object != "" {
			out[i] = dice.OneOf(w, x.right...) + 1
		}
	}
	return out
}
