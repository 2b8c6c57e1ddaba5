package campaign

import (
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// Finder finds the foreign failures that make a campaign, among those that are part of
// none.
type Finder struct {
	policy     *policy.Policy
	tracker    *incident.Tracker
	population *baseline.Population
	evidence   *evidence.List
	clusters   *window.Table[uint64, *cluster] // by rare trait
	slow       int64                           // milliseconds
	searched   [2]search                       // the last ones among the failures over the web, and by mail protocols
}

// NewFinder returns a finder that reads the failures of a list. population has the features
// with which the tenant's accounts sign in, tracker the time.
func NewFinder(p *policy.Policy, t *incident.Tracker, population *baseline.Population, e *evidence.List) *Finder {
	return &Finder{policy: p, tracker: t, population: population, evidence: e, slow: p.Stuffing.Window.Slow.Milliseconds(),
		clusters: window.NewTable[uint64, *cluster](maxClusters, window.Spread)}
}

// client returns the client of a failure.
func (s *Finder) client(f *evidence.Failure) event.ClientKey { return s.policy.ClientOf(f.Client) }

// Several reports whether failures have the clients and the accounts that a
// campaign needs.
func (s *Finder) Several(members []*evidence.Failure) bool {
	t := &s.policy.Stuffing.Campaign
	c := evidence.CensusOf(members, s.policy.ClientOf)
	return c.Clients >= t.RareAddresses && c.Tried() >= t.Accounts
}

// settling is how long people take to correct most typos, in milliseconds.
const settling = 2 * minute

// settled returns the failures without those with programs that people use that are so
// recent that their accounts may get in any moment, or have got in and the record is late.
func (s *Finder) settled(members []*evidence.Failure) (of []*evidence.Failure) {
	for _, f := range members {
		if f.Traits[evidence.TraitTool] != 0 || f.At <= s.tracker.Newest()-s.Settling(f) {
			of = append(of, f)
		}
	}
	return of
}

// Settling returns how long a failure waits for its correction, in milliseconds: two minutes,
// and as long as records of its source are late where typos of that time alone may be several.
func (s *Finder) Settling(f *evidence.Failure) int64 {
	if lag := s.evidence.Lags.Of(f.Sources); s.prior()*float64(lag) >= hour {
		return settling + lag
	}
	return settling
}

// prior is the rate of unexplained failures an hour that is expected of a
// tenant of this size before anything is known.
func (s *Finder) prior() float64 { return 0.2 + float64(s.population.Accounts())/1000 }

// The keys of undecided failures of the tenant's level. Those of traits are odd.
const (
	levelKeyWeb  = 2
	levelKeyMail = 4
)

// LevelKey returns the key under which the decision about the tenant's level waits, with a
// failure, beside the keys of rare traits.
func LevelKey(t *window.Attempt) uint64 {
	if evidence.MailProtocol(t.Service) {
		return levelKeyMail
	}
	return levelKeyWeb
}

// Decide returns the candidate that a failure makes now whose decision has waited under a
// key: that of a rare trait, or its LevelKey. Otherwise it returns nil.
func (s *Finder) Decide(key uint64, f *evidence.Failure) *Candidate {
	if key == LevelKey(&f.Attempt) {
		return s.excess(&f.Attempt)
	}
	if trait := slices.Index(f.Traits[:], key); trait >= 0 { // always, except in a damaged state
		return s.sharing(trait, key, f.At)
	}
	return nil
}
