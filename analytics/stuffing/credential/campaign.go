package credential

import (
	"cmp"
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/campaign"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// CampaignFinder names the accounts whose passwords the attacker of a campaign knows.
type CampaignFinder struct {
	*Finder
	reach   attack.Reach
	foreign *profile.ForeignSignIns
	set     *campaign.Set
	geo     *policy.GeoCache
}

// NewCampaignFinder returns a finder for the campaigns of a set. reach is that of the incidents
// of clients; foreign are the sign-ins before a campaign.
func NewCampaignFinder(of *Finder, reach attack.Reach, foreign *profile.ForeignSignIns, set *campaign.Set, geo *policy.GeoCache) *CampaignFinder {
	return &CampaignFinder{Finder: of, reach: reach, foreign: foreign, set: set, geo: geo}
}

// OfSuccess returns the campaign whose attacker a success must be: the
// account does not know the network, nor the program, and either the rare trait
// of the campaign is there or the address is one that failed in it.
func (s *CampaignFinder) OfSuccess(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
	switch {
	case len(s.set.All()) == 0:
		return nil
	case !got.Password():
		return s.bySession(c, got)
	case !got.Foreign:
		return s.ofMember(c, got)
	}
	k := s.withTool(c, got)
	if k == nil {
		k = s.withTrait(c, got)
	}
	if k != nil {
		return cmp.Or(s.set.Claiming(got.First, got.Tool, c.Owner), k)
	}
	for _, k := range s.set.All() {
		if k.Covers(got.First) && s.without(k, c, got) && !inOtherDomain(k, got) {
			return k
		}
	}
	return nil
}

// withTool returns the campaign with something rare that has failed from the address of a
// success, with the tool of the success. Where people come and go, those who bring their own
// program are people of the place.
func (s *CampaignFinder) withTool(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
	if c.Shared(0) || !window.NamesTool(got.Tool) {
		return nil
	}
	for _, k := range s.set.All() {
		if !k.OfTenant() && k.Covers(got.First) && k.Has(c.Key) && k.HasTool(got.Tool) &&
			!(got.Account.UsedAgent(got.Agent, k.Began) && c.UsersBeside(got, nil) > MaxUsersBeside) {
			return k
		}
	}
	return nil
}

// withTrait returns the campaign that has something rare in common with a success. Only
// scripts and the mail protocols get in when it does not fail. A device that has
// sent mail before, such as a printer, may have moved.
func (s *CampaignFinder) withTrait(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
	features := profile.FeaturesOf(c, got.Tool, got.App)
	usual := !s.rarity.OddOwner(c, got.First) && (c.Shared(0) || (window.NamesTool(got.Tool) || got.Agent == profile.MailProtocols) && !s.rarity.Rare(features[evidence.TraitTool], got.First))
	for n := range evidence.MaxTraits {
		if n == evidence.TraitOddTool && usual {
			continue // the tool is odd only at networks from which few accounts sign in
		}
		k := s.set.OfTrait(uint64(features[n]))
		if k == nil || !k.Covers(got.First) || got.Account.UsedAgent(got.Agent, k.Began) && n != evidence.TraitTool ||
			!s.knowsRare(k, got) && !k.Has(c.Key) || ofPeople(k, c, got) || n != evidence.TraitTool && got.Personal() && !(k.IsNear(got.First) && k.Tries(got.Service)) {
			continue
		}
		if n == evidence.TraitOddTool && got.Agent == profile.MailProtocols && !k.Has(c.Key) && s.atHome(k, got) {
			continue // one who begins to use a mail program
		}
		if n == evidence.TraitTool || n == evidence.TraitOddTool || k.HasTool(got.Tool) || k.Has(c.Key) {
			return k
		}
	}
	return nil
}

// ofPeople reports whether a success at an address that has not failed in a campaign is that of
// a mail program which its account used before it for a day or longer, and which has not been
// back at another place since, or has come to where people get in with their own programs.
func ofPeople(k *campaign.Campaign, c *profile.Client, got *profile.SignIn) bool {
	return got.Agent == profile.MailProtocols && !k.Has(c.Key) && got.Account.SendsMail(k.Began) &&
		(!got.Account.SignedInAfter(got.First, c.Key) || c.PeopleBeside(k.Incident, got, profile.SharedUsers))
}

// LookBackAt adds the earlier successes of an account at other addresses, once it signs in at its
// own with a mail program: its device has not moved.
func (s *CampaignFinder) LookBackAt(c *profile.Client, a *profile.Account) {
	if len(s.set.All()) == 0 {
		return
	}
	first := s.set.All()[0].Began - event.Day
	for _, h := range a.Known {
		if h.First < first || h.Client == c.Key {
			continue
		}
		from, ok := s.profiles.Clients.Peek(h.Client)
		if !ok {
			continue
		}
		if got := from.SignInOf(a.Key); got != nil && got.Foreign && got.Agent == profile.MailProtocols {
			if k := s.OfSuccess(from, got); k != nil && s.Add(k.Incident, from, got) {
				s.tracker.Update(k.Incident.Incident)
				return // the list has changed
			}
		}
	}
}

// bySession returns the campaign whose attacker a renewed session must be, where nobody
// else gets in: with its rare tool, or with another of its tools at one of its addresses that has
// failed for others with it.
func (s *CampaignFinder) bySession(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
	if k := s.set.OfTrait(uint64(profile.ToolFeature(got.Tool))); k != nil && k.Covers(got.First) && s.knowsRare(k, got) && onlyAttacker(c, k.Incident, got) && !got.Account.UsedAgent(got.Agent, k.Began) {
		return k
	}
	for _, k := range s.set.All() {
		if k.Has(c.Key) && k.Covers(got.First) && k.HasTool(got.Tool) && c.FailedWith(got) && onlyAttacker(c, k.Incident, got) {
			return k
		}
	}
	return nil
}

// knowsRare reports whether what is rare was known when a campaign began: on the first
// day, that holds for programs that no person uses, and for accounts that had signed in
// well before.
func (s *CampaignFinder) knowsRare(k *campaign.Campaign, got *profile.SignIn) bool {
	return s.rarity.Population.Learned(k.Began, 1) || profile.IsScript(got.Family) ||
		got.Account.HadSignedIn(min(k.Began, got.First)-profile.AgentAge)
}

// ofMember returns the campaign whose attacker a success must be that is foreign to its
// account only by its subnet: the address has failed for another account before, as
// part of the campaign, nobody else gets in there, and the tool is one of the campaign. The
// owner of the network and a common browser are then no excuse.
func (s *CampaignFinder) ofMember(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
	switch {
	case !s.reach.InReach(c.Campaign, got.First), c.Shared(0), !window.NamesTool(got.Tool),
		got.Family == event.Mobile, got.Family == event.Outlook, got.Service == event.EAS,
		got.Account.KnewSubnet(c.Key, got.First), c.UsersBeside(got, nil) > 0, !c.FailedBefore(got):
		return nil
	}
	for _, k := range s.set.All() {
		if k.Incident == c.Campaign && k.Covers(got.First) && k.HasTool(got.Tool) {
			return k
		}
	}
	return nil
}

// without reports whether a success is the attacker's in a campaign without its rare trait:
// one with a service of the campaign and near to its failures, from where nobody of the
// tenant is; or, in a campaign that has only more failures than usual, one from an
// address that failed for others, with a script that hardly anybody uses, or like the
// attacker's in other ways.
func (s *CampaignFinder) without(k *campaign.Campaign, c *profile.Client, got *profile.SignIn) bool {
	switch {
	case got.WindowsOnly(), c.Shared(0), c.UsersBeside(got, nil) > MaxUsersBeside, !k.Tries(got.Service), !k.IsNear(got.First),
		s.reach.InReach(c.Incident, got.First) && (!k.Has(c.Key) || k.Wide()):
		return false // named by the incident of the client
	case s.elsewhere(k, c, got, k.Began) && !s.usual(k, got, &k.SignIns.Elsewhere, s.elsewhere):
		return true
	case !k.OfTenant():
		return false
	case k.Has(c.Key) && c.FailedForOthers(got.Key):
		return s.atMember(k, c, got)
	case got.Agent == profile.MailProtocols && k.MailOnly():
		_, last := k.Incident.FailuresOf(got.Key)
		return got.First >= last-event.Hour && got.First <= last+event.Hour && !got.Account.KnowsOwner(c.Owner, k.Began) && got.Account.NeverUsed(profile.MailProtocols, k.Began)
	case !got.Personal():
		return k.Uses(got.Tool, got.Agent) && !got.Account.UsedAgent(got.Agent, k.Began) && s.rarity.Rare(profile.ToolFeature(got.Tool), got.First)
	}
	return s.like(k, c, got, k.Began) && (s.knowsRare(k, got) && s.rarity.Rare(profile.ToolFeature(got.Tool), got.First) ||
		s.rarity.Population.Learned(k.Began, 3) && !s.usual(k, got, &k.SignIns.Like, s.like))
}

// atMember reports whether a success at an address of a campaign that has failed for other
// accounts is the attacker's: with an agent new to the account, or, where nobody else
// gets in, with a tool that failed there for others, from an owner's network new to the
// account.
func (s *CampaignFinder) atMember(k *campaign.Campaign, c *profile.Client, got *profile.SignIn) bool {
	if !got.Account.UsedAgent(got.Agent, k.Began) && (s.knowsRare(k, got) || c.FailedWith(got)) {
		return true
	}
	return c.UsersBeside(got, nil) == 0 && c.FailedWith(got) && got.Account.HadSignedIn(k.Began-event.Day) && !got.Account.KnowsOwner(c.Owner, k.Began)
}

// like reports whether a success is like those of the attacker in a campaign: with a tool
// of the campaign that is new to an account of which another program of the kind is known,
// and from a network of an owner that is new to the account: one of the campaign, unless
// most of these are odd, or an odd one.
func (s *CampaignFinder) like(k *campaign.Campaign, c *profile.Client, got *profile.SignIn, before int64) bool {
	return (k.HasTool(got.Tool) || k.ConsistsOf(got.Agent)) && window.NamesTool(got.Tool) && got.Password() &&
		(c.Owner == 0 || s.rarity.OddOwner(c, got.First) || !s.fromOdd(k) && slices.Contains(k.Owners(), c.Owner)) &&
		!got.Account.KnowsOwner(c.Owner, before) && !got.Account.UsedAgent(got.Agent, before) && got.Account.UsedKind(got.Family, before-event.Day)
}

// lookedBack is the time before a campaign from which honest sign-ins are counted, in milliseconds.
const lookedBack = 8 * event.Day

// How many honest sign-ins of the attacker's kind may be expected in the time of a campaign
// for one to be named: with an agent that is new to the account, and with its own.
const (
	expectNew = 0.25
	expectOwn = 0.05
)

// usual reports whether a success may well be an honest one: too many of its kind are to be
// expected in the time of the campaign from those of the week before, which are counted
// once. Before anything is known, one account in a thousand is expected to sign in like
// that in a day.
func (s *CampaignFinder) usual(k *campaign.Campaign, got *profile.SignIn, count *int, kind func(k *campaign.Campaign, c *profile.Client, got *profile.SignIn, before int64) bool) bool {
	if *count == 0 {
		*count = 1
		for o := range s.foreign.All() {
			if o.First >= k.Began || o.First < k.Began-lookedBack {
				continue
			}
			if c := s.profiles.ClientAt(o.From); c != nil && kind(k, c, o, o.First) {
				*count++
			}
		}
	}
	known := float64(min(s.rarity.Population.Known(k.Began), lookedBack)) / event.Day
	expected := (float64(*count-1) + float64(s.rarity.Population.Accounts())/1000) / (known + 1) * float64(k.End-k.Began) / event.Day
	if got.Account.UsedAgent(got.Agent, k.Began) {
		return known < 1 || expected > expectOwn
	}
	return known < 1 || expected > expectNew
}

// LookBack adds the successes of a campaign that came before it opened, or before the
// failures of their time.
func (s *CampaignFinder) LookBack(k *campaign.Campaign) {
	from, to := k.Search(s.reach.Slow)
	for got := range s.foreign.All() {
		if got.First < from || got.First > to {
			continue
		}
		c := s.profiles.ClientAt(got.From)
		if c == nil || got.Account.WentOnAt(c.Key, got.First) {
			continue
		}
		if s.reach.InReach(c.Incident, got.First) {
			if s.Judge(c.Incident, c, got) != Valid {
				continue
			}
		}
		if s.OfSuccess(c, got) == k {
			s.Add(k.Incident, c, got)
		}
	}
}

// LookBackFrom adds the successes of a client that came before it became part of
// a campaign. Those in the client's own incident count if they are valid credentials there.
func (s *CampaignFinder) LookBackFrom(k *campaign.Campaign, c *profile.Client) {
	for _, entry := range c.SignIns() {
		got := entry.SignIn
		if got.Account.WentOnAt(c.Key, got.First) || s.reach.InReach(c.Incident, got.First) && s.Classify(c.Incident, c, got) != Valid {
			continue
		}
		if s.OfSuccess(c, got) == k {
			s.Add(k.Incident, c, got)
		}
	}
}
