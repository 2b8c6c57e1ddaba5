package attack

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// maxUnitTools bounds the tools of one attack from a shared address.
const maxUnitTools = 8

// Unit is the part of a shared address that belongs to its incident. The other
// users of the address are not part of the attack.
type Unit struct {
	Tools          []uint32 // the tools of the attack
	Rare           []uint32 // of these, those with which hardly anybody at the address signs in
	Familiar       bool     // accounts that know the address are attacked as well
	Oldest, Newest int64    // its failures, in Unix milliseconds
	Pause          int64    // without failures for so long it is over, in milliseconds
}

// Pause is the longest pause, in milliseconds, after which an attack with a tool
// that people at the address also use takes in no more accounts of the address, and
// LeastPause the shortest: later failures are their own. Between them it is twelve times the
// mean interval of the attack.
const (
	Pause      = event.Hour
	LeastPause = 20 * event.Minute
)

// Has reports whether an attempt at a time belongs to the attack. lasting reports whether
// attempts with its program are part of one attack whatever the time between them; see
// profile.Lasts. The whole address, a nil unit, has all.
func (u *Unit) Has(tool uint32, lasting, familiar bool, at int64) bool {
	if u == nil {
		return true
	}
	if !slices.Contains(u.Tools, tool) {
		return false
	}
	rare, near := slices.Contains(u.Rare, tool), at >= u.Oldest-u.Pause && at <= u.Newest+u.Pause
	return rare && lasting || near && (rare || u.Familiar || !familiar)
}

// Span sets the times of an attack that opens with an attempt: those of the attempts with
// its tool that follow each other. The mean interval is that of the attempts within a time
// of the attempt; the pause after which the attack is over has a least and a greatest length.
func (u *Unit) Span(all []window.Attempt, t *window.Attempt, within, least, most int64) {
	n, first, last := 0, t.At, t.At
	for i := range all {
		if o := &all[i]; o.Tool == t.Tool && o.At >= t.At-within && o.At <= t.At+within {
			n, first, last = n+1, min(first, o.At), max(last, o.At)
		}
	}
	u.Pause = pauseAfter(last-first, n, least, most)
	u.Oldest, u.Newest = t.At, t.At
	for i := len(all) - 1; i >= 0; i-- {
		if o := &all[i]; o.Tool == t.Tool && o.At < u.Oldest && o.At >= u.Oldest-u.Pause {
			u.Oldest = o.At
		}
	}
	for i := range all {
		if o := &all[i]; o.Tool == t.Tool && o.At > u.Newest && o.At <= u.Newest+u.Pause {
			u.Newest = o.At
		}
	}
}

// UnitOf returns the unit of an attack that opened before its address was known to be shared: the
// tools of its attempts.
func UnitOf(i *Attack) *Unit {
	u := &Unit{Familiar: true, Oldest: i.Start, Newest: i.End, Pause: PauseAfter(i.End-i.Start, i.Counts.Failures)}
	for _, t := range i.Attempts() {
		if len(u.Tools) < maxUnitTools && !slices.Contains(u.Tools, t.Tool) {
			u.Tools = append(u.Tools, t.Tool)
		}
	}
	return u
}

// PauseAfter returns the pause after which an attack of n failures in a time is over.
func PauseAfter(span int64, n int) int64 { return pauseAfter(span, n, LeastPause, Pause) }

// pauseAfter is PauseAfter with a least and a greatest pause: twelve times the mean interval.
func pauseAfter(span int64, n int, least, most int64) int64 {
	if n < 2 {
		return most
	}
	return min(max(12*span/int64(n-1), least), most)
}

// Join adds another unit of the same address.
func (u *Unit) Join(o *Unit) {
	for _, tool := range o.Tools {
		if len(u.Tools) < maxUnitTools && !slices.Contains(u.Tools, tool) {
			u.Tools = append(u.Tools, tool)
			if slices.Contains(o.Rare, tool) {
				u.Rare = append(u.Rare, tool)
			}
		}
	}
	u.Familiar = u.Familiar || o.Familiar
	u.Oldest, u.Newest, u.Pause = min(u.Oldest, o.Oldest), max(u.Newest, o.Newest), max(u.Pause, o.Pause)
}
