package replay

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/coverage"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/record"
	"redshank/plugin/delivery"
	"redshank/plugin/document"
)

// flushEvery is the event time between two looks for messages, in seconds. The
// agent hands over chunks about as often.
const flushEvery = 1

// Incident is one incident with its last message.
type Incident struct {
	*alert.Alert     // the last message
	Messages     int // that the plugin would have sent
}

// detection is an engine with the incidents it has raised.
type detection struct {
	engine      *analytics.Engine
	second      int64 // of the last event
	incidents   map[string]*Incident
	form        document.Form
	messages    *output      // nil: not written
	explanation *explanation // nil: not asked for
	enriched    *output      // nil: not written
	coverage    *coverage.Matrix
	events      int64
	at          time.Time // of the last event
	record      []byte    // enriched, encoded
	text        []byte    // as JSON
}

func newDetection(opts *Options, p *policy.Policy) (*detection, error) {
	seen := &coverage.Matrix{}
	engine, err := analytics.New(analytics.Options{Policy: p, Source: opts.Source, MaxIPs: opts.MaxIPs, MaxUsers: opts.MaxUsers, Coverage: seen})
	return &detection{engine: engine, incidents: map[string]*Incident{}, coverage: seen}, err
}

// open creates the files that the options name.
func (d *detection) open(opts *Options) (err error) {
	if opts.Alerts != "" {
		if d.messages, err = create("alerts", opts.Alerts); err != nil {
			return err
		}
	}
	if opts.Enriched != "" {
		d.enriched, err = create("enriched records", opts.Enriched)
	}
	return err
}

// observe takes one event.
func (d *detection) observe(ev *event.Event) error {
	err := d.advance(ev.Time)
	d.engine.ObserveEvent(ev)
	d.events++
	if d.explanation != nil {
		d.explanation.observe(ev)
	}
	return err
}

// advance takes the messages that are due before an event of that time.
func (d *detection) advance(at time.Time) error {
	second := at.Unix()
	if second < d.second+flushEvery {
		return nil
	}
	d.second = second
	return d.keep(d.engine.Flush())
}

// enrich takes the events of one record, and writes the record.
func (d *detection) enrich(events iter.Seq[*event.Event], body []byte) error {
	rec := record.Record{Raw: body, Body: body}
	d.record = d.engine.EnrichEvents(d.record[:0], &rec, func(yield func(*event.Event) bool) {
		for ev := range events {
			d.events++
			d.at = ev.Time
			if !yield(ev) {
				return
			}
		}
	})
	err := d.advance(d.at)
	d.text = delivery.AppendRecord(d.text[:0], &record.Record{Raw: d.record, Body: d.record})
	return errors.Join(err, d.enriched.line(d.text))
}

// keep takes the messages of incidents.
func (d *detection) keep(alerts []*alert.Alert) error {
	for _, a := range alerts {
		i := d.incidents[a.ID]
		if i == nil {
			i = &Incident{}
			d.incidents[a.ID] = i
		}
		i.Alert = a
		i.Messages++
		if d.messages == nil {
			continue
		}
		doc, err := d.form.Alert(a)
		if err != nil {
			return fmt.Errorf("alert of %s: %w", a.ID, err)
		}
		if err := d.messages.line(doc); err != nil {
			return err
		}
	}
	return nil
}

// close ends the engine: open incidents send their final message.
func (d *detection) close() error {
	err := d.keep(d.engine.Flush())
	return errors.Join(err, d.keep(d.engine.Close()), d.messages.close(), d.enriched.close())
}

// list returns the incidents in the order in which they began.
func (d *detection) list() []*Incident {
	var all []*Incident
	for _, i := range d.incidents {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b *Incident) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.ID, b.ID))
	})
	return all
}
