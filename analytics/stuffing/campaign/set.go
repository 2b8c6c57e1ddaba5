package campaign

import (
	"cmp"
	"slices"

	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
)

// maxCampaigns bounds the campaigns that are kept.
const maxCampaigns = 64

// Set keeps the campaigns. An attempt that may be of several of them is of the first of
// these: one that was split off and claims its tool and its network, one of its rare traits,
// one of its tool or agent, and one that takes in everything. Of applies this order to a
// failure, and Claiming its first step to a success.
type Set struct {
	finder  *Finder
	owner   func(*evidence.Failure) uint32
	list    []*Campaign // in the order in which they opened
	byTrait map[uint64]*Campaign
}

// NewSet returns an empty set of the campaigns that a finder finds. owner returns the owner
// of the network of a failure, 0 if it is not known.
func NewSet(f *Finder, owner func(*evidence.Failure) uint32) *Set {
	return &Set{finder: f, owner: owner, byTrait: map[uint64]*Campaign{}}
}

// All returns the campaigns, at most 64, in the order in which they opened.
func (s *Set) All() []*Campaign { return s.list }

// Of returns the campaign that a foreign failure from the network of an owner is part of,
// or nil; and the failures, in order of time, that were too few for the campaign to go on
// until this one, and are part of it, too.
func (s *Set) Of(f *evidence.Failure, owner uint32) (of *Campaign, before []*evidence.Failure) {
	if of, before = s.claimed(f, owner); of != nil {
		return of, before
	}
	for _, key := range f.Traits {
		if k := s.OfTrait(key); k != nil && k.Covers(f.At) {
			return k, nil
		}
	}
	if f.Single {
		return nil, nil
	}
	return s.withoutTrait(f)
}

// claimed is Of for the campaigns that were split off.
func (s *Set) claimed(f *evidence.Failure, owner uint32) (of *Campaign, before []*evidence.Failure) {
	for _, k := range s.list {
		if !k.claims(f.Tool, owner) || !k.Covers(f.At) {
			continue
		}
		if f.Traits != [evidence.MaxTraits]uint64{} {
			return k, nil
		}
		if before, goes := s.goesOn(k, f); goes {
			return k, before
		}
	}
	return nil, nil
}

// withoutTrait is Of for the campaigns that have nothing rare in common: those of a tool or
// agent, and then the one that takes in everything.
func (s *Set) withoutTrait(f *evidence.Failure) (of *Campaign, before []*evidence.Failure) {
	var widest *Campaign
	for _, k := range s.list {
		switch {
		case !k.tenant && len(k.only) == 0 || !k.Covers(f.At):
		case len(k.only) == 0 && !evidence.MailProtocol(f.Service):
			widest = k
		case f.MadeWith(k.only):
			if before, goes := s.goesOn(k, f); goes {
				return k, before
			}
		}
	}
	if widest != nil {
		if before, goes := s.goesOn(widest, f); goes {
			return widest, before
		}
	}
	return nil, nil
}

// Claiming returns the campaign that was split off from another one and claims an attempt
// with a tool from the network of an owner, or nil. It takes precedence over all others.
func (s *Set) Claiming(at int64, tool, owner uint32) *Campaign {
	for _, k := range s.list {
		if k.claims(tool, owner) && k.Covers(at) {
			return k
		}
	}
	return nil
}

// OfTrait returns the campaign that a rare trait belongs to, or nil.
func (s *Set) OfTrait(key uint64) *Campaign {
	if key == 0 {
		return nil
	}
	return s.byTrait[key]
}

// OfIncident returns the campaign of the incident with an id, or nil.
func (s *Set) OfIncident(id string) *Campaign {
	if n := slices.IndexFunc(s.list, func(k *Campaign) bool { return k.Incident.ID == id }); n >= 0 {
		return s.list[n]
	}
	return nil
}

// Linked returns the campaign that the incident of a client is part of, if a failure of
// the client is made with a tool of the campaign, or nil.
func (s *Set) Linked(f *evidence.Failure, single *attack.Attack) *Campaign {
	k := s.OfIncident(single.Campaign)
	if k == nil || !k.Covers(f.At) || !f.MadeWith(k.only) && (k.tenant || !k.HasTool(f.Tool)) {
		return nil
	}
	return k
}

