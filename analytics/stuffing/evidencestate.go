package stuffing

import (
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/state"
)

type savedFailure struct {
	Attempt state.Attempts
	Traits  [maxTraits]uint64
	Single  bool
	Taken   bool

	Repeated bool
}

func (f *foreignFailure) saved() savedFailure {
	return savedFailure{state.Attempts{f.Attempt}, f.traits, f.single, f.taken, f.repeated}
}

func (f *savedFailure) restored() (out foreignFailure, ok bool) {
	if len(f.Attempt) != 1 {
		return out, false
	}
	return foreignFailure{Attempt: f.Attempt[0], traits: f.Traits, single: f.Single, taken: f.Taken, repeated: f.Repeated}, true
}

func (f *foreignSignIns) save(w *state.Writer) {
	for place := range f.dirty {
		in := f.list[place].saved()
		w.Encode(tableForeign, &in)
		w.Put(tableForeign, w.Number(uint64(place)), true)
	}
	clear(f.dirty)
}

func (s *Detector) restoreForeign(key, value []byte) error {
	var in savedLogon
	place, err := state.Number(key)
	if err == nil {
		err = msgpack.Unmarshal(value, &in)
	}
	if err != nil || place >= maxForeignSignIns {
		return err
	}
	f := &s.foreignSignIns
	for uint64(len(f.list)) <= place {
		f.list = append(f.list, signIn{account: &account{}})
	}
	f.list[place] = *s.signIn(&in)
	return nil
}

func (e *evidence) save(w *state.Writer) {
	for place := range e.dirty {
		f := e.list[place].saved()
		w.Encode(tableEvidence, &f)
		w.Put(tableEvidence, w.Number(uint64(place)), true)
	}
	clear(e.dirty)
}

func (l *level) save(w *state.Writer) {
	for n := range l.hours {
		if h := &l.hours[n]; h.dirty {
			h.dirty = false
			w.Encode(tableLevel, []int32{h.hour, h.failures, h.signIns})
			w.Put(tableLevel, w.Number(uint64(n)), true)
		}
	}
}

func (s *Detector) restoreEvidence(key, value []byte) error {
	var in savedFailure
	place, err := state.Number(key)
	if err == nil {
		err = msgpack.Unmarshal(value, &in)
	}
	if err != nil || place >= maxEvidence {
		return err
	}
	e := &s.evidence
	for uint64(len(e.list)) <= place {
		e.list = append(e.list, foreignFailure{taken: true, place: len(e.list)})
	}
	if f, ok := in.restored(); ok {
		f.place = int(place)
		e.list[place] = f
	}
	return nil
}

func (s *Detector) restoreLevel(_, value []byte) error {
	var in [3]int32
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	l := &s.evidence.level
	if h := l.at(in[0]); h != nil {
		*h = hourCount{hour: in[0], failures: in[1], signIns: in[2]}
	}
	return nil
}

// loaded finds where the ring goes on.
func (f *foreignSignIns) loaded() {
	if len(f.list) < maxForeignSignIns {
		return
	}
	for n := range f.list {
		if f.list[n].first < f.list[f.next].first {
			f.next = n
		}
	}
}

// evidenceLoaded finds where the ring goes on, and rebuilds the clusters.
func (s *Detector) evidenceLoaded() {
	e := &s.evidence
	if len(e.list) == maxEvidence {
		for n := range e.list {
			if e.list[n].At < e.list[e.next].At {
				e.next = n
			}
		}
	}
	for n := range e.list {
		f := &e.list[n]
		e.date(n)
		for _, key := range f.traits {
			if key != 0 && !f.taken && !f.Succeeded {
				s.cluster(key).add(s.pairOf(&f.Attempt), s.slow, maxPairs+1, maxPairs+1)
			}
		}
	}
}
