package stuffing

import (
	"cmp"
	"slices"
	"strconv"

	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/window"
)

// Bounds of campaigns: how many are kept, and what one of them keeps.
const (
	maxCampaigns       = 64
	maxCampaignClients = 4096
	maxCampaignTools   = 32
	maxCampaignSample  = 512
	maxCampaignKeys    = 8
)

// campaignPause is the shortest time, in milliseconds, without failures after
// which a campaign is over, maxCampaignPause the longest.
const (
	campaignPause    = 2 * 60 * 60 * 1000
	maxCampaignPause = 8 * 60 * 60 * 1000
)

// campaign is an attack from many clients while it lasts.
type campaign struct {
	incident   *attack
	keys       []uint64 // rare traits of its failures; none: the tenant's level
	tenant     bool     // opened by the tenant's level
	began, end int64    // of its failures
	opened     int64    // end when it opened
	pause      int64    // without failures for so long it is over
	clients    map[event.ClientKey]struct{}
	tools      []uint32
	sample     map[uint64]struct{} // accounts that failed when it opened
	only       []uint32            // of the tenant's level: the tools or agents of the campaign; none: any
	latest     []foreignFailure    // of a campaign without: the failures that it took in last
	divided    int64               // when another campaign was last split off from these
	recent     []int64             // times of the latest failures without a rare trait, in order
}

// quorum is how many failures must come within a third of a pause for a
// campaign to go on that has nothing rare about it.
const quorum = 3

// covers reports whether a time lies within a campaign.
func (k *campaign) covers(at int64) bool { return at >= k.began-k.pause && at <= k.end+k.pause }

// campaignOf returns the campaign that a foreign failure is part of: one of its
// rare traits, or else, while the tenant's level is up, all unexplained ones.
func (s *Detector) campaignOf(f *foreignFailure, c *client) *campaign {
	for _, key := range f.traits {
		if key == 0 {
			continue
		}
		if k := s.byTrait[key]; k != nil && k.covers(f.At) {
			return k
		}
	}
	if f.single {
		return nil
	}
	var widest *campaign
	for _, k := range s.campaigns {
		switch {
		case !k.tenant || !k.covers(f.At):
		case len(k.only) == 0:
			widest = k
		case f.madeWith(k.only) && s.goesOn(k, f):
			return k
		}
	}
	if widest != nil && s.goesOn(widest, f) {
		return widest
	}
	return nil
}

// latestFailures is how many failures a campaign that takes in any keeps, to
// see whether another attack began in its shadow.
const latestFailures = 32

// split opens a campaign of the failures that a campaign without tools of its
// own took in last, where most of them were made with the same few: another
// attack has begun in its shadow.
func (s *Detector) split(k *campaign, f *foreignFailure, ev *event.Event) {
	if !k.tenant || len(k.only) > 0 {
		return
	}
	if f.At < k.divided+minute {
		return // looking back over all sign-ins costs too much for every few failures
	}
	k.latest = append(k.latest, *f)
	if len(k.latest) < latestFailures {
		return
	}
	var members []*foreignFailure
	for n := range k.latest {
		members = append(members, &k.latest[n])
	}
	slices.SortStableFunc(members, byTime)
	members, only := characteristic(members)
	if only == nil || !s.several(members) || members[0].At <= k.opened {
		k.latest = slices.Delete(k.latest, 0, latestFailures/4)
		return
	}
	k.latest, k.divided = nil, f.At
	s.openCampaign(campaign{tenant: true, only: only}, members, ev)
}

// several reports whether failures have the clients and the accounts that a
// campaign needs.
func (s *Detector) several(members []*foreignFailure) bool {
	t := &s.policy.Stuffing.Campaign
	c := s.census(members)
	return len(c.clients) >= t.RareAddresses && max(len(c.accounts), c.unnamed/2) >= t.Accounts
}

func byTime(a, b *foreignFailure) int { return cmp.Compare(a.At, b.At) }

// goesOn reports whether a failure without a rare trait belongs to the
// campaign: it is not after the campaign's end, or at least quorum recent
// failures arrive at no less than the usual rate. The caller checks the tools.
func (s *Detector) goesOn(k *campaign, f *foreignFailure) bool {
	if f.At <= k.end || f.repeated {
		return f.At <= k.end
	}
	window := k.pause / 3
	if place, seen := slices.BinarySearch(k.recent, f.At); !seen { // or another log told of it before
		k.recent = slices.Insert(k.recent, place, f.At)
	}
	k.recent = slices.DeleteFunc(k.recent, func(at int64) bool { return at < f.At-window })
	if over := len(k.recent) - maxPairs; over > 0 {
		k.recent = slices.Delete(k.recent, 0, over)
	}
	now := int32(f.At / hour)
	usual := s.evidence.level.usual(now, now, s.prior()) * float64(window) / hour
	if len(k.recent) >= quorum && float64(len(k.recent)) >= usual {
		s.confirm(k, f.At)
		return true
	}
	return false
}

