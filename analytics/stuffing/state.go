package stuffing

import (
	"fmt"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/window"
)

// The names of the tables.
const (
	tableAccounts   = "accounts"
	tableClients    = "clients"
	tableForeign    = "foreign_sign_ins"
	tablePopulation = "population"
	tableLateness   = "lateness"

	tableUndecidedClients   = "undecided_clients"
	tableUndecidedCampaigns = "undecided_campaigns"
)

// The state of AN1269 as it is saved. Structs are encoded as arrays: another field, or
// another meaning of one, changes analytics.StateFormat.
// Pointers between entries become ids. Recency is not kept: an entry that was
// restored is as old as all others of its segment.

type savedClient struct {
	Protected bool
	Attempts  state.Attempts
	SignIns   []savedLogon
	Known     int32
	Usual     [4]float32
	UsualDay  int32
	Owner     uint32
	Incident  string
	Campaign  string
	Unit      *savedUnit
	Hours     []float32 // of each hour of the day: day, today, usual
	Earlier   []savedUnitIncident
	Wait      [2]int32 // minutes, end

	Replaced       []uint16
	ReplacedNewest int32
}

type savedUnit struct {
	Tools         []uint32
	Familiar      bool
	Newest        int64
	Rare          []uint32
	Oldest, Pause int64
}

type savedUnitIncident struct {
	Incident string
	Unit     *savedUnit
}

type savedLogon struct {
	Key                      uint64
	Name                     string
	From                     event.ClientKey
	First, Last              int64
	Agent, Tool, LearnedTool uint32
	Application              uint32
	Learned                  int32
	Service                  event.Service
	Family                   event.Family
	Outcome                  event.Outcome
	Reason                   event.Reason
	Proof                    event.Proof
	Foreign, Counted         bool
	Text                     []string
	Hours                    uint64
}

type savedAccount struct {
	Protected bool
	Name      string
	Known     []savedKnownClient
	Attempts  state.Attempts
	Incident  string
	Stale     [2]int32 // minute, failures
	Failed    int32    // hour of its last failure that is its own
}

type savedKnownClient struct {
	Client      event.ClientKey
	Owner       uint32
	First, Last int64
	Agents      [maxKnownAgents][3]int64 // hash, minute of the first use, family
	Counted     bool
}

func (c *client) saved(protected bool) *savedClient {
	s := &savedClient{Protected: protected, Attempts: c.attempts.All(), Owner: c.owner, Incident: idOf(c.incident), Campaign: idOf(c.campaign), Wait: [...]int32{c.wait.minutes, c.wait.ends}}
	for _, a := range c.signIns() {
		s.SignIns = append(s.SignIns, a.saved())
	}
	if u := c.users; u != nil {
		s.Known, s.UsualDay = u.known, u.usual.day
		s.Hours = u.hours.Saved()
		s.Replaced, s.ReplacedNewest = u.replaced.counts, u.replaced.newest
		for _, e := range u.earlier {
			s.Earlier = append(s.Earlier, savedUnitIncident{idOf(e.incident), e.unit.saved()})
		}
		s.Usual = [4]float32{u.usual.burst, u.usual.slow, u.usual.todayBurst, u.usual.todaySlow}
	}
	if a := c.unit; a != nil {
		s.Unit = a.saved()
	}
	return s
}

func (u *unit) saved() *savedUnit {
	return &savedUnit{Tools: u.tools, Familiar: u.familiar, Newest: u.newest, Rare: u.rare, Oldest: u.oldest, Pause: u.pause}
}

func (s *savedUnit) restored() *unit {
	return &unit{tools: s.Tools, rare: s.Rare, familiar: s.Familiar, oldest: s.Oldest, newest: s.Newest, pause: s.Pause}
}

func (a *signIn) saved() savedLogon {
	s := savedLogon{Key: a.key, Name: a.account.name, From: a.from, First: a.first, Last: a.last, Agent: a.agent, Tool: a.tool, Application: a.app, LearnedTool: a.learnedTool,
		Learned: a.learned, Service: a.service, Family: a.family, Outcome: a.outcome, Reason: a.reason, Proof: a.proof, Foreign: a.foreign, Counted: a.counted, Hours: a.hours}
	if a.text != nil {
		s.Text = []string{a.text.agent, a.text.app, a.text.record}
	}
	return s
}

func (s *profiles) restoredSignIn(in *savedLogon) *signIn {
	a := &signIn{key: in.Key, account: s.accountNamed(in.Key, in.Name), from: in.From, first: in.First, last: in.Last, agent: in.Agent, tool: in.Tool, app: in.Application,
		learnedTool: in.LearnedTool, learned: in.Learned, service: in.Service, family: in.Family, outcome: in.Outcome, reason: in.Reason, proof: in.Proof, foreign: in.Foreign, counted: in.Counted, hours: in.Hours}
	if len(in.Text) == 3 {
		a.textAt, a.text = in.First, &signInText{in.Tool, in.Text[0], in.Text[1], in.Text[2]}
	}
	return a
}

func (a *account) saved(protected bool) *savedAccount {
	s := &savedAccount{Protected: protected, Name: a.name, Attempts: a.attempts.All(), Incident: idOf(a.incident), Stale: [2]int32{a.stale.minute, int32(a.stale.failures)}, Failed: a.failedHour}
	for i := range a.known {
		h := &a.known[i]
		k := savedKnownClient{Client: h.client, Owner: h.owner, First: h.first, Last: h.last, Counted: h.counted}
		for n, agent := range h.agents {
			k.Agents[n] = [3]int64{int64(agent.agent), int64(agent.since), int64(h.families[n])}
		}
		s.Known = append(s.Known, k)
	}
	return s
}

