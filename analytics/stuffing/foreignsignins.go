package stuffing

import (
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/state"
)

// maxForeignSignIns bounds the successes from foreign networks that are kept
// for a campaign that has not opened yet: about 250 bytes each.
const maxForeignSignIns = 4096

// foreignSignIns are the latest successes from networks foreign to the account,
// in order of arrival.
type foreignSignIns struct {
	profiles *profiles // for restored sign-ins
	list     []signIn
	next     int
	dirty    map[int]struct{} // places in list that changed; nil: changes are not tracked
}

func (f *foreignSignIns) add(got *signIn) {
	if f.dirty != nil {
		f.dirty[f.place()] = struct{}{}
	}
	if len(f.list) < maxForeignSignIns {
		f.list = append(f.list, *got)
		return
	}
	f.list[f.next] = *got
	f.next = (f.next + 1) % maxForeignSignIns
}

func (f *foreignSignIns) place() int {
	if len(f.list) < maxForeignSignIns {
		return len(f.list)
	}
	return f.next
}

// track makes the list note what changes.
func (f *foreignSignIns) track() { f.dirty = map[int]struct{}{} }

func (f *foreignSignIns) save(w *state.Writer) {
	for place := range f.dirty {
		in := f.list[place].saved()
		w.Encode(tableForeign, &in)
		w.Put(tableForeign, w.Number(uint64(place)), true)
	}
	clear(f.dirty)
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

func (f *foreignSignIns) restore(key, value []byte) error {
	var in savedLogon
	place, err := state.Number(key)
	if err == nil {
		err = msgpack.Unmarshal(value, &in)
	}
	if err != nil || place >= maxForeignSignIns {
		return err
	}
	for uint64(len(f.list)) <= place {
		f.list = append(f.list, signIn{account: &account{}})
	}
	f.list[place] = *f.profiles.restoredSignIn(&in)
	return nil
}
