package incident

import (
	"net/netip"
	"slices"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// Bounds of what one incident keeps, whatever an attacker sends.
const (
	MaxListed = 20 // addresses, hosts, credentials, evidence
	maxAgents = 10 // agents and applications
)

// Incident is an active attack: the data common to all analytics and the last
// notification. Its sums do not depend on the order in which events arrive.
type Incident struct {
	ID       string
	Rule     *alert.Rule
	Class    string
	Severity alert.Severity
	Window   string       // what opened it, for instance burst, slow, campaign
	Client   netip.Addr   // an address of the client
	Prefix   netip.Prefix // the client, if it is more than one address
	Account  string       // the only account of the incident, if there is one
	Joined   int          // accounts that became part of the incident of another one
	Subject  string       // the account, application or host it is about
	Start    int64        // Unix milliseconds
	End      int64
	Counts   alert.Counts
	Services uint32 // one bit for each event.Service
	Valid    Credentials
	Familiar Credentials // accounts with a history at the address that went on as usual
	Labels   []string    // of Client, from the policy
	Location policy.Location
	Campaign string   // id of the campaign that the client is part of
	Apart    int      // failures of the client since then that are not those of the campaign
	Members  []string // of a campaign: ids of the incidents of single clients, at most MaxListed
	Detail   Detail

	clients  window.Distinct
	ips      []netip.Addr
	agents   []string
	apps     []string
	hosts    []string
	evidence []string
	budget   *ipBudget
	indexed  listSizes // those of the lists of indicators that left last
	cloud    bool      // a cloud service was among those reached

	last       notification
	suppressed int
	updated    bool   // is in the tracker's list of this chunk
	waiting    bool   // has a message that waits
	closed     bool   // no longer with the tracker
	withdrawn  bool   // later records have explained it
	order      uint64 // its place in the tracker's order
}

// notification is the state of the incident at its last message.
type notification struct {
	sequence int
	at       int64 // End then
	sent     int64 // newest event time then
	severity alert.Severity
	class    string
	volume   int
	valid    int
	upToDate bool // nothing has happened since
	muted    bool // the policy kept it back
}

// Extend makes the incident last from or until a time, in Unix milliseconds.
func (i *Incident) Extend(at int64) {
	if i.Start == 0 || at < i.Start {
		i.Start = at
	}
	i.End = max(i.End, at)
}

// Closed reports whether the incident has sent its final message, either after
// the quiet time or because the tracker was full. A closed incident accepts no
// more events.
func (i *Incident) Closed() bool { return i.closed }

// Withdrawn reports whether later records have explained the incident.
func (i *Incident) Withdrawn() bool { return i.withdrawn }

// Changed records that the last message is no longer up to date.
func (i *Incident) Changed() { i.last.upToDate = false }

// AddClient adds an address that took part.
func (i *Incident) AddClient(client event.ClientKey) {
	if i.clients.Add(client.Hash()) && (len(i.ips) < MaxListed || len(i.ips) < maxKeptIPs && i.budget.take()) {
		i.ips = append(i.ips, client.Addr())
	}
}

// Involves reports whether an address is the client of the incident, or one of the
// first addresses that took part.
func (i *Incident) Involves(ip netip.Addr) bool {
	return ip == i.Client || i.Prefix.Contains(ip) || slices.Contains(i.ips, ip)
}

// AddEvent keeps the texts of an event: agent, application, host and record.
// It costs nothing once the lists are full.
func (i *Incident) AddEvent(ev *event.Event) {
	i.agents = appendCapped(i.agents, ev.AgentText(), maxAgents)
	i.apps = appendCapped(i.apps, ev.App, maxAgents)
	i.hosts = appendCapped(i.hosts, ev.Host, MaxListed)
	if len(i.evidence) < MaxListed {
		var record [event.MaxRecord]byte
		i.evidence = appendCapped(i.evidence, ev.AppendRecord(record[:0]), MaxListed)
	}
	i.cloud = i.cloud || ev.Source == event.UAL || ev.Source == event.Entra || ev.Source == event.Graph
}

// compromised returns the number of accounts of which each is worth a message.
func (i *Incident) compromised() int { return i.Valid.Count() + i.Joined }

// OfCloud reports whether any event of the incident is from a log of the cloud.
func (i *Incident) OfCloud() bool { return i.cloud }

// appendCapped appends a capped copy of text to list if it is new and there is
// room.
func appendCapped(list []string, text []byte, limit int) []string {
	if len(text) == 0 || len(list) >= limit {
		return list
	}
	text = text[:min(len(text), event.MaxText)]
	for _, s := range list {
		if s == string(text) {
			return list
		}
	}
	return append(list, string(text))
}

// lastTime returns the later of the last event's time and that of the last
// valid credential. It does not depend on the order of arrival.
func (i *Incident) lastTime() time.Time {
	last := event.UnixTime(i.End)
	for _, v := range i.Valid.list {
		if v.At.After(last) {
			last = v.At
		}
	}
	return last
}
