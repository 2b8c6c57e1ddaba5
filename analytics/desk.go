package analytics

import (
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"redshank/analytics/policy"
)

// maxIncidents bounds the incidents open at a time. The least recently touched
// makes room, after a last message.
const maxIncidents = 4096

// desk is where incidents are opened, told and closed. It decides when a
// message leaves: at the end of a chunk, for what mattered in it.
type desk struct {
	tuning    policy.Alerts
	lateness  int64
	incidents *simplelru.LRU[string, *incident]
	touched   []*incident
	held      []*incident // wait for the cap per minute
	out       []*Alert
	newest    int64 // latest event time seen, Unix milliseconds
	minute    int64
	sent      int // in that minute
	opened    uint64
	told      uint64
	kept      uint64 // messages suppressed

	inform  func(*Alert, *incident) // fills in what is known of the accounts of an alert; may be nil
	clock   uint64                  // moves in the order of incidents so far
	changed map[string]struct{}     // incidents, by id; nil: nobody asks for changes
	put     savedDesk               // as it was put down last
}

func newDesk(p *policy.Policy) *desk {
	d := &desk{tuning: p.Alerts, lateness: p.State.Lateness.Milliseconds()}
	d.incidents, _ = simplelru.NewLRU(maxIncidents, func(_ string, i *incident) {
		d.mark(i)
		d.last(i)
	})
	return d
}

// open makes an incident of a rule and a subject, or resumes the one that is
// open for them. The id follows from rule, subject and the day it began (UTC),
// so that a replay gives the same one; incidents of one subject are at least
// the quiet time apart, which keeps them on different days by default.
func (d *desk) open(rule *Rule, subject string, start int64) *incident {
	day := time.UnixMilli(start).UTC().Format("20060102")
	sum := xxhash.Sum64String(rule.ID + "\x00" + subject)
	id := rule.ID + "-" + day + "-" + strconv.FormatUint(sum, 16)
	if i, ok := d.incidents.Get(id); ok {
		return i
	}
	d.clock++
	i := &incident{id: id, rule: rule, turn: d.clock}
	d.incidents.Add(id, i)
	d.mark(i)
	d.opened++
	return i
}

// mark notes that an incident has to be put down again.
func (d *desk) mark(i *incident) {
	if d.changed != nil {
		d.changed[i.id] = struct{}{}
	}
}

// touch notes that an incident changed in this chunk in a way that may have to
// be told.
func (d *desk) touch(i *incident) {
	d.mark(i)
	if !i.touched {
		i.touched = true
		d.touched = append(d.touched, i)
	}
}

// flush ends a chunk: it tells what has to be told and closes what went quiet.
// The alerts are the caller's.
func (d *desk) flush() []*Alert {
	if m := d.newest / 60_000; m != d.minute {
		d.minute, d.sent = m, 0
		held := d.held
		d.held = nil
		for _, i := range held {
			i.held = false
			d.mark(i)
			d.consider(i)
		}
	}
	for n, i := range d.touched {
		i.touched = false
		d.incidents.Get(i.id) // the LRU order is that of the last change
		d.clock++
		i.turn = d.clock
		d.consider(i)
		d.touched[n] = nil
	}
	d.touched = d.touched[:0]
	d.closeQuiet()
	out := d.out
	d.out = nil
	return out
}

// consider sends a message where there is cause, and holds it where the minute
// is full. A critical one is never held.
func (d *desk) consider(i *incident) {
	i.assess()
	phase := d.cause(i)
	switch {
	case phase == "":
	case i.held && i.severity < Critical:
	case i.severity < Critical && d.sent >= d.tuning.PerMinute:
		i.held = true
		i.suppressed++
		d.mark(i)
		d.kept++
		d.held = append(d.held, i)
	default:
		d.tell(i, phase)
	}
}

// cause is why an incident has to be told of now: it is new, it is worse, a
// credential was found; or, once the cooldown is over, it looks different or
// has grown tenfold.
func (d *desk) cause(i *incident) string {
	cool := i.end-i.told.at >= d.tuning.Cooldown.Milliseconds()
	switch t := &i.told; {
	case t.sequence == 0:
		return PhaseOpened
	case i.severity > t.severity, i.valid.count() > t.valid:
		return PhaseEscalated
	case cool && i.class != t.class:
		return PhaseChanged
	case cool && i.volume() >= 10*max(t.volume, 1):
		return PhaseGrown
	}
	return ""
}

func (d *desk) tell(i *incident, phase string) {
	i.told = telling{sequence: i.told.sequence + 1, at: i.end, severity: i.severity, class: i.class,
		volume: i.volume(), valid: i.valid.count(), newest: true}
	a := i.alert(phase)
	if d.inform != nil {
		d.inform(a, i)
	}
	d.out = append(d.out, a)
	i.suppressed = 0
	d.mark(i)
	d.sent++
	d.told++
}

// closeQuiet ends incidents that nothing can be added to any more.
func (d *desk) closeQuiet() {
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
func (d *desk) last(i *incident) {
	if !i.told.newest {
		i.assess()
		d.tell(i, PhaseQuiet)
	}
}

// close tells the final figures of everything that is open.
func (d *desk) close() []*Alert {
	for _, i := range d.incidents.Values() {
		d.last(i)
	}
	out := d.out
	d.out = nil
	return out
}
