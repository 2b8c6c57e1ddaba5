package stuffing

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/campaign"
	"redshank/analytics/stuffing/credential"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// campaigns takes foreign failures to the attacks from many clients, see package campaign,
// and makes the clients members of these.
type campaigns struct {
	policy      *policy.Policy
	incidents   *incidents
	profiles    *profile.Set
	rarity      *profile.Rarity
	evidence    *evidence.List
	foreign     *profile.ForeignSignIns
	finder      *campaign.Finder
	set         *campaign.Set
	credentials *credential.CampaignFinder
	undecided   *window.Deadlines[uint64, evidence.Undecided] // by rare trait, or campaign.LevelKey
}

// observe adds a foreign failure to its campaign, or to the evidence from which
// a campaign may open. own is the incident of its client, or nil. It returns
// the campaign, or nil.
func (s *campaigns) observe(ev *event.Event, t *window.Attempt, c *profile.Client, own *attack.Attack) *campaign.Campaign {
	if own != nil && own.Counts.Failures > wellKnown && own.Counts.Failures%seldom != 0 {
		return s.count(t, own)
	}
	if own == nil && (c.Retries(t) || c.Recovers(t, recoverWithin)) {
		return nil // of one program, or of somebody whose success came first
	}
	f := evidence.Failure{Attempt: *t, Traits: s.rarity.Traits(c, t, profile.AppOf(ev)), Single: own != nil}
	f.Repeated = c.Repeats(t)
	if f.Traits[evidence.TraitTool] == 0 && c.Shared(t.Marks) {
		return nil // of people who use what others there use
	}
	k := s.of(&f, c)
	if k == nil && own != nil {
		k = s.set.Linked(&f, own)
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
	found, exceeded := s.finder.Exceeding(t)
	if found != nil && !s.telephones(found, 0) {
		return s.open(found, ev)
	}
	if exceeded {
		s.postpone(campaign.LevelKey(t), &f, ev)
	}
	return nil
}

// openRare opens a campaign of the failures that share a rare trait with a failure,
// if they are enough. It returns the campaign, or nil.
func (s *campaigns) openRare(f *evidence.Failure, ev *event.Event) *campaign.Campaign {
	key, found := s.finder.Watch(f)
	if found != nil && !s.telephones(found, 0) {
		return s.open(found, ev)
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
func (s *campaigns) openRounds(f *evidence.Failure, own *attack.Attack, ev *event.Event) *campaign.Campaign {
	key, n := f.Traits[evidence.TraitTool], own.Counts.Failures
	if n < campaign.LeastRound || n > 2*campaign.LeastRound && n&(n-1) != 0 {
		return nil
	}
	if key == 0 {
		return s.openConcurrent(f, own, ev)
	}
	if k := s.set.OfTrait(key); k != nil && s.incidents.tracker.IsOpen(k.Incident.Incident, f.At) {
		members := s.finder.WithTool(key, f.At-s.incidents.Slow, f.At)
		if shared, named := k.SharedAccounts(members); len(members) >= campaign.LeastRound && 2*shared >= named {
			s.extend(k, members, ev)
			return k
		}
	}
	if found := s.finder.Rounds(key, f.At); found != nil {
		return s.open(found, ev)
	}
	return nil
}

// openConcurrent opens a campaign of clients with incidents of their own that begin within
// an hour of each other with the same tool, even one that people use. A further client
// joins a campaign that has only this tool; two clients join any that has it.
// openConcurrent returns the campaign, or nil.
func (s *campaigns) openConcurrent(f *evidence.Failure, own *attack.Attack, ev *event.Event) *campaign.Campaign {
	if !window.NamesTool(f.Tool) {
		return nil
	}
	members := s.concurrent(f, own.Start)
	if s.finder.Several(members) {
		return s.open(campaign.WithTool(f.Tool, members), ev)
	}
	several := evidence.CensusOf(members, s.profiles.KeyOf).Clients >= 2
	k := s.set.Concurrent(f.Tool, own.Start, several)
	if k != nil {
		s.extend(k, members, ev)
	}
	return k
}

// concurrent returns the failures with the tool of a failure, from an hour before a time to
// an hour after the failure, of clients that have incidents of their own or fail for a
// quarter of the accounts that a campaign needs, and where nobody else gets in.
func (s *campaigns) concurrent(f *evidence.Failure, start int64) []*evidence.Failure {
	all := s.evidence.Unexplained(start-hour, func(o *evidence.Failure) bool { return o.Tool == f.Tool && o.At <= f.At+hour })
	least := max(2, (s.policy.Stuffing.Campaign.Accounts+3)/4)
	all = s.ofBusyClients(all, least)
	at := map[event.ClientKey]map[uint64]struct{}{}
	for _, o := range all {
		key := s.profiles.KeyOf(o.Client)
		if at[key] == nil {
			at[key] = map[uint64]struct{}{}
		}
		at[key][o.Key] = struct{}{}
	}
	for key, accounts := range at {
		if c, ok := s.profiles.Clients.Peek(key); len(accounts) < least || !ok || c.Succeeded(start-hour, f.At+hour) > credential.MaxUsersBeside {
			delete(at, key)
		}
	}
	return slices.DeleteFunc(all, func(o *evidence.Failure) bool { return !o.Single && at[s.profiles.KeyOf(o.Client)] == nil })
}

// ofBusyClients returns the failures of clients that have incidents of their own, or may have failed
// at least a number of times: some clients count together. Most clients fail once or twice, and
// are out before their accounts are counted.
func (s *campaigns) ofBusyClients(all []*evidence.Failure, least int) []*evidence.Failure {
	var failures [4096]uint16
	slot := func(o *evidence.Failure) *uint16 {
		return &failures[s.profiles.KeyOf(o.Client).Hash()%uint64(len(failures))]
	}
	for _, o := range all {
		*slot(o)++
	}
	return slices.DeleteFunc(all, func(o *evidence.Failure) bool { return !o.Single && int(*slot(o)) < least })
}

// count counts a failure of a client in the campaign that its incident is
// part of, and returns the campaign, or nil without one.
func (s *campaigns) count(t *window.Attempt, own *attack.Attack) *campaign.Campaign {
	if own.Campaign == "" {
		return nil
	}
	k := s.set.OfIncident(own.Campaign)
	if k == nil || k.Incident.Closed() || !k.Covers(t.At) {
		return nil
	}
	k.Count(t)
	if k.Unsearched(s.foreign.Latest) {
		s.credentials.LookBack(k)
	}
	s.incidents.tracker.Update(k.Incident.Incident)
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
func (s *campaigns) refine(ev *event.Event, t *window.Attempt, c *profile.Client, a *profile.Account) bool {
	f := s.evidence.Find(t)
	if f == nil || f.Taken {
		return f != nil
	}
	s.evidence.Merge(f, *t)
	if t.Key == 0 {
		t.Key, t.Name = f.Key, f.Name
		a, _ = s.profiles.Accounts.Peek(t.Key)
	}
	if a.Familiar(c, &f.Attempt, f.At) || a.OwnProgram(&f.Attempt) && !s.rarity.OddOwner(c, f.At) {
		s.evidence.Explain(f)
		return true
	}
	f.Traits = s.rarity.Traits(c, &f.Attempt, profile.AppOf(ev))
	if k := s.of(f, c); k != nil {
		s.evidence.Take([]*evidence.Failure{f})
		s.join(k, f, c, ev)
		return true
	}
	s.openRare(f, ev)
	return true
}

// of returns the campaign that a foreign failure is part of, or nil.
func (s *campaigns) of(f *evidence.Failure, c *profile.Client) *campaign.Campaign {
	k, before := s.set.Of(f, c.Owner)
	if len(before) > 0 {
		s.take(k, before)
	}
	return k
}

// join adds a failure to a campaign.
func (s *campaigns) join(k *campaign.Campaign, f *evidence.Failure, c *profile.Client, ev *event.Event) {
	s.member(k, f, c)
	if k.Unsearched(s.foreign.Latest) {
		s.credentials.LookBack(k)
	}
	k.Incident.AddEvent(ev)
	s.incidents.tracker.Update(k.Incident.Incident)
	if k.Due(f.At) {
		if other := s.set.Split(k, s.failuresOf(k.Incident), f.At); other != nil {
			s.open(other, ev)
		}
	}
}

// member counts a failure in a campaign and links the incident of its client.
func (s *campaigns) member(k *campaign.Campaign, f *evidence.Failure, c *profile.Client) {
	isNew := k.Add(f, c.Key)
	if got := c.SignInOf(f.Key); got != nil {
		s.incidents.recovers(k.Incident, got)
	}
	if f.Single {
		s.incidents.link(k.Incident, c.Incident)
	} else if c.Campaign != k.Incident {
		c.Campaign = k.Incident
		s.profiles.Clients.MarkDirty(c.Key)
	}
	if isNew {
		s.credentials.LookBackFrom(k, c)
	}
}

// take makes failures part of a campaign.
func (s *campaigns) take(k *campaign.Campaign, members []*evidence.Failure) {
	s.evidence.Take(members)
	for _, f := range members {
		if c := s.profiles.ClientAt(f.Client); c != nil {
			s.member(k, f, c)
		}
	}
}

// open makes an incident of failures that belong together: the one of
// a campaign that they go on with, or a new one.
func (s *campaigns) open(found *campaign.Candidate, ev *event.Event) *campaign.Campaign {
	k := s.set.GoOn(found)
	if k == nil {
		k = s.set.Open(found, s.incidents.open(found.Subject(), windowCampaign, found.Began(), found.Began()))
	}
	s.extend(k, found.Members, ev)
	return k
}

// extend makes failures part of a campaign, and looks for the successes of their time.
func (s *campaigns) extend(k *campaign.Campaign, members []*evidence.Failure, ev *event.Event) {
	tools := k.Tools()
	k.WaitForRounds(members[0].At - k.End)
	s.take(k, members)
	if k.Tools() > tools || k.Unsearched(s.foreign.Latest) {
		s.credentials.LookBack(k)
	}
	k.Incident.AddEvent(ev)
	k.Incident.Assess()
	s.incidents.tracker.Update(k.Incident.Incident)
}

// revise withdraws the campaign of an incident if the failures that no success explains
// are too few for one.
func (s *campaigns) revise(i *attack.Attack) {
	var rest []*evidence.Failure
	for _, t := range i.Attempts() {
		if !t.Succeeded {
			rest = append(rest, &evidence.Failure{Attempt: t})
		}
	}
	if !s.finder.Several(rest) {
		s.withdraw(i)
	}
}

// withdraw closes the campaign of an incident, if it has one, and withdraws the incident.
func (s *campaigns) withdraw(i *attack.Attack) {
	if k := s.set.OfIncident(i.ID); k != nil {
		s.set.Retire(k)
		s.incidents.tracker.Withdraw(i.Incident)
	}
}

// telephones reports whether failures may be those of people's telephones, which keep the
// old password after a reset: they come from networks of owners that people come from. The
// latest of the failures arrived some milliseconds ago.
func (s *campaigns) telephones(found *campaign.Candidate, ago int64) bool {
	members := found.Members
	return s.evidence.Telephones(members, members[len(members)-1].At+ago, func(f *evidence.Failure) bool {
		c := s.profiles.ClientAt(f.Client)
		return c != nil && profile.IsMail(&f.Attempt) && !s.rarity.OddOwner(c, f.At)
	}, s.profiles.KeyOf)
}

// postpone makes a decision about a campaign wait until typos are corrected.
func (s *campaigns) postpone(key uint64, f *evidence.Failure, ev *event.Event) {
	evidence.Postpone(s.undecided, key, s.incidents.tracker.Newest(), s.finder.Settling(f), f, ev)
}

// decide opens the campaign of an undecided failure if it is one now. What may still be
// telephones waits until they would have tried again.
func (s *campaigns) decide(key uint64, u evidence.Undecided) {
	found := s.finder.Decide(key, &u.Failure)
	switch {
	case found != nil && !s.telephones(found, s.incidents.tracker.Newest()-u.Since):
		s.open(found, u.Event)
	case !u.Again:
		u.Again = true
		s.undecided.Set(key, u.Since+evidence.RetriesWithin, u)
	}
}

// failuresOf returns the failures that the incident of a campaign keeps, in order.
func (s *campaigns) failuresOf(i *attack.Attack) []*evidence.Failure {
	all := i.Attempts()
	failures, of := make([]evidence.Failure, len(all)), make([]*evidence.Failure, len(all))
	for n := range all {
		f := &failures[n]
		f.Attempt, of[n] = all[n], f
		if c := s.profiles.ClientAt(f.Client); c != nil {
			f.Single = s.incidents.InReach(c.Incident, f.At)
		}
	}
	return of
}
