package profile

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
)

// The state of AN1269 as it is saved. Structs are encoded as arrays: another field, or another
// meaning of one, changes analytics.StateFormat. Pointers between entries become ids. Recency
// is not kept: an entry that was restored is as old as all others of its segment.

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

func (c *Client) saved(protected bool) *savedClient {
	s := &savedClient{Protected: protected, Attempts: c.Attempts.All(), Owner: c.Owner, Incident: idOf(c.Incident), Campaign: idOf(c.Campaign), Wait: [...]int32{c.Wait.Minutes, c.Wait.Ends}}
	for _, a := range c.SignIns() {
		s.SignIns = append(s.SignIns, a.saved())
	}
	if u := c.users; u != nil {
		s.Known, s.UsualDay = u.known, u.usual.day
		s.Hours = u.hours.Saved()
		s.Replaced, s.ReplacedNewest = u.replaced.counts, u.replaced.newest
		for _, e := range u.earlier {
			s.Earlier = append(s.Earlier, savedUnitIncident{idOf(e.incident), savedUnitOf(e.unit)})
		}
		s.Usual = [4]float32{u.usual.burst, u.usual.slow, u.usual.todayBurst, u.usual.todaySlow}
	}
	if a := c.Unit; a != nil {
		s.Unit = savedUnitOf(a)
	}
	return s
}

func savedUnitOf(u *attack.Unit) *savedUnit {
	return &savedUnit{Tools: u.Tools, Familiar: u.Familiar, Newest: u.Newest, Rare: u.Rare, Oldest: u.Oldest, Pause: u.Pause}
}

func (s *savedUnit) restored() *attack.Unit {
	return &attack.Unit{Tools: s.Tools, Rare: s.Rare, Familiar: s.Familiar, Oldest: s.Oldest, Newest: s.Newest, Pause: s.Pause}
}

func (a *SignIn) saved() savedLogon {
	s := savedLogon{Key: a.Key, Name: a.Account.Name, From: a.From, First: a.First, Last: a.Last, Agent: a.Agent, Tool: a.Tool, Application: a.App, LearnedTool: a.learnedTool,
		Learned: a.learned, Service: a.Service, Family: a.Family, Outcome: a.Outcome, Reason: a.Reason, Proof: a.proof, Foreign: a.Foreign, Counted: a.counted, Hours: a.hours}
	if a.Text != nil {
		s.Text = []string{a.Text.Agent, a.Text.App, a.Text.Record}
	}
	return s
}

func (s *Set) restoredSignIn(in *savedLogon) *SignIn {
	a := &SignIn{Key: in.Key, Account: s.accountNamed(in.Key, in.Name), From: in.From, First: in.First, Last: in.Last, Agent: in.Agent, Tool: in.Tool, App: in.Application,
		learnedTool: in.LearnedTool, learned: in.Learned, Service: in.Service, Family: in.Family, Outcome: in.Outcome, Reason: in.Reason, proof: in.Proof, Foreign: in.Foreign, counted: in.Counted, hours: in.Hours}
	if len(in.Text) == 3 {
		a.textAt, a.Text = in.First, &SignInText{in.Tool, in.Text[0], in.Text[1], in.Text[2]}
	}
	return a
}

func (a *Account) saved(protected bool) *savedAccount {
	s := &savedAccount{Protected: protected, Name: a.Name, Attempts: a.Attempts.All(), Incident: idOf(a.Incident), Stale: [2]int32{a.Stale.minute, int32(a.Stale.failures)}, Failed: a.failedHour}
	for i := range a.Known {
		h := &a.Known[i]
		k := savedKnownClient{Client: h.Client, Owner: h.owner, First: h.First, Last: h.Last, Counted: h.counted}
		for n, agent := range h.agents {
			k.Agents[n] = [3]int64{int64(agent.agent), int64(agent.since), int64(h.families[n])}
		}
		s.Known = append(s.Known, k)
	}
	return s
}

func (s *Set) restoreClient(key, value []byte) error {
	var in savedClient
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	k, err := ParseKey(key)
	if err != nil {
		return err
	}
	c := &Client{Key: k, Owner: in.Owner, Wait: Lateness{Minutes: in.Wait[0], Ends: in.Wait[1]}, Attempts: window.AttemptsOf(in.Attempts), Incident: attack.ByID(s.tracker, in.Incident), Campaign: attack.ByID(s.tracker, in.Campaign)}
	for _, t := range in.Attempts {
		c.NoteFailure(t.At)
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
		c.Unit = in.Unit.restored()
	}
	for _, e := range in.Earlier {
		if i := attack.ByID(s.tracker, e.Incident); i != nil && e.Unit != nil && c.users != nil {
			c.users.earlier = append(c.users.earlier, unitIncident{i, e.Unit.restored()})
		}
	}
	s.Clients.Load(c.Key, c, in.Protected)
	return nil
}

// ParseKey returns the client whose key was saved.
func ParseKey(key []byte) (k event.ClientKey, err error) {
	if len(key) != len(k) {
		return k, fmt.Errorf("key of %d bytes (want %d)", len(key), len(k))
	}
	return event.ClientKey(key), nil
}

// accountNamed returns the account in the table, or one of that name beside it:
// a sign-in may outlive its account's entry.
func (s *Set) accountNamed(key uint64, name string) *Account {
	if a, ok := s.Accounts.Peek(key); ok {
		return a
	}
	return &Account{Key: key, Name: name}
}

func (s *Set) restoreAccount(key, value []byte) error {
	var in savedAccount
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	k, err := state.Number(key)
	if err != nil {
		return err
	}
	a := &Account{Key: k, Name: in.Name, Attempts: window.AttemptsOf(in.Attempts), Incident: attack.ByID(s.tracker, in.Incident)}
	a.Stale, a.failedHour = StaleProgram{in.Stale[0], uint8(in.Stale[1])}, in.Failed
	for _, h := range in.Known {
		k := KnownClient{Client: h.Client, owner: h.Owner, First: h.First, Last: h.Last, counted: h.Counted}
		for n, agent := range h.Agents {
			k.agents[n], k.families[n] = knownAgent{uint32(agent[0]), int32(agent[1])}, event.Family(agent[2])
		}
		a.Known = append(a.Known, k)
	}
	s.Accounts.Load(k, a, in.Protected)
	return nil
}

// Tables returns the tables of accounts and clients. Accounts come before the clients
// whose sign-ins refer to them.
func (s *Set) Tables() []state.Table {
	return []state.Table{
		{Name: tableAccounts, Track: s.Accounts.Track, Restore: s.restoreAccount, Changes: s.saveAccounts,
			Size: func() (int, uint64) { return s.Accounts.Len(), s.Accounts.Evicted() }},
		{Name: tableClients, Track: s.Clients.Track, Restore: s.restoreClient, Changes: s.saveClients,
			Size: func() (int, uint64) { return s.Clients.Len(), s.Clients.Evicted() }},
	}
}

func (s *Set) saveAccounts(w *state.Writer) {
	s.Accounts.Changes(func(k uint64, a *Account, present, protected bool) {
		if present {
			w.Encode(tableAccounts, a.saved(protected))
		}
		w.Put(tableAccounts, w.Number(k), present)
	})
}

func (s *Set) saveClients(w *state.Writer) {
	s.Clients.Changes(func(k event.ClientKey, c *Client, present, protected bool) {
		if present {
			w.Encode(tableClients, c.saved(protected))
		}
		w.Put(tableClients, k[:], present)
	})
}

func idOf(i *attack.Attack) string {
	if i == nil {
		return ""
	}
	return i.ID
}
