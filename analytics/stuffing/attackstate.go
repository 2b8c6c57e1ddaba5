package stuffing

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

// Save implements incident.Detail.
func (i *attack) Save() ([]byte, error) {
	s := savedAttack{AgentIDs: i.agentIDs, Attempts: i.attempts.All(), HighFrom: [2]int{i.highFrom.users, i.highFrom.failures}}
	for key, t := range i.tallies {
		s.Tallies = append(s.Tallies, savedTally{Key: key, Name: t.name, Failures: t.failures, Last: t.last, Reason: t.reason,
			Unknown: t.unknown, Locked: t.locked, Marks: t.marks})
	}
	var err error
	if s.Users, err = i.users.MarshalBinary(); err != nil {
		return nil, err
	}
	return state.Marshal(&s)
}

// Restore implements incident.Detail.
func (i *attack) Restore(b []byte) error {
	var s savedAttack
	if err := msgpack.Unmarshal(b, &s); err != nil {
		return err
	}
	i.agentIDs, i.attempts = s.AgentIDs, window.AttemptsOf(s.Attempts)
	i.highFrom.users, i.highFrom.failures = s.HighFrom[0], s.HighFrom[1]
	i.tallies = make(map[uint64]*tally, len(s.Tallies))
	for _, t := range s.Tallies {
		i.tallies[t.Key] = &tally{name: t.Name, failures: t.Failures, last: t.Last, reason: t.Reason, unknown: t.Unknown, locked: t.Locked, marks: t.Marks}
	}
	return i.users.UnmarshalBinary(s.Users)
}