// confirm makes the failures after the end of a campaign that were too few to go
// on part of it: those up to a time, and, where records are late, those after it
// that go on at the same rate.
func (s *Detector) confirm(k *campaign, now int64) {
	later := s.evidence.unexplained(k.end, func(e *foreignFailure) bool {
		return !e.single && !e.repeated && e.At > k.end && (len(k.only) == 0 || e.madeWith(k.only))
	})
	n := 0
	for ; n < len(later); n++ {
		if enough := n + quorum - 1; later[n].At > now && (enough >= len(later) || later[enough].At-k.end > k.pause/3) {
			break
		}
		if c, ok := s.clients.Peek(s.cut(later[n].Client)); ok {
			s.member(k, later[n], c)
		}
	}
	s.evidence.take(later[:n])
}

// campaignOfSuccess returns the campaign whose attacker a success must be: the
// account does not know the network, nor the program, and either the rare trait
// of the campaign is there or the address is one that failed in it.
func (s *Detector) campaignOfSuccess(c *client, got *signIn) *campaign {
	if len(s.campaigns) == 0 || !got.foreign || !got.password() {
		return nil
	}
	// An address of the attack, with a tool of the attack. Where people come and go,
	// those who bring their own program are guests.
	if !s.shared(c, 0) {
		for _, k := range s.campaigns {
			if !k.tenant && k.covers(got.first) && k.has(c.key) && window.NamesTool(got.tool) && slices.Contains(k.tools, got.tool) &&
				!(got.account.usedAgent(got.agent, k.began) && c.guests(got) > maxGuests) {
				return k
			}
		}
	}
	features := s.features(c, got.tool, got.app)
	usual := !s.oddOwner(c, got.first) && (s.shared(c, 0) || window.NamesTool(got.tool) && !s.rare(features[traitTool], got.first))
	for n := range maxTraits {
		if n == traitOddTool && usual {
			continue // the tool is odd only at networks from which few accounts sign in
		}
		k := s.byTrait[uint64(features[n])]
		if k == nil || !k.covers(got.first) || got.account.usedAgent(got.agent, k.began) && n != traitTool {
			continue
		}
		if n == traitTool || slices.Contains(k.tools, got.tool) || k.has(c.key) || s.rare(features[n], got.first) {
			return k
		}
	}
	for _, k := range s.campaigns {
		if k.tenant && k.covers(got.first) && got.first <= k.end+campaignPause && s.namedByTenant(k, c, got) {
			return k
		}
	}
	return nil
}

// maxGuests is how many other accounts may get in from an address on the same
// day for a campaign of the tenant's level to name an account there: where
// more do, people come and go, as in a hotel.
const maxGuests = 1

// namedByTenant reports whether a success is the attacker's in a campaign that
// has no rare trait, only more failures than usual. Common programs and busy
// addresses name nobody: the agent must be new to the account, and either the
// address failed for other accounts, or it is from a network owner that the
// account does not use, with a tool of the campaign.
func (s *Detector) namedByTenant(k *campaign, c *client, got *signIn) bool {
	switch {
	case got.service == event.Windows && got.agent == 0, s.shared(c, 0),
		got.account.usedAgent(got.agent, k.began), c.guests(got) > maxGuests:
		return false
	case k.has(c.key):
		return c.failedForOthers(got.key)
	}
	return window.NamesTool(got.tool) && (slices.Contains(k.tools, got.tool) || slices.Contains(k.only, got.agent)) && !got.account.knowsOwner(c.owner, k.began) && len(got.account.known) > 0
}

func (k *campaign) has(c event.ClientKey) bool {
	_, ok := k.clients[c]
	return ok
}

// knowsOwner reports whether the account had signed in from a network of an
// owner well before a time, as in usedBefore.
func (a *account) knowsOwner(owner uint32, before int64) bool {
	return owner != 0 && slices.ContainsFunc(a.known, func(h knownClient) bool { return h.owner == owner && h.first <= before-agentAge })
}

// join adds a failure to a campaign.
func (s *Detector) join(k *campaign, f *foreignFailure, c *client, ev *event.Event) {
	s.member(k, f, c)
	k.incident.AddEvent(ev)
	s.tracker.Update(k.incident.Incident)
	s.split(k, f, ev)
}

// member counts a failure in a campaign and links the incident of its client.
func (s *Detector) member(k *campaign, f *foreignFailure, c *client) {
	k.began, k.end = min(k.began, f.At), max(k.end, f.At)
	k.incident.addFailure(f.Attempt, nil)
	if isNew := !k.has(c.key); isNew && len(k.clients) < maxCampaignClients {
		k.clients[c.key] = struct{}{}
		defer s.lookBackFrom(k, c)
	}
	if len(k.tools) < maxCampaignTools && !slices.Contains(k.tools, f.Tool) {
		k.tools = append(k.tools, f.Tool)
	}
	if f.single {
		c.incident.partOf = k
		s.link(k.incident, c.incident)
	} else if c.campaign != k.incident {
		c.campaign = k.incident
		s.clients.MarkDirty(c.key)
	}
}

