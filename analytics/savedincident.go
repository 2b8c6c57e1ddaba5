package analytics

import (
	"cmp"
	"fmt"
	"net/netip"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
	"slices"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

type savedIncident struct {
	Rule       string
	Class      string
	Severity   alert.Severity
	Opened     string
	Client     netip.Addr
	Prefix     netip.Prefix
	Account    string
	Subject    string
	Start, End int64
	Counts     alert.Counts
	Tallies    []savedTally
	Users      []byte
	Clients    []byte
	Mailboxes  []byte
	AgentIDs   []uint32
	Services   uint32
	Tries      savedAttempts
	Valid      savedCredentials
	Familiar   savedCredentials
	Labels     []string
	IPs        []netip.Addr
	Agents     []string
	Apps       []string
	Hosts      []string
	Evidence   []string
	Signals    []alert.Signal
	Cloud      bool
	Privileged bool
	HighFrom   [2]int
	Last       savedNotification
	Suppressed int
	AppSubject bool
	Location   policy.Location
	Confidence float64
	Baseline   string
	Waiting    bool
	Order      uint64
	Campaign   string
	Members    []string
}

type savedTally struct {
	Key             uint64
	Name            string
	Failures        int
	Last            int64
	Reason          event.Reason
	Unknown, Locked bool
	Marks           event.Marks
}

type savedNotification struct {
	Sequence      int
	At            int64
	Severity      alert.Severity
	Class         string
	Volume, Valid int
	UpToDate      bool
}

// savedCredentials are the listed ones with their keys, and the keys of those
// beyond the list.
type savedCredentials struct {
	List   []savedCredential
	Beyond []uint64
}

type savedCredential struct {
	Key     uint64
	User    string
	At      int64
	How     string
	Service event.Service
	IP      netip.Addr
	Text    [3]string // agent, app, record
}

func (c *credentials) saved() (s savedCredentials) {
	s.List = make([]savedCredential, len(c.list))
	for key, place := range c.at {
		if place < 0 {
			s.Beyond = append(s.Beyond, key)
			continue
		}
		f := c.list[place]
		s.List[place] = savedCredential{Key: key, User: f.User, At: f.At.UnixMilli(), How: f.How, Service: f.Service, IP: f.IP, Text: [3]string{f.Agent, f.App, f.Record}}
	}
	return s
}

func (s savedCredentials) restored() (c credentials) {
	c.at = make(map[uint64]int, len(s.List)+len(s.Beyond))
	for place, f := range s.List {
		c.at[f.Key] = place
		c.list = append(c.list, alert.Credential{User: f.User, At: time.UnixMilli(f.At).UTC(), How: f.How, Service: f.Service, IP: f.IP, Agent: f.Text[0], App: f.Text[1], Record: f.Text[2]})
	}
	for _, key := range s.Beyond {
		c.at[key] = -1
	}
	return c
}

func (i *incident) saved() (savedIncident, error) {
	s := savedIncident{Rule: i.rule.ID, Class: i.class, Severity: i.severity, Opened: i.opened, Client: i.client, Prefix: i.prefix,
		Account: i.account, Subject: i.subject, Start: i.start, End: i.end, Counts: i.counts, AgentIDs: i.agentIDs,
		Services: i.services, Tries: i.attempts.All(), Valid: i.valid.saved(), Familiar: i.familiar.saved(), Labels: i.labels,
		IPs: i.ips, Agents: i.agents, Apps: i.apps, Hosts: i.hosts, Evidence: i.evidence, Signals: i.signals, Cloud: i.cloud,
		Privileged: i.privilegedSubject, HighFrom: [2]int{i.highFrom.users, i.highFrom.failures}, Suppressed: i.suppressed,
		AppSubject: i.appSubject, Location: i.location, Confidence: i.confidence, Baseline: i.baseline, Waiting: i.waiting, Order: i.order, Campaign: i.campaign, Members: i.members,
		Last: savedNotification{Sequence: i.last.sequence, At: i.last.at, Severity: i.last.severity, Class: i.last.class,
			Volume: i.last.volume, Valid: i.last.valid, UpToDate: i.last.upToDate}}
	for key, t := range i.tallies {
		s.Tallies = append(s.Tallies, savedTally{Key: key, Name: t.name, Failures: t.failures, Last: t.last, Reason: t.reason,
			Unknown: t.unknown, Locked: t.locked, Marks: t.marks})
	}
	for _, d := range []struct {
		from *window.Distinct
		to   *[]byte
	}{{&i.users, &s.Users}, {&i.clients, &s.Clients}, {&i.mailboxes, &s.Mailboxes}} {
		b, err := d.from.MarshalBinary()
		if err != nil {
			return s, err
		}
		*d.to = b
	}
	return s, nil
}

func (s *savedIncident) restored(id string) (*incident, error) {
	rule, ok := ruleByID[s.Rule]
	if !ok {
		return nil, fmt.Errorf("rule %q", s.Rule)
	}
	i := &incident{id: id, rule: rule, class: s.Class, severity: s.Severity, opened: s.Opened, client: s.Client, prefix: s.Prefix,
		account: s.Account, subject: s.Subject, start: s.Start, end: s.End, counts: s.Counts, agentIDs: s.AgentIDs,
		services: s.Services, attempts: window.AttemptsOf(s.Tries), valid: s.Valid.restored(), familiar: s.Familiar.restored(), labels: s.Labels,
		ips: s.IPs, agents: s.Agents, apps: s.Apps, hosts: s.Hosts, evidence: s.Evidence, signals: s.Signals, cloud: s.Cloud,
		privilegedSubject: s.Privileged, suppressed: s.Suppressed, appSubject: s.AppSubject, location: s.Location,
		confidence: s.Confidence, baseline: s.Baseline, waiting: s.Waiting, order: s.Order, campaign: s.Campaign, members: s.Members, tallies: make(map[uint64]*tally, len(s.Tallies)),
		last: notification{sequence: s.Last.Sequence, at: s.Last.At, severity: s.Last.Severity, class: s.Last.Class,
			volume: s.Last.Volume, valid: s.Last.Valid, upToDate: s.Last.UpToDate}}
	i.highFrom.users, i.highFrom.failures = s.HighFrom[0], s.HighFrom[1]
	for _, t := range s.Tallies {
		i.tallies[t.Key] = &tally{name: t.Name, failures: t.Failures, last: t.Last, reason: t.Reason, unknown: t.Unknown, locked: t.Locked, marks: t.Marks}
	}
	for _, d := range []struct {
		to   *window.Distinct
		from []byte
	}{{&i.users, s.Users}, {&i.clients, s.Clients}, {&i.mailboxes, s.Mailboxes}} {
		if err := d.to.UnmarshalBinary(d.from); err != nil {
			return nil, err
		}
	}
	return i, nil
}

var ruleByID = map[string]*alert.Rule{ruleStuffing.ID: &ruleStuffing, ruleCollection.ID: &ruleCollection}

// savedDesk is what the desk knows beside its incidents.
type savedTracker struct {
	Newest, Minute int64
	Sent           int
}

func (d *tracker) state() savedTracker { return savedTracker{d.newest, d.minute, d.sent} }

func (d *tracker) restoreTracker(_, value []byte) error {
	if err := msgpack.Unmarshal(value, &d.lastSaved); err != nil {
		return err
	}
	d.newest, d.minute, d.sent = d.lastSaved.Newest, d.lastSaved.Minute, d.lastSaved.Sent
	return nil
}

func (d *tracker) restore(key, value []byte) error {
	var in savedIncident
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	i, err := in.restored(string(key))
	if err != nil {
		return err
	}
	d.incidents.Add(i.id, i)
	return nil
}

// restored puts the incidents in their old order: what goes quiet is looked
// for at its old end.
func (d *tracker) restored() {
	list := d.incidents.Values()
	slices.SortFunc(list, func(a, b *incident) int { return cmp.Compare(a.order, b.order) })
	for _, i := range list {
		d.incidents.Get(i.id)
		d.order = max(d.order, i.order)
		if i.waiting {
			d.waiting = append(d.waiting, i)
		}
	}
}
