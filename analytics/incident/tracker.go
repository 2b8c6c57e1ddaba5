package incident

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// MaxIncidents bounds the open incidents. In a full tracker the incident that
// was updated least recently closes, with a final message. MaxMemory bounds what
// one of them takes, in bytes, however large the attack is.
const (
	MaxIncidents = 4096
	MaxMemory    = 256 << 10
)

// Tracker opens, notifies and closes incidents. Messages leave at the end of a
// chunk. A Tracker is not safe for concurrent use.
type Tracker struct {
	policy    *policy.Policy
	tuning    policy.Alerts
	least     alert.Severity // of the messages that leave
	lateness  int64
	details   map[*alert.Rule]func(*Incident) Detail
	incidents *simplelru.LRU[string, *Incident]
	updated   []*Incident
	waiting   []*Incident                 // for the cap per minute, or for their own next message
	ended     *simplelru.LRU[string, int] // ids of incidents that made room for others, with their last sequence
	out       []*alert.Alert
	newest    int64 // latest event time seen, Unix milliseconds
	minute    int64
	sent      int // in that minute
	stats     Stats
	hooks     hooks
	budget    ipBudget

	OfDrill bool // its incidents are a drill: no counter of the policy includes them

	order     uint64              // openings and updates so far
	dirty     map[string]struct{} // ids of incidents to save; nil: changes are not tracked
	lastSaved savedTracker
}

// Stats are the counters of a Tracker: incidents opened, messages sent, messages
// over the cap per minute, and messages that the policy kept back.
type Stats struct{ Opened, Notified, Suppressed, Muted uint64 }

// NewTracker returns a Tracker with the cooldown, quiet time and caps of the
// policy.
func NewTracker(p *policy.Policy) *Tracker {
	t := &Tracker{policy: p, tuning: p.Alerts, least: alert.SeverityByName(p.Alerts.MinimumSeverity), lateness: p.State.Lateness.Milliseconds(), details: map[*alert.Rule]func(*Incident) Detail{}}
	t.incidents, _ = simplelru.NewLRU(MaxIncidents, func(id string, i *Incident) {
		t.MarkDirty(i)
		t.finalUpdate(i)
		t.leave(i)
		i.closed = true
		t.ended.Add(id, i.last.sequence)
		t.budget.release(i)
	})
	t.ended, _ = simplelru.NewLRU[string, int](4*MaxIncidents, nil)
	return t
}

// Register sets how the detail of a rule's incidents is made. An analytic calls
// Register before it opens its first incident.
func (t *Tracker) Register(rule *alert.Rule, detail func(*Incident) Detail) { t.details[rule] = detail }

// Rules returns the ids of the registered rules, sorted.
func (t *Tracker) Rules() []string {
	var ids []string
	for rule := range t.details {
		ids = append(ids, rule.ID)
	}
	slices.Sort(ids)
	return ids
}

// idOf returns the id of the incident of a rule and a subject that began on the day of
// start (UTC).
func idOf(rule *alert.Rule, subject string, start int64) string {
	day := time.UnixMilli(start).UTC().Format("20060102")
	return rule.ID + "-" + day + "-" + strconv.FormatUint(xxhash.Sum64String(rule.ID+"\x00"+subject), 16)
}

// Find returns the open incident of a rule and a subject that began on the day of start
// (UTC), or nil.
func (t *Tracker) Find(rule *alert.Rule, subject string, start int64) *Incident {
	return t.ByID(idOf(rule, subject, start))
}

// Open returns the open incident of a rule and a subject that began on the day of
// start (UTC), or opens one. The id follows from rule, subject and day, so that a
// replay gives the same id; incidents of one subject are at least the quiet time
// apart, which keeps them on different days by default.
func (t *Tracker) Open(rule *alert.Rule, subject string, start int64) *Incident {
	id := idOf(rule, subject, start)
	if i, ok := t.incidents.Get(id); ok {
		return i
	}
	t.order++
	i := &Incident{ID: id, Rule: rule, order: t.order, budget: &t.budget}
	if sequence, ok := t.ended.Get(id); ok {
		i.last.sequence = sequence // it made room for others, and goes on
	}
	i.Detail = t.details[rule](i)
	t.incidents.Add(id, i)
	t.MarkDirty(i)
	t.stats.Opened++
	return i
}

// ByID returns the open incident with the id, or nil.
func (t *Tracker) ByID(id string) *Incident {
	i, _ := t.incidents.Peek(id)
	return i
}

