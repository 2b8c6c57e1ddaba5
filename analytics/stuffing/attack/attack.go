// Package attack is what the incidents of AN1269 have beside those of other
// analytics: the accounts that were tried, and from them the class, the severity and
// the message.
package attack

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/window"
)

// Bounds of what one attack keeps, whatever the attacker sends.
const (
	maxAttempts = 128 // attempts that still join with other logs' and show the shape
	maxAgents   = 10
)

// MaxPause is the longest time, in milliseconds, without failures after which an attack is
// over.
const MaxPause = 8 * event.Hour

// Reach is how far from an incident, in milliseconds, an event may be to belong to it.
type Reach struct {
	Slow  int64 // before its start: the slow window
	Quiet int64 // after its end: the time after which it is closed
}

// InReach reports whether an event at a time, in Unix milliseconds, belongs to an open
// incident. i may be nil.
func (r Reach) InReach(i *Attack, at int64) bool {
	return i != nil && !i.Closed() && at >= i.Start-r.Slow && at <= i.End+r.Quiet
}

// Attack is the detail of an incident: attempts by account.
type Attack struct {
	*incident.Incident
	tallies  map[uint64]*tally
	users    window.Distinct
	unknown  window.Distinct // accounts that do not exist
	locked   window.Distinct
	leaked   window.Distinct
	assessed int  // failures when the class was last decided
	most     int  // failures of one account
	recovers int  // accounts of tallies that got in afterwards, see Recover
	targeted bool // a privileged account is among them
	agentIDs []uint32
	latest   window.Attempts
	highFrom struct{ users, failures int } // thresholds of high severity
	late     int                           // successes from its client that arrived late
}

// New returns the detail of a new incident.
func New(i *incident.Incident) incident.Detail { return &Attack{Incident: i} }

// ByID returns the attack of the open incident with an id, or nil if it is closed.
func ByID(t *incident.Tracker, id string) *Attack {
	if i := t.ByID(id); i != nil {
		return i.Detail.(*Attack)
	}
	return nil
}

// tally is what one account did in an incident.
type tally struct {
	name        string
	failures    int
	first, last int64
	agent, tool uint32 // of the last failure
	reason      event.Reason
	marks       event.Marks
	recovered   bool // the account got in afterwards
}

// Volume returns the number of failures.
func (i *Attack) Volume() int { return i.Counts.Failures }

// AddFailure counts a failed attempt. It reports whether the attempt is new,
// rather than a duplicate from another log.
func (i *Attack) AddFailure(t window.Attempt, ev *event.Event) bool {
	result := i.latest.Add(t, maxAttempts)
	if ev != nil && result != window.Joined {
		i.AddEvent(ev)
	}
	switch result {
	case window.Joined, window.Refined:
		i.refine(t)
		return false
	case window.Identified:
		i.addAgent(t.Agent)
		i.tally(t)
		return true
	}
	i.countFailure(t)
	return true
}

// countFailure adds an attempt to the totals.
func (i *Attack) countFailure(t window.Attempt) {
	i.Extend(t.At)
	i.Counts.Failures++
	i.Services |= 1 << t.Service
	i.AddClient(t.Client)
	i.addAgent(t.Agent)
	if t.Key != 0 {
		i.tally(t)
	}
	i.Changed()
}

// refine merges the details that another log adds to a counted attempt.
func (i *Attack) refine(t window.Attempt) {
	i.Services |= 1 << t.Service
	i.addAgent(t.Agent)
	if t.Key == 0 {
		return
	}
	i.countAccount(&t)
	if a := i.tallies[t.Key]; a != nil {
		a.marks |= t.Marks
		a.updateReason(&t)
	}
}

// updateReason keeps the most specific reason of an account's last failure.
func (a *tally) updateReason(t *window.Attempt) {
	switch {
	case t.At > a.last+window.JoinWithin, t.At > a.last && !window.MoreSpecific(a.reason, t.Reason),
		t.At >= a.last-window.JoinWithin && window.MoreSpecific(t.Reason, a.reason):
		a.reason = t.Reason
	}
	a.last = max(a.last, t.At)
}

// countAccount counts an account once in each of the figures that it belongs
// to, at any size.
func (i *Attack) countAccount(t *window.Attempt) {
	i.users.Add(t.Key)
	switch t.Reason {
	case event.UnknownUser:
		i.unknown.Add(t.Key)
	case event.Locked:
		i.locked.Add(t.Key)
	}
	if t.Marks.Has(event.LeakedAccount) {
		i.leaked.Add(t.Key)
	}
	i.targeted = i.targeted || t.Marks.Has(event.PrivilegedUser)
}

// UpdateCounts updates the distinct counts, read by one of the methods of
// window.Distinct. Accounts that get in beyond those known to be new count as
// succeeded.
func (i *Attack) UpdateCounts(read func(*window.Distinct) int) {
	i.Counts.DistinctUsers = read(&i.users)
	i.Counts.UnknownUsers = read(&i.unknown)
	i.Counts.Locked = read(&i.locked)
	i.Counts.Leaked = read(&i.leaked)
	i.Counts.Succeeded = max(i.Counts.Succeeded, i.Valid.Count()-i.Counts.Accepted)
}

