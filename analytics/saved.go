package analytics

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// The state of AN1269 as it is put down. These forms are on disk: fields are
// only ever added, at the end; what changes its meaning changes StateFormat.
//
// Structs are encoded as arrays. Pointers between entries become ids. Recency is not kept: an entry that was
// restored is as old as all others of its segment.

type savedClient struct {
	Proven    bool
	Tries     []window.Try
	Admitted  []savedAdmission
	Residents int
	Incident  string
}

type savedAdmission struct {
	Key         uint64
	Name        string
	From        clientKey
	First, Last int64
	Agent       uint32
	Service     event.Service
	Outcome     event.Outcome
	Reason      event.Reason
	Proof       event.Proof
}

type savedAccount struct {
	Proven   bool
	Name     string
	Homes    []savedHome
	Tries    []window.Try
	Incident string
}

type savedHome struct {
	Client      clientKey
	First, Last int64
	Agents      [maxHomeAgents]uint32
}

type savedCampaign struct {
	Fails, Admits []window.Try
	Incident      string
}

func (c *client) saved(proven bool) savedClient {
	s := savedClient{Proven: proven, Tries: c.tries.All(), Residents: c.residents, Incident: idOf(c.incident)}
	for _, a := range c.admitted {
		s.Admitted = append(s.Admitted, savedAdmission{Key: a.key, Name: a.account.name, From: a.from, First: a.first,
			Last: a.last, Agent: a.agent, Service: a.service, Outcome: a.outcome, Reason: a.reason, Proof: a.proof})
	}
	return s
}

func (a *account) saved(proven bool) savedAccount {
	s := savedAccount{Proven: proven, Name: a.name, Tries: a.tries.All(), Incident: idOf(a.incident)}
	for _, h := range a.homes {
		s.Homes = append(s.Homes, savedHome{Client: h.client, First: h.first, Last: h.last, Agents: h.agents})
	}
	return s
}

func (c *campaign) saved() savedCampaign {
	return savedCampaign{Fails: c.fails.All(), Admits: c.admits.All(), Incident: idOf(c.incident)}
}

func idOf(i *incident) string {
	if i == nil {
		return ""
	}
	return i.id
}

// incidentNamed is the open incident with that id; nil where it is closed.
func (s *stuffing) incidentNamed(id string) *incident {
	i, _ := s.desk.incidents.Peek(id)
	return i
}

func (s *stuffing) restoreClient(key, value []byte) error {
	var in savedClient
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	if len(key) != len(clientKey{}) {
		return fmt.Errorf("key of %d bytes", len(key))
	}
	c := &client{key: clientKey(key), tries: window.TriesOf(in.Tries), residents: in.Residents, incident: s.incidentNamed(in.Incident)}
	for _, a := range in.Admitted {
		c.admitted = append(c.admitted, admission{key: a.Key, account: s.accountNamed(a.Key, a.Name), from: a.From, first: a.First,
			last: a.Last, agent: a.Agent, service: a.Service, outcome: a.Outcome, reason: a.Reason, proof: a.Proof})
	}
	s.clients.Add(c.key, c)
	if in.Proven {
		s.clients.Promote(c.key)
	}
	return nil
}

// accountNamed is the account in the table, or one of that name beside it:
// an admission may outlive its account's entry.
func (s *stuffing) accountNamed(key uint64, name string) *account {
	if a, ok := s.accounts.Get(key); ok {
		return a
	}
	return &account{key: key, name: name}
}

func (s *stuffing) restoreAccount(key, value []byte) error {
	var in savedAccount
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	k, err := numberOf(key)
	if err != nil {
		return err
	}
	a := &account{key: k, name: in.Name, tries: window.TriesOf(in.Tries), incident: s.incidentNamed(in.Incident)}
	for _, h := range in.Homes {
		a.homes = append(a.homes, home{client: h.Client, first: h.First, last: h.Last, agents: h.Agents})
	}
	s.accounts.Add(k, a)
	if in.Proven {
		s.accounts.Promote(k)
	}
	return nil
}

func (s *stuffing) restoreCampaign(key, value []byte) error {
	var in savedCampaign
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	k, err := numberOf(key)
	if err != nil {
		return err
	}
	s.campaigns.Add(k, &campaign{fails: window.TriesOf(in.Fails), admits: window.TriesOf(in.Admits), incident: s.incidentNamed(in.Incident)})
	return nil
}

func numberKey(k uint64) []byte { return binary.BigEndian.AppendUint64(nil, k) }

func numberOf(key []byte) (uint64, error) {
	if len(key) != 8 {
		return 0, fmt.Errorf("key of %d bytes", len(key))
	}
	return binary.BigEndian.Uint64(key), nil
}

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
	Tries      []window.Try
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
}

func (c *credentials) saved() (s savedCredentials) {
	s.List = make([]savedCredential, len(c.list))
	for key, place := range c.at {
		if place < 0 {
			s.Beyond = append(s.Beyond, key)
			continue
		}
		f := c.list[place]
		s.List[place] = savedCredential{Key: key, User: f.User, At: f.At.UnixMilli(), How: f.How, Service: f.service}
	}
	return s
}

func (s savedCredentials) restored() (c credentials) {
	c.at = make(map[uint64]int, len(s.List)+len(s.Beyond))
	for place, f := range s.List {
		c.at[f.Key] = place
		c.list = append(c.list, Credential{User: f.User, At: time.UnixMilli(f.At).UTC(), How: f.How, service: f.Service})
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
		privilegedSubject: s.Privileged, suppressed: s.Suppressed, tallies: make(map[uint64]*tally, len(s.Tallies)),
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

func (d *desk) restore(id string, value []byte) error {
	var in savedIncident
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	i, err := in.restored(id)
	if err != nil {
		return err
	}
	d.incidents.Add(id, i)
	return nil
}
