package campaign

import (
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// maxClusters bounds the rare traits that are watched at a time, maxPairs the
// pairs of client and account that one keeps.
const (
	maxClusters = 16384
	maxPairs    = 64
)

// cluster watches one rare trait: the latest pairs of client and account that
// failed with it. It only finds out when to look; what belongs together is read
// from the evidence.
type cluster struct {
	pairs []clusterPair
	more  int // pairs that replaced others
}

// evaluateEvery is how many pairs a full cluster takes in between two evaluations.
// One evaluation of the evidence takes as long as recording a hundred failures.
const evaluateEvery = 8

type clusterPair struct {
	at              int64
	client, account uint32 // hashes; account 0: not named
}

// add remembers a pair, and reports whether the cluster may be wide enough.
func (c *cluster) add(p clusterPair, horizon int64, clients, accounts int) bool {
	for n := range c.pairs {
		if o := &c.pairs[n]; o.client == p.client && o.account == p.account && p.account != 0 {
			o.at = max(o.at, p.at)
			return false
		}
	}
	if len(c.pairs) >= maxPairs {
		oldest := 0
		for n := range c.pairs {
			if c.pairs[n].at < c.pairs[oldest].at {
				oldest = n
			}
		}
		c.pairs[oldest] = p
		if c.more++; c.more%evaluateEvery != 0 {
			return false
		}
	} else {
		c.pairs = append(c.pairs, p)
	}
	if len(c.pairs) < max(clients, accounts) {
		return false
	}
	from := p.at - horizon
	distinct := func(of func(*clusterPair) uint32) (n int) {
		for i := range c.pairs {
			o := &c.pairs[i]
			if of(o) == 0 {
				continue
			}
			first := slices.IndexFunc(c.pairs, func(q clusterPair) bool { return q.at >= from && of(&q) == of(o) })
			if first == i {
				n++
			}
		}
		return n
	}
	unnamed := 0
	for i := range c.pairs {
		if c.pairs[i].account == 0 && c.pairs[i].at >= from {
			unnamed++
		}
	}
	return distinct(func(q *clusterPair) uint32 { return q.client }) >= clients &&
		(unnamed >= accounts || distinct(func(q *clusterPair) uint32 { return q.account }) >= accounts)
}

// Watch adds a failure to the clusters of its rare traits. If one of them makes a
// campaign, Watch returns the key of the trait and the failures that share it. If one of
// them may make a campaign later, Watch returns the key alone, and otherwise 0.
func (s *Finder) Watch(f *evidence.Failure) (key uint64, found *Candidate) {
	tuning := &s.policy.Stuffing.Campaign
	accounts := tuning.Accounts
	if f.Marks.Has(event.LeakedAccount) {
		accounts = min(accounts, s.policy.Stuffing.MailboxLoginThreshold.Burst)
	}
	p := s.pairOf(f)
	for n, k := range f.Traits {
		if k != 0 && s.cluster(k).add(p, s.slow, tuning.RareAddresses, accounts) {
			key = k
			if found = s.sharing(n, key, f.At); found != nil {
				return key, found
			}
		}
	}
	return key, nil
}

func (s *Finder) pairOf(f *evidence.Failure) clusterPair {
	return clusterPair{at: f.At, client: uint32(s.client(f).Hash()) | 1, account: uint32(f.Key>>32) | uint32(min(f.Key, 1))}
}

func (s *Finder) cluster(key uint64) *cluster {
	c, ok := s.clusters.Get(key)
	if !ok {
		c = &cluster{}
		s.clusters.Add(key, c)
	}
	return c
}

// sharing returns the failures around a time that share a rare trait, if they are
// enough for a campaign: in one go without a pause of two hours, or else in the slow
// window. Otherwise it returns nil. Those of clients with incidents of their own count only
// by a tool, not by a service alone, whose log names no tool.
func (s *Finder) sharing(trait int, key uint64, at int64) *Candidate {
	all := s.evidence.Unexplained(at-s.slow, func(f *evidence.Failure) bool {
		alike := (trait == evidence.TraitTool || trait == evidence.TraitOddTool) && window.NamesTool(f.Tool)
		return f.Traits[trait] == key && (alike || !f.Single) && f.At <= at+s.slow
	})
	for _, pause := range [...]int64{leastPause, s.slow / 2} {
		if members := evidence.Around(all, at, pause); s.wide(members, key, at) {
			return &Candidate{Members: members, key: key}
		}
	}
	return nil
}

// Rounds returns the failures of the week with a rare tool that are part of no campaign,
// if half of their accounts were tried by several clients. Otherwise it returns nil.
func (s *Finder) Rounds(tool uint64, at int64) *Candidate {
	members := s.WithTool(tool, at-week, at)
	first, again := map[uint64]event.ClientKey{}, map[uint64]struct{}{}
	for _, f := range members {
		if c, tried := first[f.Key]; !tried {
			first[f.Key] = s.client(f)
		} else if c != s.client(f) {
			again[f.Key] = struct{}{}
		}
	}
	if len(again) < s.policy.Stuffing.Campaign.Accounts || 2*len(again) < len(first) {
		return nil
	}
	return &Candidate{Members: members, key: tool}
}

// week is how far apart rounds may be, in milliseconds: the same day of the next week counts.
const week = 8 * event.Day

// WithTool returns the failures with a rare tool, from one time to the slow window after another,
// that are part of no campaign and name their account, in order of time.
func (s *Finder) WithTool(tool uint64, from, to int64) []*evidence.Failure {
	return s.evidence.Unexplained(from, func(f *evidence.Failure) bool {
		return f.Traits[evidence.TraitTool] == tool && f.Key != 0 && f.At <= to+s.slow
	})
}

// wide reports whether failures that share a rare trait make a campaign once they have
// settled: enough clients and accounts, and many more accounts than ever got in with the
// trait.
func (s *Finder) wide(members []*evidence.Failure, key uint64, at int64) bool {
	if members = s.settled(members); len(members) == 0 {
		return false
	}
	t := &s.policy.Stuffing
	c := evidence.CensusOf(members, s.policy.ClientOf)
	accounts := t.Campaign.Accounts
	if c.Leaked == c.Accounts {
		accounts = min(accounts, t.MailboxLoginThreshold.Burst)
	}
	return c.Clients >= t.Campaign.RareAddresses && c.Tried() >= accounts && c.Tried() > 3*s.population.Users(baseline.Feature(key), at)
}

// Loaded rebuilds the clusters from the restored evidence.
func (s *Finder) Loaded() {
	for f := range s.evidence.Since(0) {
		for _, key := range f.Traits {
			if key != 0 && !f.Taken && !f.Succeeded {
				s.cluster(key).add(s.pairOf(f), s.slow, maxPairs+1, maxPairs+1)
			}
		}
	}
}
