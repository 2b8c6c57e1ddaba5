package world

import (
	"cmp"
	"math/rand/v2"
	"time"

	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// Options size a world.
type Options struct {
	Seed   uint64        // which organisation
	Days   int           // how long; 0: 10
	People int           // how many; 0: 400
	Late   time.Duration // how much later than usual cloud logs may come, drawn for each line
	Double bool          // every line is delivered twice
	Calm   bool          // no attacks
	Plain  bool          // no noise: ordinary days and, unless Calm, attacks
	Only   string        // kinds of attack and noise whose names contain it; each once. Empty: a draw of all
}

// World is one organisation over some days. It is played once; see Play.
type World struct {
	company
	Truth  Truth
	agenda agenda
	box    *lines.Outbox
	busy   map[*person]bool // people that an attack has taken
}

// New makes an organisation and plans what happens to it.
func New(o Options) *World {
	o.Days, o.People = cmp.Or(o.Days, 10), cmp.Or(o.People, 400)
	w := &World{busy: map[*person]bool{}}
	w.Options, w.rng = o, rand.New(rand.NewPCG(o.Seed, 0x776f726c64))
	w.box = lines.NewOutbox(o.Seed, o.Late, o.Double)
	w.Plan = network.NewPlan(w.rng)
	w.nets = w.networks()
	w.org = w.organisation()
	w.Start = w.firstDay()
	w.log = lines.NewWriter(w.setup(), w.rng, w.Country, w.box.Add)
	for day := range o.Days {
		w.at(w.Start.AddDate(0, 0, day), func(at time.Time) { dayPlanner{w}.ordinary(at) })
	}
	if !o.Plain {
		w.noise()
	}
	if !o.Calm {
		w.attacks()
	}
	return w
}

// firstDay draws a Monday to Thursday of the year 2026.
func (w *World) firstDay() time.Time {
	day := time.Date(2026, time.January, 5+w.rng.IntN(180), 0, 0, 0, 0, w.org.local)
	for day.Weekday() == time.Friday || day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	return day
}

// Play makes the days one by one and yields their lines in the order in which
// they arrive. Afterwards Truth is complete. Memory holds the lines of one day
// and those of the cloud that are late.
func (w *World) Play(yield func(lines.Line) bool) {
	for day := range w.Days {
		end := w.Start.AddDate(0, 0, day+1)
		w.agenda.until(end)
		if !w.box.Flush(end, yield) {
			return
		}
	}
	w.box.Flush(w.End().AddDate(0, 0, 30), yield)
}

// End is when the last day is over.
func (w *World) End() time.Time { return w.Start.AddDate(0, 0, w.Days) }

// day returns a time of a day; day 0 is the first.
func (w *World) day(day int, hour float64) time.Time {
	return w.Start.AddDate(0, 0, day).Add(hours(hour))
}

// at has do done at a time.
func (w *World) at(at time.Time, do func(time.Time)) { w.agenda.add(at, do) }

// during schedules do at random times from start to end, with a mean interval of every.
func (w *World) during(start, end time.Time, every time.Duration, do func(time.Time)) {
	for t := start.Add(w.wait(every)); t.Before(end); t = t.Add(w.wait(every)) {
		w.at(t, do)
	}
}

// aWorkday draws a working day at or after the given day and returns its number. In
// a short world without one it returns an earlier working day.
func (w *World) aWorkday(from int) int {
	for range 50 {
		day := w.number(from, w.Days-1)
		if d := w.day(day, 12).Weekday(); d != time.Saturday && d != time.Sunday {
			return day
		}
	}
	return 0 // the first day is never one of a weekend
}

// attack begins an attack; the acts that follow add to it.
func (w *World) attack(rule, kind string, classes ...string) *Attack {
	a := &Attack{Rule: rule, Kind: kind, Classes: classes}
	w.Truth.Attacks = append(w.Truth.Attacks, a)
	return a
}

// noisy begins an honest situation.
func (w *World) noisy(kind string, start, end time.Time) *Noise {
	n := &Noise{Kind: kind, Start: start, End: end}
	w.Truth.Noise = append(w.Truth.Noise, n)
	return n
}
