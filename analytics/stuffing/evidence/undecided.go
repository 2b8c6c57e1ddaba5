package evidence

import (
	"net/netip"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// Undecided is a failure with which an incident may open later, for those of a moment.
type Undecided struct {
	Failure Failure      // of a campaign
	Event   *event.Event // an excerpt of its event
	Since   int64        // end of the moment: Unix milliseconds, by the tracker's clock
	Again   bool         // the decision was put off once
}

// moment is how long one Undecided stands for the failures that follow, in milliseconds. A
// copy of the event of each, and a change of the state with each, cost too much in a flood.
const moment = 10_000

// Postpone makes the decision of a key wait for a time, in milliseconds, from the moment of a
// failure on. now is the time of the tracker's clock. f, of a campaign, may be empty.
func Postpone[K comparable](all *window.Deadlines[K, Undecided], k K, now, wait int64, f *Failure, ev *event.Event) {
	if u, ok := all.Get(k); ok && now <= u.Since {
		return
	}
	all.Set(k, now+moment+wait, Undecided{Failure: *f, Event: ev.Excerpt(), Since: now + moment})
}

type savedUndecided struct {
	At      int64
	Number  uint64
	Failure savedFailure
	Event   savedEvent
	Since   int64
	Again   bool
}

// savedEvent is the saved form of the excerpt of an event.
type savedEvent struct {
	At                   int64
	Source               event.Source
	Service              event.Service
	IP                   netip.Addr
	Agent, App, Host, ID []byte
}

func savedUndecidedOf(d *window.Deadline[Undecided]) *savedUndecided {
	u, ev := &d.Value, d.Value.Event
	return &savedUndecided{At: d.At, Number: d.Number, Failure: u.Failure.saved(), Since: u.Since, Again: u.Again,
		Event: savedEvent{ev.Time.UnixMilli(), ev.Source, ev.Service, ev.IP, ev.Agent, ev.App, ev.Host, ev.ID}}
}

func (s *savedUndecided) restored() (d window.Deadline[Undecided], ok bool) {
	d.At, d.Number, d.Value.Since, d.Value.Again = s.At, s.Number, s.Since, s.Again
	d.Value.Failure, ok = s.Failure.restored()
	e := &s.Event
	d.Value.Event = &event.Event{Time: event.UnixTime(e.At), Source: e.Source, Service: e.Service, IP: e.IP, Agent: e.Agent, App: e.App, Host: e.Host, ID: e.ID}
	return d, ok
}

// UndecidedTable returns the table of the decisions that wait. key returns a key as it is
// saved, keyOf the key that was saved.
func UndecidedTable[K comparable](name string, all *window.Deadlines[K, Undecided], key func(K) []byte, keyOf func([]byte) (K, error)) state.Table {
	return state.Table{
		Name:  name,
		Track: all.Track,
		Changes: func(w *state.Writer) {
			all.Changes(func(k K, d window.Deadline[Undecided], present bool) {
				if present {
					w.Encode(name, savedUndecidedOf(&d))
				}
				w.Put(name, key(k), present)
			})
		},
		Restore: func(saved, value []byte) error {
			var in savedUndecided
			k, err := keyOf(saved)
			if err == nil {
				err = msgpack.Unmarshal(value, &in)
			}
			if err != nil {
				return err
			}
			if d, ok := in.restored(); ok {
				all.Load(k, d)
			}
			return nil
		},
	}
}
