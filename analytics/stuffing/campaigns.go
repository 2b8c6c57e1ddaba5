package stuffing

import (
	"cmp"
	"slices"
	"strconv"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// campaigns keeps the attacks from many clients.
type campaigns struct {
	incidents   *incidents
	profiles    *profiles
	rarity      *rarity
	evidence    *evidence.List
	foreign     *foreignSignIns
	clusters    *clusters
	level       *tenantLevel
	credentials *credentials
	slow        int64 // milliseconds
	list        []*campaign
	byTrait     map[uint64]*campaign
}

// observe adds a foreign failure to its campaign, or to the evidence from which
// a campaign may open. own is the incident of its client, or nil. It returns
// the campaign, or nil.
func (s *campaigns) observe(ev *event.Event, t *window.Attempt, c *client, own *attack.Attack) *campaign {
	if own != nil && own.Counts.Failures > wellKnown && own.Counts.Failures%seldom != 0 {
		return s.count(t, own)
	}
	f := evidence.Failure{Attempt: *t, Traits: s.rarity.traits(c, t, appOf(ev)), Single: own != nil}
	f.Repeated = c.repeats(t)
	if f.Traits[traitTool] == 0 && c.shared(t.Marks) {
		return nil // of people who use what others there use
	}
	if k := s.of(&f, c); k != nil {
		s.join(k, &f, c, ev)
		return k
	}
	s.evidence.Add(f)
	if k := s.openRare(&f, ev); k != nil {
		return k
	}
	if own != nil {
		return s.openRounds(&f, own, ev)
	}
	if members, only := s.level.members(t); members != nil {
		return s.open(campaign{tenant: true, only: only}, members, ev)
	}
	return nil
}

// openRare opens a campaign of the failures that share a rare trait with a failure,
// if they are enough. It returns the campaign, or nil.
func (s *campaigns) openRare(f *evidence.Failure, ev *event.Event) *campaign {
	key, members := s.clusters.watch(f)
	if members == nil {
		return nil
	}
	return s.open(campaign{keys: []uint64{key}}, members, ev)
}

// openRounds opens a campaign where a client with an incident of its own tries again
// what other clients tried with the same rare tool: an attacker who moves to another
// address for each round. It looks for them each time the failures of the incident
// have doubled. It returns the campaign, or nil.
func (s *campaigns) openRounds(f *evidence.Failure, own *attack.Attack, ev *event.Event) *campaign {
	key, n := f.Traits[traitTool], own.Counts.Failures
	if key == 0 || n < leastRound || n&(n-1) != 0 {
		return nil
	}
	members := s.clusters.rounds(key, f.At)
	if members == nil {
		return nil
	}
	return s.open(campaign{keys: []uint64{key}}, members, ev)
}

// leastRound is the least number of failures in a round.
const leastRound = 8

// count counts a failure of a client in the campaign that its incident is
// part of, and returns the campaign, or nil without one.
func (s *campaigns) count(t *window.Attempt, own *attack.Attack) *campaign {
	if own.Campaign == "" {
		return nil
	}
	n := slices.IndexFunc(s.list, func(k *campaign) bool { return k.incident.ID == own.Campaign })
	if n < 0 || s.list[n].incident.Closed() || !s.list[n].covers(t.At) {
		return nil
	}
	k := s.list[n]
	k.began, k.end = min(k.began, t.At), max(k.end, t.At)
	k.incident.AddFailure(*t, nil)
	s.incidents.tracker.Update(k.incident.Incident)
	return k
}

// Of a client with an incident of more than wellKnown failures, only one failure
// in seldom is compared with those of other clients.
const (
	wellKnown = 128
	seldom    = 16
)

// refine adds the program to a failure that another log reported without one,
// and checks the traits of the program. It reports whether the failure was
// already recorded as foreign.
func (s *campaigns) refine(ev *event.Event, t *window.Attempt, c *client, a *account) bool {
	f := s.evidence.Find(t)
	if f == nil || f.Taken {
		return f != nil
	}
	s.evidence.Complete(f, t)
	if t.Key == 0 {
		t.Key, t.Name = f.Key, f.Name
		a, _ = s.profiles.accounts.Peek(t.Key)
	}
	if a.familiar(c, &f.Attempt, f.At) || ownProgram(&f.Attempt, a) {
		s.evidence.Explain(f)
		return true
	}
	f.Traits = s.rarity.traits(c, &f.Attempt, appOf(ev))
	if k := s.of(f, c); k != nil {
		s.evidence.Take([]*evidence.Failure{f})
		s.join(k, f, c, ev)
		return true
	}
	s.openRare(f, ev)
	return true
}

// of returns the campaign that a foreign failure is part of: one of its
// rare traits, or else, while the tenant's level is up, all unexplained ones.
func (s *campaigns) of(f *evidence.Failure, c *client) *campaign {
	for _, key := range f.Traits {
		if key == 0 {
			continue
		}
		if k := s.byTrait[key]; k != nil && k.covers(f.At) {
			return k
		}
	}
	if f.Single {
		return nil
	}
	var widest *campaign
	for _, k := range s.list {
		switch {
		case !k.tenant || !k.covers(f.At):
		case len(k.only) == 0 && !evidence.MailProtocol(f.Service):
			widest = k
		case f.MadeWith(k.only) && s.goesOn(k, f):
			return k
		}
	}
	if widest != nil && s.goesOn(widest, f) {
		return widest
	}
	return nil
}

// join adds a failure to a campaign.
func (s *campaigns) join(k *campaign, f *evidence.Failure, c *client, ev *event.Event) {
	s.member(k, f, c)
	k.incident.AddEvent(ev)
	s.incidents.tracker.Update(k.incident.Incident)
	s.split(k, f, ev)
}

// member counts a failure in a campaign and links the incident of its client.
func (s *campaigns) member(k *campaign, f *evidence.Failure, c *client) {
	k.began, k.end = min(k.began, f.At), max(k.end, f.At)
	k.incident.AddFailure(f.Attempt, nil)
	if isNew := !k.has(c.key); isNew && len(k.clients) < maxCampaignClients {
		k.clients[c.key] = struct{}{}
		defer s.lookBackFrom(k, c)
	}
	if len(k.tools) < maxCampaignTools && !slices.Contains(k.tools, f.Tool) {
		k.tools = append(k.tools, f.Tool)
	}
	if f.Single {
		s.incidents.link(k.incident, c.incident)
	} else if c.campaign != k.incident {
		c.campaign = k.incident
		s.profiles.clients.MarkDirty(c.key)
	}
}

// open makes an incident of failures that belong together: the one of
// a campaign that they go on with, or a new one.
func (s *campaigns) open(made campaign, members []*evidence.Failure, ev *event.Event) *campaign {
	made.origin = s.originOf(members)
	keys, k := made.keys, s.same(&made, members)
	switch {
	case k == nil:
		k = s.create(&made, members)
	case !made.tenant:
		k.origin.add(&made.origin)
	}
	for _, key := range keys {
		s.giveTrait(key, k)
	}
	s.evidence.Take(members)
	for _, f := range members {
		if c, ok := s.profiles.clients.Peek(s.profiles.cut(f.Client)); ok {
			s.member(k, f, c)
		}
	}
	s.lookBack(k)
	k.incident.AddEvent(ev)
	k.incident.Assess()
	s.incidents.tracker.Update(k.incident.Incident)
	return k
}

// giveTrait makes a rare trait one of a campaign, and of no other: only then does a
// restored state say whose it is.
func (s *campaigns) giveTrait(key uint64, k *campaign) {
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

func (s *campaigns) create(made *campaign, members []*evidence.Failure) *campaign {
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
	k.keys = nil // open gives them
	k.incident = s.incidents.open(subject, windowCampaign, k.began, k.began)
	s.list = append(s.list, k)
	if len(s.list) > maxCampaigns {
		s.retire(slices.MinFunc(s.list, func(a, b *campaign) int { return cmp.Compare(a.end, b.end) }))
	}
	return k
}

func (s *campaigns) retire(k *campaign) {
	s.list = slices.DeleteFunc(s.list, func(o *campaign) bool { return o == k })
	for _, key := range k.keys {
		if s.byTrait[key] == k {
			delete(s.byTrait, key)
		}
	}
}

// same returns the existing campaign that failures belong to, or nil.
// The two must be at most a day apart, and either share most accounts or
// clients, or begin within an hour, have similar durations and origins. Failures are
// compared with the initial sample of each campaign, not with its later
// members. Accounts count only where that sample is a small part of the tenant:
// attacks on everybody share them all.
func (s *campaigns) same(made *campaign, members []*evidence.Failure) *campaign {
	began, end := members[0].At, members[len(members)-1].At
	var best *campaign
	for _, k := range s.list {
		if len(made.only) > 0 && k.tenant && len(k.only) == 0 && began > k.opened {
			continue // it began in that one's shadow
		}
		if began > k.end+s.slow || end < k.began-s.slow || !s.incidents.tracker.IsOpen(k.incident.Incident, began) {
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
			if k.has(s.profiles.cut(f.Client)) {
				clients++
			}
		}
		selective := len(k.sample)*10 <= s.rarity.population.Accounts()
		together := abs(began-k.began) <= hour && k.covers(end) && (k.opened-k.began)/4 <= end-began && (end-began)/4 <= k.opened-k.began+campaignPause && s.alike(&k.origin, &made.origin, members)
		if selective && named > 0 && accounts*2 >= named || clients*2 >= len(members) || together {
			best = k
		}
	}
	return best
}

// split opens a campaign of the failures that a campaign without tools of its
// own took in last, where most of them were made with the same few: another
// attack has begun in its shadow.
func (s *campaigns) split(k *campaign, f *evidence.Failure, ev *event.Event) {
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
	var members []*evidence.Failure
	for n := range k.latest {
		members = append(members, &k.latest[n])
	}
	slices.SortStableFunc(members, evidence.ByTime)
	members, only := evidence.Characteristic(members)
	if only == nil || !s.level.several(members) || members[0].At <= k.opened {
		k.latest = slices.Delete(k.latest, 0, latestFailures/4)
		return
	}
	k.latest, k.divided = nil, f.At
	s.open(campaign{tenant: true, only: only}, members, ev)
}

// goesOn reports whether a failure without a rare trait belongs to the
// campaign: it is not after the campaign's end, or at least quorum recent
// failures arrive at no less than the usual rate. The caller checks the tools.
func (s *campaigns) goesOn(k *campaign, f *evidence.Failure) bool {
	if f.At <= k.end || f.Repeated {
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
	usual := s.evidence.Level(f.Service).Usual(now, now, s.level.prior()) * float64(window) / hour
	if len(k.recent) >= quorum && float64(len(k.recent)) >= usual {
		s.confirm(k, f.At)
		return true
	}
	return false
}

// confirm makes the failures after the end of a campaign that were too few to go
// on part of it: those up to a time, and, where records are late, those after it
// that go on at the same rate.
func (s *campaigns) confirm(k *campaign, now int64) {
	later := s.evidence.Unexplained(k.end, func(e *evidence.Failure) bool {
		return !e.Single && !e.Repeated && e.At > k.end && (len(k.only) == 0 && !evidence.MailProtocol(e.Service) || e.MadeWith(k.only))
	})
	n := 0
	for ; n < len(later); n++ {
		if enough := n + quorum - 1; later[n].At > now && (enough >= len(later) || later[enough].At-k.end > k.pause/3) {
			break
		}
		if c, ok := s.profiles.clients.Peek(s.profiles.cut(later[n].Client)); ok {
			s.member(k, later[n], c)
		}
	}
	s.evidence.Take(later[:n])
}

// ofSuccess returns the campaign whose attacker a success must be: the
// account does not know the network, nor the program, and either the rare trait
// of the campaign is there or the address is one that failed in it.
func (s *campaigns) ofSuccess(c *client, got *signIn) *campaign {
	if len(s.list) == 0 || !got.foreign || !got.password() {
		return nil
	}
	// An address of the attack, with a tool of the attack. Where people come and go,
	// those who bring their own program are guests.
	if !c.shared(0) {
		for _, k := range s.list {
			if !k.tenant && k.covers(got.first) && k.has(c.key) && window.NamesTool(got.tool) && slices.Contains(k.tools, got.tool) &&
				!(got.account.usedAgent(got.agent, k.began) && c.guests(got) > maxGuests) {
				return k
			}
		}
	}
	features := features(c, got.tool, got.app)
	usual := !s.rarity.oddOwner(c, got.first) && (c.shared(0) || window.NamesTool(got.tool) && !s.rarity.rare(features[traitTool], got.first))
	for n := range evidence.MaxTraits {
		if n == traitOddTool && usual {
			continue // the tool is odd only at networks from which few accounts sign in
		}
		k := s.byTrait[uint64(features[n])]
		if k == nil || !k.covers(got.first) || got.account.usedAgent(got.agent, k.began) && n != traitTool {
			continue
		}
		if n == traitTool || slices.Contains(k.tools, got.tool) || k.has(c.key) || s.rarity.rare(features[n], got.first) {
			return k
		}
	}
	for _, k := range s.list {
		if k.tenant && k.covers(got.first) && got.first <= k.end+campaignPause && s.namedByTenant(k, c, got) {
			return k
		}
	}
	return nil
}

// namedByTenant reports whether a success is the attacker's in a campaign that
// has no rare trait, only more failures than usual. Common programs and busy
// addresses name nobody: the agent must be new to the account, and either the
// address failed for other accounts, or it is from a network owner that the
// account does not use, with a tool of the campaign.
func (s *campaigns) namedByTenant(k *campaign, c *client, got *signIn) bool {
	switch {
	case got.service == event.Windows && got.agent == 0, c.shared(0),
		got.account.usedAgent(got.agent, k.began), c.guests(got) > maxGuests:
		return false
	case k.has(c.key):
		return c.failedForOthers(got.key)
	}
	return window.NamesTool(got.tool) && (slices.Contains(k.tools, got.tool) || slices.Contains(k.only, got.agent)) && !got.account.knowsOwner(c.owner, k.began) && len(got.account.known) > 0
}

// maxGuests is how many other accounts may get in from an address on the same
// day for a campaign of the tenant's level to name an account there: where
// more do, people come and go, as in a hotel.
const maxGuests = 1

// lookBack adds the successes of a campaign that came before it opened.
func (s *campaigns) lookBack(k *campaign) {
	for n := range s.foreign.list {
		got := &s.foreign.list[n]
		if got.first < k.began-s.slow || got.first > k.end+k.pause {
			continue
		}
		c, ok := s.profiles.clients.Peek(s.profiles.cut(got.from))
		if !ok || got.account.usedBefore(c, got) {
			continue
		}
		if s.incidents.inReach(c.incident, got.first) {
			if s.credentials.judge(c.incident, c, got) != valid {
				continue
			}
		}
		if s.ofSuccess(c, got) == k {
			s.credentials.add(k.incident, c, got)
		}
	}
}

// lookBackFrom adds the successes of a client that came before it became part of
// a campaign.
func (s *campaigns) lookBackFrom(k *campaign, c *client) {
	for _, entry := range c.signIns() {
		got := entry.signIn
		if got.foreign && !got.account.usedBefore(c, got) && !s.incidents.inReach(c.incident, got.first) && s.ofSuccess(c, got) == k {
			s.credentials.add(k.incident, c, got)
		}
	}
}
