// Package forwarding is an analytic for tests: it detects many mailboxes that
// begin to forward mail within a day. The package shows the parts of an analytic,
// and that no package outside its folder has to import it.
package forwarding

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// Rule describes the analytic.
var Rule = alert.Rule{ID: "TEST0001", Name: "Many mailboxes begin to forward mail", Version: "1", Kind: alert.Threshold,
	Category: []string{"email"}, Reference: "https://example.com/forwarding"}

// Threshold is how many mailboxes with new forwarding rules in a day (UTC) open
// an incident.
const Threshold = 5

const (
	table = "forwarding"
	// maxDays bounds the days in memory: today, and one day for late events.
	maxDays = 2
)

// Detector counts mailboxes by day.
type Detector struct {
	tracker *incident.Tracker
	days    map[int64]*window.Distinct // by day since 1970
	dirty   map[int64]bool
}

// New returns a Detector that reports its incidents to tracker.
func New(tracker *incident.Tracker) *Detector {
	d := &Detector{tracker: tracker, days: map[int64]*window.Distinct{}, dirty: map[int64]bool{}}
	tracker.Register(&Rule, func(i *incident.Incident) incident.Detail { return &wave{i} })
	return d
}

// Observe implements analytics.Analytic.
func (d *Detector) Observe(ev *event.Event) {
	if ev.Action != event.MailboxChange || !bytes.Contains(ev.Detail, []byte("ForwardTo")) {
		return
	}
	day := ev.Time.UnixMilli() / event.Day
	mailboxes := d.day(day)
	if mailboxes == nil || !mailboxes.Add(xxhash.Sum64(ev.User)) {
		return
	}
	d.dirty[day] = true
	if mailboxes.Count() >= Threshold {
		i := d.tracker.Open(&Rule, "tenant", day*event.Day)
		i.Window, i.Subject = "day", "tenant"
		i.Extend(ev.Time.UnixMilli())
		i.Counts.Mailboxes = mailboxes.Count()
		i.AddEvent(ev)
		i.Changed()
		d.tracker.Update(i)
	}
}

// day returns the mailboxes of a day, nil for a day that is too old.
func (d *Detector) day(day int64) *window.Distinct {
	if d.days[day] == nil {
		for old := range d.days {
			if old < day && len(d.days) >= maxDays {
				delete(d.days, old)
				d.dirty[old] = true
			}
		}
		if len(d.days) >= maxDays {
			return nil
		}
		d.days[day] = &window.Distinct{}
	}
	return d.days[day]
}

// Incidents implements analytics.Analytic: no event is part of the incident by
// its address or account.
func (d *Detector) Incidents(_ *event.Event, list []*incident.Incident) []*incident.Incident {
	return list
}

// Tables implements analytics.Analytic.
func (d *Detector) Tables() []state.Table {
	return []state.Table{{Name: table, Changes: d.changes, Restore: d.restore}}
}

func (d *Detector) changes(w *state.Writer) {
	for day := range d.dirty {
		mailboxes := d.days[day]
		if mailboxes != nil {
			b, err := mailboxes.MarshalBinary()
			w.Fail(err)
			w.Value = append(w.Value[:0], b...)
		}
		w.Put(table, w.Number(uint64(day)), mailboxes != nil)
	}
	clear(d.dirty)
}

func (d *Detector) restore(key, value []byte) error {
	if len(key) != 8 {
		return fmt.Errorf("key of %d bytes (want 8)", len(key))
	}
	mailboxes := &window.Distinct{}
	d.days[int64(binary.BigEndian.Uint64(key))] = mailboxes
	return mailboxes.UnmarshalBinary(value)
}

// wave is the detail of an incident. It has no state beyond the incident.
type wave struct{ *incident.Incident }

// Assess implements incident.Detail.
func (w *wave) Assess() { w.Class, w.Severity = "forwarding_wave", alert.Medium }

// Volume implements incident.Detail.
func (w *wave) Volume() int { return w.Counts.Mailboxes }

// Fill implements incident.Detail.
func (w *wave) Fill(a *alert.Alert) {
	a.Confidence = 0.5
	a.Techniques = w.Techniques("T1114.003")
	a.Message = fmt.Sprintf("%s began to forward mail on %s", alert.Count(w.Counts.Mailboxes, "mailbox", "mailboxes"), a.Start.Format(time.DateOnly))
}

// Save implements incident.Detail.
func (w *wave) Save() ([]byte, error) { return nil, nil }

// Restore implements incident.Detail.
func (w *wave) Restore([]byte) error { return nil }
