package replay

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/record"
	"redshank/analytics/source"
	"redshank/plugin/replay/sorted"
)

// Log is what became of one log.
type Log struct {
	Name        string
	First, Last time.Time // of its events; zero if there are no events
	Events      int64     // inside of the period
	Outside     int64     // events before or after the period
	Untimed     int64     // events without a time, which are left out
	Counts      source.Counts
	Unread      []source.Unread   // kinds of records that were not understood
	Unneeded    []source.Unneeded // logs that no analytic needs
	Err         error             // why it was not read to its end
}

// add adds the account of another part of the log.
func (l *Log) add(part *Log) {
	if !part.First.IsZero() && (l.First.IsZero() || part.First.Before(l.First)) {
		l.First = part.First
	}
	if part.Last.After(l.Last) {
		l.Last = part.Last
	}
	l.Events += part.Events
	l.Outside += part.Outside
	l.Untimed += part.Untimed
	for s := range l.Counts {
		for o := range l.Counts[s] {
			l.Counts[s][o] += part.Counts[s][o]
		}
	}
	l.Unread = append(l.Unread, part.Unread...)
	l.Unneeded = append(l.Unneeded, part.Unneeded...)
	l.Err = errors.Join(l.Err, part.Err)
}

// decoder is the Handler that turns records into sorted events. It serves one
// goroutine, one log after the other.
type decoder struct {
	only         string // format, or "auto"
	policy       *policy.Policy
	since, until time.Time
	sorted       *sorted.Writer
	done         func(Log)

	log     Log
	set     *source.Set
	key     sorted.Key
	body    []byte
	record  record.Record
	emit    source.Emit
	idle    bool // keep events that only move the clock
	muted   bool
	unheard source.Counts   // what was counted while muted
	skipped []source.Unread // the same, by kind
	whole   *enrichable     // nil: records are not kept
}

// enrichable is what a decoder keeps of a record that is to be enriched.
type enrichable struct {
	events  [][]byte
	at      time.Time // of the last event; zero: none yet
	leading []leading // records before the first event
	outside bool      // of the period, at least one event
}

// leading is a record before the first event of its log.
type leading struct {
	key  sorted.Key
	body []byte
}

// lineHead is the encoding of a record with one field, log, up to the length of
// its text, which stands in the next four bytes.
const lineHead = "\x81\xa3log\xdb"

func newDecoder(opts *Options, p *policy.Policy, to *sorted.Sorter, done func(Log)) (*decoder, error) {
	d := &decoder{only: opts.Source, policy: p, idle: opts.Explain != "", since: opts.Since, until: opts.Until, sorted: to.NewWriter(), done: done}
	if d.until.IsZero() {
		d.until = time.Unix(1<<40, 0)
	}
	if opts.Enriched != "" {
		d.whole = &enrichable{}
	}
	d.emit = d.add
	_, err := source.New(opts.Source, p)
	return d, err
}

// Begin starts a log with a set of its own: what a format remembers of one log,
// its columns and sign-ins that go on, never meets another.
func (d *decoder) Begin(name string, head []byte) {
	d.set, _ = source.New(d.only, d.policy) // has been tried
	d.log = Log{Name: name}
	d.key = sorted.Key{Log: xxhash.Sum64(head)}
	d.sorted.Name(d.key.Log, event.FileName([]byte(name)))
	d.record, d.muted, d.unheard, d.skipped = record.Record{}, false, source.Counts{}, nil
	if d.whole != nil {
		*d.whole = enrichable{}
	}
}

// positionBits are the lower bits of a position: the number of the event among those
// of its record. The others are the position of the record in its log.
const positionBits = 12

// Mute makes the decoder learn from records without taking their events.
func (d *decoder) Mute(on bool) {
	d.muted = on
	if !on {
		d.unheard, d.skipped = d.set.Counts(), d.set.Unread()
	}
}

// Line decodes a line as the agent's tail input hands it over.
func (d *decoder) Line(at int64, line []byte) {
	d.key.Position = uint64(at) << positionBits
	d.body = append(d.body[:0], lineHead...)
	d.body = binary.BigEndian.AppendUint32(d.body, uint32(len(line)))
	start := len(d.body)
	d.body = append(d.body, line...)
	d.record.Body, d.record.Line = d.body, d.body[start:]
	d.decode()
	d.record.Again = true
}

