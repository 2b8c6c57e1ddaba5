package analytics

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

type savedIncident struct {
	Rule       string
	Class      string
	Severity   Severity
	Opened     string
	Client     netip.Addr
	Prefix     netip.Prefix
	Account    string
	Subject    string
	Start, End int64
	Counts     Counts
	Tallies    []savedTally
	Users      []byte
	Clients    []byte
	Mailboxes  []byte
	AgentIDs   []uint32
	Services   uint32
	Tries      savedTries
	Valid      savedCredentials
	Present    savedCredentials
	Labels     []string
	IPs        []netip.Addr
	Agents     []string
	Apps       []string
	Hosts      []string
	Evidence   []string
	Signals    []Signal
	Cloud      bool
	Privileged bool
	Bars       [2]int
	Told       savedTelling
	Suppressed int
	AppSubject bool
	Location   policy.Location
	Certainty  float64
	Baseline   string
	Held       bool
	Turn       uint64
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

type savedTelling struct {
	Sequence      int
	At            int64
	Severity      Severity
	Class         string
	Volume, Valid int
	Newest        bool
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
		s.List[place] = savedCredential{Key: key, User: f.User, At: f.At.UnixMilli(), How: f.How, Service: f.service, IP: f.IP, Text: [3]string{f.Agent, f.App, f.Record}}
	}
	return s
}

func (s savedCredentials) restored() (c credentials) {
	c.at = make(map[uint64]int, len(s.List)+len(s.Beyond))
	for place, f := range s.List {
		c.at[f.Key] = place
		c.list = append(c.list, Credential{User: f.User, At: time.UnixMilli(f.At).UTC(), How: f.How, service: f.Service, IP: f.IP, Agent: f.Text[0], App: f.Text[1], Record: f.Text[2]})
	}
	for _, key := range s.Beyond {
		c.at[key] = -1
	}
	return c
}

func (i *incident) saved() (savedIncident, error) {
	s := savedIncident{Rule: i.rule.ID, Class: i.class, Severity: i.severity, Opened: i.opened, Client: i.client, Prefix: i.prefix,
		Account: i.account, Subject: i.subject, Start: i.start, End: i.end, Counts: i.counts, AgentIDs: i.agentIDs,
		Services: i.services, Tries: i.tries.All(), Valid: i.valid.saved(), Present: i.present.saved(), Labels: i.labels,
		IPs: i.ips, Agents: i.agents, Apps: i.apps, Hosts: i.hosts, Evidence: i.evidence, Signals: i.signals, Cloud: i.cloud,
		Privileged: i.privilegedSubject, Bars: [2]int{i.bars.users, i.bars.failures}, Suppressed: i.suppressed,
		AppSubject: i.appSubject, Location: i.location, Certainty: i.certainty, Baseline: i.baseline, Held: i.held, Turn: i.turn, Campaign: i.campaign, Members: i.members,
		Told: savedTelling{Sequence: i.told.sequence, At: i.told.at, Severity: i.told.severity, Class: i.told.class,
			Volume: i.told.volume, Valid: i.told.valid, Newest: i.told.newest}}
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
		services: s.Services, tries: window.TriesOf(s.Tries), valid: s.Valid.restored(), present: s.Present.restored(), labels: s.Labels,
		ips: s.IPs, agents: s.Agents, apps: s.Apps, hosts: s.Hosts, evidence: s.Evidence, signals: s.Signals, cloud: s.Cloud,
		privilegedSubject: s.Privileged, suppressed: s.Suppressed, appSubject: s.AppSubject, location: s.Location,
		certainty: s.Certainty, baseline: s.Baseline, held: s.Held, turn: s.Turn, campaign: s.Campaign, members: s.Members, tallies: make(map[uint64]*tally, len(s.Tallies)),
		told: telling{sequence: s.Told.Sequence, at: s.Told.At, severity: s.Told.Severity, class: s.Told.Class,
			volume: s.Told.Volume, valid: s.Told.Valid, newest: s.Told.Newest}}
	i.bars.users, i.bars.failures = s.Bars[0], s.Bars[1]
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

var ruleByID = map[string]*Rule{ruleStuffing.ID: &ruleStuffing, ruleCollection.ID: &ruleCollection}

// savedDesk is what the desk knows beside its incidents.
type savedDesk struct {
	Newest, Minute int64
	Sent           int
}

func (d *desk) saved() savedDesk { return savedDesk{d.newest, d.minute, d.sent} }

func (d *desk) restoreDesk(_, value []byte) error {
	if err := msgpack.Unmarshal(value, &d.put); err != nil {
		return err
	}
	d.newest, d.minute, d.sent = d.put.Newest, d.put.Minute, d.put.Sent
	return nil
}

func (d *desk) restore(key, value []byte) error {
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
func (d *desk) restored() {
	list := d.incidents.Values()
	slices.SortFunc(list, func(a, b *incident) int { return cmp.Compare(a.turn, b.turn) })
	for _, i := range list {
		d.incidents.Get(i.id)
		d.clock = max(d.clock, i.turn)
		if i.held {
			d.held = append(d.held, i)
		}
	}
}
