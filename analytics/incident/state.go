package incident

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/state"
)

// The names of the tracker's tables.
const (
	trackerTable   = "tracker"
	incidentsTable = "incidents"
)

// savedIncident is the saved form of an incident: an array. Another field changes
// analytics.StateFormat.
type savedIncident struct {
	Rule       string
	Class      string
	Severity   alert.Severity
	Window     string
	Client     netip.Addr
	Prefix     netip.Prefix
	Account    string
	Subject    string
	Start, End int64
	Counts     alert.Counts
	Clients    []byte
	Services   uint32
	Valid      savedCredentials
	Familiar   savedCredentials
	Labels     []string
	IPs        []netip.Addr
	Agents     []string
	Apps       []string
	Hosts      []string
	Evidence   []string
	Cloud      bool
	Location   policy.Location
	Last       savedNotification
	Suppressed int
	Waiting    bool
	Order      uint64
	Campaign   string
	Members    []string
	Detail     []byte
	Joined     int
	Apart      int
}

type savedNotification struct {
	Sequence      int
	At            int64
	Severity      alert.Severity
	Class         string
	Volume, Valid int
	UpToDate      bool
	Muted         bool
	Sent          int64
}

// savedCredentials are the listed ones with their keys, and the count of all.
type savedCredentials struct {
	List []savedCredential
	All  []byte
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

func (c *Credentials) saved() (s savedCredentials, err error) {
	s.List = make([]savedCredential, len(c.list))
	for key, place := range c.at {
		f := c.list[place]
		s.List[place] = savedCredential{Key: key, User: f.User, At: f.At.UnixMilli(), How: f.How, Service: f.Service, IP: f.IP, Text: [3]string{f.Agent, f.App, f.Record}}
	}
	s.All, err = c.all.MarshalBinary()
	return s, err
}

func (s savedCredentials) restored() (c Credentials, err error) {
	for _, f := range s.List {
		c.append(f.Key, alert.Credential{User: f.User, At: time.UnixMilli(f.At).UTC(), How: f.How, Service: f.Service, IP: f.IP, Agent: f.Text[0], App: f.Text[1], Record: f.Text[2]})
	}
	return c, c.all.UnmarshalBinary(s.All)
}

func (i *Incident) saved() (savedIncident, error) {
	l := &i.last
	s := savedIncident{Rule: i.Rule.ID, Class: i.Class, Severity: i.Severity, Window: i.Window, Client: i.Client, Prefix: i.Prefix,
		Account: i.Account, Subject: i.Subject, Joined: i.Joined, Start: i.Start, End: i.End, Counts: i.Counts, Services: i.Services,
		Labels: i.Labels, IPs: i.ips, Agents: i.agents, Apps: i.apps,
		Hosts: i.hosts, Evidence: i.evidence, Cloud: i.cloud, Location: i.Location, Suppressed: i.suppressed,
		Waiting: i.waiting, Order: i.order, Campaign: i.Campaign, Members: i.Members, Apart: i.Apart,
		Last: savedNotification{l.sequence, l.at, l.severity, l.class, l.volume, l.valid, l.upToDate, l.muted, l.sent}}
	var errs [4]error
	s.Valid, errs[0] = i.Valid.saved()
	s.Familiar, errs[1] = i.Familiar.saved()
	s.Clients, errs[2] = i.clients.MarshalBinary()
	s.Detail, errs[3] = i.Detail.Save()
	return s, errors.Join(errs[:]...)
}

func (s *savedIncident) restored(id string, rule *alert.Rule, detail func(*Incident) Detail) (*Incident, error) {
	l := &s.Last
	i := &Incident{ID: id, Rule: rule, Class: s.Class, Severity: s.Severity, Window: s.Window, Client: s.Client, Prefix: s.Prefix,
		Account: s.Account, Subject: s.Subject, Joined: s.Joined, Start: s.Start, End: s.End, Counts: s.Counts, Services: s.Services,
		Labels: s.Labels, ips: s.IPs, agents: s.Agents, apps: s.Apps,
		hosts: s.Hosts, evidence: s.Evidence, cloud: s.Cloud, Location: s.Location, suppressed: s.Suppressed,
		waiting: s.Waiting, order: s.Order, Campaign: s.Campaign, Members: s.Members, Apart: s.Apart,
		last: notification{sequence: l.Sequence, at: l.At, sent: l.Sent, severity: l.Severity, class: l.Class,
			volume: l.Volume, valid: l.Valid, upToDate: l.UpToDate, muted: l.Muted}}
	i.Detail = detail(i)
	var errs [4]error
	i.Valid, errs[0] = s.Valid.restored()
	i.Familiar, errs[1] = s.Familiar.restored()
	errs[2], errs[3] = i.clients.UnmarshalBinary(s.Clients), i.Detail.Restore(s.Detail)
	return i, errors.Join(errs[:]...)
}

// savedTracker is what the tracker knows beside its incidents.
type savedTracker struct {
	Newest, Minute int64
	Sent           int
}

// Tables returns the tables of the tracker. They come before those of the
// analytics, whose entries refer to incidents.
func (t *Tracker) Tables() []state.Table {
	return []state.Table{
		{Name: trackerTable, Changes: t.saveTracker, Restore: t.restoreTracker},
		{
			Name:    incidentsTable,
			Track:   func() { t.dirty = map[string]struct{}{} },
			Changes: t.saveIncidents,
			Restore: t.restoreIncident,
			Loaded:  t.loaded,
		},
	}
}

func (t *Tracker) saveTracker(w *state.Writer) {
	if now := (savedTracker{t.newest, t.minute, t.sent}); now != t.lastSaved {
		w.Encode(trackerTable, now)
		w.Put(trackerTable, []byte(trackerTable), true)
		t.lastSaved = now
	}
}

func (t *Tracker) saveIncidents(w *state.Writer) {
	for id := range t.dirty {
		i, ok := t.incidents.Peek(id)
		if ok {
			s, err := i.saved()
			w.Fail(err)
			w.Encode(incidentsTable, &s)
		}
		w.Put(incidentsTable, []byte(id), ok)
	}
	clear(t.dirty)
}

func (t *Tracker) restoreTracker(_, value []byte) error {
	if err := msgpack.Unmarshal(value, &t.lastSaved); err != nil {
		return err
	}
	t.newest, t.minute, t.sent = t.lastSaved.Newest, t.lastSaved.Minute, t.lastSaved.Sent
	return nil
}

func (t *Tracker) restoreIncident(key, value []byte) error {
	var in savedIncident
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	for rule, detail := range t.details {
		if rule.ID == in.Rule {
			i, err := in.restored(string(key), rule, detail)
			if err == nil {
				i.budget = &t.budget
				t.budget.claim(i)
				t.incidents.Add(i.ID, i)
			}
			return err
		}
	}
	return fmt.Errorf("rule %q: no analytic of this name", in.Rule)
}

// loaded puts the incidents in the order they had, so that quiet incidents close
// in the same order.
func (t *Tracker) loaded() {
	list := t.incidents.Values()
	slices.SortFunc(list, func(a, b *Incident) int { return cmp.Compare(a.order, b.order) })
	for _, i := range list {
		t.incidents.Get(i.ID)
		t.order = max(t.order, i.order)
		if i.waiting {
			t.waiting = append(t.waiting, i)
		}
	}
}
