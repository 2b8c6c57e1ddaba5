package world

import (
	"math/rand/v2"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// Stage is what every world has: its options and dice, the truth, and what is going to
// happen.
type Stage struct {
	Options
	dice.Dice
	Start  time.Time // midnight of the first day, local time of the organisation
	Truth  Truth
	agenda agenda
	Box    *lines.Outbox // of the lines of the world
}

// NewStage returns an empty stage that draws from rng; see dice.New.
func NewStage(o Options, rng *rand.Rand, salt uint64, least time.Duration) Stage {
	return Stage{Options: o, Dice: dice.New(rng, salt, least), Box: lines.NewOutbox(o.Seed, o.Late, o.Double)}
}

// Day returns a time of a day; day 0 is the first.
func (s *Stage) Day(day int, hour float64) time.Time {
	return s.Start.AddDate(0, 0, day).Add(dice.Hours(hour))
}

// End returns when the last day is over.
func (s *Stage) End() time.Time { return s.Day(s.Days, 0) }

// At plans an act. Acts before the first day do not happen.
func (s *Stage) At(at time.Time, do func(time.Time)) {
	if !at.Before(s.Start) {
		s.agenda.add(at, do)
	}
}

// During plans an act at random times from start to end, with a mean interval of every.
func (s *Stage) During(start, end time.Time, every time.Duration, do func(time.Time)) {
	for t := start.Add(s.Wait(every)); t.Before(end); t = t.Add(s.Wait(every)) {
		s.At(t, do)
	}
}

// Attack begins an attack; the acts that follow add to it.
func (s *Stage) Attack(rule, kind string, classes ...string) *Attack {
	a := &Attack{Rule: rule, Kind: kind, Classes: classes}
	s.Truth.Attacks = append(s.Truth.Attacks, a)
	return a
}

// Honest begins an honest situation.
func (s *Stage) Honest(kind string, start, end time.Time) *Noise {
	n := &Noise{Kind: kind, Start: start, End: end}
	s.Truth.Noise = append(s.Truth.Noise, n)
	return n
}

// PlayUntil plays everything that happens before end, and yields the lines that have
// arrived before end.
func (s *Stage) PlayUntil(end time.Time, yield func(lines.Line) bool) bool {
	s.agenda.until(end)
	return s.Box.Flush(end, yield)
}