func (i *Attack) addAgent(id uint32) {
	if len(i.agentIDs) < maxAgents && !slices.Contains(i.agentIDs, id) {
		i.agentIDs = append(i.agentIDs, id)
	}
}

func (i *Attack) tally(t window.Attempt) {
	i.countAccount(&t)
	a := i.tallies[t.Key]
	if a == nil {
		if len(i.tallies) >= incident.MaxAccounts {
			return
		}
		if i.tallies == nil {
			i.tallies = make(map[uint64]*tally)
		}
		a = &tally{name: t.Name, first: t.At}
		i.tallies[t.Key] = a
	}
	a.failures++
	a.first = min(a.first, t.At)
	i.most = max(i.most, a.failures)
	a.marks |= t.Marks
	if t.At >= a.last {
		a.agent, a.tool = t.Agent, t.Tool
	}
	a.updateReason(&t)
}

// SetHigh sets the number of accounts and of failures from which on the severity is
// high.
func (i *Attack) SetHigh(users, failures int) {
	i.highFrom.users, i.highFrom.failures = users, failures
}

// Forgive marks the kept attempts in a span of time for which typo reports true as
// explained by a success, and reports whether there were any.
func (i *Attack) Forgive(from, to int64, typo func(*window.Attempt) bool) bool {
	return i.latest.Forgive(from, to, typo)
}

// Recover notes that an account got in at a time, in Unix milliseconds, with an agent and a
// tool, where it had failed. The owner of a password gets in sooner or later with the program
// that failed. Recover reports whether more than half of the accounts did so within
// an hour, at least a given number of them, and three times as many as had the time but did
// not: then no attacker made them fail. Of a large attack only some accounts are counted.
func (i *Attack) Recover(account uint64, at int64, agent, tool uint32, least int) bool {
	a := i.tallies[account]
	if a == nil || a.recovered || max(at-a.last, a.last-at) > event.Hour || a.agent != agent && a.tool != tool && a.agent != 0 && agent != 0 {
		return false
	}
	a.recovered = true
	i.recovers++
	return i.recovers >= least && 2*i.recovers > len(i.tallies) && 3*i.overdue(at) <= i.recovers
}

// overdue returns how many accounts failed more than an hour before a time and have not got
// in since.
func (i *Attack) overdue(at int64) (n int) {
	for _, a := range i.tallies {
		if !a.recovered && a.last < at-event.Hour {
			n++
		}
	}
	return n
}

// MayRecover reports whether an account has failed and has not got in since.
func (i *Attack) MayRecover(account uint64) bool {
	a := i.tallies[account]
	return a != nil && !a.recovered
}

// CountLate counts a success that arrived late, and reports whether to revise the decision
// to open the attack: with each of the first sixteen, and with every eighth.
func (i *Attack) CountLate() bool {
	i.late++
	return i.late <= 16 || i.late%8 == 0
}

// Attempts returns the latest attempts, at most maxAttempts.
func (i *Attack) Attempts() []window.Attempt { return i.latest.All() }

// ShareOf returns the share, from 0 to 1, of the client of an incident in the latest attempts of
// the attack that were made during the incident. It is 0 if there were no attempts.
func (i *Attack) ShareOf(one *incident.Incident) float64 {
	own, all := 0, 0
	for _, t := range i.latest.All() {
		if t.At < one.Start || t.At > one.End {
			continue
		}
		if all++; one.Involves(event.ClientKey(t.Client).Addr()) {
			own++
		}
	}
	return float64(own) / float64(max(all, 1))
}

// FailuresOf returns how often an account has failed, and when it failed last, in Unix
// milliseconds. Of a large attack only some accounts are counted.
func (i *Attack) FailuresOf(account uint64) (n int, last int64) {
	if t := i.tallies[account]; t != nil {
		return t.failures, t.last
	}
	return 0, 0
}

// Agents returns the number of agents of the attack, at most maxAgents.
func (i *Attack) Agents() int { return len(i.agentIDs) }

// AgentsFull reports whether the attack has had too many agents for all to be kept.
func (i *Attack) AgentsFull() bool { return len(i.agentIDs) >= maxAgents }

// HasFailed reports whether the account failed in this incident.
func (i *Attack) HasFailed(key uint64) bool {
	_, ok := i.tallies[key]
	return ok || i.users.Has(key)
}

// UsesAgent reports whether the incident has failures with an agent, by its hash.
func (i *Attack) UsesAgent(id uint32) bool { return slices.Contains(i.agentIDs, id) }

// NamesAgents reports whether the incident has failures of which the agent is known.
func (i *Attack) NamesAgents() bool {
	return slices.ContainsFunc(i.agentIDs, func(id uint32) bool { return id != 0 })
}
