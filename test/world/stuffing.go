package world

import (
	"net/netip"
	"slices"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// plannedKind is one kind of attack or of noise.
type plannedKind[W any] struct {
	name string
	plan func(w W, name string)
}

var (
	isStuffing = []string{"credential_stuffing"}
	isSpraying = []string{"password_spraying"}
	isGuessing = []string{"password_guessing"}
	isEither   = []string{"credential_stuffing", "password_spraying"}
	isAnything = []string{"credential_stuffing", "password_spraying", "password_guessing"}
)

// stuffings are the kinds of attack that AN1269 is about.
var stuffings = []plannedKind[*World]{
	{"one address, web form", func(w *World, name string) {
		c := lines.Client{IP: w.hosted(), Agent: dice.One(w, slices.Concat(frozen, scripts))}
		targets := w.pairs(w.Number(15, 70), 0.25)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(lines.ByForm), from: single(c), targets: targets, pause: w.every(6 * time.Second), hits: w.hits(targets, false)})
	}},
	{"one address, token end point", func(w *World, name string) {
		c := lines.Client{IP: w.hosted(), Agent: dice.One(w, slices.Concat(frozen, scripts))}
		targets := w.pairs(w.Number(12, 60), 0.15)
		how := w.cloudWay()
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(how), from: single(c), targets: targets, pause: w.every(4 * time.Second), hits: w.hits(targets, true)})
	}},
	{"one address, EWS", func(w *World, name string) {
		c := lines.Client{IP: w.hosted(), Agent: dice.One(w, append(scripts, "", "ExchangeServicesClient/15.00.0913.015"))}
		targets := w.pairs(w.Number(8, 40), 0.1)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(byEWS), from: single(c), targets: targets, pause: w.every(9 * time.Second), hits: w.hits(targets, false)})
	}},
	{"one address, NTLM at Autodiscover", func(w *World, name string) {
		c := lines.Client{IP: w.hosted(), Agent: dice.One(w, []string{oldFirefox, "AutodiscoverClient", "ruler"})}
		targets := w.pairs(w.Number(15, 50), 0.1)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(lines.ByNTLM), from: single(c), targets: targets, pause: w.every(7 * time.Second), hits: w.hits(targets, false)})
	}},
	{"one address, slowly, ActiveSync", func(w *World, name string) {
		c := lines.Client{IP: w.hosted(), Agent: dice.One(w, []string{"Apple-iPhone9C1/1402.92", "Outlook-Android/2.0", "Android/9-EAS-2.0"})}
		n := w.Number(13, 18)
		targets := w.pairs(n, 0)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 1), way: always(byEAS), from: single(c), targets: targets, pause: w.spread(20*time.Hour, len(targets)), hits: w.hits(targets, false)})
	}},
	{"one address, four services", func(w *World, name string) {
		ip := dice.One(w, w.nets.hosting).V6(w.Rand.Uint64(), w.Rand.Uint64())
		ways := []lines.Way{lines.ByForm, byEAS, lines.BySMTP, lines.ByPage(lines.OfficeHome)}
		var targets []lines.Account
		for _, p := range dice.Some(w, w.org.people, w.Number(6, 14)) {
			targets = append(targets, aim(p), aim(p))
		}
		agent := dice.One(w, frozen)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: func(i int) lines.Way { return ways[(i*7/3)%4] }, from: single(lines.Client{IP: ip, Agent: agent}),
			targets: targets, pause: w.every(25 * time.Second), hits: w.hits(targets, false)})
	}},
	{"one address, SMTP", func(w *World, name string) {
		targets := w.pairs(w.Number(10, 50), 0.3)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(lines.BySMTP), from: single(lines.Client{IP: w.hosted()}), targets: targets, pause: w.every(11 * time.Second), hits: w.hits(targets, false)})
	}},
	{"one address, IMAP", func(w *World, name string) {
		targets := w.pairs(w.Number(10, 50), 0.3)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(lines.ByIMAP), from: single(lines.Client{IP: dice.One(w, w.nets.foreign).V4(w.Rand.Uint64())}), targets: targets, pause: w.every(8 * time.Second), hits: w.hits(targets, false)})
	}},
	{"one address, rotating agents", func(w *World, name string) {
		ip, targets := w.hosted(), w.pairs(w.Number(15, 40), 0.1)
		how := w.cloudWay()
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(how), from: func(i int) lines.Client { return lines.Client{IP: ip, Agent: rotation[i%len(rotation)]} },
			targets: targets, pause: w.every(15 * time.Second), hits: w.hits(targets, true)})
	}},
	{"one address, consumer VPN, current browser", func(w *World, name string) {
		targets := w.pairs(w.Number(12, 40), 0.1)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(true, 0), way: always(lines.ByPage(lines.OfficeHome)), from: single(lines.Client{IP: dice.One(w, w.nets.vpn).V4(w.Rand.Uint64()), Agent: w.browser()}),
			targets: targets, pause: w.every(20 * time.Second), hits: w.hits(targets, true)})
	}},
	{"one address, unknown accounts", func(w *World, name string) {
		var targets []lines.Account
		for i := range w.Number(100, 400) {
			targets = append(targets, w.stranger(i))
		}
		w.assault(assault{kind: name, classes: isEither, start: w.moment(false, 0), way: always(lines.ByForm), from: single(lines.Client{IP: w.hosted(), Agent: dice.One(w, scripts)}), targets: targets, pause: w.every(2 * time.Second)})
	}},
	{"one address, first pair right", func(w *World, name string) {
		how := w.cloudWay()
		targets := w.pairs(w.Number(8, 25), 0)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(how), from: single(lines.Client{IP: w.hosted(), Agent: dice.One(w, frozen)}), targets: targets[1:], pause: w.every(12 * time.Second),
			hits: map[int]lines.Verdict{0: lines.Right}})
	}},
	{"spraying, one address, in rounds", func(w *World, name string) {
		targets := w.rounds(w.Number(15, 60), w.Number(3, 5))
		how := dice.One(w, []lines.Way{lines.ByForm, byEWS, lines.ByToken(lines.AzureADPS)})
		w.assault(assault{kind: name, classes: isSpraying, start: w.moment(false, 1), way: always(how), from: single(lines.Client{IP: w.hosted(), Agent: dice.One(w, frozen)}), targets: targets, pause: w.spread(8*time.Hour, len(targets)), hits: w.hits(targets, false)})
	}},
	{"spraying, many addresses, in rounds", func(w *World, name string) {
		targets := w.rounds(w.Number(40, 80), 3)
		w.assault(assault{kind: name, classes: isSpraying, start: w.moment(false, 1), way: always(lines.ByToken(lines.AzureADPS)), from: clients(w.proxies(w.Number(60, 150), w.nets.foreign), oldFirefox), targets: targets, pause: w.spread(6*time.Hour, len(targets)), hits: w.hits(targets, true)})
	}},
	{"guessing, one account", func(w *World, name string) {
		targets := w.rounds(1, w.Number(40, 150))
		w.assault(assault{kind: name, classes: isGuessing, start: w.moment(false, 0), way: always(dice.One(w, []lines.Way{lines.ByForm, lines.BySMTP, lines.ByIMAP})), from: single(lines.Client{IP: w.hosted(), Agent: dice.One(w, scripts)}), targets: targets, pause: w.every(15 * time.Second), hits: lastTry(targets, w.Chance(0.4))})
	}},
	{"guessing, one account, many addresses", func(w *World, name string) {
		targets := w.rounds(1, w.Number(40, 90))
		w.assault(assault{kind: name, classes: isAnything, start: w.moment(false, 0), way: always(lines.ByPage(lines.OfficeHome)), from: clients(w.proxies(40, w.nets.foreign), w.browser()), targets: targets, pause: w.every(4 * time.Minute), hits: lastTry(targets, w.Chance(0.4))})
	}},
	{"guessing, privileged account, 25 a day", func(w *World, name string) {
		admin := aim(dice.One(w, w.org.admins))
		var targets []lines.Account
		for range w.Number(40, 60) {
			targets = append(targets, admin)
		}
		w.assault(assault{kind: name, classes: isGuessing, start: w.Day(w.Number(2, w.Days-3), 3), way: always(lines.ByForm), from: single(lines.Client{IP: w.hosted(), Agent: w.browser()}), targets: targets, pause: w.spread(48*time.Hour, len(targets))})
	}},
	{"guessing, four privileged accounts, 6 a day", func(w *World, name string) {
		var targets []lines.Account
		for range 4 {
			for _, p := range w.org.admins[:4] {
				for range 6 {
					targets = append(targets, aim(p))
				}
			}
		}
		w.assault(assault{kind: name, classes: isAnything, start: w.Day(w.Number(1, w.Days-5), 2), way: always(lines.ByToken(lines.AzurePS)), from: single(lines.Client{IP: w.hosted(), Agent: w.browser()}), targets: targets, pause: w.spread(96*time.Hour, len(targets))})
	}},
	{"eight accounts a day for a week", func(w *World, name string) {
		targets := w.rounds(8, 6)
		w.assault(assault{kind: name, classes: isEither, start: w.Day(w.Number(1, w.Days-7), 4), way: always(lines.ByPage(lines.OfficeHome)), from: single(lines.Client{IP: w.hosted(), Agent: w.browser()}), targets: targets, pause: w.spread(144*time.Hour, len(targets)), hits: lastTry(targets, w.Chance(0.5))})
	}},
	{"200 addresses, one try each, one tool", func(w *World, name string) {
		targets := w.rounds(w.Number(120, 200), 1)
		how := w.cloudWay()
		w.assault(assault{kind: name, classes: isEither, start: w.moment(false, 0), way: always(how), from: clients(w.proxies(200, slices.Concat(w.nets.foreign, w.nets.hosting)), dice.One(w, []string{oldFirefox, oldChrome, teamsAgent, adAgent})),
			targets: targets, pause: w.every(7 * time.Second), hits: w.hits(targets, true)})
	}},
	{"residential proxies abroad, tenant's own browser and application", func(w *World, name string) {
		targets := w.rounds(w.Number(80, 160), 1)
		w.assault(assault{kind: name, classes: isEither, start: w.moment(true, 0).Truncate(24 * time.Hour).Add(dice.Hours(8)), way: always(lines.ByPage(lines.OfficeHome)), from: clients(w.proxies(120, w.nets.foreign), dice.One(w, w.org.people).browser),
			targets: targets, pause: w.every(40 * time.Second), hits: w.hits(targets, true)})
	}},
	{"60 proxies of the victims' own provider", func(w *World, name string) {
		targets := w.rounds(w.Number(50, 90), 1)
		w.assault(assault{kind: name, classes: isEither, start: w.moment(false, 0), way: always(lines.ByToken(lines.AzureADPS)), from: clients(w.proxies(60, w.nets.consumers[:1]), oldChrome), targets: targets, pause: w.every(time.Minute), hits: w.hits(targets, true)})
	}},
	{"proxies of the three largest providers at home", func(w *World, name string) {
		targets := w.rounds(w.Number(60, 100), 1)
		w.assault(assault{kind: name, classes: isEither, start: w.moment(false, 0), way: always(lines.ByPage(lines.OfficeHome)), from: clients(w.proxies(90, w.largest()), dice.One(w, frozen)), targets: targets, pause: w.every(2 * time.Minute), hits: w.hits(targets, true)})
	}},
	{"200 proxies, rotating agent and application, a day", func(w *World, name string) {
		targets := w.rounds(w.Number(120, 200), 1)
		apps := []lines.App{lines.AzureADPS, lines.AzureCLI, lines.Teams, lines.Office, lines.VisualStudio, lines.OneDrive, lines.WindowsSignIn}
		list := w.proxies(200, w.nets.foreign)
		w.assault(assault{kind: name, classes: isEither, start: w.moment(false, 1), way: func(i int) lines.Way { return lines.ByToken(apps[i%len(apps)]) },
			from: func(i int) lines.Client {
				return lines.Client{IP: list[i%len(list)], Agent: rotation[(i*5)%len(rotation)]}
			}, targets: targets, pause: w.spread(22*time.Hour, len(targets)), hits: w.hits(targets, true)})
	}},
	{"19 addresses with 9 accounts each, six hours", func(w *World, name string) { few(w, name, 19, 9, 6*time.Hour) }},
	{"8 addresses, one tool", func(w *World, name string) { few(w, name, 8, 4, 2*time.Hour) }},
	{"12 addresses, one tool", func(w *World, name string) { few(w, name, 12, 3, 3*time.Hour) }},
	{"15 addresses, one tool", func(w *World, name string) { few(w, name, 15, 4, 5*time.Hour) }},
	{"hosting, a /24 in turn", func(w *World, name string) {
		base := w.hosted()
		targets := w.rounds(w.Number(40, 90), 1)
		var list []netip.Addr
		for k := range uint64(40) {
			list = Include(list, network.Near(base, k))
		}
		w.assault(assault{kind: name, classes: isEither, start: w.moment(false, 0), way: always(lines.ByForm), from: clients(list, w.browser()), targets: targets, pause: w.every(30 * time.Second), hits: w.hits(targets, false)})
	}},
	{"from the office, a script", func(w *World, name string) {
		o := w.org.offices[len(w.org.offices)-1]
		targets := w.pairs(w.Number(15, 30), 0)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(true, 0), way: always(byEWS), from: single(lines.Client{IP: o.address, Agent: dice.One(w, scripts)}), targets: targets, pause: w.every(8 * time.Second), hits: w.hits(targets, false), shared: true})
	}},
	{"from the office, at night, a browser", func(w *World, name string) {
		o := w.org.offices[len(w.org.offices)-1]
		targets := w.rounds(w.Number(20, 40), 1)
		w.assault(assault{kind: name, classes: isEither, start: w.Day(w.Number(2, w.Days-1), 2), way: always(lines.ByPage(lines.OfficeHome)), from: single(lines.Client{IP: o.address, Agent: w.browser()}), targets: targets, pause: w.every(20 * time.Second), hits: w.hits(targets, true), shared: true})
	}},
	{"leaked list, four accounts", func(w *World, name string) {
		var targets []lines.Account
		for i := range 4 {
			targets = append(targets, w.leakedTarget(i))
		}
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(lines.ByForm), from: single(lines.Client{IP: w.hosted(), Agent: oldChrome}), targets: append(targets, targets...), pause: w.every(20 * time.Second)})
	}},
	{"one line of the victims' own provider", func(w *World, name string) {
		targets := w.pairs(w.Number(15, 40), 0.1)
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(true, 0), way: always(lines.ByPage(lines.OfficeHome)), from: single(lines.Client{IP: w.nets.consumers[0].V4(w.Rand.Uint64()), Agent: w.browser()}),
			targets: targets, pause: w.every(15 * time.Second), hits: w.hits(targets, true)})
	}},
	{"100 prefixes of IPv6 at one hosting provider", func(w *World, name string) {
		network := dice.One(w, w.nets.hosting)
		var list []netip.Addr
		for range 100 {
			list = append(list, network.V6(w.Rand.Uint64(), w.Rand.Uint64()))
		}
		targets := w.rounds(w.Number(80, 120), 1)
		how := w.cloudWay()
		w.assault(assault{kind: name, classes: isEither, start: w.moment(false, 0), way: always(how), from: clients(list, dice.One(w, frozen)), targets: targets, pause: w.every(25 * time.Second), hits: w.hits(targets, true)})
	}},
	{"good list: half of the pairs are right", func(w *World, name string) {
		targets, hits := w.rounds(w.Number(14, 24), 1), map[int]lines.Verdict{}
		for i := range targets {
			if i%2 == 1 {
				hits[i] = dice.One(w, []lines.Verdict{lines.Right, lines.MFAAsked})
			}
		}
		w.assault(assault{kind: name, classes: isStuffing, start: w.moment(false, 0), way: always(lines.ByToken(lines.Office)), from: single(lines.Client{IP: w.hosted(), Agent: dice.One(w, slices.Concat(frozen, scripts))}), targets: targets, pause: w.every(20 * time.Second), hits: hits})
	}},
	{"fresh application id for each try, many exits", func(w *World, name string) {
		targets := w.rounds(w.Number(60, 120), 1)
		w.assault(assault{kind: name, classes: isEither, start: w.moment(false, 0), way: func(int) lines.Way {
			return lines.ByToken(lines.App{ID: w.UUID(), Name: "", Client: "Mobile Apps and Desktop clients"})
		},
			from: clients(w.proxies(30, w.nets.hosting), adAgent), targets: targets, pause: w.every(90 * time.Second), hits: w.hits(targets, true)})
	}},
}

// few plans an attack from a few addresses, each with a few accounts of its
// own.
func few(w *World, name string, addresses, accounts int, span time.Duration) {
	people := dice.Some(w, w.org.people, addresses*accounts)
	var targets []lines.Account
	for _, p := range people {
		targets = append(targets, aim(p))
	}
	how := dice.One(w, []lines.Way{lines.ByToken(lines.AzureADPS), byEWS, lines.ByForm})
	w.assault(assault{kind: name, classes: isEither, start: w.moment(false, 1), way: always(how), from: clients(w.proxies(addresses, w.nets.hosting), dice.One(w, slices.Concat(frozen, scripts))), targets: targets, pause: w.spread(span, len(targets)), hits: w.hits(targets, false)})
}

// lastTry is a hit at the last try, or none.
func lastTry(targets []lines.Account, hit bool) map[int]lines.Verdict {
	if !hit {
		return nil
	}
	return map[int]lines.Verdict{len(targets) - 1: lines.Right}
}

// leakedTarget is an account that is on the leaked list.
func (c *company) leakedTarget(i int) lines.Account {
	for _, p := range c.org.people {
		if p.upn() == c.org.leaked[i%len(c.org.leaked)] {
			return aim(p)
		}
	}
	return c.stranger(i)
}
