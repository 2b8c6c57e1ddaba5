package stuffing

import (
	"cmp"
	"slices"
	"strconv"

	"redshank/analytics/event"
	"redshank/analytics/policy"
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
	geo         *policy.GeoCache
	slow        int64 // milliseconds
	list        []*campaign
	byTrait     map[uint64]*campaign
	undecided   *window.Deadlines[uint64, evidence.Undecided] // by rare trait, or levelKey
}

// observe adds a foreign failure to its campaign, or to the evidence from which
// a campaign may open. own is the incident of its client, or nil. It returns
// the campaign, or nil.
func (s *campaigns) observe(ev *event.Event, t *window.Attempt, c *client, own *attack.Attack) *campaign {
	if own != nil && own.Counts.Failures > wellKnown && own.Counts.Failures%seldom != 0 {
		return s.count(t, own)
	}
	if own == nil && (c.retries(t) || c.recovers(t)) {
		return nil // of one program, or of somebody whose success came first
	}
	f := evidence.Failure{Attempt: *t, Traits: s.rarity.traits(c, t, appOf(ev)), Single: own != nil}
	f.Repeated = c.repeats(t)
	if f.Traits[traitTool] == 0 && c.shared(t.Marks) {
		return nil // of people who use what others there use
	}
	k := s.of(&f, c)
	if k == nil && own != nil {
		k = s.linked(&f, own)
	}
	if k != nil {
		s.join(k, &f, c, ev)
		return k
	}
	s.evidence.Lags.Arrived(f.Sources, s.incidents.tracker.Newest()-f.At)
	s.evidence.Add(f)
	if k := s.openRare(&f, ev); k != nil {
		return k
	}
	if own != nil {
		return s.openRounds(&f, own, ev)
	}
	members, only, exceeded := s.level.members(t)
	if members != nil && !s.telephones(members, 0) {
		return s.open(campaign{tenant: true, only: only}, members, ev)
	}
	if exceeded {
		s.postpone(levelKey(t), &f, ev)
	}
	return nil
}

// openRare opens a campaign of the failures that share a rare trait with a failure,
// if they are enough. It returns the campaign, or nil.
func (s *campaigns) openRare(f *evidence.Failure, ev *event.Event) *campaign {
	key, members := s.clusters.watch(f)
	if members != nil && !s.telephones(members, 0) {
		return s.open(campaign{keys: []uint64{key}}, members, ev)
	}
	if key != 0 {
		s.postpone(key, f, ev)
	}
	return nil
}

// openRounds opens a campaign where a client with an incident of its own tries again
// what another client tried with the same rare tool: an attacker who moves to another
// address for each round. Where a campaign of the tool was over, it goes on with another
// round of the same accounts. The failures are compared with each of the first sixteen of
// the incident, and each time that these have doubled. openRounds returns the campaign, or
// nil.
func (s *campaigns) openRounds(f *evidence.Failure, own *attack.Attack, ev *event.Event) *campaign {
	key, n := f.Traits[traitTool], own.Counts.Failures
	if n < leastRound || n > 2*leastRound && n&(n-1) != 0 {
		return nil
	}
	if key == 0 {
		return s.openConcurrent(f, own, ev)
	}
	if k := s.byTrait[key]; k != nil && s.incidents.tracker.IsOpen(k.incident.Incident, f.At) {
		members := s.clusters.withTool(key, f.At-s.slow, f.At)
		if shared, named := k.sharedAccounts(members); len(members) >= leastRound && 2*shared >= named {
			s.extend(k, members, ev)
			return k
		}
	}
	members := s.clusters.rounds(key, f.At)
	if members == nil {
		return nil
	}
	return s.open(campaign{keys: []uint64{key}}, members, ev)
}

