package world

import "strings"

// Attacks in ten days: as many kinds are drawn anew for each seed.
const stuffingsInTen, theftsInTen = 14, 9

// attacks plans those of the world.
func (w *World) attacks() {
	for _, k := range append(w.draw(stuffings, stuffingsInTen*w.Days/10), w.draw(thefts, theftsInTen*w.Days/10)...) {
		k.plan(w, k.name)
	}
}

// draw returns n kinds of list in random order, all once before any twice; with
// Only those that it names.
func (w *World) draw(list []kind, n int) (drawn []kind) {
	if w.Only != "" {
		for _, k := range list {
			if strings.Contains(k.name, w.Only) {
				drawn = append(drawn, k)
			}
		}
		return drawn
	}
	for len(drawn) < n && len(list) > 0 {
		drawn = append(drawn, some(w, list, n-len(drawn))...)
	}
	return drawn
}
