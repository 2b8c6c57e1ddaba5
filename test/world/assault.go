package world

import (
	"net/netip"
	"time"

	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// target is an account that is attacked.
type target struct {
	upn, down, object string
}

func aim(p *person) target { return target{p.upn(), p.down(), p.object} }

// stranger is an account that does not exist.
func (c *company) stranger(i int) target { return target{upn: c.former(i), down: c.former(i)} }

// way is how a password is tried.
type way func(w *World, at time.Time, c lines.Client, t target, v lines.Verdict)

func byForm(w *World, at time.Time, c lines.Client, t target, v lines.Verdict) {
	w.log.Form(at, c, t.upn, onServer(v))
}

func byEWS(w *World, at time.Time, c lines.Client, t target, v lines.Verdict) {
	w.log.Basic(at, c, lines.EWS, t.upn, "", onServer(v))
}

func byNTLM(w *World, at time.Time, c lines.Client, t target, v lines.Verdict) {
	w.log.NTLM(at, c, lines.Autodiscover, t.down, onServer(v))
}

func byEAS(w *World, at time.Time, c lines.Client, t target, v lines.Verdict) {
	w.log.Basic(at, c, lines.EAS, t.down, lines.Device(t.down, "androidc"+w.hex(8), "Android", "Options"), onServer(v))
}

func bySMTP(w *World, at time.Time, c lines.Client, t target, v lines.Verdict) {
	w.log.Submit(at, c, t.upn, onServer(v))
}

func byIMAP(w *World, at time.Time, c lines.Client, t target, v lines.Verdict) {
	w.log.IMAP(at, c, t.upn, onServer(v), 0)
}

// onServer is a verdict as Exchange on its own gives it: it knows no second
// step.
func onServer(v lines.Verdict) lines.Verdict {
	if v == lines.MFAAsked || v == lines.Blocked {
		return lines.Right
	}
	return v
}

// byToken hands name and password to the tenant's token end point (ROPC).
func byToken(app lines.App) way {
	return func(w *World, at time.Time, c lines.Client, t target, v lines.Verdict) {
		w.log.SignIn(lines.SignIn{At: at, Client: c, App: app, UPN: t.upn, Object: t.object, Verdict: v, Password: true, Protocol: "ropc", Silent: true})
	}
}

// byPage types name and password into the tenant's page.
func byPage(app lines.App) way {
	return func(w *World, at time.Time, c lines.Client, t target, v lines.Verdict) {
		w.log.SignIn(lines.SignIn{At: at, Client: c, App: app, UPN: t.upn, Object: t.object, Verdict: v, Password: true})
	}
}

// cloudWay draws a way on which a second factor may be requested.
func (d *dice) cloudWay() way {
	return byToken(one(d, []lines.App{lines.AzureADPS, lines.AzureCLI, lines.AzurePS, lines.Teams, lines.Office, lines.WindowsSignIn, lines.VisualStudio}))
}

// assault is a run of tries.
type assault struct {
	kind    string
	classes []string
	start   time.Time
	way     func(i int) way
	from    func(i int) lines.Client
	targets []target // one for each try, in order
	pause   func() time.Duration
	hits    map[int]lines.Verdict // tries whose password is right
	shared  bool                  // honest people use the addresses, too
}

// assault plans the tries of x.
func (w *World) assault(x assault) {
	a := w.attack("AN1269", x.kind, x.classes...)
	a.Shared = x.shared
	at := x.start
	for i, t := range x.targets {
		v := lines.Wrong
		if t.object == "" {
			v = lines.Nobody
		}
		if hit, ok := x.hits[i]; ok {
			v = hit
		}
		w.at(at, func(at time.Time) {
			c := x.from(i)
			x.way(i)(w, at, c, t, v)
			a.Saw(at, c.IP, t.upn)
			if v.KnowsPassword() {
				a.Found(t.upn, c.IP)
			}
		})
		at = at.Add(x.pause())
	}
}

// always is one way for all tries, and single one client for them.
func always(v way) func(int) way                   { return func(int) way { return v } }
func single(c lines.Client) func(int) lines.Client { return func(int) lines.Client { return c } }

// every returns pauses about a mean.
func (d *dice) every(mean time.Duration) func() time.Duration {
	return func() time.Duration { return d.between(mean*2/3, mean*4/3) }
}

// spread returns pauses that fill a span with n tries.
func (d *dice) spread(span time.Duration, n int) func() time.Duration {
	return d.every(span / time.Duration(max(1, n)))
}

// pairs are n accounts with one to three tries each, some of them unknown.
func (c *company) pairs(n int, unknown float64) (list []target) {
	for i, p := range some(c, c.org.people, n) {
		t := aim(p)
		if c.chance(unknown) {
			t = c.stranger(i + c.rng.IntN(200))
		}
		for range 1 + c.rng.IntN(3) {
			list = append(list, t)
		}
	}
	return list
}

// rounds are n accounts, again and again.
func (c *company) rounds(n, times int) (list []target) {
	people := some(c, c.org.people, n)
	for range times {
		for _, p := range people {
			list = append(list, aim(p))
		}
	}
	return list
}

// hits draws where passwords are right: nowhere, first, in the middle, last,
// or in several places. The try has to be at a real account.
func (c *company) hits(targets []target, cloud bool) map[int]lines.Verdict {
	hits := map[int]lines.Verdict{}
	for range []int{0, 1, 1, 1, 2}[c.rng.IntN(5)] {
		i := []int{0, len(targets) / 2, len(targets) - 1, c.rng.IntN(len(targets))}[c.rng.IntN(4)]
		if targets[i].object == "" {
			continue
		}
		hits[i] = lines.Right
		if cloud {
			hits[i] = one(c, []lines.Verdict{lines.Right, lines.MFAAsked, lines.Blocked})
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
		return w.day(w.aWorkday(2), 8+8*w.rng.Float64())
	}
	return w.day(w.number(2, w.Days-1-leave), 22*w.rng.Float64())
}

// largest are the networks of the three largest providers at home.
func (l *land) largest() []*network.Network { return l.nets.consumers[:3] }
