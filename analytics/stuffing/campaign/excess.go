package campaign

import (
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// Exceeding reports whether the tenant has more unexplained failures around the time of an
// attempt than it is used to, and returns those that excess finds. Not each failure causes a
// search for these: see searches.
func (s *Finder) Exceeding(t *window.Attempt) (found *Candidate, exceeded bool) {
	hourOf := int32(t.At / hour)
	if _, _, exceeded = s.evidence.Level(t.Service).Change(hourOf, s.prior(), s.least(t.At)); !exceeded || !s.searches(t) {
		return nil, exceeded
	}
	return s.excess(t), true
}

// excess returns the unexplained failures around the time of an attempt, by services of its
// kind, if the tenant has more of them than it is used to that have settled, and otherwise
// nil. If few tools or agents stand out, they are only the failures made with these.
func (s *Finder) excess(t *window.Attempt) *Candidate {
	at, mail := t.At, evidence.MailProtocol(t.Service)
	of := func(f *evidence.Failure) bool {
		return !f.Single && !f.Repeated && evidence.MailProtocol(f.Service) == mail
	}
	recent := s.evidence.Unexplained(s.tracker.Newest()-settling-evidence.MaxLag, of)
	unsettled := len(recent) - len(s.settled(recent))
	from, to, changed := s.evidence.Level(t.Service).Change(int32(at/hour), s.prior(), s.least(at)+unsettled)
	if !changed {
		return nil
	}
	members := s.evidence.Unexplained(int64(from)*hour, func(f *evidence.Failure) bool {
		return of(f) && f.At < max(int64(to+1)*hour, at+hour)
	})
	s.searchOf(t).idle = int(searchShare * float64(len(members)))
	members, only := evidence.Characteristic(members)
	if len(only) > 1 { // two attacks, if one of them alone makes a campaign
		if part, of := evidence.Together(members, only); s.Several(s.settled(part)) {
			return ofTenant(part, of)
		}
	}
	if !s.Several(s.settled(members)) {
		return nil
	}
	return ofTenant(members, only)
}

// A search reads up to thousands of failures, and it takes two minutes until enough failures
// of an attack have settled. After a search that read n failures, the next searchShare*n
// failures cause no search, nor do failures that have not settled for searchPause
// milliseconds. The decision waits meanwhile, see campaigns.postpone.
const (
	searchPause = 1000
	searchShare = 1. / 64
)

// search is the last search for an excess of failures.
type search struct {
	at   int64 // Unix milliseconds, by the tracker's clock
	idle int   // failures that cause no further search
}

// searchOf returns the last search among the failures by services of an attempt's kind.
func (s *Finder) searchOf(t *window.Attempt) *search {
	if evidence.MailProtocol(t.Service) {
		return &s.searched[1]
	}
	return &s.searched[0]
}

// searches reports whether a failure causes a search, and notes it.
func (s *Finder) searches(t *window.Attempt) bool {
	last, now := s.searchOf(t), s.tracker.Newest()
	if last.idle > 0 {
		last.idle--
		return false
	}
	if t.At > now-settling && now < last.at+searchPause {
		return false
	}
	*last = search{at: now}
	return true
}

// fullTenant is the number of accounts from which on a tenant needs as many
// unusual failures as the policy says for a campaign.
const fullTenant = 100

// least returns how many failures more than usual make a campaign: in a
// tenant of fewer than fullTenant accounts, a share of what the policy says,
// but at least as many as a campaign needs accounts. A small tenant has fewer
// accounts to try, and fewer failures of its own.
func (s *Finder) least(at int64) int {
	t := &s.policy.Stuffing.Campaign
	if s.population.FirstDay(at) {
		return t.Addresses
	}
	return max(min(t.Accounts, t.Addresses), t.Addresses*min(s.population.Accounts(), fullTenant)/fullTenant)
}
