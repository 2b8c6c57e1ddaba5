package analytics

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// What one dossier keeps, whatever happens: about 10 KB at the worst.
const (
	maxNotes     = 48
	maxMailboxes = 128
	maxDetail    = 160
	noteSpan     = 10 * 60 * 1000 // the same signal again within it is the same note
)

// dossier is what speaks for AN0131 against one subject: an account, an
// application, or a host.
type dossier struct {
	key       uint64
	subject   string
	kind      subjectKind
	baseline  baseline
	notes     []note
	mailboxes window.Tries // mailboxes that the subject read, for many at a time
	requests  rhythm
	failed    [3]int64  // times of the last failures, for a success after them
	learned   learnMark // what was last learned, so that the next request need not be
	incident  *incident
}

type subjectKind uint8

const (
	aUser subjectKind = iota
	anApp
	aHost
)

// learnMark recognises a request like the last one.
type learnMark struct {
	client clientKey
	agent  uint32
	minute int64
}

// note is one signal, with what it shares with others.
type note struct {
	kind        signalKind
	first, last int64
	links       links
	detail      string
}

// links are what two halves can be matched on beyond their subject: session or
// token, client address, application. 0 is none.
type links [3]uint64

func (a *links) shared(b *links) bool {
	for i, v := range a {
		if v != 0 && v == b[i] {
			return true
		}
	}
	return false
}

// note remembers a signal and reports whether that is news.
func (d *dossier) note(kind signalKind, at int64, l links, detail string) bool {
	for i := range d.notes {
		n := &d.notes[i]
		if n.kind == kind && n.links == l && at >= n.first-noteSpan && at <= n.last+noteSpan {
			n.first, n.last = min(n.first, at), max(n.last, at)
			return false
		}
	}
	if len(d.notes) >= maxNotes {
		d.notes = slices.Delete(d.notes, 0, 1) // the one noted first
	}
	d.notes = append(d.notes, note{kind, at, at, l, detail})
	return true
}

// near tells whether two notes can be parts of one story: within the time
// window of each other, or within a day where they share a session, an address
// or an application.
func (a *note) near(b *note, window int64) bool {
	gap := max(a.first, b.first) - min(a.last, b.last)
	return gap <= window || gap <= day && a.links.shared(&b.links)
}

// story is the notes around one of them, weighed.
type story struct {
	kinds          [signalKinds]bool
	signIn, access int // sums of weights, each signal once
	strong         bool
}

func (s *story) add(kind signalKind, weight int) {
	if s.kinds[kind] || weight == 0 {
		return
	}
	s.kinds[kind] = true
	s.strong = s.strong || weight >= opensAt
	if signals[kind].Access {
		s.access += weight
	} else {
		s.signIn += weight
	}
}

// opens tells whether the story makes an incident: both halves together, a
// single strong signal, or much of the access half alone.
func (s *story) opens() bool {
	both := s.signIn > 0 && s.access > 0 && s.signIn+s.access >= opensAt
	return both || s.strong || s.access >= aloneAt
}

// around gathers the story around one note.
func (d *dossier) around(center *note, window int64, weight *[signalKinds]int) (s story) {
	for i := range d.notes {
		n := &d.notes[i]
		if n.near(center, window) {
			s.add(n.kind, weight[n.kind])
		}
	}
	return s
}

// rhythm recognises requests that come like clockwork.
type rhythm struct {
	last  int64
	gaps  [16]int64
	count int
}

// tick takes a request's time and tells whether the last sixteen gaps lie
// within a fifth of their mean. Gaps under a second say nothing: programs of
// people burst too.
func (r *rhythm) tick(at int64) bool {
	gap := at - r.last
	r.last = max(r.last, at)
	if gap < 1000 || gap > hour {
		return false
	}
	r.gaps[r.count%len(r.gaps)] = gap
	r.count++
	if r.count < len(r.gaps) {
		return false
	}
	sum := int64(0)
	for _, g := range r.gaps {
		sum += g
	}
	mean := sum / int64(len(r.gaps))
	for _, g := range r.gaps {
		if g < mean*4/5 || g > mean*6/5 {
			return false
		}
	}
	return true
}

func detailOf(ev *event.Event, b []byte) string {
	if len(b) == 0 {
		b = ev.Operation
	}
	return string(b[:min(len(b), maxDetail)])
}
