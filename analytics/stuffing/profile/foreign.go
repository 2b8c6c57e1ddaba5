package profile

import (
	"iter"

	"redshank/analytics/state"
)

// maxForeignSignIns bounds the successes from foreign networks that are kept
// for a campaign that has not opened yet: about 250 bytes each.
const maxForeignSignIns = 4096

// ForeignSignIns are the latest successes from networks foreign to the account,
// in order of arrival.
type ForeignSignIns struct {
	profiles *Set // for restored sign-ins
	list     []SignIn
	next     int
	Latest   int64            // time of the latest one
	dirty    map[int]struct{} // places in list that changed; nil: changes are not tracked
}

// NewForeignSignIns returns an empty list. Restored sign-ins refer to accounts of the profiles.
func NewForeignSignIns(a *Set) *ForeignSignIns { return &ForeignSignIns{profiles: a} }

// All returns the sign-ins.
func (f *ForeignSignIns) All() iter.Seq[*SignIn] {
	return func(yield func(*SignIn) bool) {
		for n := range f.list {
			if !yield(&f.list[n]) {
				return
			}
		}
	}
}

// Add adds a copy of a sign-in. A full list drops the one that was added first.
func (f *ForeignSignIns) Add(got *SignIn) {
	f.Latest = max(f.Latest, got.First)
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

// place returns the index of the next sign-in.
func (f *ForeignSignIns) place() int {
	if len(f.list) < maxForeignSignIns {
		return len(f.list)
	}
	return f.next
}

// Table returns the table in which the sign-ins are saved.
func (f *ForeignSignIns) Table() state.Table {
	return state.Table{Name: tableForeign, Track: f.track, Restore: f.restore, Changes: f.save, Loaded: f.loaded}
}

// track makes the list note what changes.
func (f *ForeignSignIns) track() { f.dirty = map[int]struct{}{} }

func (f *ForeignSignIns) save(w *state.Writer) {
	for place := range f.dirty {
		in := f.list[place].saved()
		w.Encode(tableForeign, &in)
		w.Put(tableForeign, w.Number(uint64(place)), true)
	}
	clear(f.dirty)
}

// loaded finds the sign-in that a full list drops next: the earliest.
func (f *ForeignSignIns) loaded() {
	if len(f.list) < maxForeignSignIns {
		return
	}
	for n := range f.list {
		if f.list[n].First < f.list[f.next].First {
			f.next = n
		}
	}
}

func (f *ForeignSignIns) restore(key, value []byte) error {
	var in savedLogon
	place, err := state.Unmarshal(key, value, &in)
	if err != nil || place >= maxForeignSignIns {
		return err
	}
	for uint64(len(f.list)) <= place {
		f.list = append(f.list, SignIn{Account: &Account{}})
	}
	f.list[place] = *f.profiles.restoredSignIn(&in)
	f.Latest = max(f.Latest, f.list[place].First)
	return nil
}
