package world

import (
	"strings"

	"redshank/test/world/dice"
)

// Attacks in ten days: as many kinds are drawn anew for each seed.
const stuffingsInTen, theftsInTen = 14, 9

// attacks plans those of the world.
func (w *World) attacks() {
	tries := draw(&w.Stage, stuffings, stuffingsInTen*w.Days/10)
	stolen := draw(&w.Stage, thefts, theftsInTen*w.Days/10)
	for _, k := range tries {
		k.plan(w, k.name)
	}
	for _, k := range stolen {
		k.plan(theftPlanner{w}, k.name)
	}
}

// draw returns n kinds of list in random order, all once before any twice; with
// Only those that it names.
func draw[W any](s *Stage, list []plannedKind[W], n int) (drawn []plannedKind[W]) {
	if s.Only != "" {
		for _, k := range list {
			if strings.Contains(k.name, s.Only) {
				drawn = append(drawn, k)
			}
		}
		return drawn
	}
	for len(drawn) < n && len(list) > 0 {
		drawn = append(drawn, dice.Some(s, list, n-len(drawn))...)
	}
	return drawn
}
