package campaign

import (
	"slices"

	"redshank/analytics/stuffing/evidence"
)

// How many failures a campaign compares with the others that it keeps, to see whether another
// attack began in its shadow: by the tools that stand out, and by all differences.
const (
	toolFailures   = 32
	latestFailures = 24
)

// Due reports whether a campaign is to be searched for another attack with a failure at a
// time: with every eighth one, once a minute. Looking back over all sign-ins costs too much
// for every few failures.
func (k *Campaign) Due(at int64) bool {
	if k.Incident.Counts.Failures%8 != 0 || max(at-k.examined, k.examined-at) < minute {
		return false
	}
	k.examined = at
	return true
}

// Split returns the latest failures of a campaign that are those of another attack, begun in
// its shadow, or nil: in a campaign without tools of its own, most were made with the same few;
// in any, they come at another rate and with other tools or from networks of other owners. Their
// accounts are others, too: rounds are part of one attack. all are the failures that the campaign
// keeps, in order of time.
func (s *Set) Split(k *Campaign, all []*evidence.Failure, at int64) *Candidate {
	if latest, _ := evidence.Nearest(all, at, toolFailures); k.Wide() && len(latest) == toolFailures {
		if of, only := evidence.Characteristic(latest); only != nil && s.finder.Several(of) && of[0].At > k.opened {
			return ofTenant(of, only)
		}
	}
	latest, others := evidence.Nearest(all, at, latestFailures)
	c := s.otherOrigin(k, latest, others)
	if c == nil || !s.finder.Several(c.Members) || evidence.SameAccounts(c.Members, others) {
		return nil
	}
	c.Members = s.part(k, c, all)
	return c
}

// part returns those of all failures of a campaign, at about the time of those of a candidate
// that is split off, that the candidate claims, and makes their clients no clients of the campaign.
func (s *Set) part(k *Campaign, c *Candidate, all []*evidence.Failure) (members []*evidence.Failure) {
	first, last := c.Began(), c.end()
	for _, f := range all {
		if f.At >= 2*first-last && f.At <= 2*last-first && c.claims(f.Tool, s.owner(f)) {
			members = append(members, f)
			delete(k.clients, s.finder.client(f))
		}
	}
	return members
}

// otherRate reports whether some failures of a campaign come four times as fast as its others, or
// four times as slowly.
func (k *Campaign) otherRate(of []*evidence.Failure) bool {
	span := of[len(of)-1].At - of[0].At
	rest := float64(max(k.End-k.Began-span, 1))
	usual := float64(k.Incident.Counts.Failures-len(of)) * float64(max(span, 1)) / rest // in as much time
	return float64(len(of)) >= 4*usual || usual >= 4*float64(len(of))
}

// otherOrigin returns those of the latest failures of a campaign that come from networks of other
// owners than the others, or are made with other tools. Two origins that are scattered differ in
// tools only. They are two thirds of the latest and come at another rate, or, from few owners, half,
// while the others go on beside them or have long ended. Otherwise otherOrigin returns nil.
func (s *Set) otherOrigin(k *Campaign, latest, others []*evidence.Failure) *Candidate {
	if len(others) < latestFailures/3 {
		return nil
	}
	most := func(of []*evidence.Failure) bool { return 3*len(of) >= 2*len(latest) && k.otherRate(of) }
	rest := s.originOf(others)
	c := s.splitOff(evidence.MoreFrequent(latest, others, s.owner))
	beside := func() bool {
		return len(others) >= latestFailures && 2*len(c.Members) >= len(latest) && !c.origin.Scattered && evidence.Beside(c.Members, latest, others)
	}
	if (most(c.Members) || beside()) && !(c.origin.Scattered && rest.Scattered) {
		c.origin.add(&origin{Tools: rest.Tools})
		if !rest.Scattered {
			c.elsewhere = slices.DeleteFunc(rest.Owners, func(o uint32) bool { return slices.Contains(c.origin.Owners, o) })
		}
		return c
	}
	if of := evidence.MoreFrequent(latest, others, func(f *evidence.Failure) uint32 { return f.Tool }); most(of) {
		return s.splitOff(of)
	}
	return nil
}

// splitOff returns failures of a campaign as another one.
func (s *Set) splitOff(of []*evidence.Failure) *Candidate {
	return &Candidate{Members: of, nature: nature{parted: true, origin: s.originOf(of)}}
}