// Concurrent returns the open campaign that began within an hour of a time and consists of
// a tool; for several clients also a campaign with other tools beside that one; or nil.
func (s *Set) Concurrent(tool uint32, began int64, several bool) *Campaign {
	for _, k := range s.list {
		if max(k.Began-began, began-k.Began) <= hour && !k.Incident.Closed() && (k.ConsistsOf(tool) || several && k.HasTool(tool)) {
			return k
		}
	}
	return nil
}

// quorum is how many failures must come within a third of a pause for a
// campaign to go on that has nothing rare about it.
const quorum = 3

// maxRecent bounds the failures that are too few for a campaign to go on.
const maxRecent = 64

// goesOn reports whether a failure without a rare trait belongs to the
// campaign: it is not after the campaign's end, or at least quorum recent
// failures arrive at no less than the usual rate. The recent ones before it then
// belong to the campaign, too. The caller checks the tools.
func (s *Set) goesOn(k *Campaign, f *evidence.Failure) (before []*evidence.Failure, goes bool) {
	if f.At <= k.End || f.Repeated {
		return nil, f.At <= k.End
	}
	within := k.pause / 3
	if place, seen := slices.BinarySearch(k.recent, f.At); !seen { // or another log reported it before
		k.recent = slices.Insert(k.recent, place, f.At)
	}
	k.recent = slices.DeleteFunc(k.recent, func(at int64) bool { return at < f.At-within })
	if over := len(k.recent) - maxRecent; over > 0 {
		k.recent = slices.Delete(k.recent, 0, over)
	}
	usual := s.finder.evidence.Level(f.Service).Usual(int32(f.At/hour), s.finder.prior()) * float64(within) / hour
	if len(k.recent) >= quorum && float64(len(k.recent)) >= usual {
		return s.confirmed(k, f.At), true
	}
	return nil, false
}

// confirmed returns the recent failures of a campaign that were too few to go on: those up
// to a time, and, where records are late, those after it that go on at the same rate.
func (s *Set) confirmed(k *Campaign, now int64) []*evidence.Failure {
	later := s.finder.evidence.Unexplained(min(k.End+1, k.recent[0]), func(e *evidence.Failure) bool {
		of := !k.parted || k.claims(e.Tool, s.owner(e))
		return of && !e.Single && !e.Repeated && (len(k.only) == 0 && !evidence.MailProtocol(e.Service) || e.MadeWith(k.only))
	})
	end := k.End
	for n, f := range later {
		if enough := n + quorum - 1; f.At > now && (enough >= len(later) || later[enough].At-end > k.pause/3) {
			return later[:n]
		}
		end = max(end, f.At)
	}
	return later
}

// Open opens the campaign of a candidate that goes on with no other, with its incident.
func (s *Set) Open(c *Candidate, i *attack.Attack) *Campaign {
	k := newCampaign(c)
	k.Incident = i
	s.list = append(s.list, k)
	if len(s.list) > maxCampaigns {
		s.Retire(slices.MinFunc(s.list, func(a, b *Campaign) int { return cmp.Compare(a.End, b.End) }))
	}
	s.giveTrait(c.key, k)
	return k
}

// Retire removes a campaign from the set.
func (s *Set) Retire(k *Campaign) {
	s.list = slices.DeleteFunc(s.list, func(o *Campaign) bool { return o == k })
	for _, key := range k.keys {
		delete(s.byTrait, key)
	}
}

// giveTrait makes a rare trait one of a campaign, and of no other: only then does a
// restored state say whose it is.
func (s *Set) giveTrait(key uint64, k *Campaign) {
	o := s.OfTrait(key)
	if key == 0 || o == k {
		return
	}
	if o != nil {
		o.keys = slices.DeleteFunc(o.keys, func(have uint64) bool { return have == key })
	}
	if len(k.keys) >= maxKeys {
		delete(s.byTrait, k.keys[0])
		k.keys = slices.Delete(k.keys, 0, 1)
	}
	k.keys = append(k.keys, key)
	s.byTrait[key] = k
}
