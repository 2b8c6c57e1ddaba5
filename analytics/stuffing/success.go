package stuffing

import (
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/credential"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// signIns takes a successful logon to the incident that it is a valid credential of,
// or else to what the account and the tenant have learned.
type signIns struct {
	incidents   *incidents
	profiles    *profile.Set
	rarity      *profile.Rarity
	shared      *sharedAddresses
	evidence    *evidence.List
	foreign     *profile.ForeignSignIns
	inCampaigns *credential.CampaignFinder
	credentials *credential.Finder
	geo         *policy.GeoCache
	learning    *learning
	revisions   *revisions
	forgiveness int64 // milliseconds
}

// observe handles a sign-in, or a password that was right. From the cluster of an
// open incident it is a valid credential; otherwise the client becomes one of the
// account's known clients.
func (s *signIns) observe(ev *event.Event) {
	c, a := s.profiles.Client(ev), s.profiles.Account(ev)
	if a == nil || s.onlyCounted(ev, c, a) {
		return
	}
	got := s.profiles.NewSignIn(ev, c, a)
	got.RareTool = !got.Foreign && !s.rarity.Population.FirstDay(got.First) && !a.UsedAgent(got.Agent, got.First) && s.rarity.Rare(profile.ToolFeature(got.Tool), got.First)
	here, changed := c.AddSignIn(&got)
	unusual := got.Foreign || got.RareTool || changed && here.Text == nil && !a.Knows(c.Key)
	s.profiles.KeepText(ev, here, &got, unusual)
	if s.forgive(ev, c, &got) || changed {
		s.profiles.Clients.MarkDirty(c.Key)
	}
	if s.credential(ev, c, a, &got) {
		return
	}
	if ev.Outcome == event.Success && !s.byApplication(ev) {
		s.learning.add(c, a, &got, here)
	}
	if !got.Foreign && got.Agent == profile.MailProtocols {
		s.inCampaigns.LookBackAt(c, a)
	}
	if got.Foreign {
		for _, own := range s.revisions.judgeAgain(c) {
			s.learning.add(c, own.Account, own, own)
		}
	}
}

// byApplication reports whether mail is read by an application that is not Microsoft's on servers
// for rent, at which the account does not sign in itself.
func (s *signIns) byApplication(ev *event.Event) bool {
	return ev.Action == event.MailAccess && len(ev.App) > 0 && s.incidents.policy.AppName(ev.App) == "" && s.geo.Rented(ev.IP)
}

// forgive removes the account's typos, and reports whether there were any. What the
// account's program failed to do an hour before is no evidence of a campaign, either.
func (s *signIns) forgive(ev *event.Event, c *profile.Client, got *profile.SignIn) bool {
	since := got.First - s.forgiveness
	if ev.Outcome != event.Success || !c.FailedSince(got.First-recoverWithin) && c.Incident == nil {
		return false
	}
	shared := c.Shared(ev.Marks)
	typo := func(t *window.Attempt) bool {
		return t.Key == got.Key && (!shared || profile.SameProgram(t, got.Agent, got.Tool))
	}
	s.revisions.forgiveInCampaign(c, got, since, typo)
	if s.revisions.forgive(c, got, since, typo) {
		return true
	}
	recovered := s.evidence.Forgive(c.Key, got.Key, got.First-recoverWithin, since, got.First, func(t *window.Attempt) bool {
		return t.At >= since && typo(t) || profile.SameProgram(t, got.Agent, got.Tool)
	})
	if recovered && got.Account.FailsInHour(got.First) {
		s.profiles.Accounts.MarkDirty(got.Key)
		s.evidence.Level(got.Service).AddFamiliar(got.First)
	}
	return c.Attempts.Forgive(since, got.First, typo)
}

// credential adds a success to the incident of its client, its campaign or its
// account, and reports whether it is part of one and so must not be learned.
func (s *signIns) credential(ev *event.Event, c *profile.Client, a *profile.Account, got *profile.SignIn) bool {
	s.shared.limit(c, ev.Marks)
	c.SwitchTo(got.Tool)
	if i := c.Incident; s.incidents.InReach(i, got.First) {
		switch s.credentials.Judge(i, c, got) {
		case credential.Valid:
			if s.credentials.Add(i, c, got) {
				i.AddEvent(ev)
				s.incidents.tracker.Update(i.Incident)
			}
			if k := s.inCampaigns.OfSuccess(c, got); k != nil && s.credentials.Add(k.Incident, c, got) {
				s.incidents.tracker.Update(k.Incident.Incident)
			}
			return true
		case credential.Renewed:
			return true
		}
		if got.RareTool {
			s.foreign.Add(got)
		}
		return false
	}
	if got.RareTool {
		s.foreign.Add(got)
	}
	if !got.Foreign && c.Campaign == nil {
		return false
	}
	i := (*attack.Attack)(nil)
	if k := s.inCampaigns.OfSuccess(c, got); k != nil {
		i = k.Incident
	} else if !got.Foreign {
		return false
	} else if s.incidents.guesses(a, got) {
		i = a.Incident
	}
	if i == nil && s.byApplication(ev) {
		return false // every day, and no sign that people move
	}
	if i == nil {
		s.foreign.Add(got)
		if got.Outcome == event.Success {
			s.evidence.Level(got.Service).AddSignIn(got.First)
		}
		return false
	}
	if s.credentials.Add(i, c, got) {
		i.AddEvent(ev)
		s.incidents.tracker.Update(i.Incident)
	}
	return true
}

// onlyCounted adds a success to an incident that lists no more credentials, if
// that is all there is to do: the client is not shared, and the success is the
// attacker's. Many thousand successes of one attack then cost little, and they
// are not named in a campaign of which the client is part.
func (s *signIns) onlyCounted(ev *event.Event, c *profile.Client, a *profile.Account) bool {
	i, at := c.Incident, ev.Time.UnixMilli()
	if c.Unit != nil || !s.incidents.InReach(i, at) || !i.Valid.Full(at) || c.Shared(ev.Marks) || i.MayRecover(a.Key) {
		return false
	}
	got := s.profiles.NewSignIn(ev, c, a)
	got.Last = 0 // Classify then leaves a program that the attack does not use to credential
	switch s.credentials.Classify(i, c, &got) {
	case credential.Legitimate:
		return false
	case credential.Valid:
		if s.credentials.Add(i, c, &got) {
			s.incidents.tracker.Update(i.Incident)
		}
	}
	return true
}

// learning records where accounts sign in and with what.
type learning struct {
	profiles *profile.Set
	rarity   *profile.Rarity
}

// add makes the client a known client of the account, and counts the account as a
// user of its tool, network and owner.
func (s *learning) add(c *profile.Client, a *profile.Account, got, here *profile.SignIn) {
	changed, added := a.AddKnown(c.Key, c.Owner, got.First, got.Agent, got.Family)
	if changed {
		s.profiles.Accounts.MarkDirty(a.Key)
	}
	if added {
		s.profiles.Accounts.Protect(a.Key) // an existing account: invented names must not evict it
	}
	if c.Mature(here) {
		s.profiles.Clients.MarkDirty(c.Key)
		s.profiles.Accounts.MarkDirty(here.Key)
		if c.KnownUsers() == 2 {
			s.profiles.Clients.Protect(c.Key)
		}
	}
	if here.Learn(got.First) {
		s.count(c, a.Key, here, got.First)
	}
}

// oddTogether is how many accounts of one client count as users of a tool from networks from which
// hardly anybody signs in: more have moved there together, or one program has all their passwords.
const oddTogether = 2

// count adds a sign-in to the features that the tenant's accounts share.
func (s *learning) count(c *profile.Client, key uint64, got *profile.SignIn, at int64) {
	s.rarity.Population.AddAccount(key, at)
	odd := s.rarity.OddOwner(c, at)
	for n, f := range profile.FeaturesOf(c, got.Tool, got.App) {
		if n == evidence.TraitOddTool && (!odd || len(c.SignIns()) > oddTogether) {
			continue
		}
		s.rarity.Population.Add(f, key, at)
	}
	s.rarity.Population.Add(profile.OwnerFeature(c.Owner), key, at)
	if len(c.SignIns()) > 1 { // asked for only where several accounts sign in, see Rarity.RareAt
		s.rarity.Population.Add(profile.SubnetFeature(c.Key).And(profile.ToolFeature(got.Tool)), key, at)
	}
}
