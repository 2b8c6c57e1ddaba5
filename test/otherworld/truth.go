package otherworld

import (
	"time"

	"redshank/test/world"
)

// situation is an honest situation in the truth.
type situation = world.Noise

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
