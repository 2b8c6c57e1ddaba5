package analytics

import (
	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxIncidents bounds the incidents open at a time. The least recently touched
// makes room, after a last message.
const maxIncidents = 4096

// desk is where incidents are opened, told and closed. It decides when a
// message leaves: at the end of a chunk, for what mattered in it.
type tracker struct {
	tuning     policy.Alerts
	lateness   int64
	incidents  *simplelru.LRU[string, *incident]
	updated    []*incident
	waiting    []*incident // wait for the cap per minute
	out        []*alert.Alert
	newest     int64 // latest event time seen, Unix milliseconds
	minute     int64
	sent       int // in that minute
	opened     uint64
	notified   uint64
	suppressed uint64 // messages suppressed

	addContext func(*alert.Alert, *incident) // fills in what is known of the accounts of an alert; may be nil
	order      uint64                        // moves in the order of incidents so far
	dirty      map[string]struct{}           // incidents, by id; nil: nobody asks for changes
	lastSaved  savedTracker                  // as it was put down last
}

func newTracker(p *policy.Policy) *tracker {
	d := &tracker{tuning: p.Alerts, lateness: p.State.Lateness.Milliseconds()}
	d.incidents, _ = simplelru.NewLRU(maxIncidents, func(_ string, i *incident) {
		d.markDirty(i)
		d.finalUpdate(i)
	})
	return d
}

// open makes an incident of a rule and a subject, or resumes the one that is
// open for them. The id follows from rule, subject and the day it began (UTC),
// so that a replay gives the same one; incidents of one subject are at least
// the quiet time apart, which keeps them on different days by default.
func (d *tracker) open(rule *alert.Rule, subject string, start int64) *incident {
	day := time.UnixMilli(start).UTC().Format("20060102")
	sum := xxhash.Sum64String(rule.ID + "\x00" + subject)
	id := rule.ID + "-" + day + "-" + strconv.FormatUint(sum, 16)
	if i, ok := d.incidents.Get(id); ok {
		return i
	}
	d.order++
	i := &incident{id: id, rule: rule, order: d.order}
	d.incidents.Add(id, i)
	d.markDirty(i)
	d.opened++
	return i
}

// mark notes that an incident has to be put down again.
func (d *tracker) markDirty(i *incident) {
	if d.dirty != nil {
		d.dirty[i.id] = struct{}{}
	}
}

// touch notes that an incident changed in this chunk in a way that may have to
// be told.
func (d *tracker) update(i *incident) {
	d.markDirty(i)
	if !i.updated {
		i.updated = true
		d.updated = append(d.updated, i)
	}
}

// flush ends a chunk: it tells what has to be told and closes what went quiet.
// The alerts are the caller's.
func (d *tracker) flush() []*alert.Alert {
	if m := d.newest / 60_000; m != d.minute {
		d.minute, d.sent = m, 0
		held := d.waiting
		d.waiting = nil
		for _, i := range held {
			i.waiting = false
			d.markDirty(i)
			d.review(i)
		}
	}
	for n, i := range d.updated {
		i.updated = false
		d.incidents.Get(i.id) // the LRU order is that of the last change
		d.order++
		i.order = d.order
		d.review(i)
		d.updated[n] = nil
	}
	d.updated = d.updated[:0]
	d.closeQuiet()
	out := d.out
	d.out = nil
	return out
}

// consider sends a message where there is cause, and holds it where the minute
// is full. A critical one is never held.
func (d *tracker) review(i *incident) {
	i.assess()
	phase := d.phase(i)
	switch {
	case phase == "":
	case i.waiting && i.severity < alert.Critical:
	case i.severity < alert.Critical && d.sent >= d.tuning.PerMinute:
		i.waiting = true
		i.suppressed++
		d.markDirty(i)
		d.suppressed++
		d.waiting = append(d.waiting, i)
	default:
		d.notify(i, phase)
	}
}

// cause is why an incident has to be told of now: it is new, it is worse, a
// credential was found; or, once the cooldown is over, it looks different or
// has grown tenfold.
func (d *tracker) phase(i *incident) string {
	cool := i.end-i.last.at >= d.tuning.Cooldown.Milliseconds()
	switch t := &i.last; {
	case t.sequence == 0:
		return alert.PhaseOpened
	case i.severity > t.severity, i.valid.count() > t.valid:
		return alert.PhaseEscalated
	case cool && i.class != t.class:
		return alert.PhaseChanged
	case cool && i.volume() >= 10*max(t.volume, 1):
		return alert.PhaseGrown
	}
	return ""
}

func (d *tracker) notify(i *incident, phase string) {
	i.last = notification{sequence: i.last.sequence + 1, at: i.end, severity: i.severity, class: i.class,
		volume: i.volume(), valid: i.valid.count(), upToDate: true}
	a := i.alert(phase)
	if d.addContext != nil {
		d.addContext(a, i)
	}
	d.out = append(d.out, a)
	i.suppressed = 0
	d.markDirty(i)
	d.sent++
	d.notified++
}

// closeQuiet ends incidents that nothing can be added to any more.
func (d *tracker) closeQuiet() {
	for {
		_, i, ok := d.incidents.GetOldest()
		if !ok || i.end+d.tuning.Quiet.Milliseconds()+d.lateness >= d.newest {
			return
		}
		d.incidents.RemoveOldest() // calls last
	}
}

// last tells the final figures of an incident that ends, where they are not
// told yet.
func (d *tracker) finalUpdate(i *incident) {
	if !i.last.upToDate {
		i.assess()
		d.notify(i, alert.PhaseQuiet)
	}
}

// close tells the final figures of everything that is open.
func (d *tracker) close() []*alert.Alert {
	for _, i := range d.incidents.Values() {
		d.finalUpdate(i)
	}
	out := d.out
	d.out = nil
	return out
}
