package stuffing

import (
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/campaign"
	"redshank/analytics/stuffing/credential"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// revisions withdraws the incidents of clients, and the campaigns, of which most accounts
// get in soon afterwards, or that opened only because sign-ins arrived late.
type revisions struct {
	incidents   *incidents
	profiles    *profile.Set
	thresholds  *thresholds
	campaigns   *campaigns
	inCampaigns *credential.CampaignFinder
	set         *campaign.Set
}

// forgive marks the failures that a success explains in the incident of its client. If
// most accounts of the incident have recovered, or the success arrives late, and the
// incident would not have opened if it had come in time, forgive withdraws the incident,
// and reports whether it did.
func (s *revisions) forgive(c *profile.Client, got *profile.SignIn, since int64, typo func(*window.Attempt) bool) bool {
	i := c.Incident
	if !s.incidents.InReach(i, got.First) {
		return false
	}
	if s.incidents.recovers(i, got) {
		s.withdraw(c, recoverWithin, day)
		return true
	}
	forgiven := i.HasFailed(got.Key) && i.Forgive(since, got.First, typo)
	if forgiven {
		s.incidents.tracker.MarkDirty(i.Incident)
	}
	late := s.incidents.tracker.Newest() - got.First
	if late < minute || !revisable(i) || !i.CountLate() && !forgiven || s.stands(c) {
		return false
	}
	s.withdraw(c, late, week)
	s.thresholds.statistics.late.Learn(min(late, hour), s.incidents.tracker.Newest(), week)
	return true
}

// recovers notes that an account of an incident has got in, and reports whether that
// explains the incident: the failures of people, and not of a script, most of whom got in
// soon afterwards with the program that had failed, as when passwords expire, a service is
// out of order or guests mistype.
func (s *incidents) recovers(i *attack.Attack, got *profile.SignIn) bool {
	if profile.IsScript(got.Family) || got.Outcome != event.Success || !got.Password() {
		return false
	}
	s.tracker.MarkDirty(i.Incident)
	return i.Recover(got.Key, got.Last, got.Agent, got.Tool, s.policy.Stuffing.MailboxLoginThreshold.Burst)
}

// recovered reports whether a failure at a client whose success came before it explains the
// incident of the client, which is then withdrawn.
func (s *revisions) recovered(c *profile.Client, t *window.Attempt) bool {
	got := c.SignInOf(t.Key)
	if got == nil || got.Last < t.At || !s.incidents.recovers(c.Incident, got) {
		return false
	}
	s.withdraw(c, recoverWithin, day)
	return true
}

// revisable reports whether an incident has all of its failures, so that they can be
// evaluated again.
func revisable(i *attack.Attack) bool {
	return i.Counts.Failures <= len(i.Attempts()) && (i.Window == windowBurst || i.Window == windowSlow)
}

// stands reports whether the incident of a client would have opened if all records had
// come in time: at one of its failures, from those before it.
func (s *revisions) stands(c *profile.Client) bool {
	again := c.Copy()
	again.Incident, again.Unit = nil, nil
	attempts := s.allAttempts(c)
	all, st := attempts.All(), s.thresholds.statistics
	defer func(slack int64) { st.slack = slack }(st.slack)
	st.slack = 0
	for n := range all {
		again.Attempts = window.AttemptsOf(all[:n+1])
		if t := &all[n]; !t.Succeeded {
			if why, _ := s.thresholds.evaluate(&again, t); why != "" {
				return true
			}
		}
	}
	return false
}

// forgiveInCampaign is forgive for the campaign that a client is part of. A campaign is
// withdrawn once too few of its failures remain for another one.
func (s *revisions) forgiveInCampaign(c *profile.Client, got *profile.SignIn, since int64, typo func(*window.Attempt) bool) {
	i := s.campaignOf(c)
	if !s.incidents.InReach(i, got.First) || !i.HasFailed(got.Key) {
		return
	}
	if s.incidents.recovers(i, got) {
		s.campaigns.withdraw(i)
		return
	}
	if !i.Forgive(since, got.First, typo) {
		return
	}
	s.incidents.tracker.MarkDirty(i.Incident)
	if s.incidents.tracker.Newest()-got.First >= minute && i.Counts.Failures <= len(i.Attempts()) {
		s.campaigns.revise(i)
	}
}

// judgeAgain takes back the credentials that were named at a client before it was known that people
// live there, and returns their sign-ins, which are these people's.
func (s *revisions) judgeAgain(c *profile.Client) (own []*profile.SignIn) {
	if c.Unnamed || len(c.SignIns()) <= credential.MaxUsersBeside+1 {
		return nil // as nearly always
	}
	naming := slices.DeleteFunc(slices.Clone(s.set.All()), func(k *campaign.Campaign) bool { return !s.namesAt(k.Incident, c) })
	if c.Unnamed = len(naming) == 0 && !s.namesAt(c.Incident, c); c.Unnamed {
		return nil
	}
	for _, u := range c.SignIns() {
		taken := s.takeBackFrom(c.Incident, u.SignIn, func() bool {
			return s.incidents.InReach(c.Incident, u.First) && s.inCampaigns.Classify(c.Incident, c, u.SignIn) == credential.Legitimate
		})
		for _, k := range naming {
			taken = s.takeBackFrom(k.Incident, u.SignIn, func() bool {
				return taken || c.PeopleBeside(k.Incident, u.SignIn, profile.SharedUsers) && s.inCampaigns.OfSuccess(c, u.SignIn) != k
			}) || taken
		}
		if taken {
			own = append(own, u.SignIn)
		}
	}
	return own
}

// namesAt reports whether an open incident, which may be nil, names an account for a sign-in at
// a client.
func (s *revisions) namesAt(i *attack.Attack, c *profile.Client) bool {
	return i != nil && !i.Closed() && i.Valid.Any(func(v *alert.Credential) bool { return s.profiles.KeyOf(v.IP.As16()) == c.Key })
}

// takeBackFrom takes back the credential of a sign-in from an incident that names it, if it
// turns out to be legitimate, and reports whether it did. i may be nil.
func (s *revisions) takeBackFrom(i *attack.Attack, got *profile.SignIn, isLegitimate func() bool) bool {
	if i == nil || i.Closed() || !credential.MayTakeBack(i, got) || !isLegitimate() {
		return false
	}
	s.inCampaigns.TakeBack(i, got)
	return true
}

// campaignOf returns the campaign that a client, or its incident, is part of, or nil.
func (s *revisions) campaignOf(c *profile.Client) *attack.Attack {
	if c.Incident != nil {
		if i := attack.ByID(s.incidents.tracker, c.Incident.Campaign); i != nil {
			return i
		}
	}
	return c.Campaign
}

// allAttempts returns the attempts of a client inside and outside of its incident.
func (s *revisions) allAttempts(c *profile.Client) (all window.Attempts) {
	for _, list := range [...][]window.Attempt{c.Attempts.All(), c.Incident.Attempts()} {
		for n := range list {
			all.Add(list[n], 2*profile.MaxAttempts)
		}
	}
	return all
}

// withdraw closes the incident of a client, whose failures count again. For a time, later
// decisions about the client wait for the sign-ins that come as late as those that explain
// this one. Both times are in milliseconds.
func (s *revisions) withdraw(c *profile.Client, late, length int64) {
	i := c.Incident
	c.Attempts = s.allAttempts(c)
	for _, t := range c.Attempts.All() {
		c.NoteFailure(t.At)
	}
	c.Incident, c.Unit = nil, nil
	c.Wait.Learn(late, s.incidents.tracker.Newest(), length)
	s.profiles.Clients.MarkDirty(c.Key)
	s.incidents.tracker.Withdraw(i.Incident)
}
