package analytics

import (
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/drill"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// Bounds of the engine of a drill: its tables, in entries, and how long after the
// last record of the drill it is kept.
const (
	drillEntries = 1000
	drillIdle    = time.Hour
)

// drillRuns runs a drill. The events of a drill go to an engine of its own with the
// same policy and no shared state, so that a drill neither depends on nor changes what is
// known of real accounts and clients. The first record of a run creates that engine, which
// is never saved and ends with the run.
type drillRuns struct {
	run    drill.Run
	engine *Engine
	last   time.Time // of the newest record, by the clock of the outer engine
	ended  []*alert.Alert
}

// take takes an event whose id is the mark of a drill, and reports whether it did.
// An event whose mark does not hold is an ordinary one.
func (d *drillRuns) take(outer *Engine, ev *event.Event) bool {
	run, ok := runOf(outer.policy, outer.now, ev)
	if !ok {
		return false
	}
	outer.stats.Drill++
	if run.Before(d.run) { // it has ended
		return true
	}
	if run != d.run && !d.begin(outer, run) {
		return true
	}
	if d.engine == nil { // the run has ended
		return true
	}
	d.last = outer.now
	d.engine.now, d.engine.received = outer.now, outer.received
	d.engine.analyse(ev)
	return true
}

// runOf returns the run that an event belongs to: the mark, the account, the
// address and the time must all be right. The fields are compared as the record
// spells them: a normalised event has already been counted by the policy.
func runOf(p *policy.Policy, now time.Time, ev *event.Event) (run drill.Run, ok bool) {
	d := &p.Drill
	if d.Key == nil || len(ev.RawForwarded) > 0 || !d.Has(ev.RawUser) {
		return "", false
	}
	address, ok := addressOfDrill(ev)
	if !ok {
		return "", false
	}
	run, ok = d.Key.Verify(markOf(ev), drill.Record{At: ev.Time, Account: string(ev.RawUser), Address: address})
	return run, ok && (now.IsZero() || !run.Expired(now))
}

// markOf returns the text of an event that may have the mark of a drill.
func markOf(ev *event.Event) []byte {
	if ev.Drill != nil {
		return ev.Drill
	}
	return ev.ID
}

// addressOfDrill returns the address of a record, and reports whether a record of a drill
// may have it: an address for documentation, or no address in a record of a script or a
// cmdlet.
func addressOfDrill(ev *event.Event) (text string, ok bool) {
	if len(ev.RawIP) == 0 {
		return "", ev.Action == event.Script || ev.Action == event.MailboxChange
	}
	addr, ok := event.ParseAddress(ev.RawIP)
	return addr.String(), ok && drill.IsDocumentation(addr)
}

// begin ends the run before, and makes the engine of a run.
func (d *drillRuns) begin(outer *Engine, run drill.Run) bool {
	d.end()
	engine, err := New(Options{Policy: outer.policy, Source: "auto", MaxIPs: drillEntries, MaxUsers: drillEntries})
	if err != nil {
		return false // cannot happen: the outer engine has the same policy
	}
	engine.tracker.OfDrill = true
	d.run, d.engine = run, engine
	return true
}

// flush returns the messages of the drill that are due. A run whose records have
// stopped ends.
func (d *drillRuns) flush(now time.Time) []*alert.Alert {
	if d.engine == nil && d.ended == nil {
		return nil
	}
	if d.engine != nil {
		d.ended = append(d.ended, d.marked(d.engine.tracker.Flush())...)
	}
	if !now.IsZero() && now.Sub(d.last) > drillIdle {
		d.end()
	}
	due := d.ended
	d.ended = nil
	return due
}

// close returns the final messages.
func (d *drillRuns) close() []*alert.Alert {
	d.end()
	return d.ended
}

// end closes the engine of the run. The run is remembered, so that late records of
// it begin no second one.
func (d *drillRuns) end() {
	if d.engine != nil {
		d.ended = append(d.ended, d.marked(d.engine.Close())...)
		d.engine = nil
	}
}

// marked marks messages as those of the drill. Their incidents get ids of their own:
// a real incident of the same address would have the same id.
func (d *drillRuns) marked(list []*alert.Alert) []*alert.Alert {
	own := func(id string) string { return "drill-" + string(d.run) + "-" + id }
	for _, a := range list {
		a.Drill, a.ID, a.Message = string(d.run), own(a.ID), "Drill "+string(d.run)+": "+a.Message
		if a.Campaign != "" {
			a.Campaign = own(a.Campaign)
		}
		for i := range a.Members {
			a.Members[i] = own(a.Members[i])
		}
	}
	return list
}
