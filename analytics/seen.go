package analytics

import (
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// Bounds of the keys that are remembered to recognise a chunk or a record that
// arrives twice, in keys of about 50 bytes.
const (
	maxChunks = 4096
	maxIDs    = 1 << 17
)

// seen recognises the chunks and the records that were read before.
type seen struct {
	chunks, ids *window.Seen
	rows        rows
}

func newSeen() *seen { return &seen{chunks: window.NewSeen(maxChunks), ids: window.NewSeen(maxIDs)} }

// repeated reports whether the record of an event has been counted. Successful
// sign-ins, which are the most frequent events, are not checked: a second one
// changes nothing. The account is part of the key, so that an id in a forged line
// cannot hide the failures of another account.
func (s *seen) repeated(ev *event.Event) bool {
	counts := ev.Outcome == event.Failure || ev.Outcome == event.Accepted || ev.Items > 0
	switch {
	case !counts:
		return false
	case len(ev.ID) > 0:
		key := xxhash.Sum64(ev.ID) ^ bits.RotateLeft64(ev.UserHash(), 1)
		if ev.Outcome == event.Accepted && ev.Proof == event.ProofSession {
			key++ // another log may say that a password was given
		}
		return s.ids.Before(key)
	case len(ev.Session) > 0 && (ev.Source == event.SMTP || ev.Source == event.IMAP || ev.Source == event.POP):
		return s.repeatedRow(ev)
	}
	return false
}

// repeatedRow is repeated for the protocol logs of SMTP, IMAP and POP, whose records
// have no id: rows of one connection and one millisecond.
func (s *seen) repeatedRow(ev *event.Event) bool {
	return s.rows.repeated(xxhash.Sum64(ev.Session) ^ bits.RotateLeft64(uint64(ev.Time.UnixMilli()), 24)*0x9e3779b97f4a7c15 ^ bits.RotateLeft64(ev.UserHash(), 1))
}

// rows remembers about the latest 16,384 rows without an id, by their hashes: one in
// each slot, whose lowest bit is set once it was repeated.
type rows [1 << 14]uint64

// repeated reports whether a row is the second one with its hash, and remembers it. From
// the third on, the log does not distinguish its connections or times.
func (r *rows) repeated(row uint64) bool {
	slot := &r[row>>50]
	row &^= 1
	before := *slot
	*slot = row
	if before&^1 == row {
		*slot |= 1
	}
	return before == row
}
