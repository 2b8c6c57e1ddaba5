package stuffing

import (
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/policy"
)

// tenantLevel finds the foreign failures that are more than the tenant is used to.
type tenantLevel struct {
	policy     *policy.Policy
	profiles   *profiles
	population *baseline.Population
	evidence   *evidence
}

// members returns the unexplained failures up to a time, once the tenant has more of
// them than it is used to, and nil before. If few tools or agents stand out, it
// returns these and only the failures made with them.
func (s *tenantLevel) members(at int64) (members []*foreignFailure, only []uint32) {
	from, changed := s.evidence.level.change(int32(at/hour), s.prior(), s.excess(at))
	if !changed {
		return nil, nil
	}
	members = s.evidence.unexplained(int64(from)*hour, func(f *foreignFailure) bool {
		return !f.single && !f.repeated && f.At >= int64(from)*hour && f.At <= at+hour
	})
	members, only = characteristic(members)
	if !s.several(members) {
		return nil, nil
	}
	return members, only
}

// fullTenant is the number of accounts from which on a tenant needs as many
// unusual failures as the policy says for a campaign.
const fullTenant = 100

// excess returns how many failures more than usual make a campaign: in a
// tenant of fewer than fullTenant accounts, a share of what the policy says,
// but at least as many as a campaign needs accounts. A small tenant has fewer
// accounts to try, and fewer failures of its own.
func (s *tenantLevel) excess(at int64) int {
	t := &s.policy.Stuffing.Campaign
	if !s.population.Learned(at, 1) {
		return t.Addresses
	}
	return max(min(t.Accounts, t.Addresses), t.Addresses*min(s.population.Accounts(), fullTenant)/fullTenant)
}

// prior is the rate of unexplained failures an hour that is expected of a
// tenant of this size before anything is known.
func (s *tenantLevel) prior() float64 { return 0.2 + float64(s.population.Accounts())/1000 }

// several reports whether failures have the clients and the accounts that a
// campaign needs.
func (s *tenantLevel) several(members []*foreignFailure) bool {
	t := &s.policy.Stuffing.Campaign
	c := s.profiles.census(members)
	return len(c.clients) >= t.RareAddresses && max(len(c.accounts), c.unnamed/2) >= t.Accounts
}

// characteristic returns the tools, or else the agents, that most of some
// failures were made with, and these failures. Where no few stand out it
// returns all failures and nothing.
func characteristic(members []*foreignFailure) (of []*foreignFailure, only []uint32) {
	for _, by := range [...]func(*foreignFailure) uint32{
		func(f *foreignFailure) uint32 { return f.Tool },
		func(f *foreignFailure) uint32 { return f.Agent },
	} {
		if only = outstanding(members, by); only != nil {
			break
		}
	}
	if only == nil {
		return members, nil
	}
	for _, f := range members {
		if f.madeWith(only) {
			of = append(of, f)
		}
	}
	return of, only
}

// outstanding returns the values that at least a fifth of the failures have
// each, if they cover three fifths together; nil otherwise.
func outstanding(members []*foreignFailure, by func(*foreignFailure) uint32) (only []uint32) {
	counts := map[uint32]int{}
	for _, f := range members {
		counts[by(f)]++
	}
	covered := 0
	for value, n := range counts {
		if n*5 >= len(members) && value != 0 {
			only, covered = append(only, value), covered+n
		}
	}
	if covered*5 < len(members)*3 {
		return nil
	}
	slices.Sort(only)
	return only
}

// madeWith reports whether the tool or the agent of a failure is in a list.
func (f *foreignFailure) madeWith(only []uint32) bool {
	return slices.Contains(only, f.Tool) || slices.Contains(only, f.Agent)
}
