package stuffing

import (
	"cmp"
	"iter"
	"slices"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// maxEvidence bounds the foreign failures that are kept for the distributed
// form: about 150 bytes each.
const maxEvidence = 8192

// foreignFailure is a failure from a network that is foreign to the account. A
// later success may still explain it.
type foreignFailure struct {
	window.Attempt
	traits   [maxTraits]uint64 // keys of the rare features that it shares with others; 0: none
	place    int               // index in the evidence
	repeated bool              // the client failed for the account shortly before
	single   bool              // its client has an incident of its own
	taken    bool              // part of a campaign
}

// evidence holds the latest foreign failures in order of arrival, and the number of
// unexplained ones in each hour.
type evidence struct {
	list   []foreignFailure
	next   int
	newest [maxEvidence / evidenceBlock]int64 // no failure of a block of list is later
	level  level
	dirty  map[int]struct{} // indexes in list that changed; nil: changes are not tracked
}

// evidenceBlock is how many failures in a row are passed over together where all
// are too early. A search for the failures of the last minutes, as a campaign
// makes with each failure that goes on with it, reads one or two blocks.
const evidenceBlock = 256

func (e *evidence) add(f foreignFailure) {
	if !f.single && !f.repeated {
		e.level.add(f.At, 1)
	}
	f.place = e.next
	if len(e.list) < maxEvidence {
		f.place = len(e.list)
		e.markDirty(f.place)
		e.list = append(e.list, f)
	} else {
		e.markDirty(e.next)
		e.list[e.next] = f
		e.next = (e.next + 1) % maxEvidence
	}
	e.date(f.place)
}

// date notes the time of a failure that was added to the list. With the last place
// of a block, the failures that were replaced no longer count.
func (e *evidence) date(place int) {
	newest := &e.newest[place/evidenceBlock]
	*newest = max(*newest, e.list[place].At)
	if place%evidenceBlock == evidenceBlock-1 {
		*newest = 0
		for n := place - evidenceBlock + 1; n <= place; n++ {
			*newest = max(*newest, e.list[n].At)
		}
	}
}

// since yields the failures of the list that are not before a time, in Unix
// milliseconds, and may yield earlier ones.
func (e *evidence) since(at int64) iter.Seq[*foreignFailure] {
	return func(yield func(*foreignFailure) bool) {
		for n := 0; n < len(e.list); n++ {
			if n%evidenceBlock == 0 && e.newest[n/evidenceBlock] < at {
				n += evidenceBlock - 1
			} else if !yield(&e.list[n]) {
				return
			}
		}
	}
}

func (e *evidence) markDirty(place int) {
	if e.dirty != nil {
		e.dirty[place] = struct{}{}
	}
}

// explain removes a failure from the level of the tenant.
func (e *evidence) explain(f *foreignFailure) {
	if !f.single && !f.repeated && !f.taken && !f.Succeeded {
		e.level.add(f.At, -1)
	}
}

// take makes failures part of a campaign.
func (e *evidence) take(members []*foreignFailure) {
	for _, f := range members {
		if f.taken || f.place >= len(e.list) || &e.list[f.place] != f {
			continue
		}
		e.explain(f)
		f.taken = true
		e.markDirty(f.place)
	}
}

// forgiveAtMost bounds the failures that are searched for a typo.
const forgiveAtMost = 2048

// forgive removes the failures of an account at a client for which typo reports true.
func (e *evidence) forgive(k event.ClientKey, account uint64, from, to int64, typo func(*window.Attempt) bool) {
	place := e.next // after the latest failure
	for range min(len(e.list), forgiveAtMost) {
		if place--; place < 0 {
			place = len(e.list) - 1
		}
		f := &e.list[place]
		if f.Key == account && f.At >= from && f.At <= to && typo(&f.Attempt) && event.ClientKey(f.Client).SameSubnet(k) {
			e.explain(f)
			f.Succeeded = true
			e.markDirty(place)
		}
	}
}

// find returns the failure that another log reported, or nil if it is not
// among the latest. A log that names no account completes one that names no program.
func (e *evidence) find(t *window.Attempt) *foreignFailure {
	n := len(e.list)
	for back := range min(n, forgiveAtMost) {
		f := &e.list[(e.next+2*n-1-back)%n]
		if f.Client == t.Client && (f.Key == t.Key || t.Key == 0 && !window.NamesTool(f.Tool)) && max(f.At-t.At, t.At-f.At) <= window.JoinWithin {
			return f
		}
	}
	return nil
}

// single records that a client has an incident of its own from a time on.
func (e *evidence) single(k event.ClientKey, from int64, p *profiles) {
	for f := range e.since(from) {
		if f.At >= from && p.cut(f.Client) == k {
			e.explain(f)
			f.single = true
			e.markDirty(f.place)
		}
	}
}

// unexplained returns the failures from a time on that are part of no campaign and
// not forgiven, of which want reports true, in the order of their times.
func (e *evidence) unexplained(from int64, want func(*foreignFailure) bool) (members []*foreignFailure) {
	for f := range e.since(from) {
		if !f.taken && !f.Succeeded && f.At >= from && want(f) {
			members = append(members, f)
		}
	}
	slices.SortStableFunc(members, byTime)
	return members
}

func byTime(a, b *foreignFailure) int { return cmp.Compare(a.At, b.At) }

// around returns the run of failures around a time in which no pause exceeds
// pause milliseconds.
func around(members []*foreignFailure, at, pause int64) []*foreignFailure {
	from, to := 0, len(members)
	for n := 1; n < len(members); n++ {
		if members[n].At-members[n-1].At <= pause {
			continue
		}
		if members[n].At <= at {
			from = n
		} else {
			to = n
			break
		}
	}
	return members[from:to]
}

// track makes the evidence note what changes.
func (e *evidence) track() { e.dirty = map[int]struct{}{} }

func (e *evidence) save(w *state.Writer) {
	for place := range e.dirty {
		f := e.list[place].saved()
		w.Encode(tableEvidence, &f)
		w.Put(tableEvidence, w.Number(uint64(place)), true)
	}
	clear(e.dirty)
}

func (e *evidence) restore(key, value []byte) error {
	var in savedFailure
	place, err := state.Number(key)
	if err == nil {
		err = msgpack.Unmarshal(value, &in)
	}
	if err != nil || place >= maxEvidence {
		return err
	}
	for uint64(len(e.list)) <= place {
		e.list = append(e.list, foreignFailure{taken: true, place: len(e.list)})
	}
	if f, ok := in.restored(); ok {
		f.place = int(place)
		e.list[place] = f
	}
	return nil
}

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

// loaded finds where the ring goes on.
func (e *evidence) loaded() {
	for n := range e.list {
		e.date(n)
		if len(e.list) == maxEvidence && e.list[n].At < e.list[e.next].At {
			e.next = n
		}
	}
}
