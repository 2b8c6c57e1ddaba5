package stuffing

import (
	"fmt"
	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"

	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"
)

// The state of AN1269 as it is put down. These forms are on disk: fields are
// only ever added, at the end; what changes its meaning changes StateFormat.
//
// Structs are encoded as arrays. Pointers between entries become ids. Recency is
// not kept: an entry that was restored is as old as all others of its segment.
//
// What changes with every chunk is written field by field, in the order of the
// struct that it is read into: the encoder takes five times as long, and what
// is read once at a start is written a thousand times.

type savedClient struct {
	Protected  bool
	Attempts   state.Attempts
	Logons     []savedLogon
	KnownUsers int
	Incident   string
}

type savedLogon struct {
	Key         uint64
	Name        string
	From        event.ClientKey
	First, Last int64
	Agent       uint32
	Service     event.Service
	Outcome     event.Outcome
	Reason      event.Reason
	Proof       event.Proof
}

type savedAccount struct {
	Protected    bool
	Name         string
	KnownClients []savedKnownClient
	Attempts     state.Attempts
	Incident     string
}

type savedKnownClient struct {
	Client      event.ClientKey
	First, Last int64
	Agents      [maxKnownAgents]uint32
}

type savedCampaign struct {
	Failures, Successes state.Attempts
	Incident            string
	SinceCount          int
}

func (c *client) saved(b []byte, proven bool) []byte {
	b = msgp.AppendBool(msgp.AppendArrayHeader(b, 5), proven)
	b = state.AppendAttempts(b, c.attempts.All())
	b = msgp.AppendArrayHeader(b, uint32(len(c.logonList())))
	for i := range c.logonList() {
		a := &c.logons.list[i]
		b = a.saved(b)
	}
	return msgp.AppendString(msgp.AppendInt32(b, c.knownUsers()), idOf(c.incident))
}

func (a *logon) saved(b []byte) []byte {
	b = msgp.AppendUint64(msgp.AppendArrayHeader(b, 10), a.key)
	b = msgp.AppendString(b, a.account.name)
	b = msgp.AppendBytes(b, a.from[:])
	b = msgp.AppendInt64(msgp.AppendInt64(b, a.first), a.last)
	b = msgp.AppendUint32(b, a.agent)
	for _, v := range [...]uint8{uint8(a.service), uint8(a.outcome), uint8(a.reason), uint8(a.proof)} {
		b = msgp.AppendUint8(b, v)
	}
	return b
}

func (a *account) saved(b []byte, proven bool) []byte {
	b = msgp.AppendBool(msgp.AppendArrayHeader(b, 5), proven)
	b = msgp.AppendString(b, a.name)
	b = msgp.AppendArrayHeader(b, uint32(len(a.knownClients)))
	for i := range a.knownClients {
		b = a.knownClients[i].saved(b)
	}
	return msgp.AppendString(state.AppendAttempts(b, a.attempts.All()), idOf(a.incident))
}

func (h *knownClient) saved(b []byte) []byte {
	b = msgp.AppendBytes(msgp.AppendArrayHeader(b, 4), h.client[:])
	b = msgp.AppendInt64(msgp.AppendInt64(b, h.first), h.last)
	b = msgp.AppendArrayHeader(b, maxKnownAgents)
	for _, agent := range h.agents {
		b = msgp.AppendUint32(b, agent)
	}
	return b
}

func (c *campaign) saved(b []byte) []byte {
	b = state.AppendAttempts(msgp.AppendArrayHeader(b, 4), c.failures.All())
	b = state.AppendAttempts(b, c.successes.All())
	return msgp.AppendInt(msgp.AppendString(b, idOf(c.incident)), c.sinceCount)
}

func idOf(i *attack) string {
	if i == nil {
		return ""
	}
	return i.ID
}

// incidentNamed returns the open incident with the id, or nil.
func (s *Detector) incidentNamed(id string) *attack {
	if i := s.tracker.ByID(id); i != nil {
		return i.Detail.(*attack)
	}
	return nil
}

func (s *Detector) restoreClient(key, value []byte) error {
	var in savedClient
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	if len(key) != len(event.ClientKey{}) {
		return fmt.Errorf("key of %d bytes", len(key))
	}
	c := &client{key: event.ClientKey(key), attempts: window.AttemptsOf(in.Attempts), incident: s.incidentNamed(in.Incident)}
	for _, t := range in.Attempts {
		c.noteFailure(t.At)
	}
	if len(in.Logons) > 0 || in.KnownUsers > 0 {
		c.logons = &clientLogons{knownUsers: int32(in.KnownUsers)}
	}
	for _, a := range in.Logons {
		c.logons.list = append(c.logons.list, logon{key: a.Key, account: s.accountNamed(a.Key, a.Name), from: a.From, first: a.First,
			last: a.Last, agent: a.Agent, service: a.Service, outcome: a.Outcome, reason: a.Reason, proof: a.Proof})
	}
	s.clients.Load(c.key, c, in.Protected)
	return nil
}

// accountNamed is the account in the table, or one of that name beside it:
// an admission may outlive its account's entry.
func (s *Detector) accountNamed(key uint64, name string) *account {
	if a, ok := s.accounts.Get(key); ok {
		return a
	}
	return &account{key: key, name: name}
}

func (s *Detector) restoreAccount(key, value []byte) error {
	var in savedAccount
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	k, err := state.Number(key)
	if err != nil {
		return err
	}
	a := &account{key: k, name: in.Name, attempts: window.AttemptsOf(in.Attempts), incident: s.incidentNamed(in.Incident)}
	for _, h := range in.KnownClients {
		a.knownClients = append(a.knownClients, knownClient{client: h.Client, first: h.First, last: h.Last, agents: h.Agents})
	}
	s.accounts.Load(k, a, in.Protected)
	return nil
}

func (s *Detector) restoreCampaign(key, value []byte) error {
	var in savedCampaign
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	k, err := state.Number(key)
	if err != nil {
		return err
	}
	s.campaigns.Load(k, &campaign{failures: window.AttemptsOf(in.Failures), successes: window.AttemptsOf(in.Successes), incident: s.incidentNamed(in.Incident), sinceCount: in.SinceCount}, false)
	return nil
}

// Tables implements analytics.Analytic.
func (s *Detector) Tables() []state.Table {
	return []state.Table{
		{Name: "accounts", Track: s.accounts.Track, Restore: s.restoreAccount, Changes: func(w *state.Writer) {
			s.accounts.Changes(func(k uint64, a *account, present, protected bool) {
				if present {
					w.Value = a.saved(w.Value[:0], protected)
				}
				w.Put("accounts", w.Number(k), present)
			})
		}, Size: func() (int, uint64) { return s.accounts.Len(), s.accounts.Evicted() }},
		{Name: "clients", Track: s.clients.Track, Restore: s.restoreClient, Changes: func(w *state.Writer) {
			s.clients.Changes(func(k event.ClientKey, c *client, present, protected bool) {
				if present {
					w.Value = c.saved(w.Value[:0], protected)
				}
				w.Put("clients", k[:], present)
			})
		}, Size: func() (int, uint64) { return s.clients.Len(), s.clients.Evicted() }},
		{Name: "campaigns", Track: s.campaigns.Track, Restore: s.restoreCampaign, Changes: func(w *state.Writer) {
			s.campaigns.Changes(func(k uint64, c *campaign, present, _ bool) {
				if present {
					w.Value = c.saved(w.Value[:0])
				}
				w.Put("campaigns", w.Number(k), present)
			})
		}},
	}
}
