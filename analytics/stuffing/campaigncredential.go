package stuffing

import (
	"cmp"
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/campaign"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// campaignCredentials names the accounts whose passwords the attacker of a campaign knows.
type campaignCredentials struct {
	incidents   *incidents
	profiles    *profile.Set
	rarity      *profile.Rarity
	foreign     *profile.ForeignSignIns
	set         *campaign.Set
	credentials *credentials
	geo         *policy.GeoCache
}

// ofSuccess returns the campaign whose attacker a success must be: the
// account does not know the network, nor the program, and either the rare trait
// of the campaign is there or the address is one that failed in it.
func (s *campaignCredentials) ofSuccess(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
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
		if k.Covers(got.First) && s.without(k, c, got) {
			return k
		}
	}
	return nil
}

// withTool returns the campaign with something rare that has failed from the address of a success, with
// the tool of the success. Where people come and go, those who bring their own program are
// people of the place.
func (s *campaignCredentials) withTool(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
	if c.Shared(0) || !window.NamesTool(got.Tool) {
		return nil
	}
	for _, k := range s.set.All() {
		if !k.OfTenant() && k.Covers(got.First) && k.Has(c.Key) && k.HasTool(got.Tool) &&
			!(got.Account.UsedAgent(got.Agent, k.Began) && c.UsersBeside(got, nil) > maxUsersBeside) {
			return k
		}
	}
	return nil
}

// withTrait returns the campaign that has something rare in common with a success. Only
// scripts and the mail protocols get in when it does not fail. A device that has
// sent mail before, such as a printer, may have moved.
func (s *campaignCredentials) withTrait(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
	features := profile.FeaturesOf(c, got.Tool, got.App)
	usual := !s.rarity.OddOwner(c, got.First) && (c.Shared(0) || (window.NamesTool(got.Tool) || got.Agent == profile.MailProtocols) && !s.rarity.Rare(features[evidence.TraitTool], got.First))
	for n := range evidence.MaxTraits {
		if n == evidence.TraitOddTool && usual {
			continue // the tool is odd only at networks from which few accounts sign in
		}
		k := s.set.OfTrait(uint64(features[n]))
		if k == nil || !k.Covers(got.First) || got.Account.UsedAgent(got.Agent, k.Began) && n != evidence.TraitTool ||
			!s.knowsRare(k, got) && !k.Has(c.Key) || ofPeople(k, c, got) || n != evidence.TraitTool && personal(got) && !(k.IsNear(got.First) && k.Tries(got.Service)) {
			continue
		}
		if n == evidence.TraitTool || n == evidence.TraitOddTool || k.HasTool(got.Tool) || k.Has(c.Key) {
			return k
		}
	}
	return nil
}

// ofPeople reports whether a success at an address that has not failed in a campaign is that of a mail program
// which its account used before it for a day or longer, and which has not been back at another place since, or has come to where people get in
// with their own programs.
func ofPeople(k *campaign.Campaign, c *profile.Client, got *profile.SignIn) bool {
	return got.Agent == profile.MailProtocols && !k.Has(c.Key) && got.Account.SendsMail(k.Began) &&
		(!got.Account.SignedInAfter(got.First, c.Key) || peopleBeside(c, k.Incident, got, profile.SharedUsers))
}

// lookBackAt adds the earlier successes of an account at other addresses, once it signs in at its
// own with a mail program: its device has not moved. There must be a campaign.
func (s *campaignCredentials) lookBackAt(c *profile.Client, a *profile.Account) {
	first := s.set.All()[0].Began - day
	for _, h := range a.Known {
		if h.First < first || h.Client == c.Key {
			continue
		}
		from, ok := s.profiles.Clients.Peek(h.Client)
		if !ok {
			continue
		}
		if got := from.SignInOf(a.Key); got != nil && got.Foreign && got.Agent == profile.MailProtocols {
			if k := s.ofSuccess(from, got); k != nil && s.credentials.add(k.Incident, from, got) {
				s.incidents.tracker.Update(k.Incident.Incident)
				return // the list has changed
			}
		}
	}
}

// personal reports whether a success is made with a program that people use. The mail protocols
// name no program.
func personal(got *profile.SignIn) bool {
	return !profile.IsScript(got.Family) && got.Agent != profile.MailProtocols
}

