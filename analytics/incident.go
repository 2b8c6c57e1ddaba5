package analytics

import (
	"net/netip"
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// What one incident keeps, whatever an attacker sends.
const (
	maxTallies  = 1024 // accounts told apart by name
	maxListed   = 20   // addresses, hosts, credentials, evidence
	maxAgents   = 10   // agents and apps
	maxRecent   = 256  // tries that still join with other logs' and show the shape
	maxKeptText = 200  // bytes of an attacker's string
)

// incident is an attack while it lasts: what is known of it and what has been
// told. Its sums do not depend on the order in which its events came.
type incident struct {
	id       string
	rule     *Rule
	class    string
	severity Severity
	opened   string // what opened it: burst, slow, leaked, campaign, account
	client   netip.Addr
	account  string // the one account it is about, where there is one
	subject  string // the account, application or host of AN0131
	start    int64  // Unix milliseconds, as all times here
	end      int64

	counts   Counts
	tallies  map[uint64]*tally
	users    window.Distinct
	clients  window.Distinct
	agentIDs []uint32
	services uint32 // one bit for each event.Service
	tries    window.Tries
	valid    credentials
	present  credentials
	labels   []string

	mailboxes         window.Distinct
	privilegedSubject bool

	ips      []netip.Addr
	agents   []string
	apps     []string
	hosts    []string
	evidence []string
	signals  []Signal

	cloud bool                          // a cloud service was among those reached
	bars  struct{ users, failures int } // from here on the severity is high

	told       telling
	suppressed int
	touched    bool // in the desk's list of this chunk
}

// telling is what the last message said.
type telling struct {
	sequence int
	at       int64
	severity Severity
	class    string
	volume   int
	valid    int
	newest   bool // nothing has happened since
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
func (i *incident) fail(t window.Try, ev *event.Event) bool {
	if !i.tries.Add(t, maxRecent) {
		return false
	}
	i.count(t)
	if ev != nil {
		i.describe(ev)
	}
	return true
}

// count adds a try to the sums.
func (i *incident) count(t window.Try) {
	i.span(t.At)
	i.counts.Failures++
	i.services |= 1 << t.Service
	i.met(t.Client)
	i.agent(t.Agent)
	if t.Key != 0 {
		i.tally(t)
	}
	i.told.newest = false
}

func (i *incident) span(at int64) {
	if i.start == 0 || at < i.start {
		i.start = at
	}
	i.end = max(i.end, at)
}

func (i *incident) met(client clientKey) {
	if i.clients.Add(hashClient(client)) && len(i.ips) < maxListed {
		i.ips = append(i.ips, client.addr())
	}
}

func (i *incident) agent(id uint32) {
	if len(i.agentIDs) < maxAgents && !slices.Contains(i.agentIDs, id) {
		i.agentIDs = append(i.agentIDs, id)
	}
}

func (i *incident) tally(t window.Try) {
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
	if t.At >= a.last {
		a.last, a.reason = t.At, t.Reason
	}
	switch {
	case t.Reason == event.UnknownUser && !a.unknown:
		a.unknown = true
		i.counts.UnknownUsers++
	case t.Reason == event.Locked && !a.locked:
		a.locked = true
		i.counts.Locked++
	}
}

// describe keeps what only the event itself says: it costs nothing once the
// lists are full.
func (i *incident) describe(ev *event.Event) {
	i.agents = keep(i.agents, ev.Agent, maxAgents)
	i.apps = keep(i.apps, ev.App, maxAgents)
	i.hosts = keep(i.hosts, ev.Host, maxListed)
	i.evidence = keep(i.evidence, ev.ID, maxListed)
	i.cloud = i.cloud || ev.Source == event.UAL || ev.Source == event.Entra || ev.Source == event.Graph
}

// keep appends a capped copy of text to list where it is new and there is room.
func keep(list []string, text []byte, limit int) []string {
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
func (i *incident) tried(key uint64) bool {
	_, ok := i.tallies[key]
	return ok || i.users.Has(key)
}

// credentials are accounts that got in, each once, at its earliest time.
type credentials struct {
	list []Credential
	at   map[uint64]int // account -> place in list; -1 beyond the list
}

// add notes an account and reports whether it is a new one.
func (c *credentials) add(key uint64, found Credential) bool {
	if place, ok := c.at[key]; ok {
		if place >= 0 && found.At.Before(c.list[place].At) {
			c.list[place].At, c.list[place].How = found.At, found.How
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

func (c *credentials) count() int { return len(c.at) }
