package otherworld

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"redshank/test/world"
	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// Options size a world.
type Options struct {
	Organisation  string // name of a row of organisations
	world.Options        // Seed is from 1; People 0 means as many as the organisation has
}

// World is one organisation over some days. A world is played once; see Play.
type World struct {
	company
	busy map[*person]bool // victims
}

// situation is an honest situation in the truth.
type situation = world.Noise

// New makes an organisation and plans what happens to it. Organisation has to be one
// of Names.
func New(o Options) (*World, error) {
	i := slices.IndexFunc(organisations, func(r organisation) bool { return r.name == o.Organisation })
	if i < 0 {
		return nil, fmt.Errorf("organisation %q: want one of %q", o.Organisation, Names())
	}
	org := organisations[i]
	o.Days, o.People = cmp.Or(o.Days, 10), cmp.Or(o.People, org.people)
	w := &World{busy: map[*person]bool{}}
	rng := rand.New(rand.NewPCG(o.Seed, uint64(len(org.name))<<32|0x6f7468))
	w.Stage, w.org = world.NewStage(o.Options, rng, o.Seed^0x5bd1e995, time.Second), &org
	w.Plan = network.NewPlan(w.Rand)
	w.networks(org.countries)
	w.settle()
	w.usual.trips, w.usual.private = w.Honest("usual trips", w.Start, w.End()), w.Honest("usual VPN services", w.Start, w.End())
	w.usual.stale, w.usual.internet = w.Honest("usual old passwords", w.Start, w.End()), w.Honest("usual tries of the internet", w.Start, w.End())
	w.log = lines.NewWriter(w.setup(), w.Rand, w.Country, w.Box.Add)
	if !o.Plain {
		planner{dayPlanner{w}}.situations()
	}
	if !o.Calm {
		w.attacks()
	}
	return w, nil
}

// Play yields the lines of the world in the order in which they arrive. Afterwards
// Truth is complete.
func (w *World) Play(yield func(lines.Line) bool) {
	dayPlanner{w}.ordinary(0)
	for day := range w.Days {
		if day+1 < w.Days {
			dayPlanner{w}.ordinary(day + 1) // mornings in the east are on the day before
		}
		if !w.PlayUntil(w.Day(day+1, 0), yield) {
			return
		}
	}
	w.Box.Flush(w.End().AddDate(0, 0, 30), yield)
	w.Truth.Attacks = slices.DeleteFunc(w.Truth.Attacks, func(a *world.Attack) bool { return a.Start.IsZero() })
}

// dayOf returns the day of a time.
func (w *World) dayOf(at time.Time) int { return int(at.Sub(w.Start) / (24 * time.Hour)) }
