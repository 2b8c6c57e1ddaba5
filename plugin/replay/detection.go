package replay

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/plugin/delivery"
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
	engine    *analytics.Engine
	second    int64 // of the last event
	incidents map[string]*Incident
	form      delivery.Form
	file      *os.File // for messages; nil: none
	to        *bufio.Writer
}

func newDetection(opts *Options, p *policy.Policy) (*detection, error) {
	engine, err := analytics.New(analytics.Options{Policy: p, Source: opts.Source, MaxIPs: opts.MaxIPs, MaxUsers: opts.MaxUsers})
	return &detection{engine: engine, incidents: map[string]*Incident{}}, err
}

// writeTo writes all messages into a file.
func (d *detection) writeTo(path string, form delivery.Form) (err error) {
	if d.file, err = os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	d.to, d.form = bufio.NewWriter(d.file), form
	return nil
}

func (d *detection) observe(ev *event.Event) (err error) {
	if second := ev.Time.Unix(); second >= d.second+flushEvery {
		d.second = second
		err = d.keep(d.engine.Flush())
	}
	d.engine.ObserveEvent(ev)
	return err
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
		if d.file == nil {
			continue
		}
		doc, err := d.form.Alert(a)
		if err != nil {
			return fmt.Errorf("alert of %s: %w", a.ID, err)
		}
		d.to.Write(doc)
		if err := d.to.WriteByte('\n'); err != nil {
			return fmt.Errorf("alerts: %w", err)
		}
	}
	return nil
}

// close ends the engine: open incidents send their final message.
func (d *detection) close() error {
	err := d.keep(d.engine.Flush())
	err = errors.Join(err, d.keep(d.engine.Close()))
	if d.file != nil {
		err = errors.Join(err, d.to.Flush(), d.file.Close())
	}
	return err
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