// openConcurrent opens a campaign of clients with incidents of their own that begin within
// an hour of each other with the same tool, even one that people use. A further client
// joins a campaign that has only this tool; two clients join any that has it.
// openConcurrent returns the campaign, or nil.
func (s *campaigns) openConcurrent(f *evidence.Failure, own *attack.Attack, ev *event.Event) *campaign {
	if !window.NamesTool(f.Tool) {
		return nil
	}
	members := s.concurrent(f, own.Start)
	if s.level.several(members) {
		return s.open(campaign{tenant: true, only: []uint32{f.Tool}}, members, ev)
	}
	several := evidence.CensusOf(members, s.profiles.cut).Clients >= 2
	for _, k := range s.list {
		if abs(k.began-own.Start) <= hour && !k.incident.Closed() && (slices.Contains(k.only, f.Tool) || several && slices.Contains(k.tools, f.Tool)) {
			s.extend(k, members, ev)
			return k
		}
	}
	return nil
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
	if k.unsearched(s.foreign.latest) {
		s.lookBack(k)
	}
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
	s.evidence.Merge(f, *t)
	if t.Key == 0 {
		t.Key, t.Name = f.Key, f.Name
		a, _ = s.profiles.accounts.Peek(t.Key)
	}
	if a.familiar(c, &f.Attempt, f.At) || ownProgram(&f.Attempt, a) && !s.rarity.oddOwner(c, f.At) {
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
	for _, k := range s.list {
		if k.parted && k.covers(f.At) && k.claims(f.Tool, c.owner) && (f.Traits != [evidence.MaxTraits]uint64{} || s.goesOn(k, f)) {
			return k
		}
	}
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
		case !k.tenant && len(k.only) == 0 || !k.covers(f.At):
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

// linked returns the campaign that the incident of a client is part of, if a failure of
// the client is made with a tool of the campaign, or nil.
func (s *campaigns) linked(f *evidence.Failure, own *attack.Attack) *campaign {
	for _, k := range s.list {
		if k.incident.ID == own.Campaign && k.covers(f.At) && (f.MadeWith(k.only) || !k.tenant && slices.Contains(k.tools, f.Tool)) {
			return k
		}
	}
	return nil
}

// join adds a failure to a campaign.
func (s *campaigns) join(k *campaign, f *evidence.Failure, c *client, ev *event.Event) {
	s.member(k, f, c)
	if k.unsearched(s.foreign.latest) {
		s.lookBack(k)
	}
	k.incident.AddEvent(ev)
	s.incidents.tracker.Update(k.incident.Incident)
	s.split(k, f, ev)
}

// member counts a failure in a campaign and links the incident of its client.
func (s *campaigns) member(k *campaign, f *evidence.Failure, c *client) {
	k.began, k.end = min(k.began, f.At), max(k.end, f.At)
	k.incident.AddFailure(f.Attempt, nil)
	if got := c.signInOf(f.Key); got != nil {
		s.incidents.recovers(k.incident, got)
	}
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
	var k *campaign
	keys := made.keys
	if !made.parted {
		made.origin = s.profiles.originOf(members)
		k = s.same(&made, members)
	}
	switch {
	case k == nil:
		k = s.create(&made, members)
	case !made.tenant:
		k.origin.add(&made.origin)
	case !k.tenant: // it goes on with a common tool
		for _, tool := range made.only {
			k.only = addBounded(k.only, tool)
		}
	}
	for _, key := range keys {
		s.giveTrait(key, k)
	}
	s.extend(k, members, ev)
	return k
}

// extend makes failures part of a campaign, and looks for the successes of their time.
func (s *campaigns) extend(k *campaign, members []*evidence.Failure, ev *event.Event) {
	tools := len(k.tools)
	k.waitForRounds(members[0].At - k.end)
	s.evidence.Take(members)
	for _, f := range members {
		if c, ok := s.profiles.clients.Peek(s.profiles.cut(f.Client)); ok {
			s.member(k, f, c)
		}
	}
	if len(k.tools) > tools || k.unsearched(s.foreign.latest) {
		s.lookBack(k)
	}
	k.incident.AddEvent(ev)
	k.incident.Assess()
	s.incidents.tracker.Update(k.incident.Incident)
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
	k.waitForRounds(betweenRounds(members))
	k.clients, k.sample = map[event.ClientKey]struct{}{}, map[uint64]struct{}{}
	for _, f := range members {
		if f.Key != 0 && len(k.sample) < maxCampaignSample {
			k.sample[f.Key] = struct{}{}
		}
	}
	subject := "tenant"
	switch { // several may begin in one hour
	case len(k.keys) > 0:
		subject = strconv.FormatUint(k.keys[0], 16)
	case k.parted:
		subject = "part " + strconv.FormatInt(k.end, 10)
	case len(k.only) > 0:
		subject += " " + strconv.FormatUint(uint64(k.only[0]), 16)
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
		delete(s.byTrait, key)
	}
}

// same returns the existing campaign that failures belong to, or nil.
// The two must be at most a day apart, and either share most accounts or
// clients, or begin within an hour and have similar origins. Failures are
// compared with the initial sample of each campaign, not with its later
// members.
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
		clients := 0
		for _, f := range members {
			if k.has(s.profiles.cut(f.Client)) {
				clients++
			}
		}
		concurrent := abs(began-k.began) <= hour && k.covers(end) || made.tenant && k.tenant && began <= k.end && end >= k.began
		concurrent = concurrent && s.profiles.alike(&k.origin, &made.origin, members) && !k.otherThan(made, members)
		if s.sameAccounts(k, members) || s.nextRound(k, made, members) || clients*2 >= len(members) || concurrent {
			best = k
		}
	}
	return best
}
