package world

import (
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
	"redshank/test/world/network"
)

func aim(p *person) lines.Account {
	return lines.Account{UPN: p.upn(), Down: p.down(), Object: p.object}
}

// stranger is an account that does not exist.
func (c *company) stranger(i int) lines.Account {
	return lines.Account{UPN: c.former(i), Down: c.former(i)}
}

func byEWS(w *lines.Writer, at time.Time, c lines.Client, t lines.Account, v lines.Verdict) {
	w.Basic(at, c, lines.EWS, t.UPN, "", lines.OnServer(v))
}

func byEAS(w *lines.Writer, at time.Time, c lines.Client, t lines.Account, v lines.Verdict) {
	w.Basic(at, c, lines.EAS, t.Down, lines.Device(t.Down, "androidc"+w.Hex(8), "Android", "Options"), lines.OnServer(v))
}

// cloudWay draws a way on which a second factor may be requested.
func (l *land) cloudWay() lines.Way {
	return lines.ByToken(dice.One(l, []lines.App{lines.AzureADPS, lines.AzureCLI, lines.AzurePS, lines.Teams, lines.Office, lines.WindowsSignIn, lines.VisualStudio}))
}

// assault is a run of tries.
type assault struct {
	kind    string
	classes []string
	start   time.Time
	way     func(i int) lines.Way
	from    func(i int) lines.Client
	targets []lines.Account // one for each try, in order
	pause   func() time.Duration
	hits    map[int]lines.Verdict // tries whose password is right
	shared  bool                  // honest people use the addresses, too
}

// assault plans the tries of x.
func (w *World) assault(x assault) {
	a := w.Attack("AN1269", x.kind, x.classes...)
	a.Shared = x.shared
	at := x.start
	for i, t := range x.targets {
		v := lines.Wrong
		if t.Object == "" {
			v = lines.Nobody
		}
		if hit, ok := x.hits[i]; ok {
			v = hit
		}
		w.At(at, func(at time.Time) {
			c := x.from(i)
			x.way(i)(w.log, at, c, t, v)
			a.Saw(at, c.IP, t.UPN)
			if v.KnowsPassword() {
				a.Found(t.UPN, c.IP)
			}
		})
		at = at.Add(x.pause())
	}
}

// always is one way for all tries, and single one client for them.
func always(v lines.Way) func(int) lines.Way       { return func(int) lines.Way { return v } }
func single(c lines.Client) func(int) lines.Client { return func(int) lines.Client { return c } }

// every returns pauses about a mean.
func (l *land) every(mean time.Duration) func() time.Duration {
	return func() time.Duration { return l.Between(mean*2/3, mean*4/3) }
}

// spread returns pauses that fill a span with n tries.
func (l *land) spread(span time.Duration, n int) func() time.Duration {
	return l.every(span / time.Duration(max(1, n)))
}

// pairs are n accounts with one to three tries each, some of them unknown.
func (c *company) pairs(n int, unknown float64) (list []lines.Account) {
	for i, p := range dice.Some(c, c.org.people, n) {
		t := aim(p)
		if c.Chance(unknown) {
			t = c.stranger(i + c.Rand.IntN(200))
		}
		for range 1 + c.Rand.IntN(3) {
			list = append(list, t)
		}
	}
	return list
}

// rounds are n accounts, again and again.
func (c *company) rounds(n, times int) (list []lines.Account) {
	people := dice.Some(c, c.org.people, n)
	for range times {
		for _, p := range people {
			list = append(list, aim(p))
		}
	}
	return list
}

// hits draws where passwords are right: nowhere, first, in the middle, last,
// or in several places. The try has to be at a real account.
func (c *company) hits(targets []lines.Account, cloud bool) map[int]lines.Verdict {
	hits := map[int]lines.Verdict{}
	for range []int{0, 1, 1, 1, 2}[c.Rand.IntN(5)] {
		i := []int{0, len(targets) / 2, len(targets) - 1, c.Rand.IntN(len(targets))}[c.Rand.IntN(4)]
		if targets[i].Object == "" {
			continue
		}
		hits[i] = lines.Right
		if cloud {
			hits[i] = dice.One(c, []lines.Verdict{lines.Right, lines.MFAAsked, lines.Blocked})
		}
	}
	// Nobody tries an account again whose password is known, or with a wrong one before.
	for i := range hits {
		for k := range targets {
			if k != i && targets[k] == targets[i] && k > i {
				targets[k] = targets[(k+1)%len(targets)]
			}
		}
	}
	return hits
}

// clients returns clients with one agent at many addresses, in rotation.
func clients(list []netip.Addr, agent string) func(int) lines.Client {
	return func(i int) lines.Client { return lines.Client{IP: list[i%len(list)], Agent: agent} }
}

// moment draws a time after the first two days, in working hours or at any hour,
// at least leave days before the end.
func (w *World) moment(working bool, leave int) time.Time {
	if working {
		return w.Day(w.aWorkday(2), 8+8*w.Rand.Float64())
	}
	return w.Day(w.Number(2, w.Days-1-leave), 22*w.Rand.Float64())
}

// largest are the networks of the three largest providers at home.
func (l *land) largest() []*network.Network { return l.nets.consumers[:3] }
