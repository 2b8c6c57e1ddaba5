package campaign

import (
	"math"
	"slices"

	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
)

// GoOn returns the campaign that a candidate goes on with, which then has its trait, its
// origin or its tools, or nil.
func (s *Set) GoOn(c *Candidate) *Campaign {
	if c.parted {
		return nil
	}
	c.origin = s.originOf(c.Members)
	k := s.same(c)
	switch {
	case k == nil:
		return nil
	case !c.tenant:
		k.origin.add(&c.origin)
	case !k.tenant: // it goes on with a common tool
		for _, tool := range c.only {
			k.only = addBounded(k.only, tool)
		}
	}
	s.giveTrait(c.key, k)
	return k
}

func (s *Set) originOf(members []*evidence.Failure) origin {
	return originOf(members, s.finder.client, s.owner)
}

// same returns the existing campaign that a candidate belongs to, or nil.
// The two must be at most a day apart, and either share most accounts or
// clients, or begin within an hour and have similar origins. Failures are
// compared with the initial sample of each campaign, not with its later
// members.
func (s *Set) same(c *Candidate) (best *Campaign) {
	began, slow := c.Began(), s.finder.slow
	for _, k := range s.list {
		if len(c.only) > 0 && k.Wide() && began > k.opened {
			continue // it began in that one's shadow
		}
		if began > k.End+slow || c.end() < k.Began-slow || !s.finder.tracker.IsOpen(k.Incident.Incident, began) {
			continue
		}
		if s.sameAccounts(k, c.Members) || s.nextRound(k, c) || s.sameClients(k, c) || s.concurrent(k, c) {
			best = k
		}
	}
	return best
}

// sameClients reports whether at least half of the failures of a candidate are made by the
// clients of a campaign.
func (s *Set) sameClients(k *Campaign, c *Candidate) bool {
	clients := 0
	for _, f := range c.Members {
		if k.Has(s.finder.client(f)) {
			clients++
		}
	}
	return 2*clients >= len(c.Members)
}

// concurrent reports whether a campaign and a candidate begin within an hour of each other,
// or are both of the tenant's level at the same time, with similar origins.
func (s *Set) concurrent(k *Campaign, c *Candidate) bool {
	began, end := c.Began(), c.end()
	if !(max(began-k.Began, k.Began-began) <= hour && k.Covers(end)) && !(c.tenant && k.tenant && began <= k.End && end >= k.Began) {
		return false
	}
	return k.origin.alike(&c.origin, c.Members, s.owner) && !k.otherThan(c)
}

// SharedAccounts returns how many accounts fail, and how many of these failed when the
// campaign opened.
func (k *Campaign) SharedAccounts(members []*evidence.Failure) (shared, named int) {
	seen := make(map[uint64]struct{}, len(members))
	for _, f := range members {
		if _, ok := seen[f.Key]; ok || f.Key == 0 {
			continue
		}
		seen[f.Key] = struct{}{}
		named++
		if _, ok := k.sample[f.Key]; ok {
			shared++
		}
	}
	return shared, named
}

// sameAccounts reports whether at least half of the accounts that fail did so when a
// campaign opened, and more than by chance: three standard deviations more than if the
// accounts of both were drawn from the tenant's. Attacks on everybody share most accounts,
// so that a campaign that opened with more than a quarter of the tenant's does not count.
func (s *Set) sameAccounts(k *Campaign, members []*evidence.Failure) bool {
	shared, named := k.SharedAccounts(members)
	share := min(1, float64(len(k.sample))/float64(max(s.finder.population.Accounts(), 1)))
	byChance := share * float64(named)
	return named > 0 && 2*shared >= named && share <= 0.25 && float64(shared) > byChance+3*math.Sqrt(byChance*(1-share))
}

// nextRound reports whether a candidate is the next round of a campaign, or the one before: within
// hours, with the same tool, from similar networks, and four fifths of its failures of accounts that
// failed in it.
func (s *Set) nextRound(k *Campaign, c *Candidate) bool {
	apart, again := max(c.Began()-k.End, k.Began-c.end()), 0
	for _, f := range c.Members {
		if k.Incident.HasFailed(f.Key) {
			again++
		}
	}
	return k.hasAny(c.origin.Tools) && apart > 0 && apart <= attack.MaxPause/2 && 5*again >= 4*len(c.Members) && k.origin.alike(&c.origin, c.Members, s.owner)
}

// hasAny reports whether a campaign has failures with one of some tools.
func (k *Campaign) hasAny(tools []uint32) bool { return slices.ContainsFunc(tools, k.HasTool) }

// otherThan reports whether a campaign has begun so much earlier than failures that are made
// with none of its tools, or goes on so much later, that they are those of another attack.
func (k *Campaign) otherThan(c *Candidate) bool {
	if k.hasAny(c.origin.Tools) {
		return false
	}
	all, before, after := k.Incident.Attempts(), 0, 0
	for n := range all {
		switch {
		case all[n].At < c.Began():
			before++
		case all[n].At > c.end():
			after++
		}
	}
	before += k.Incident.Counts.Failures - len(all) // no longer kept
	count, sum := len(c.Members), k.Incident.Counts.Failures+len(c.Members)
	return evidence.Later(before, count, sum) || evidence.Later(after, count, sum)
}