func (s *profiles) restoreClient(key, value []byte) error {
	var in savedClient
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	k, err := clientOf(key)
	if err != nil {
		return err
	}
	c := &client{key: k, owner: in.Owner, wait: lateness{minutes: in.Wait[0], ends: in.Wait[1]}, attempts: window.AttemptsOf(in.Attempts), incident: attack.ByID(s.incidents.tracker, in.Incident), campaign: attack.ByID(s.incidents.tracker, in.Campaign)}
	for _, t := range in.Attempts {
		c.noteFailure(t.At)
	}
	if len(in.SignIns) > 0 || in.Known > 0 || in.UsualDay != 0 {
		c.users = &users{known: in.Known, usual: usualFailures{in.Usual[0], in.Usual[1], in.Usual[2], in.Usual[3], in.UsualDay}}
	}
	if len(in.Replaced) == replacedSlots && in.ReplacedNewest >= 0 && c.users != nil {
		c.users.replaced = replacedSignIns{in.Replaced, in.ReplacedNewest}
	}
	for i := range in.SignIns {
		c.users.add(s.restoredSignIn(&in.SignIns[i]))
	}
	if len(in.Hours) > 0 && c.users != nil {
		c.users.hours = baseline.HoursOf(in.Hours)
	}
	if in.Unit != nil {
		c.unit = in.Unit.restored()
	}
	for _, e := range in.Earlier {
		if i := attack.ByID(s.incidents.tracker, e.Incident); i != nil && e.Unit != nil && c.users != nil {
			c.users.earlier = append(c.users.earlier, unitIncident{i, e.Unit.restored()})
		}
	}
	s.clients.Load(c.key, c, in.Protected)
	return nil
}

// clientOf returns the client whose key was saved.
func clientOf(key []byte) (k event.ClientKey, err error) {
	if len(key) != len(k) {
		return k, fmt.Errorf("key of %d bytes (want %d)", len(key), len(k))
	}
	return event.ClientKey(key), nil
}

func (s *statistics) saveLateness(w *state.Writer) {
	if s.late != s.saved {
		s.saved = s.late
		w.Encode(tableLateness, [...]int32{s.late.minutes, s.late.ends})
		w.Put(tableLateness, []byte(tableLateness), true)
	}
}

func (s *statistics) restoreLateness(_, value []byte) error {
	var in [2]int32
	err := msgpack.Unmarshal(value, &in)
	s.late.minutes, s.late.ends = in[0], in[1]
	s.saved = s.late
	return err
}

func (s *rarity) restoreFeature(key, value []byte) error {
	k, err := state.Number(key)
	if err != nil {
		return err
	}
	return s.population.Load(k, value)
}

func (s *rarity) savePopulation(w *state.Writer) {
	w.Fail(s.population.Changes(func(key uint64, value []byte, ok bool) {
		w.Value = append(w.Value[:0], value...)
		w.Put(tablePopulation, w.Number(key), ok)
	}))
}

// accountNamed is the account in the table, or one of that name beside it:
// a sign-in may outlive its account's entry.
func (s *profiles) accountNamed(key uint64, name string) *account {
	if a, ok := s.accounts.Peek(key); ok {
		return a
	}
	return &account{key: key, name: name}
}

func (s *profiles) restoreAccount(key, value []byte) error {
	var in savedAccount
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	k, err := state.Number(key)
	if err != nil {
		return err
	}
	a := &account{key: k, name: in.Name, attempts: window.AttemptsOf(in.Attempts), incident: attack.ByID(s.incidents.tracker, in.Incident)}
	a.stale, a.failedHour = staleProgram{in.Stale[0], uint8(in.Stale[1])}, in.Failed
	for _, h := range in.Known {
		k := knownClient{client: h.Client, owner: h.Owner, first: h.First, last: h.Last, counted: h.Counted}
		for n, agent := range h.Agents {
			k.agents[n], k.families[n] = knownAgent{uint32(agent[0]), int32(agent[1])}, event.Family(agent[2])
		}
		a.known = append(a.known, k)
	}
	s.accounts.Load(k, a, in.Protected)
	return nil
}

// tables returns the tables of accounts and clients. Accounts come before the clients
// whose sign-ins refer to them.
func (s *profiles) tables() []state.Table {
	return []state.Table{
		{Name: tableAccounts, Track: s.accounts.Track, Restore: s.restoreAccount, Changes: s.saveAccounts,
			Size: func() (int, uint64) { return s.accounts.Len(), s.accounts.Evicted() }},
		{Name: tableClients, Track: s.clients.Track, Restore: s.restoreClient, Changes: s.saveClients,
			Size: func() (int, uint64) { return s.clients.Len(), s.clients.Evicted() }},
	}
}

func (s *profiles) saveAccounts(w *state.Writer) {
	s.accounts.Changes(func(k uint64, a *account, present, protected bool) {
		if present {
			w.Encode(tableAccounts, a.saved(protected))
		}
		w.Put(tableAccounts, w.Number(k), present)
	})
}

func (s *profiles) saveClients(w *state.Writer) {
	s.clients.Changes(func(k event.ClientKey, c *client, present, protected bool) {
		if present {
			w.Encode(tableClients, c.saved(protected))
		}
		w.Put(tableClients, k[:], present)
	})
}
