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
	busy map[*person]bool // people that an attack has taken
}

// New makes an organisation and plans what happens to it.
func New(o Options) *World {
	o.Days, o.People = cmp.Or(o.Days, 10), cmp.Or(o.People, 400)
	w := &World{busy: map[*person]bool{}}
	w.Stage = NewStage(o, rand.New(rand.NewPCG(o.Seed, 0x776f726c64)), o.Seed, 2*time.Second)
	w.Plan = network.NewPlan(w.Rand)
	w.nets = w.networks()
	w.org = w.organisation()
	w.Start = w.firstDay()
	w.log = lines.NewWriter(w.setup(), w.Rand, w.Country, w.Box.Add)
	for day := range o.Days {
		w.At(w.Start.AddDate(0, 0, day), func(at time.Time) { dayPlanner{w}.ordinary(at) })
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
	day := time.Date(2026, time.January, 5+w.Rand.IntN(180), 0, 0, 0, 0, w.org.local)
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
		if !w.PlayUntil(w.Day(day+1, 0), yield) {
			return
		}
	}
	w.Box.Flush(w.End().AddDate(0, 0, 30), yield)
}

// aWorkday draws a working day at or after the given day and returns its number. In
// a short world without one it returns an earlier working day.
func (w *World) aWorkday(from int) int {
	for range 50 {
		day := w.Number(from, w.Days-1)
		if d := w.Day(day, 12).Weekday(); d != time.Saturday && d != time.Sunday {
			return day
		}
	}
	return 0 // the first day is never one of a weekend
}