// JSON decodes a JSON value.
func (d *decoder) JSON(at int64, value []byte) {
	if d.whole == nil {
		d.Line(at, value) // a source reads it there
		return
	}
	var err error
	if d.body, err = record.AppendJSON(d.body[:0], value); err != nil || !record.Value(d.body).IsMap() {
		d.Line(at, value)
		return
	}
	d.key.Position = uint64(at) << positionBits
	d.record = record.Record{Body: d.body, Raw: d.body}
	d.decode()
}

// decode decodes the record. What makes a decoder crash costs that record: the
// log is reported, and reading goes on.
func (d *decoder) decode() {
	defer func() {
		if failed := recover(); failed != nil {
			d.log.Err = fmt.Errorf("record %d: decoder crashed: %v", d.log.Counts.Read()+1, failed)
			d.set, _ = source.New(d.only, d.policy)
			d.unheard, d.skipped = source.Counts{}, nil
		}
	}()
	if d.whole != nil && !d.muted {
		d.whole.events, d.whole.outside = d.whole.events[:0], false
		d.record.Again = false
		defer d.keep()
	}
	d.set.Decode("replay", &d.record, d.emit)
}

// maxLeading is how many records before the first event of a log wait for it.
const maxLeading = 1000

// keep adds the record with its events. A record without any has the time of the
// event before it, or of the first one.
func (d *decoder) keep() {
	w := d.whole
	switch {
	case len(w.events) == 0 && w.outside:
		return
	case w.at.IsZero() && len(w.leading) < maxLeading:
		w.leading = append(w.leading, leading{d.key, bytes.Clone(d.record.Body)})
		return
	}
	d.keepLeading()
	d.sorted.AddRecord(d.key, w.at, w.events, d.record.Body)
}

// keepLeading adds the records that have waited.
func (d *decoder) keepLeading() {
	for _, l := range d.whole.leading {
		d.sorted.AddRecord(l.key, d.whole.at, nil, l.body)
	}
	d.whole.leading = nil
}

// add takes an event of the current record.
func (d *decoder) add(ev *event.Event) {
	d.key.Position++
	switch {
	case d.muted:
		return
	case ev.Time.Before(earliest):
		d.log.Untimed++
		return
	case ev.Time.Before(d.since), !ev.Time.Before(d.until):
		d.log.Outside++
		if d.whole != nil {
			d.whole.outside = true
		}
		return
	}
	d.log.Events++
	if d.log.First.IsZero() || ev.Time.Before(d.log.First) {
		d.log.First = ev.Time
	}
	if ev.Time.After(d.log.Last) {
		d.log.Last = ev.Time
	}
	switch {
	case d.whole != nil:
		d.whole.events = append(d.whole.events, sorted.AppendEvent(nil, ev))
		d.whole.at = ev.Time
	case d.idle || !analytics.IsIdle(ev):
		d.sorted.Add(d.key, ev)
	}
}

// earliest is the earliest valid time of an event. An earlier time comes from a log
// without dates and counts as no time.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// End reports the log.
func (d *decoder) End(err error) {
	if d.whole != nil && (d.log.Events > 0 || d.log.Outside == 0) {
		d.keepLeading()
	}
	d.log.Counts = without(d.set.Counts(), d.unheard)
	d.log.Unneeded = d.set.Unneeded()
	d.log.Unread = unreadWithout(d.set.Unread(), d.skipped)
	if err != nil {
		d.log.Err = err
	}
	d.done(d.log)
}

// without returns the difference of two counts.
func without(all, part source.Counts) source.Counts {
	for s := range all {
		for o := range all[s] {
			all[s][o] -= part[s][o]
		}
	}
	return all
}

// unreadWithout is without for the kinds of records that are not understood.
func unreadWithout(all, part []source.Unread) []source.Unread {
	for _, p := range part {
		for i := range all {
			if u := &all[i]; u.Source == p.Source && u.Reason == p.Reason {
				u.Count -= p.Count
			}
		}
	}
	return slices.DeleteFunc(all, func(u source.Unread) bool { return u.Count == 0 })
}
