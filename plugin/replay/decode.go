package replay

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics"
	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source"
	"redshank/plugin/replay/sorted"
)

// Log is what became of one log.
type Log struct {
	Name        string
	First, Last time.Time // of its events; zero where there is none
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
	since, until time.Time
	sorted       *sorted.Writer
	done         func(Log)

	log    Log
	set    *source.Set
	key    sorted.Key
	body   []byte
	record record.Record
	emit   source.Emit
}

// lineHead is the encoding of a record with one field, log, up to the length of
// its text, which stands in the next four bytes.
const lineHead = "\x81\xa3log\xdb"

func newDecoder(opts *Options, to *sorted.Sorter, done func(Log)) (*decoder, error) {
	d := &decoder{only: opts.Source, since: opts.Since, until: opts.Until, sorted: to.NewWriter(), done: done}
	if d.until.IsZero() {
		d.until = time.Unix(1<<40, 0)
	}
	d.emit = d.add
	_, err := source.New(opts.Source)
	return d, err
}

// Begin starts a log with a set of its own: what a format remembers of one log,
// its columns and sign-ins that go on, never meets another.
func (d *decoder) Begin(name string, head []byte) {
	d.set, _ = source.New(d.only) // has been tried
	d.log = Log{Name: name}
	d.key = sorted.Key{Log: xxhash.Sum64(head)}
	d.record = record.Record{}
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
func (d *decoder) JSON(value []byte) { d.Line(value) }

// decode decodes the record. What makes a decoder crash costs that record: the
// log is reported, and reading goes on.
func (d *decoder) decode() {
	defer func() {
		if failed := recover(); failed != nil {
			d.log.Err = fmt.Errorf("record %d: decoder crashed: %v", d.log.Counts.Read()+1, failed)
			d.set, _ = source.New(d.only)
		}
	}()
	d.set.Decode("replay", &d.record, d.emit)
}

// add takes an event of the record at hand.
func (d *decoder) add(ev *event.Event) {
	d.key.Position++
	switch {
	case ev.Time.IsZero():
		d.log.Untimed++
		return
	case ev.Time.Before(d.since), !ev.Time.Before(d.until):
		d.log.Outside++
		return
	}
	d.log.Events++
	if d.log.First.IsZero() || ev.Time.Before(d.log.First) {
		d.log.First = ev.Time
	}
	if ev.Time.After(d.log.Last) {
		d.log.Last = ev.Time
	}
	if !analytics.IsIdle(ev) {
		d.sorted.Add(d.key, ev)
	}
}

// End reports the log.
func (d *decoder) End(err error) {
	d.log.Counts = d.set.Counts()
	if err != nil {
		d.log.Err = err
	}
	d.done(d.log)
}
