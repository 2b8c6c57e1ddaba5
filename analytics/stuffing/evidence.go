package stuffing

import (
	"iter"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// maxEvidence bounds the foreign failures that are kept for the distributed
// form: about 150 bytes each.
const maxEvidence = 8192

// maxTraits bounds the rare features of one failure.
const maxTraits = 4

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

// own records that a client has an incident of its own.
func (s *Detector) own(c *client, from int64) {
	for f := range s.evidence.since(from) {
		if f.At >= from && s.cut(f.Client) == c.key {
			s.evidence.explain(f)
			f.single = true
			s.evidence.markDirty(f.place)
		}
	}
}

// The rare features of a failure, with which few accounts of the tenant have ever
// signed in. A browser that everybody uses, a service or a large provider alone is
// not rare.
const (
	traitTool    = iota // agent and application
	traitOwner          // an owner of networks, and an application
	traitSubnet         // a /24 or /64
	traitOddTool        // agent and application, from networks of owners that hardly anybody comes from
)

// features returns the features that a sign-in shares with others, by trait. An
// owner counts only together with an application, because several attacks come from
// one large hosting provider.
func (s *Detector) features(c *client, tool, app uint32) [maxTraits]baseline.Feature {
	return [...]baseline.Feature{
		traitTool:    toolFeature(tool),
		traitOwner:   ownerFeature(c.owner).And(baseline.NewFeature('p', uint64(app))),
		traitSubnet:  subnetFeature(c.key),
		traitOddTool: oddToolFeature(tool),
	}
}

// rareTraits returns the traits of a failure that are rare in the tenant.
func (s *Detector) rareTraits(c *client, t *window.Attempt, app uint32) (keys [maxTraits]uint64) {
	odd := s.oddOwner(c, t.At)
	for n, f := range s.features(c, t.Tool, app) {
		rare := f != 0 && s.rare(f, t.At) && (n == traitSubnet || !windowsOnly(t))
		if n == traitOwner || n == traitOddTool {
			rare = rare && odd
		}
		if rare {
			keys[n] = uint64(f)
		}
	}
	return keys
}

// windowsOnly reports whether an attempt is known from the Windows log only.
// Its program and its service are unknown, so that it has only its network in
// common with other attempts.
func windowsOnly(t *window.Attempt) bool { return t.Service == event.Windows && t.Agent == 0 }

// oddOwner reports whether hardly anybody signs in from the networks of a
// client's owner.
func (s *Detector) oddOwner(c *client, at int64) bool {
	f := ownerFeature(c.owner)
	return f != 0 && s.rare(f, at)
}

func oddToolFeature(tool uint32) baseline.Feature { return baseline.NewFeature('d', uint64(tool)) }

func (s *Detector) rare(f baseline.Feature, at int64) bool {
	r := &s.policy.Stuffing.Rare
	return s.population.Rare(f, at, r.Accounts, r.PerThousand)
}
