package lines

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Outbox holds lines until they arrive. An outbox has its own random numbers: how
// lines are delivered does not change what happens.
type Outbox struct {
	late    time.Duration
	double  bool
	rng     *rand.Rand
	waiting []Line
	begun   map[string]bool // files that have their header
}

// NewOutbox returns an empty outbox. The lines of cloud logs come up to late later
// than usual; with double every line is delivered twice.
func NewOutbox(seed uint64, late time.Duration, double bool) *Outbox {
	return &Outbox{late: late, double: double, rng: rand.New(rand.NewPCG(seed, 0x706f7374))}
}

// Add accepts a line.
func (o *Outbox) Add(l Line) {
	if l.JSON && o.late > 0 {
		l.Arrives = l.Arrives.Add(time.Duration(o.rng.Int64N(int64(o.late))))
	}
	l.At, l.Arrives = l.At.UTC(), l.Arrives.UTC()
	o.waiting = append(o.waiting, l)
	if o.double {
		if l.JSON {
			l.Arrives = l.Arrives.Add(time.Duration(o.rng.Int64N(int64(2 * time.Hour))))
		}
		o.waiting = append(o.waiting, l)
	}
}

// Flush yields the lines that arrive before end, in the order of their arrival. It
// reports false when yield did.
func (o *Outbox) Flush(end time.Time, yield func(Line) bool) bool {
	slices.SortFunc(o.waiting, func(a, b Line) int {
		return cmp.Or(a.Arrives.Compare(b.Arrives), cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Path, b.Path), a.At.Compare(b.At), cmp.Compare(a.Seq, b.Seq))
	})
	n, _ := slices.BinarySearchFunc(o.waiting, end, func(l Line, end time.Time) int { return cmp.Or(l.Arrives.Compare(end), 1) })
	for _, l := range o.waiting[:n] {
		for _, h := range o.header(&l) {
			if !yield(h) {
				return false
			}
		}
		if !yield(l) {
			return false
		}
	}
	o.waiting = slices.Clone(o.waiting[n:])
	return true
}

// header returns the lines that go before l, where l is the first of its file.
func (o *Outbox) header(l *Line) (list []Line) {
	if l.JSON || o.begun[l.Path] {
		return nil
	}
	if o.begun == nil {
		o.begun = map[string]bool{}
	}
	o.begun[l.Path] = true
	for _, h := range l.Header {
		list = append(list, Line{At: l.At, Arrives: l.Arrives, Tag: l.Tag, Path: l.Path, Text: []byte(h)})
	}
	return list
}
