package analytics

import (
	"net/netip"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
	"slices"
	"time"
)

// What one incident keeps, whatever an attacker sends.
const (
	maxTallies  = 1024 // accounts told apart by name
	maxListed   = 20   // addresses, hosts, credentials, evidence
	maxAgents   = 10   // agents and apps
	maxAttempts = 128  // tries that still join with other logs' and show the shape
	maxKeptText = 200  // bytes of an attacker's string
)

// incident is an attack while it lasts: what is known of it and what has been
// told. Its sums do not depend on the order in which its events came.
type incident struct {
	id       string
	rule     *alert.Rule
	class    string
	severity alert.Severity
	opened   string       // what opened it: burst, slow, leaked, campaign, account
	client   netip.Addr   // an address of the client
	prefix   netip.Prefix // the client, where it is more than one address
	account  string       // the one account it is about, where there is one
	subject  string       // the account, application or host of AN0131
	start    int64        // Unix milliseconds, as all times here
	end      int64

	counts   alert.Counts
	tallies  map[uint64]*tally
	users    window.Distinct
	clients  window.Distinct
	agentIDs []uint32
	services uint32 // one bit for each event.Service
	attempts window.Attempts
	valid    credentials
	familiar credentials
	labels   []string
	campaign string   // id of the campaign it is part of
	members  []string // of a campaign: incidents of single clients, at most 20

	mailboxes         window.Distinct
	privilegedSubject bool
	appSubject        bool            // the subject of AN0131 is an application
	location          policy.Location // of client
	confidence        float64         // confidence of AN0131
	baseline          string          // how ripe, of AN0131

	ips      []netip.Addr
	agents   []string
	apps     []string
	hosts    []string
	evidence []string
	signals  []alert.Signal

	cloud    bool                          // a cloud service was among those reached
	highFrom struct{ users, failures int } // from here on the severity is high

	last       notification
	suppressed int
	updated    bool   // in the desk's list of this chunk
	waiting    bool   // waits for the cap per minute
	order      uint64 // its place in the desk's order
}

// telling is what the last message said.
type notification struct {
	sequence int
	at       int64
	severity alert.Severity
	class    string
	volume   int
	valid    int
	upToDate bool // nothing has happened since
}

// tally is what one account did in an incident.
type tally struct {
	name            string
	failures        int
	last            int64
	reason          event.Reason
	unknown, locked bool
	marks           event.Marks
}

// volume is how much there is of an incident: failures, or items of mail.
func (i *incident) volume() int { return i.counts.Failures + i.counts.Items }

// fail counts one failed try. It reports whether it was a new act and not one
// that another log has told already.
func (i *incident) addFailure(t window.Attempt, ev *event.Event) bool {
	switch i.attempts.Add(t, maxAttempts) {
	case window.Joined, window.Refined:
		i.refine(t)
		return false
	case window.Identified:
		i.tally(t)
		return true
	}
	i.countFailure(t)
	if ev != nil {
		i.addEvent(ev)
	}
	return true
}

// count adds a try to the sums.
func (i *incident) countFailure(t window.Attempt) {
	i.extend(t.At)
	i.counts.Failures++
	i.services |= 1 << t.Service
	i.addClient(t.Client)
	i.addAgent(t.Agent)
	if t.Key != 0 {
		i.tally(t)
	}
	i.last.upToDate = false
}

func (i *incident) extend(at int64) {
	if i.start == 0 || at < i.start {
		i.start = at
	}
	i.end = max(i.end, at)
}

func (i *incident) addClient(client ClientKey) {
	if i.clients.Add(hashClient(client)) && len(i.ips) < maxListed {
		i.ips = append(i.ips, client.addr())
	}
}

// refine takes over what another log knows better of a try that is counted.
func (i *incident) refine(t window.Attempt) {
	i.services |= 1 << t.Service
	if a := i.tallies[t.Key]; a != nil {
		a.marks |= t.Marks
		i.updateReason(a, t)
	}
}

