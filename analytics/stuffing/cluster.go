package stuffing

import (
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
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

// clusters finds the foreign failures that have something rare in common.
type clusters struct {
	policy     *policy.Policy
	tracker    *incident.Tracker
	profiles   *profiles
	population *baseline.Population
	evidence   *evidence.List
	table      *window.Table[uint64, *cluster]
	slow       int64 // milliseconds
}

// watch adds a failure to the clusters of its rare traits. If one of them makes a
// campaign, watch returns the key of the trait and the failures that share it. If one of
// them may make a campaign later, watch returns the key alone, and otherwise 0.
func (s *clusters) watch(f *evidence.Failure) (key uint64, members []*evidence.Failure) {
	tuning := &s.policy.Stuffing.Campaign
	accounts := tuning.Accounts
	if f.Marks.Has(event.LeakedAccount) {
		accounts = min(accounts, s.policy.Stuffing.MailboxLoginThreshold.Burst)
	}
	p := s.pairOf(&f.Attempt)
	for n, k := range f.Traits {
		if k != 0 && s.get(k).add(p, s.slow, tuning.RareAddresses, accounts) {
			key = k
			if members = s.members(n, key, f.At); members != nil {
				return key, members
			}
		}
	}
	return key, nil
}

func (s *clusters) pairOf(t *window.Attempt) clusterPair {
	return clusterPair{at: t.At, client: uint32(s.profiles.cut(t.Client).Hash()) | 1, account: uint32(t.Key>>32) | uint32(min(t.Key, 1))}
}

func (s *clusters) get(key uint64) *cluster {
	c, ok := s.table.Get(key)
	if !ok {
		c = &cluster{}
		s.table.Add(key, c)
	}
	return c
}

// members returns the failures around a time that share a rare trait, if they are
// enough for a campaign: in one go without a pause of two hours, or else in the slow
// window. Otherwise it returns nil. Those of clients with incidents of their own count only
// by a tool, not by a service alone, whose log names no tool.
func (s *clusters) members(trait int, key uint64, at int64) []*evidence.Failure {
	all := s.evidence.Unexplained(at-s.slow, func(f *evidence.Failure) bool {
		alike := (trait == traitTool || trait == traitOddTool) && window.NamesTool(f.Tool)
		return f.Traits[trait] == key && (alike || !f.Single) && f.At <= at+s.slow
	})
	members := evidence.Around(all, at, campaignPause)
	if !s.wide(members, key, at) {
		if members = evidence.Around(all, at, s.slow/2); !s.wide(members, key, at) {
			return nil
		}
	}
	return members
}

// settling is how long people take to correct most typos, in milliseconds.
const settling = 2 * minute

// settled returns the failures without those with programs that people use that are so
// recent that their accounts may get in any moment, or have got in and the record is late.
func (s *clusters) settled(members []*evidence.Failure) (of []*evidence.Failure) {
	for _, f := range members {
		if f.Traits[traitTool] != 0 || f.At <= s.tracker.Newest()-s.settling(f) {
			of = append(of, f)
		}
	}
	return of
}

// settling returns how long a failure waits for its correction, in milliseconds: two minutes,
// and as long as records of its source are late where typos of that time alone may be several.
func (s *clusters) settling(f *evidence.Failure) int64 {
	if lag := s.evidence.Lags.Of(f.Sources); s.prior()*float64(lag) >= hour {
		return settling + lag
	}
	return settling
}

// rounds returns the failures of the week with a rare tool that are part of no campaign,
// if half of their accounts were tried by several clients. Otherwise it returns nil.
func (s *clusters) rounds(tool uint64, at int64) []*evidence.Failure {
	members := s.withTool(tool, at-week, at)
	first, again := map[uint64]event.ClientKey{}, map[uint64]struct{}{}
	for _, f := range members {
		if c, tried := first[f.Key]; !tried {
			first[f.Key] = s.profiles.cut(f.Client)
		} else if c != s.profiles.cut(f.Client) {
			again[f.Key] = struct{}{}
		}
	}
	if len(again) < s.policy.Stuffing.Campaign.Accounts || 2*len(again) < len(first) {
		return nil
	}
	return members
}

// withTool returns the failures with a rare tool, from one time to a day after another,
// that are part of no campaign and name their account.
func (s *clusters) withTool(tool uint64, from, to int64) []*evidence.Failure {
	return s.evidence.Unexplained(from, func(f *evidence.Failure) bool {
		return f.Traits[traitTool] == tool && f.Key != 0 && f.At <= to+s.slow
	})
}

// wide reports whether failures that share a rare trait make a campaign once they have
// settled: enough clients and accounts, and many more accounts than ever got in with the
// trait.
func (s *clusters) wide(members []*evidence.Failure, key uint64, at int64) bool {
	if members = s.settled(members); len(members) == 0 {
		return false
	}
	t := &s.policy.Stuffing
	c := evidence.CensusOf(members, s.profiles.cut)
	accounts := t.Campaign.Accounts
	if c.Leaked == c.Accounts {
		accounts = min(accounts, t.MailboxLoginThreshold.Burst)
	}
	return c.Clients >= t.Campaign.RareAddresses && c.Tried() >= accounts && c.Tried() > 3*s.population.Users(baseline.Feature(key), at)
}

// loaded rebuilds the clusters from the restored evidence.
func (s *clusters) loaded() {
	for f := range s.evidence.Since(0) {
		for _, key := range f.Traits {
			if key != 0 && !f.Taken && !f.Succeeded {
				s.get(key).add(s.pairOf(&f.Attempt), s.slow, maxPairs+1, maxPairs+1)
			}
		}
	}
}

// rarity knows with what features, and with how many of the tenant's accounts, people
// have signed in.
type rarity struct {
	policy     *policy.Policy
	population *baseline.Population
}

// maxPopulation bounds what the tenant's accounts have in common: programs,
// networks and their owners.
const maxPopulation = 1 << 17

// The rare features of a failure, with which few accounts of the tenant have ever
// signed in. A browser that everybody uses, a service or a large provider alone is
// not rare.
const (
	traitTool    = iota // agent and application
	traitOwner          // an owner of networks, and an application
	traitSubnet         // a /24 or /64
	traitOddTool        // agent and application, from networks of owners that hardly anybody comes from
)

// featuresOf returns the features that a sign-in shares with others, by trait. An
// owner counts only together with an application, because several attacks come from
// one large hosting provider.
func featuresOf(c *client, tool, app uint32) [evidence.MaxTraits]baseline.Feature {
	return [...]baseline.Feature{
		traitTool:    toolFeature(tool),
		traitOwner:   ownerFeature(c.owner).And(baseline.NewFeature('p', uint64(app))),
		traitSubnet:  subnetFeature(c.key),
		traitOddTool: oddToolFeature(tool),
	}
}

func toolFeature(tool uint32) baseline.Feature { return baseline.NewFeature('t', uint64(tool)) }

// The features of a client's network, and of it together with a tool.
func subnetFeature(k event.ClientKey) baseline.Feature {
	sub := k.Subnet()
	return baseline.NewFeature('n', sub.Hash())
}

func ownerFeature(owner uint32) baseline.Feature {
	if owner == 0 {
		return 0
	}
	return baseline.NewFeature('o', uint64(owner))
}

func oddToolFeature(tool uint32) baseline.Feature { return baseline.NewFeature('d', uint64(tool)) }

// traits returns the traits of a failure that are rare in the tenant.
func (s *rarity) traits(c *client, t *window.Attempt, app uint32) (keys [evidence.MaxTraits]uint64) {
	odd := s.oddOwner(c, t.At)
	for n, f := range featuresOf(c, t.Tool, app) {
		rare := f != 0 && s.rare(f, t.At) && (n == traitSubnet || !windowsOnly(t))
		if n == traitOwner || n == traitOddTool {
			rare = rare && odd
		}
		if rare {
			keys[n] = uint64(f)
		}
	}
	return keys
}

// windowsOnly reports whether an attempt is known from the Windows log only.
// Its program and its service are unknown, so that it has only its network in
// common with other attempts.
func windowsOnly(t *window.Attempt) bool { return t.Service == event.Windows }

// oddOwner reports whether hardly anybody signs in from the networks of a
// client's owner.
func (s *rarity) oddOwner(c *client, at int64) bool {
	f := ownerFeature(c.owner)
	return f != 0 && s.rare(f, at)
}

func (s *rarity) rare(f baseline.Feature, at int64) bool {
	r := &s.policy.Stuffing.Rare
	return s.population.Rare(f, at, r.Accounts, r.PerThousand)
}

// rareAt reports whether hardly any known user of a client's address signs in with
// a tool: at most two accounts, or a fiftieth of them. At an address without known users
// only scripts are rare; where nobody was known a day before, also a mail protocol that
// nobody there uses.
func (s *rarity) rareAt(c *client, t *window.Attempt) bool {
	if c.knownUsers() < sharedUsers {
		return isScript(t.Family)
	}
	feature := subnetFeature(c.key).And(toolFeature(t.Tool))
	if c.ofNewcomers(s.population, t.At) {
		return isScript(t.Family) || evidence.MailProtocol(t.Service) && s.population.Users(feature, t.At) <= 2
	}
	return s.population.Established(feature, t.At) <= max(2, c.knownUsers()/50)
}

// tenantLevel finds the foreign failures that are more than the tenant is used to.
type tenantLevel struct {
	policy     *policy.Policy
	clusters   *clusters
	profiles   *profiles
	population *baseline.Population
	evidence   *evidence.List
}

// members returns the unexplained failures around the time of an attempt, by services of
// its kind, once the tenant has more of them than it is used to that have settled, and nil
// before. If few tools or agents stand out, it returns these and only the failures made
// with them. It reports whether the tenant has more than it is used to, settled or not.
func (s *tenantLevel) members(t *window.Attempt) (members []*evidence.Failure, only []uint32, exceeded bool) {
	at, mail := t.At, evidence.MailProtocol(t.Service)
	level, least := s.evidence.Level(t.Service), s.excess(at)
	if _, _, changed := level.Change(int32(at/hour), s.clusters.prior(), least); !changed {
		return nil, nil, false
	}
	of := func(f *evidence.Failure) bool {
		return !f.Single && !f.Repeated && evidence.MailProtocol(f.Service) == mail
	}
	recent := s.evidence.Unexplained(s.clusters.tracker.Newest()-settling-evidence.MaxLag, of)
	from, to, changed := level.Change(int32(at/hour), s.clusters.prior(), least+len(recent)-len(s.clusters.settled(recent)))
	if !changed {
		return nil, nil, true
	}
	members = s.evidence.Unexplained(int64(from)*hour, func(f *evidence.Failure) bool {
		return of(f) && f.At < max(int64(to+1)*hour, at+hour)
	})
	members, only = evidence.Characteristic(members)
	if len(only) > 1 { // two attacks, if one of them alone makes a campaign
		if part, of := evidence.Together(members, only); s.several(s.clusters.settled(part)) {
			return part, of, true
		}
	}
	if !s.several(s.clusters.settled(members)) {
		return nil, nil, true
	}
	return members, only, true
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
	if s.population.FirstDay(at) {
		return t.Addresses
	}
	return max(min(t.Accounts, t.Addresses), t.Addresses*min(s.population.Accounts(), fullTenant)/fullTenant)
}

// prior is the rate of unexplained failures an hour that is expected of a
// tenant of this size before anything is known.
func (s *clusters) prior() float64 { return 0.2 + float64(s.population.Accounts())/1000 }

// several reports whether failures have the clients and the accounts that a
// campaign needs.
func (s *tenantLevel) several(members []*evidence.Failure) bool {
	t := &s.policy.Stuffing.Campaign
	c := evidence.CensusOf(members, s.profiles.cut)
	return c.Clients >= t.RareAddresses && c.Tried() >= t.Accounts
}