// link notes that the incident of one client is part of a campaign.
func (s *Detector) link(campaign, single *attack) {
	if single == nil || single.Campaign == campaign.ID {
		return
	}
	single.Campaign = campaign.ID
	s.tracker.MarkDirty(single.Incident)
	campaign.Members = addMember(campaign.Members, single.ID)
}

// openCampaign makes an incident of failures that belong together: the one of
// a campaign that they go on with, or a new one.
func (s *Detector) openCampaign(made campaign, members []*foreignFailure, ev *event.Event) *campaign {
	keys, k := made.keys, s.sameCampaign(&made, members)
	if k == nil {
		k = s.newCampaign(&made, members)
	}
	for _, key := range keys {
		s.giveTrait(key, k)
	}
	s.evidence.take(members)
	for _, f := range members {
		if c, ok := s.clients.Peek(s.cut(f.Client)); ok {
			s.member(k, f, c)
		}
	}
	s.lookBack(k)
	k.incident.AddEvent(ev)
	k.incident.Assess()
	s.tracker.Update(k.incident.Incident)
	return k
}

// giveTrait makes a rare trait one of a campaign, and of no other: only then does a
// restored state say whose it is.
func (s *Detector) giveTrait(key uint64, k *campaign) {
	o := s.byTrait[key]
	if o == k {
		return
	}
	if o != nil {
		o.keys = slices.DeleteFunc(o.keys, func(have uint64) bool { return have == key })
	}
	if len(k.keys) >= maxCampaignKeys {
		delete(s.byTrait, k.keys[0])
		k.keys = slices.Delete(k.keys, 0, 1)
	}
	k.keys = append(k.keys, key)
	s.byTrait[key] = k
}

func (s *Detector) newCampaign(made *campaign, members []*foreignFailure) *campaign {
	k := made
	k.began, k.end = members[0].At, members[len(members)-1].At
	k.opened = k.end
	k.pause = min(max(12*(k.end-k.began)/int64(len(members)), campaignPause), maxCampaignPause)
	k.clients, k.sample = map[event.ClientKey]struct{}{}, map[uint64]struct{}{}
	for _, f := range members {
		if f.Key != 0 && len(k.sample) < maxCampaignSample {
			k.sample[f.Key] = struct{}{}
		}
	}
	subject := "tenant"
	if len(k.keys) > 0 {
		subject = strconv.FormatUint(k.keys[0], 16)
	}
	subject = "campaign " + subject + " " + strconv.FormatInt(k.began/hour, 10)
	k.keys = nil // openCampaign gives them
	i := s.tracker.Open(&ruleStuffing, subject, k.began).Detail.(*attack)
	i.Extend(k.began)
	i.Window = windowCampaign
	s.begin(i)
	k.incident = i
	s.campaigns = append(s.campaigns, k)
	if len(s.campaigns) > maxCampaigns {
		s.retire(slices.MinFunc(s.campaigns, func(a, b *campaign) int { return cmp.Compare(a.end, b.end) }))
	}
	return k
}

func (s *Detector) retire(k *campaign) {
	s.campaigns = slices.DeleteFunc(s.campaigns, func(o *campaign) bool { return o == k })
	for _, key := range k.keys {
		if s.byTrait[key] == k {
			delete(s.byTrait, key)
		}
	}
}

// sameCampaign returns the existing campaign that failures belong to, or nil.
// The two must be at most a day apart, and either share most accounts or
// clients, or begin within an hour and have similar durations. Failures are
// compared with the initial sample of each campaign, not with its later
// members. Accounts count only where that sample is a small part of the tenant:
// attacks on everybody share them all.
func (s *Detector) sameCampaign(made *campaign, members []*foreignFailure) *campaign {
	began, end := members[0].At, members[len(members)-1].At
	var best *campaign
	for _, k := range s.campaigns {
		if len(made.only) > 0 && k.tenant && len(k.only) == 0 && began > k.opened {
			continue // it began in that one's shadow
		}
		if began > k.end+s.slow || end < k.began-s.slow || !s.tracker.IsOpen(k.incident.Incident, began) {
			continue
		}
		accounts, clients, named := 0, 0, 0
		for _, f := range members {
			if f.Key != 0 {
				named++
				if _, ok := k.sample[f.Key]; ok {
					accounts++
				}
			}
			if k.has(s.cut(f.Client)) {
				clients++
			}
		}
		selective := len(k.sample)*10 <= s.population.Accounts()
		together := abs(began-k.began) <= hour && k.covers(end) && (k.opened-k.began)/4 <= end-began && (end-began)/4 <= k.opened-k.began+campaignPause
		if selective && named > 0 && accounts*2 >= named || clients*2 >= len(members) || together {
			best = k
		}
	}
	return best
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// addMember appends an id to the listed members of a campaign.
func addMember(list []string, id string) []string {
	if len(list) >= incident.MaxListed || slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}
