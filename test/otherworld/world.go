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
	Truth world.Truth
	busy  map[*person]bool // victims
	box   *lines.Outbox
	acts  map[int][]plannedAct // by day
}

// situation is an honest situation in the truth.
type situation = world.Noise

// plannedAct is something that happens at a time.
type plannedAct struct {
	at time.Time
	do func(time.Time)
}

// New makes an organisation and plans what happens to it. Organisation has to be one
// of Names.
func New(o Options) (*World, error) {
	i := slices.IndexFunc(organisations, func(r organisation) bool { return r.name == o.Organisation })
	if i < 0 {
		return nil, fmt.Errorf("organisation %q: want one of %q", o.Organisation, Names())
	}
	org := organisations[i]
	o.Days, o.People = cmp.Or(o.Days, 10), cmp.Or(o.People, org.people)
	w := &World{acts: map[int][]plannedAct{}, busy: map[*person]bool{}}
	w.Options, w.org, w.rng = o, &org, rand.New(rand.NewPCG(o.Seed, uint64(len(org.name))<<32|0x6f7468))
	w.box = lines.NewOutbox(o.Seed, o.Late, o.Double)
	w.Plan = network.NewPlan(w.rng)
	w.networks(org.countries)
	w.settle()
	w.usual.trips, w.usual.private = w.honest("usual trips", w.Start, w.End()), w.honest("usual VPN services", w.Start, w.End())
	w.usual.stale, w.usual.internet = w.honest("usual old passwords", w.Start, w.End()), w.honest("usual tries of the internet", w.Start, w.End())
	w.log = lines.NewWriter(w.setup(), w.rng, w.Country, w.box.Add)
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
		acts := w.acts[day]
		delete(w.acts, day)
		slices.SortStableFunc(acts, func(a, b plannedAct) int { return a.at.Compare(b.at) })
		for _, a := range acts {
			a.do(a.at)
		}
		if !w.box.Flush(w.day(day+1, 0), yield) {
			return
		}
	}
	w.box.Flush(w.End().AddDate(0, 0, 30), yield)
	w.Truth.Attacks = slices.DeleteFunc(w.Truth.Attacks, func(a *world.Attack) bool { return a.Start.IsZero() })
}

// End returns when the last day is over.
func (w *World) End() time.Time { return w.day(w.Days, 0) }

// day returns a time of a day at headquarters; day 0 is the first.
func (w *World) day(day int, hour float64) time.Time {
	return w.Start.AddDate(0, 0, day).Add(hours(hour))
}

// dayOf returns the day of a time.
func (w *World) dayOf(at time.Time) int { return int(at.Sub(w.Start) / (24 * time.Hour)) }

// at plans an act. Acts before the first day and after the last do not happen. An act
// must not plan another one on its own day.
func (w *World) at(at time.Time, do func(time.Time)) {
	at = at.UTC()
	if !at.Before(w.Start) {
		day := w.dayOf(at)
		w.acts[day] = append(w.acts[day], plannedAct{at, do})
	}
}

// during plans do at random times, with a mean interval of every.
func (w *World) during(start, end time.Time, every time.Duration, do func(time.Time)) {
	for t := start.Add(w.wait(every)); t.Before(end); t = t.Add(w.wait(every)) {
		w.at(t, do)
	}
}

// attack begins an attack; the acts that follow add to it.
func (w *World) attack(rule, kind string, classes []string) *world.Attack {
	a := &world.Attack{Rule: rule, Kind: kind, Classes: classes}
	w.Truth.Attacks = append(w.Truth.Attacks, a)
	return a
}

// honest begins an honest situation.
func (w *World) honest(kind string, start, end time.Time) *situation {
	n := &situation{Kind: kind, Start: start, End: end}
	w.Truth.Noise = append(w.Truth.Noise, n)
	return n
}
