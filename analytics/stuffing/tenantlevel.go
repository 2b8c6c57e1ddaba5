package stuffing

import (
	"redshank/analytics/baseline"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// tenantLevel finds the foreign failures that are more than the tenant is used to.
type tenantLevel struct {
	policy     *policy.Policy
	profiles   *profiles
	population *baseline.Population
	evidence   *evidence.List
}

// members returns the unexplained failures around the time of an attempt, by services of
// its kind, once the tenant has more of them than it is used to, and nil before. If few
// tools or agents stand out, it returns these and only the failures made with them.
func (s *tenantLevel) members(t *window.Attempt) (members []*evidence.Failure, only []uint32) {
	at, mail := t.At, evidence.MailProtocol(t.Service)
	from, to, changed := s.evidence.Level(t.Service).Change(int32(at/hour), s.prior(), s.excess(at))
	if !changed {
		return nil, nil
	}
	members = s.evidence.Unexplained(int64(from)*hour, func(f *evidence.Failure) bool {
		return !f.Single && !f.Repeated && evidence.MailProtocol(f.Service) == mail && f.At < max(int64(to+1)*hour, at+hour)
	})
	members, only = evidence.Characteristic(members)
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
func (s *tenantLevel) several(members []*evidence.Failure) bool {
	t := &s.policy.Stuffing.Campaign
	c := evidence.CensusOf(members, s.profiles.cut)
	return c.Clients >= t.RareAddresses && c.Tried() >= t.Accounts
}