// Each calls f for the open incidents of a rule, the one updated least recently first.
func (t *Tracker) Each(rule *alert.Rule, f func(*Incident)) {
	for _, i := range t.incidents.Values() {
		if i.Rule == rule {
			f(i)
		}
	}
}

// IsOpen reports whether an incident is open and has to do with a time.
func (t *Tracker) IsOpen(i *Incident, at int64) bool {
	return at >= i.Start-event.Day && at <= i.End+t.tuning.Quiet.Milliseconds() && t.incidents.Contains(i.ID)
}

// Advance moves the tracker's clock to an event time, and reports whether the
// event is later than the permitted lateness.
func (t *Tracker) Advance(at int64) (late bool) {
	late = at < t.newest-t.lateness
	t.newest = max(t.newest, at)
	return late
}

// Newest returns the latest event time seen, in Unix milliseconds.
func (t *Tracker) Newest() int64 { return t.newest }

// Limit moves the clock back to a time, in Unix milliseconds, that it cannot
// have passed: an earlier run believed a record from the future.
func (t *Tracker) Limit(at int64) { t.newest = min(t.newest, at) }

// Withdraw closes an incident that would not have opened if all records had come in time,
// and drops its valid credentials: without a message if none was sent, or else with a
// final one, which the policy does not keep back whatever its severity.
func (t *Tracker) Withdraw(i *Incident) {
	accounts := t.onlyIn(i)
	i.Valid = Credentials{}
	i.last.upToDate, i.withdrawn = i.last.sequence == 0, true
	t.incidents.Remove(i.ID)
	if len(accounts) == 0 {
		return
	}
	for _, f := range t.hooks.withdrawal {
		f(i, accounts)
	}
}

// TakeBack drops a valid credential of an incident, which later records have explained. It
// calls the functions of OnWithdrawal, unless another open incident of the rule has the
// account, too.
func (t *Tracker) TakeBack(i *Incident, key uint64) {
	found, listed := i.Valid.Of(key)
	accounts := t.onlyIn(i)
	if !i.Valid.remove(key) {
		return
	}
	i.Changed()
	if !listed || !slices.Contains(accounts, found.User) {
		return
	}
	for _, f := range t.hooks.withdrawal {
		f(i, []string{found.User})
	}
}

// onlyIn returns the accounts with credentials that an incident lists and no other open
// incident of its rule has.
func (t *Tracker) onlyIn(i *Incident) (accounts []string) {
	var others []*Incident
	t.Each(i.Rule, func(o *Incident) {
		if o != i && o.Valid.Count() > 0 {
			others = append(others, o)
		}
	})
	for key, place := range i.Valid.at {
		if !slices.ContainsFunc(others, func(o *Incident) bool { return o.Valid.Has(key) }) {
			accounts = append(accounts, i.Valid.list[place].User)
		}
	}
	slices.Sort(accounts)
	return accounts
}

// Stats returns the counters.
func (t *Tracker) Stats() Stats { return t.stats }

// MarkDirty records that an incident has to be saved again.
func (t *Tracker) MarkDirty(i *Incident) {
	if t.dirty != nil {
		t.dirty[i.ID] = struct{}{}
	}
}

// Update records that an incident changed in this chunk in a way that may be
// worth a message.
func (t *Tracker) Update(i *Incident) {
	t.MarkDirty(i)
	if !i.updated {
		i.updated = true
		t.updated = append(t.updated, i)
	}
}

// Flush ends a chunk: it sends the messages that are due and closes the incidents
// that went quiet. The alerts are the caller's.
func (t *Tracker) Flush() []*alert.Alert {
	if m := t.newest / event.Minute; m != t.minute {
		t.minute, t.sent = m, 0
		t.reviewWaiting()
	}
	slices.SortStableFunc(t.updated, campaignsFirst)
	for n, i := range t.updated {
		i.updated = false
		t.incidents.Get(i.ID) // the LRU order is that of the last update
		t.order++
		i.order = t.order
		t.review(i)
		t.updated[n] = nil
	}
	t.updated = t.updated[:0]
	t.closeQuiet()
	return t.take()
}

// campaignsFirst orders campaigns before the clients in them: their messages include those of
// the clients.
func campaignsFirst(a, b *Incident) int { return cmp.Compare(len(b.Members), len(a.Members)) }

// reviewWaiting sends the messages that have waited for the next minute.
func (t *Tracker) reviewWaiting() {
	waiting := t.waiting
	t.waiting = nil
	slices.SortStableFunc(waiting, campaignsFirst)
	for _, i := range waiting {
		i.waiting = false
		if i.closed {
			continue
		}
		t.MarkDirty(i)
		t.review(i)
	}
}

