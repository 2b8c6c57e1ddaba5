package evidence

import (
	"errors"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/state"
)

// The names of the tables.
const (
	tableEvidence = "evidence"
	tableLevel    = "level"
	tableLags     = "lags"
)

type savedFailure struct {
	Attempt state.Attempts
	Traits  [MaxTraits]uint64
	Single  bool
	Taken   bool

	Repeated bool
}

func (f *Failure) saved() savedFailure {
	return savedFailure{state.Attempts{f.Attempt}, f.Traits, f.Single, f.Taken, f.Repeated}
}

func (f *savedFailure) restored() (out Failure, ok bool) {
	if len(f.Attempt) != 1 {
		return out, false
	}
	return Failure{Attempt: f.Attempt[0], Traits: f.Traits, Single: f.Single, Taken: f.Taken, Repeated: f.Repeated}, true
}

// Tables returns the tables of the failures, of the level and of the lags. Once the failures are
// restored, loaded is called.
func (e *List) Tables(loaded func()) []state.Table {
	complete := func() {
		e.loaded()
		loaded()
	}
	return []state.Table{
		{Name: tableEvidence, Track: e.track, Restore: e.restore, Changes: e.save, Loaded: complete},
		{Name: tableLevel, Restore: e.restoreLevel, Changes: e.saveLevels},
		{Name: tableLags, Restore: e.restoreLags, Changes: e.saveLags},
	}
}

// track makes the list note what changes.
func (e *List) track() { e.dirty = map[int]struct{}{} }

func (e *List) save(w *state.Writer) {
	for place := range e.dirty {
		f := e.failures[place].saved()
		w.Encode(tableEvidence, &f)
		w.Put(tableEvidence, w.Number(uint64(place)), true)
	}
	clear(e.dirty)
}

func (e *List) restore(key, value []byte) error {
	var in savedFailure
	place, err := state.Unmarshal(key, value, &in)
	if err != nil || place >= maxFailures {
		return err
	}
	for uint64(len(e.failures)) <= place {
		e.failures = append(e.failures, Failure{Taken: true, place: len(e.failures)})
	}
	if f, ok := in.restored(); ok {
		f.place = int(place)
		e.failures[place] = f
	}
	return nil
}

// loaded finds where the ring goes on.
func (e *List) loaded() {
	for n := range e.failures {
		e.date(n)
		if len(e.failures) == maxFailures && e.failures[n].At < e.failures[e.next].At {
			e.next = n
		}
	}
	e.arrived = uint32(len(e.failures) + e.next)
	for number := e.arrived - uint32(len(e.failures)) + 1; number <= e.arrived; number++ {
		e.link(&e.failures[(number-1)%maxFailures], number)
	}
}

// saveLevels saves the level of the mail protocols behind that of the web.
func (e *List) saveLevels(w *state.Writer) {
	e.web.save(w, 0)
	e.mail.save(w, levelHours)
}

func (e *List) restoreLevel(key, value []byte) error {
	place, err := state.Number(key)
	if err != nil || place < levelHours {
		return errors.Join(err, e.web.restore(value))
	}
	return e.mail.restore(value)
}

func (l *Level) save(w *state.Writer, from int) {
	for n := range l.hours {
		if h := &l.hours[n]; h.dirty {
			h.dirty = false
			w.Encode(tableLevel, []int32{h.hour, h.failures, h.signIns, h.familiar})
			w.Put(tableLevel, w.Number(uint64(from+n)), true)
		}
	}
}

func (l *Level) restore(value []byte) error {
	var in [4]int32
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	if h := l.at(in[0]); h != nil {
		*h = hourCount{hour: in[0], failures: in[1], signIns: in[2], familiar: in[3]}
	}
	return nil
}

// saveLags saves the lags of all sources as one entry.
func (e *List) saveLags(w *state.Writer) {
	if e.Lags != e.savedLags {
		e.savedLags = e.Lags
		w.Encode(tableLags, &e.Lags)
		w.Put(tableLags, []byte(tableLags), true)
	}
}

func (e *List) restoreLags(_, value []byte) error {
	err := msgpack.Unmarshal(value, &e.Lags)
	e.savedLags = e.Lags
	return err
}