// bySession returns the campaign whose attacker a renewed session must be, where nobody
// else gets in: with its rare tool, or with another of its tools at one of its addresses that has
// failed for others with it.
func (s *campaignCredentials) bySession(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
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
func (s *campaignCredentials) knowsRare(k *campaign.Campaign, got *profile.SignIn) bool {
	return s.rarity.Population.Learned(k.Began, 1) || profile.IsScript(got.Family) ||
		got.Account.HadSignedIn(min(k.Began, got.First)-profile.AgentAge)
}

// ofMember returns the campaign whose attacker a success must be that is foreign to its
// account only by its subnet: the address has failed for another account before, as
// part of the campaign, nobody else gets in there, and the tool is one of the campaign. The
// owner of the network and a common browser are then no excuse.
func (s *campaignCredentials) ofMember(c *profile.Client, got *profile.SignIn) *campaign.Campaign {
	switch {
	case !s.incidents.inReach(c.Campaign, got.First), c.Shared(0), !window.NamesTool(got.Tool),
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
func (s *campaignCredentials) without(k *campaign.Campaign, c *profile.Client, got *profile.SignIn) bool {
	switch {
	case windowsSignIn(got), c.Shared(0), c.UsersBeside(got, nil) > maxUsersBeside, !k.Tries(got.Service), !k.IsNear(got.First),
		s.incidents.inReach(c.Incident, got.First) && (!k.Has(c.Key) || k.Wide()):
		return false // named by the incident of the client
	case s.elsewhere(k, c, got, k.Began) && !s.usual(k, got, &k.SignIns.Elsewhere, s.elsewhere):
		return true
	case !k.OfTenant():
		return false
	case k.Has(c.Key) && c.FailedForOthers(got.Key):
		return s.atMember(k, c, got)
	case got.Agent == profile.MailProtocols && k.MailOnly():
		_, last := k.Incident.FailuresOf(got.Key)
		return got.First >= last-hour && got.First <= last+hour && !got.Account.KnowsOwner(c.Owner, k.Began) && got.Account.NeverUsed(profile.MailProtocols, k.Began)
	case !personal(got):
		return k.Uses(got.Tool, got.Agent) && !got.Account.UsedAgent(got.Agent, k.Began) && s.rarity.Rare(profile.ToolFeature(got.Tool), got.First)
	}
	return s.like(k, c, got, k.Began) && (s.knowsRare(k, got) && s.rarity.Rare(profile.ToolFeature(got.Tool), got.First) ||
		s.rarity.Population.Learned(k.Began, 3) && !s.usual(k, got, &k.SignIns.Like, s.like))
}

// atMember reports whether a success at an address of a campaign that has failed for other
// accounts is the attacker's: with an agent new to the account, or, where nobody else
// gets in, with a tool that failed there for others, from an owner's network new to the
// account.
func (s *campaignCredentials) atMember(k *campaign.Campaign, c *profile.Client, got *profile.SignIn) bool {
	if !got.Account.UsedAgent(got.Agent, k.Began) && (s.knowsRare(k, got) || c.FailedWith(got)) {
		return true
	}
	return c.UsersBeside(got, nil) == 0 && c.FailedWith(got) && got.Account.HadSignedIn(k.Began-day) && !got.Account.KnowsOwner(c.Owner, k.Began)
}

// like reports whether a success is like those of the attacker in a campaign: with a tool
// of the campaign that is new to an account of which another program of the kind is known,
// and from a network of an owner that is new to the account: one of the campaign, unless
// most of these are odd, or an odd one.
func (s *campaignCredentials) like(k *campaign.Campaign, c *profile.Client, got *profile.SignIn, before int64) bool {
	return (k.HasTool(got.Tool) || k.ConsistsOf(got.Agent)) && window.NamesTool(got.Tool) && got.Password() &&
		(c.Owner == 0 || s.rarity.OddOwner(c, got.First) || !s.fromOdd(k) && slices.Contains(k.Owners(), c.Owner)) &&
		!got.Account.KnowsOwner(c.Owner, before) && !got.Account.UsedAgent(got.Agent, before) && got.Account.UsedKind(got.Family, before-day)
}

// elsewhere reports whether a success comes from where nobody of the tenant is, as the
// failures of a campaign do, with a program of the campaign: from an owner's network from
// which hardly anybody signs in, among servers for rent or in a country new to the account.
// The account's own program is one of the campaign only if most failures are made with it,
// or if the account was in another country within hours before. The mail protocols are a program
// only in a campaign that uses nothing else, and for an account that has never used them.
// Without a database, the networks alone decide.
func (s *campaignCredentials) elsewhere(k *campaign.Campaign, c *profile.Client, got *profile.SignIn, before int64) bool {
	if !got.Password() || got.Agent == profile.MailProtocols && !(k.MailOnly() && got.Account.NeverUsed(profile.MailProtocols, before)) || !k.Uses(got.Tool, got.Agent) || !s.rarity.OddOwner(c, k.Began) || got.Account.KnowsOwner(c.Owner, before) || !s.fromOdd(k) {
		return false
	}
	if got.Account.UsedAgent(got.Agent, before) && !k.MadeWith(got.Tool, got.Agent) && !s.justElsewhere(got) {
		return false
	}
	if !s.incidents.policy.HasOwners() {
		return got.Account.HadSignedIn(before - profile.AgentAge)
	}
	if s.geo.Rented(got.From.Addr()) {
		return s.rentedShare(k) >= 0.2 && got.Account.HadSignedIn(before-profile.AgentAge)
	}
	return s.rentedShare(k) <= 0.8 && s.abroad(k, got, before)
}

// rentedShare returns the share of the latest failures of a campaign that come from servers
// for rent.
func (s *campaignCredentials) rentedShare(k *campaign.Campaign) float64 {
	rented, all := 0, k.Incident.Attempts()
	for n := range all {
		if s.geo.Rented(event.ClientKey(all[n].Client).Addr()) {
			rented++
		}
	}
	return float64(rented) / float64(max(len(all), 1))
}

// abroad reports whether a success comes from a country in which its account had not
// signed in before a time; or, for an account of which no country is known, hardly anybody
// in a network that was new.
func (s *campaignCredentials) abroad(k *campaign.Campaign, got *profile.SignIn, before int64) bool {
	here, known := s.geo.Locate(got.From.Addr()).Country, 0
	for _, h := range got.Account.Known {
		switch there := s.geo.Locate(h.Client.Addr()).Country; {
		case there == "" || h.First > before-profile.AgentAge:
		case there == here:
			return false
		default:
			known++
		}
	}
	return here != "" && (known > 0 || s.nobodyIn(here, k))
}

// justElsewhere reports whether the account of a success was in another country in the
// three hours before, with a program that is not a telephone's: their networks may
// be those of another country.
func (s *campaignCredentials) justElsewhere(got *profile.SignIn) bool {
	here := s.geo.Locate(got.From.Addr()).Country
	return here != "" && slices.ContainsFunc(got.Account.Known, func(h profile.KnownClient) bool {
		if h.Last > got.First || h.Last < got.First-3*hour || !h.UsesFamily(event.Browser) && !h.UsesFamily(event.Outlook) {
			return false
		}
		there := s.geo.Locate(h.Client.Addr()).Country
		return there != "" && there != here
	})
}

// nobodyIn reports whether of many sign-ins from new networks in the week before a campaign
// hardly any were in a country.
func (s *campaignCredentials) nobodyIn(country string, k *campaign.Campaign) bool {
	if k.SignIns.Countries == nil {
		k.SignIns.Countries = map[string]int{}
		for o := range s.foreign.All() {
			if o.First < k.Began-profile.AgentAge && o.First >= k.Began-week {
				k.SignIns.Countries[s.geo.Locate(o.From.Addr()).Country]++
			}
		}
	}
	all := 0
	for _, n := range k.SignIns.Countries {
		all += n
	}
	return all >= 10 && 100*k.SignIns.Countries[country] <= all
}

// fromOdd reports whether most owners of the networks from which a campaign opened are
// such that hardly anybody signs in from there.
func (s *campaignCredentials) fromOdd(k *campaign.Campaign) bool {
	odd := 0
	for _, owner := range k.Owners() {
		if s.rarity.Rare(profile.OwnerFeature(owner), k.Began) {
			odd++
		}
	}
	return 2*odd > len(k.Owners())
}

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
func (s *campaignCredentials) usual(k *campaign.Campaign, got *profile.SignIn, count *int, kind func(k *campaign.Campaign, c *profile.Client, got *profile.SignIn, before int64) bool) bool {
	if *count == 0 {
		*count = 1
		for o := range s.foreign.All() {
			if o.First >= k.Began || o.First < k.Began-week {
				continue
			}
			if c := s.profiles.ClientAt(o.From); c != nil && kind(k, c, o, o.First) {
				*count++
			}
		}
	}
	known := float64(min(s.rarity.Population.Known(k.Began), week)) / day
	expected := (float64(*count-1) + float64(s.rarity.Population.Accounts())/1000) / (known + 1) * float64(k.End-k.Began) / day
	if got.Account.UsedAgent(got.Agent, k.Began) {
		return known < 1 || expected > expectOwn
	}
	return known < 1 || expected > expectNew
}

// lookBack adds the successes of a campaign that came before it opened, or before the
// failures of their time.
func (s *campaignCredentials) lookBack(k *campaign.Campaign) {
	from, to := k.Search(s.incidents.slow)
	for got := range s.foreign.All() {
		if got.First < from || got.First > to {
			continue
		}
		c := s.profiles.ClientAt(got.From)
		if c == nil || got.Account.WentOnAt(c.Key, got.First) {
			continue
		}
		if s.incidents.inReach(c.Incident, got.First) {
			if s.credentials.judge(c.Incident, c, got) != valid {
				continue
			}
		}
		if s.ofSuccess(c, got) == k {
			s.credentials.add(k.Incident, c, got)
		}
	}
}

// lookBackFrom adds the successes of a client that came before it became part of
// a campaign. Those in the client's own incident count if they are valid credentials there.
func (s *campaignCredentials) lookBackFrom(k *campaign.Campaign, c *profile.Client) {
	for _, entry := range c.SignIns() {
		got := entry.SignIn
		if got.Account.WentOnAt(c.Key, got.First) || s.incidents.inReach(c.Incident, got.First) && s.credentials.classify(c.Incident, c, got) != valid {
			continue
		}
		if s.ofSuccess(c, got) == k {
			s.credentials.add(k.Incident, c, got)
		}
	}
}
