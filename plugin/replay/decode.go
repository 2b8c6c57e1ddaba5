package replay

import (
	"bytes"
	"encoding/binary"
	"fmt"
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
	Err         error // why it was not read to its end
}

// decoder is the Handler that turns records into sorted events. It serves one
// goroutine, one log after the other.
type decoder struct {
	only         string // format, or "auto"
	policy       *policy.Policy
	since, until time.Time
	sorted       *sorted.Writer
	done         func(Log)

	log    Log
	set    *source.Set
	key    sorted.Key
	body   []byte
	record record.Record
	emit   source.Emit
	whole  *enrichable // nil: records are not kept
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
	d := &decoder{only: opts.Source, policy: p, since: opts.Since, until: opts.Until, sorted: to.NewWriter(), done: done}
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
	d.record = record.Record{}
	if d.whole != nil {
		*d.whole = enrichable{}
	}
}

// Line decodes a line as the agent's tail input hands it over.
func (d *decoder) Line(line []byte) {
	d.body = append(d.body[:0], lineHead...)
	d.body = binary.BigEndian.AppendUint32(d.body, uint32(len(line)))
	start := len(d.body)
	d.body = append(d.body, line...)
	d.record.Body, d.record.Line = d.body, d.body[start:]
	d.decode()
	d.record.Again = true
}

// JSON decodes a JSON value.
func (d *decoder) JSON(value []byte) {
	if d.whole == nil {
		d.Line(value) // a source reads it there
		return
	}
	var err error
	if d.body, err = record.AppendJSON(d.body[:0], value); err != nil || !record.Value(d.body).IsMap() {
		d.Line(value)
		return
	}
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
		}
	}()
	if d.whole != nil {
		d.key.Position++
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
	case ev.Time.IsZero():
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
	case !analytics.IsIdle(ev):
		d.sorted.Add(d.key, ev)
	}
}

// End reports the log.
func (d *decoder) End(err error) {
	if d.whole != nil && (d.log.Events > 0 || d.log.Outside == 0) {
		d.keepLeading()
	}
	d.log.Counts = d.set.Counts()
	if err != nil {
		d.log.Err = err
	}
	d.done(d.log)
}
