package attack

import (
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

type savedAttack struct {
	Tallies  []savedTally
	Users    []byte
	AgentIDs []uint32
	Attempts state.Attempts
	HighFrom [2]int
	Unknown  []byte
	Locked   []byte
	Leaked   []byte
	Most     int
	Targeted bool
}

type savedTally struct {
	Key      uint64
	Name     string
	Failures int
	Last     int64
	Reason   event.Reason
	Marks    event.Marks
	First    int64

	Agent, Tool uint32
	Recovered   bool
}

// Save implements incident.Detail.
func (i *Attack) Save() ([]byte, error) {
	s := savedAttack{AgentIDs: i.agentIDs, Attempts: i.latest.All(), HighFrom: [2]int{i.highFrom.users, i.highFrom.failures}, Most: i.most, Targeted: i.targeted}
	for key, t := range i.tallies {
		s.Tallies = append(s.Tallies, savedTally{Key: key, Name: t.name, Failures: t.failures, Last: t.last, Reason: t.reason, Marks: t.marks, First: t.first, Agent: t.agent, Tool: t.tool, Recovered: t.recovered})
	}
	for _, d := range i.distinct(&s) {
		b, err := d.counter.MarshalBinary()
		if err != nil {
			return nil, err
		}
		*d.saved = b
	}
	return state.Marshal(&s)
}

// Restore implements incident.Detail.
func (i *Attack) Restore(b []byte) error {
	var s savedAttack
	if err := msgpack.Unmarshal(b, &s); err != nil {
		return err
	}
	i.agentIDs, i.latest = s.AgentIDs, window.AttemptsOf(s.Attempts)
	i.highFrom.users, i.highFrom.failures = s.HighFrom[0], s.HighFrom[1]
	i.tallies = make(map[uint64]*tally, len(s.Tallies))
	for _, t := range s.Tallies {
		i.tallies[t.Key] = &tally{name: t.Name, failures: t.Failures, first: t.First, last: t.Last, agent: t.Agent, tool: t.Tool, reason: t.Reason, marks: t.Marks, recovered: t.Recovered}
		if t.Recovered {
			i.recovers++
		}
	}
	i.most, i.targeted = s.Most, s.Targeted
	for _, d := range i.distinct(&s) {
		if err := d.counter.UnmarshalBinary(*d.saved); err != nil {
			return err
		}
	}
	return nil
}

// distinct pairs the counters of accounts with their saved forms.
func (i *Attack) distinct(s *savedAttack) [4]distinctState {
	return [...]distinctState{{&i.users, &s.Users}, {&i.unknown, &s.Unknown}, {&i.locked, &s.Locked}, {&i.leaked, &s.Leaked}}
}

type distinctState struct {
	counter *window.Distinct
	saved   *[]byte
}
