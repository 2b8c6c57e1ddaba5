package stuffing

import (
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
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
			if o.at < from || of(o) == 0 {
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

// spread adds a foreign failure to its campaign, or to the evidence from which
// a campaign may open. own is the incident of its client, or nil. It returns
// the campaign, or nil.
func (s *Detector) spread(ev *event.Event, t *window.Attempt, c *client, own *attack) *campaign {
	if own != nil && own.Counts.Failures > wellKnown && own.Counts.Failures%seldom != 0 {
		return s.countInCampaign(t, own)
	}
	f := foreignFailure{Attempt: *t, traits: s.rareTraits(c, t, appOf(ev)), single: own != nil}
	f.repeated = c.repeats(t)
	if f.traits[traitTool] == 0 && s.shared(c, t.Marks) {
		return nil // of people who use what others there use
	}
	if k := s.campaignOf(&f, c); k != nil {
		s.join(k, &f, c, ev)
		return k
	}
	s.evidence.add(f)
	if k := s.watchClusters(&f, ev); k != nil || own != nil {
		return k
	}
	return s.watchLevel(t.At, ev)
}

// Of a client with an incident of more than wellKnown failures, only one failure
// in seldom is compared with those of other clients.
const (
	wellKnown = 128
	seldom    = 16
)

// countInCampaign counts a failure of a client in the campaign that its incident is
// part of, and returns the campaign, or nil without one.
func (s *Detector) countInCampaign(t *window.Attempt, own *attack) *campaign {
	k := own.partOf
	if k == nil || k.incident.Closed() || !k.covers(t.At) {
		return nil
	}
	k.began, k.end = min(k.began, t.At), max(k.end, t.At)
	k.incident.addFailure(*t, nil)
	s.tracker.Update(k.incident.Incident)
	return k
}

// repeats reports whether the client has failed for the same account in the
// hours before: a program that keeps trying counts once.
func (c *client) repeats(t *window.Attempt) bool {
	const within = 6 * hour
	all := c.attempts.All()
	for n := len(all) - 1; n >= 0 && all[n].At >= t.At-within; n-- {
		if o := &all[n]; o.Key == t.Key && o.At < t.At {
			return true
		}
	}
	return false
}

// watchClusters adds a failure to the clusters of its rare traits, and returns
// the campaign that one of them makes, or nil.
func (s *Detector) watchClusters(f *foreignFailure, ev *event.Event) *campaign {
	tuning := &s.policy.Stuffing.Campaign
	accounts := tuning.Accounts
	if f.Marks.Has(event.LeakedAccount) {
		accounts = min(accounts, s.policy.Stuffing.MailboxLoginThreshold.Burst)
	}
	p := s.pairOf(&f.Attempt)
	for n, key := range f.traits {
		if key != 0 && s.cluster(key).add(p, s.slow, tuning.RareAddresses, accounts) {
			if k := s.openCluster(n, key, f.At, ev); k != nil {
				return k
			}
		}
	}
	return nil
}

// refine adds the program to a failure that another log reported without one,
// and checks the traits of the program. It reports whether the failure was
// already recorded as foreign.
func (s *Detector) refine(ev *event.Event, t *window.Attempt, c *client, a *account) bool {
	f := s.evidence.find(t)
	if f == nil || f.taken {
		return f != nil
	}
	f.Merge(*t)
	s.evidence.markDirty(f.place)
	if t.Key == 0 {
		t.Key, t.Name = f.Key, f.Name
		a, _ = s.accounts.Peek(t.Key)
	}
	if a.familiar(c, &f.Attempt, f.At) || s.ownProgram(&f.Attempt, a) {
		s.evidence.explain(f)
		f.Succeeded = true // explained
		return true
	}
	f.traits = s.rareTraits(c, &f.Attempt, appOf(ev))
	if k := s.campaignOf(f, c); k != nil {
		s.evidence.take([]*foreignFailure{f})
		s.join(k, f, c, ev)
		return true
	}
	s.watchClusters(f, ev)
	return true
}

func (s *Detector) pairOf(t *window.Attempt) clusterPair {
	return clusterPair{at: t.At, client: uint32(s.cut(t.Client).Hash()) | 1, account: uint32(t.Key>>32) | uint32(min(t.Key, 1))}
}

// ownProgram reports whether a failure is that of an account's own mail
// program on its way: a telephone with an old password fails from many
// networks.
func (s *Detector) ownProgram(t *window.Attempt, a *account) bool {
	return a != nil && (isMail(t) && a.usedAgent(t.Agent, t.At) || a.stale.made(t))
}

// isMail reports whether an attempt is that of a mail program, which keeps trying
// the password that it has. Whatever synchronises by ActiveSync is one, unless it is
// known as a script or a tool.
func isMail(t *window.Attempt) bool {
	return t.Family == event.Mobile || t.Family == event.Outlook ||
		t.Service == event.EAS && t.Family != event.Scripting && t.Family != event.Tool
}

func (s *Detector) cluster(key uint64) *cluster {
	c, ok := s.clusters.Get(key)
	if !ok {
		c = &cluster{}
		s.clusters.Add(key, c)
	}
	return c
}

// census is how many distinct clients and accounts some failures have.
type census struct {
	clients, accounts    map[uint64]struct{}
	unnamed, leaked, all int
}

func (s *Detector) census(members []*foreignFailure) census {
	c := census{clients: make(map[uint64]struct{}, len(members)), accounts: make(map[uint64]struct{}, len(members)), all: len(members)}
	for _, f := range members {
		c.clients[s.cut(f.Client).Hash()] = struct{}{}
		if f.Key == 0 {
			c.unnamed++
			continue
		}
		if _, ok := c.accounts[f.Key]; !ok && f.Marks.Has(event.LeakedAccount) {
			c.leaked++
		}
		c.accounts[f.Key] = struct{}{}
	}
	return c
}

// openCluster opens a campaign of the failures around a time that share a rare
// trait, if they still are enough: in one go without a pause of two hours, or
// else in the slow window. It returns the campaign, or nil.
func (s *Detector) openCluster(trait int, key uint64, at int64, ev *event.Event) *campaign {
	all := s.evidence.unexplained(at-s.slow, func(f *foreignFailure) bool {
		return f.traits[trait] == key && (trait == traitTool || trait == traitOddTool || !f.single) && f.At >= at-s.slow && f.At <= at+s.slow
	})
	members := around(all, at, campaignPause)
	if !s.wide(members, key, at) {
		if members = around(all, at, s.slow/2); !s.wide(members, key, at) {
			return nil
		}
	}
	return s.openCampaign(campaign{keys: []uint64{key}}, members, ev)
}

// wide reports whether failures that share a rare trait make a campaign: enough
// clients and accounts, and many more accounts than ever got in with the trait.
func (s *Detector) wide(members []*foreignFailure, key uint64, at int64) bool {
	if len(members) == 0 {
		return false
	}
	t := &s.policy.Stuffing
	c := s.census(members)
	accounts := t.Campaign.Accounts
	if c.leaked == len(c.accounts) {
		accounts = min(accounts, t.MailboxLoginThreshold.Burst)
	}
	n := max(len(c.accounts), c.unnamed/2)
	return len(c.clients) >= t.Campaign.RareAddresses && n >= accounts && n > 3*s.population.Users(baseline.Feature(key), at)
}

// unexplained returns the failures from a time on that are part of no campaign and
// not forgiven, of which want reports true, in the order of their times.
func (e *evidence) unexplained(from int64, want func(*foreignFailure) bool) (members []*foreignFailure) {
	for f := range e.since(from) {
		if !f.taken && !f.Succeeded && f.At >= from && want(f) {
			members = append(members, f)
		}
	}
	slices.SortStableFunc(members, byTime)
	return members
}

// around returns the run of failures around a time in which no pause exceeds
// pause milliseconds.
func around(members []*foreignFailure, at, pause int64) []*foreignFailure {
	from, to := 0, len(members)
	for n := 1; n < len(members); n++ {
		if members[n].At-members[n-1].At <= pause {
			continue
		}
		if members[n].At <= at {
			from = n
		} else {
			to = n
			break
		}
	}
	return members[from:to]
}

// watchLevel opens a campaign of all unexplained failures once the tenant has
// more of them than it is used to.
func (s *Detector) watchLevel(at int64, ev *event.Event) *campaign {
	from, changed := s.evidence.level.change(int32(at/hour), s.prior(), s.excess(at))
	if !changed {
		return nil
	}
	members := s.evidence.unexplained(int64(from)*hour, func(f *foreignFailure) bool {
		return !f.single && !f.repeated && f.At >= int64(from)*hour && f.At <= at+hour
	})
	members, only := characteristic(members)
	if !s.several(members) {
		return nil
	}
	return s.openCampaign(campaign{tenant: true, only: only}, members, ev)
}

// fullTenant is the number of accounts from which on a tenant needs as many
// unusual failures as the policy says for a campaign.
const fullTenant = 100

// excess returns how many failures more than usual make a campaign: in a
// tenant of fewer than fullTenant accounts, a share of what the policy says,
// but at least as many as a campaign needs accounts. A small tenant has fewer
// accounts to try, and fewer failures of its own.
func (s *Detector) excess(at int64) int {
	t := &s.policy.Stuffing.Campaign
	if !s.population.Learned(at, 1) {
		return t.Addresses
	}
	return max(min(t.Accounts, t.Addresses), t.Addresses*min(s.population.Accounts(), fullTenant)/fullTenant)
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

// prior is the rate of unexplained failures an hour that is expected of a
// tenant of this size before anything is known.
func (s *Detector) prior() float64 { return 0.2 + float64(s.population.Accounts())/1000 }