func (t *Tracker) take() []*alert.Alert {
	out := t.out
	t.out = nil
	return out
}

// review sends a message if one is due. If the cap per minute is reached, or
// the incident has sent a message shortly before, the message is delayed; it
// then covers everything up to that time. Only the first message with critical
// severity is never delayed.
func (t *Tracker) review(i *Incident) {
	if i.closed {
		return
	}
	i.Detail.Assess()
	phase := t.phase(i)
	if phase == "" || t.covered(i) {
		return
	}
	urgent := i.Severity >= alert.Critical && i.last.severity < alert.Critical
	if urgent || t.sent < t.tuning.PerMinute && t.rested(i) {
		t.notify(i, phase)
		return
	}
	if i.waiting {
		return
	}
	i.waiting = true
	i.suppressed++
	t.MarkDirty(i)
	t.stats.Suppressed++
	t.waiting = append(t.waiting, i)
}

// rested reports whether enough time has passed since the last message of an
// incident: a minute after the first, and twice as long after each further one.
// An attack of many days so sends about ten.
func (t *Tracker) rested(i *Incident) bool {
	if i.last.sequence == 0 || i.Severity > i.last.severity {
		return true
	}
	pause := int64(event.Minute) << min(i.last.sequence-1, 11)
	return t.newest-i.last.sent >= pause
}

// phase returns why a message is due, or "": the incident is new, it is worse, a
// credential was found, another account joined, or its severity or a credential was taken
// back; or, after the cooldown, its class changed or it grew tenfold.
func (t *Tracker) phase(i *Incident) string {
	cool := i.End-i.last.at >= t.tuning.Cooldown.Milliseconds()
	switch l := &i.last; {
	case l.sequence == 0 && !l.muted:
		return alert.PhaseOpened
	case i.Severity > l.severity, i.compromised() > l.valid:
		return alert.PhaseEscalated
	case (i.Severity < l.severity || i.compromised() < l.valid) && !l.muted, cool && (l.muted || i.Class != l.class): // a mute may be over
		return alert.PhaseChanged
	case cool && i.Detail.Volume() >= 10*max(l.volume, 1):
		return alert.PhaseGrown
	}
	return ""
}

// notify sends a message, unless the policy keeps it back.
func (t *Tracker) notify(i *Incident, phase string) {
	sent, worst := i.last.sequence, i.Severity
	if sent == 0 {
		phase = alert.PhaseOpened
	} else if !i.last.muted {
		worst = max(worst, i.last.severity)
	}
	i.last = notification{sequence: sent + 1, at: i.End, sent: t.newest, severity: i.Severity, class: i.Class,
		volume: i.Detail.Volume(), valid: i.compromised(), upToDate: true}
	a := i.message(phase)
	a.Members = t.listedMembers(i)
	if !i.withdrawn && t.muted(a, worst) {
		i.last.sequence, i.last.muted = sent, true
		t.stats.Muted++
		t.MarkDirty(i)
		return
	}
	for _, f := range t.hooks.alert {
		f(a, i)
	}
	t.out = append(t.out, a)
	i.suppressed = 0
	t.MarkDirty(i)
	t.sent++
	t.stats.Notified++
}

// closeQuiet closes the incidents that nothing can be added to any more.
func (t *Tracker) closeQuiet() {
	for {
		_, i, ok := t.incidents.GetOldest()
		if !ok || i.End+t.tuning.Quiet.Milliseconds()+t.lateness >= t.newest {
			return
		}
		t.incidents.RemoveOldest() // calls finalUpdate
	}
}

// finalUpdate sends the final figures of an incident that closes, unless the last
// message has them. The cap per minute does not hold the message back: an agent that is
// killed would lose it.
func (t *Tracker) finalUpdate(i *Incident) {
	if i.last.upToDate {
		return
	}
	i.Detail.Assess()
	if i.withdrawn {
		t.notify(i, alert.PhaseWithdrawn)
		return
	}
	if i.last.sequence > 0 || !t.covered(i) {
		t.notify(i, alert.PhaseQuiet)
	}
}

// Close calls the functions of OnClose and returns the final messages of all incidents.
func (t *Tracker) Close() []*alert.Alert {
	for _, f := range t.hooks.closing {
		f()
	}
	for _, i := range t.incidents.Values() {
		t.finalUpdate(i)
	}
	return t.take()
}