// reason keeps what was said of an account's last try, and counts accounts
// that do not exist or are locked once.
func (i *incident) updateReason(a *tally, t window.Attempt) {
	switch {
	case t.At > a.last+window.JoinWithin, t.At > a.last && !window.MoreSpecific(a.reason, t.Reason),
		t.At >= a.last-window.JoinWithin && window.MoreSpecific(t.Reason, a.reason):
		a.reason = t.Reason
	}
	a.last = max(a.last, t.At)
	switch {
	case t.Reason == event.UnknownUser && !a.unknown:
		a.unknown = true
		i.counts.UnknownUsers++
	case t.Reason == event.Locked && !a.locked:
		a.locked = true
		i.counts.Locked++
	}
}

func (i *incident) addAgent(id uint32) {
	if len(i.agentIDs) < maxAgents && !slices.Contains(i.agentIDs, id) {
		i.agentIDs = append(i.agentIDs, id)
	}
}

func (i *incident) tally(t window.Attempt) {
	if i.users.Add(t.Key) && t.Marks.Has(event.LeakedAccount) {
		i.counts.Leaked++
	}
	a := i.tallies[t.Key]
	if a == nil {
		if len(i.tallies) >= maxTallies {
			return
		}
		if i.tallies == nil {
			i.tallies = make(map[uint64]*tally)
		}
		a = &tally{name: t.Name}
		i.tallies[t.Key] = a
	}
	a.failures++
	a.marks |= t.Marks
	i.updateReason(a, t)
}

// describe keeps what only the event itself says: it costs nothing once the
// lists are full.
func (i *incident) addEvent(ev *event.Event) {
	i.agents = appendCapped(i.agents, ev.AgentText(), maxAgents)
	i.apps = appendCapped(i.apps, ev.App, maxAgents)
	i.hosts = appendCapped(i.hosts, ev.Host, maxListed)
	i.evidence = appendCapped(i.evidence, ev.ID, maxListed)
	i.cloud = i.cloud || ev.Source == event.UAL || ev.Source == event.Entra || ev.Source == event.Graph
}

// keep appends a capped copy of text to list where it is new and there is room.
func appendCapped(list []string, text []byte, limit int) []string {
	if len(text) == 0 || len(list) >= limit {
		return list
	}
	text = text[:min(len(text), maxKeptText)]
	for _, s := range list {
		if s == string(text) {
			return list
		}
	}
	return append(list, string(text))
}

// tried reports whether the account failed in this incident.
func (i *incident) hasFailed(key uint64) bool {
	_, ok := i.tallies[key]
	return ok || i.users.Has(key)
}

// credentials are accounts that got in, each once, at its earliest time.
type credentials struct {
	list []alert.Credential
	at   map[uint64]int // account -> place in list; -1 beyond the list
}

// add notes an account and reports whether it is a new one.
func (c *credentials) add(key uint64, found alert.Credential) bool {
	if place, ok := c.at[key]; ok {
		if place >= 0 {
			mergeCredential(&c.list[place], found)
		}
		return false
	}
	if len(c.at) >= maxTallies {
		return false
	}
	if c.at == nil {
		c.at = make(map[uint64]int)
	}
	c.at[key] = -1
	if len(c.list) < maxListed {
		c.at[key] = len(c.list)
		c.list = append(c.list, found)
	}
	return true
}

// merge keeps the earlier time and the service of the mail system over the
// logon that Windows saw behind it.
func mergeCredential(c *alert.Credential, o alert.Credential) {
	near := c.At.Sub(o.At).Abs() <= window.JoinWithin*time.Millisecond
	if o.At.Before(c.At) && !(near && o.Service == event.Windows) || near && c.Service == event.Windows {
		c.How, c.Service = o.How, o.Service
	}
	if o.At.Before(c.At) {
		c.At = o.At
		c.IP, c.Agent, c.App, c.Record = o.IP, o.Agent, o.App, o.Record
	}
}

func (c *credentials) count() int { return len(c.at) }
