package campaign

import (
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// Exceeding returns the unexplained failures around the time of an attempt, by services of
// its kind, once the tenant has more of them than it is used to that have settled, and nil
// before. If few tools or agents stand out, they are only the failures made with these.
// Exceeding reports whether the tenant has more than it is used to, settled or not.
func (s *Finder) Exceeding(t *window.Attempt) (found *Candidate, exceeded bool) {
	at, mail := t.At, evidence.MailProtocol(t.Service)
	level, least := s.evidence.Level(t.Service), s.excess(at)
	if _, _, changed := level.Change(int32(at/hour), s.prior(), least); !changed {
		return nil, false
	}
	of := func(f *evidence.Failure) bool {
		return !f.Single && !f.Repeated && evidence.MailProtocol(f.Service) == mail
	}
	recent := s.evidence.Unexplained(s.tracker.Newest()-settling-evidence.MaxLag, of)
	from, to, changed := level.Change(int32(at/hour), s.prior(), least+len(recent)-len(s.settled(recent)))
	if !changed {
		return nil, true
	}
	members := s.evidence.Unexplained(int64(from)*hour, func(f *evidence.Failure) bool {
		return of(f) && f.At < max(int64(to+1)*hour, at+hour)
	})
	members, only := evidence.Characteristic(members)
	if len(only) > 1 { // two attacks, if one of them alone makes a campaign
		if part, of := evidence.Together(members, only); s.Several(s.settled(part)) {
			return ofTenant(part, of), true
		}
	}
	if !s.Several(s.settled(members)) {
		return nil, true
	}
	return ofTenant(members, only), true
}

// fullTenant is the number of accounts from which on a tenant needs as many
// unusual failures as the policy says for a campaign.
const fullTenant = 100

// excess returns how many failures more than usual make a campaign: in a
// tenant of fewer than fullTenant accounts, a share of what the policy says,
// but at least as many as a campaign needs accounts. A small tenant has fewer
// accounts to try, and fewer failures of its own.
func (s *Finder) excess(at int64) int {
	t := &s.policy.Stuffing.Campaign
	if s.population.FirstDay(at) {
		return t.Addresses
	}
	return max(min(t.Accounts, t.Addresses), t.Addresses*min(s.population.Accounts(), fullTenant)/fullTenant)
}
