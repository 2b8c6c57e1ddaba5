package stuffing

import (
	"cmp"
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/campaign"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// campaignCredentials names the accounts whose passwords the attacker of a campaign knows.
type campaignCredentials struct {
	incidents   *incidents
	profiles    *profiles
	rarity      *rarity
	foreign     *foreignSignIns
	set         *campaign.Set
	credentials *credentials
	geo         *policy.GeoCache
}

// ofSuccess returns the campaign whose attacker a success must be: the
// account does not know the network, nor the program, and either the rare trait
// of the campaign is there or the address is one that failed in it.
func (s *campaignCredentials) ofSuccess(c *client, got *signIn) *campaign.Campaign {
	switch {
	case len(s.set.All()) == 0:
		return nil
	case !got.password():
		return s.bySession(c, got)
	case !got.foreign:
		return s.ofMember(c, got)
	}
	k := s.withTool(c, got)
	if k == nil {
		k = s.withTrait(c, got)
	}
	if k != nil {
		return cmp.Or(s.set.Claiming(got.first, got.tool, c.owner), k)
	}
	for _, k := range s.set.All() {
		if k.Covers(got.first) && s.without(k, c, got) {
			return k
		}
	}
	return nil
}

// withTool returns the campaign with something rare that has failed from the address of a success, with
// the tool of the success. Where people come and go, those who bring their own program are
// people of the place.
func (s *campaignCredentials) withTool(c *client, got *signIn) *campaign.Campaign {
	if c.shared(0) || !window.NamesTool(got.tool) {
		return nil
	}
	for _, k := range s.set.All() {
		if !k.OfTenant() && k.Covers(got.first) && k.Has(c.key) && k.HasTool(got.tool) &&
			!(got.account.usedAgent(got.agent, k.Began) && c.usersBeside(got, nil) > maxUsersBeside) {
			return k
		}
	}
	return nil
}

// withTrait returns the campaign that has something rare in common with a success. Only
// scripts and the mail protocols get in when it does not fail. A device that has
// sent mail before, such as a printer, may have moved.
func (s *campaignCredentials) withTrait(c *client, got *signIn) *campaign.Campaign {
	features := featuresOf(c, got.tool, got.app)
	usual := !s.rarity.oddOwner(c, got.first) && (c.shared(0) || (window.NamesTool(got.tool) || got.agent == mailProtocols) && !s.rarity.rare(features[evidence.TraitTool], got.first))
	for n := range evidence.MaxTraits {
		if n == evidence.TraitOddTool && usual {
			continue // the tool is odd only at networks from which few accounts sign in
		}
		k := s.set.OfTrait(uint64(features[n]))
		if k == nil || !k.Covers(got.first) || got.account.usedAgent(got.agent, k.Began) && n != evidence.TraitTool ||
			!s.knowsRare(k, got) && !k.Has(c.key) || ofPeople(k, c, got) || n != evidence.TraitTool && personal(got) && !(k.IsNear(got.first) && k.Tries(got.service)) {
			continue
		}
		if n == evidence.TraitTool || n == evidence.TraitOddTool || k.HasTool(got.tool) || k.Has(c.key) {
			return k
		}
	}
	return nil
}

// ofPeople reports whether a success at an address that has not failed in a campaign is that of a mail program
// which its account used before it for a day or longer, and which has not been back at another place since, or has come to where people get in
// with their own programs.
func ofPeople(k *campaign.Campaign, c *client, got *signIn) bool {
	return got.agent == mailProtocols && !k.Has(c.key) && got.account.sendsMail(k.Began) &&
		(!got.account.signedInAfter(got.first, c.key) || peopleBeside(c, k.Incident, got, sharedUsers))
}

// lookBackAt adds the earlier successes of an account at other addresses, once it signs in at its
// own with a mail program: its device has not moved. There must be a campaign.
func (s *campaignCredentials) lookBackAt(c *client, a *account) {
	first := s.set.All()[0].Began - day
	for _, h := range a.known {
		if h.first < first || h.client == c.key {
			continue
		}
		from, ok := s.profiles.clients.Peek(h.client)
		if !ok {
			continue
		}
		if got := from.signInOf(a.key); got != nil && got.foreign && got.agent == mailProtocols {
			if k := s.ofSuccess(from, got); k != nil && s.credentials.add(k.Incident, from, got) {
				s.incidents.tracker.Update(k.Incident.Incident)
				return // the list has changed
			}
		}
	}
}

// personal reports whether a success is made with a program that people use. The mail protocols
// name no program.
func personal(got *signIn) bool {
	return !isScript(got.family) && got.agent != mailProtocols
}

// bySession returns the campaign whose attacker a renewed session must be, where nobody
// else gets in: with its rare tool, or with another of its tools at one of its addresses that has
// failed for others with it.
func (s *campaignCredentials) bySession(c *client, got *signIn) *campaign.Campaign {
	if k := s.set.OfTrait(uint64(toolFeature(got.tool))); k != nil && k.Covers(got.first) && s.knowsRare(k, got) && c.onlyAttacker(k.Incident, got) && !got.account.usedAgent(got.agent, k.Began) {
		return k
	}
	for _, k := range s.set.All() {
		if k.Has(c.key) && k.Covers(got.first) && k.HasTool(got.tool) && c.failedWith(got) && c.onlyAttacker(k.Incident, got) {
			return k
		}
	}
	return nil
}

// knowsRare reports whether what is rare was known when a campaign began: on the first
// day, that holds for programs that no person uses, and for accounts that had signed in
// well before.
func (s *campaignCredentials) knowsRare(k *campaign.Campaign, got *signIn) bool {
	return s.rarity.population.Learned(k.Began, 1) || isScript(got.family) ||
		got.account.hadSignedIn(min(k.Began, got.first)-agentAge)
}

// ofMember returns the campaign whose attacker a success must be that is foreign to its
// account only by its subnet: the address has failed for another account before, as
// part of the campaign, nobody else gets in there, and the tool is one of the campaign. The
// owner of the network and a common browser are then no excuse.
func (s *campaignCredentials) ofMember(c *client, got *signIn) *campaign.Campaign {
	switch {
	case !s.incidents.inReach(c.campaign, got.first), c.shared(0), !window.NamesTool(got.tool),
		got.family == event.Mobile, got.family == event.Outlook, got.service == event.EAS,
		got.account.knewSubnet(c.key, got.first), c.usersBeside(got, nil) > 0, !c.failedBefore(got):
		return nil
	}
	for _, k := range s.set.All() {
		if k.Incident == c.campaign && k.Covers(got.first) && k.HasTool(got.tool) {
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
func (s *campaignCredentials) without(k *campaign.Campaign, c *client, got *signIn) bool {
	switch {
	case windowsSignIn(got), c.shared(0), c.usersBeside(got, nil) > maxUsersBeside, !k.Tries(got.service), !k.IsNear(got.first),
		s.incidents.inReach(c.incident, got.first) && (!k.Has(c.key) || k.Wide()):
		return false // named by the incident of the client
	case s.elsewhere(k, c, got, k.Began) && !s.usual(k, got, &k.SignIns.Elsewhere, s.elsewhere):
		return true
	case !k.OfTenant():
		return false
	case k.Has(c.key) && c.failedForOthers(got.key):
		return s.atMember(k, c, got)
	case got.agent == mailProtocols && k.MailOnly():
		_, last := k.Incident.FailuresOf(got.key)
		return abs(got.first-last) <= hour && !got.account.knowsOwner(c.owner, k.Began) && got.account.neverUsed(mailProtocols, k.Began)
	case !personal(got):
		return k.Uses(got.tool, got.agent) && !got.account.usedAgent(got.agent, k.Began) && s.rarity.rare(toolFeature(got.tool), got.first)
	}
	return s.like(k, c, got, k.Began) && (s.knowsRare(k, got) && s.rarity.rare(toolFeature(got.tool), got.first) ||
		s.rarity.population.Learned(k.Began, 3) && !s.usual(k, got, &k.SignIns.Like, s.like))
}

// atMember reports whether a success at an address of a campaign that has failed for other
// accounts is the attacker's: with an agent new to the account, or, where nobody else
// gets in, with a tool that failed there for others, from an owner's network new to the
// account.
func (s *campaignCredentials) atMember(k *campaign.Campaign, c *client, got *signIn) bool {
	if !got.account.usedAgent(got.agent, k.Began) && (s.knowsRare(k, got) || c.failedWith(got)) {
		return true
	}
	return c.usersBeside(got, nil) == 0 && c.failedWith(got) && got.account.hadSignedIn(k.Began-day) && !got.account.knowsOwner(c.owner, k.Began)
}

// like reports whether a success is like those of the attacker in a campaign: with a tool
// of the campaign that is new to an account of which another program of the kind is known,
// and from a network of an owner that is new to the account: one of the campaign, unless
// most of these are odd, or an odd one.
func (s *campaignCredentials) like(k *campaign.Campaign, c *client, got *signIn, before int64) bool {
	return (k.HasTool(got.tool) || k.ConsistsOf(got.agent)) && window.NamesTool(got.tool) && got.password() &&
		(c.owner == 0 || s.rarity.oddOwner(c, got.first) || !s.fromOdd(k) && slices.Contains(k.Owners(), c.owner)) &&
		!got.account.knowsOwner(c.owner, before) && !got.account.usedAgent(got.agent, before) && got.account.usedKind(got.family, before-day)
}

// elsewhere reports whether a success comes from where nobody of the tenant is, as the
// failures of a campaign do, with a program of the campaign: from an owner's network from
// which hardly anybody signs in, among servers for rent or in a country new to the account.
// The account's own program is one of the campaign only if most failures are made with it,
// or if the account was in another country within hours before. The mail protocols are a program
// only in a campaign that uses nothing else, and for an account that has never used them.
// Without a database, the networks alone decide.
func (s *campaignCredentials) elsewhere(k *campaign.Campaign, c *client, got *signIn, before int64) bool {
	if !got.password() || got.agent == mailProtocols && !(k.MailOnly() && got.account.neverUsed(mailProtocols, before)) || !k.Uses(got.tool, got.agent) || !s.rarity.oddOwner(c, k.Began) || got.account.knowsOwner(c.owner, before) || !s.fromOdd(k) {
		return false
	}
	if got.account.usedAgent(got.agent, before) && !k.MadeWith(got.tool, got.agent) && !s.justElsewhere(got) {
		return false
	}
	if !s.profiles.policy.HasOwners() {
		return got.account.hadSignedIn(before - agentAge)
	}
	if s.geo.Rented(got.from.Addr()) {
		return s.rentedShare(k) >= 0.2 && got.account.hadSignedIn(before-agentAge)
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
func (s *campaignCredentials) abroad(k *campaign.Campaign, got *signIn, before int64) bool {
	here, known := s.geo.Locate(got.from.Addr()).Country, 0
	for _, h := range got.account.known {
		switch there := s.geo.Locate(h.client.Addr()).Country; {
		case there == "" || h.first > before-agentAge:
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
func (s *campaignCredentials) justElsewhere(got *signIn) bool {
	here := s.geo.Locate(got.from.Addr()).Country
	return here != "" && slices.ContainsFunc(got.account.known, func(h knownClient) bool {
		if h.last > got.first || h.last < got.first-3*hour || !h.usesFamily(event.Browser) && !h.usesFamily(event.Outlook) {
			return false
		}
		there := s.geo.Locate(h.client.Addr()).Country
		return there != "" && there != here
	})
}

// nobodyIn reports whether of many sign-ins from new networks in the week before a campaign
// hardly any were in a country.
func (s *campaignCredentials) nobodyIn(country string, k *campaign.Campaign) bool {
	if k.SignIns.Countries == nil {
		k.SignIns.Countries = map[string]int{}
		for n := range s.foreign.list {
			if o := &s.foreign.list[n]; o.first < k.Began-agentAge && o.first >= k.Began-week {
				k.SignIns.Countries[s.geo.Locate(o.from.Addr()).Country]++
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
		if s.rarity.rare(ownerFeature(owner), k.Began) {
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
func (s *campaignCredentials) usual(k *campaign.Campaign, got *signIn, count *int, kind func(k *campaign.Campaign, c *client, got *signIn, before int64) bool) bool {
	if *count == 0 {
		*count = 1
		for n := range s.foreign.list {
			o := &s.foreign.list[n]
			if o.first >= k.Began || o.first < k.Began-week {
				continue
			}
			if c, ok := s.profiles.clients.Peek(s.profiles.cut(o.from)); ok && kind(k, c, o, o.first) {
				*count++
			}
		}
	}
	known := float64(min(s.rarity.population.Known(k.Began), week)) / day
	expected := (float64(*count-1) + float64(s.rarity.population.Accounts())/1000) / (known + 1) * float64(k.End-k.Began) / day
	if got.account.usedAgent(got.agent, k.Began) {
		return known < 1 || expected > expectOwn
	}
	return known < 1 || expected > expectNew
}

// maxUsersBeside is how many other accounts may get in from an address on the same
// day for a campaign of the tenant's level to name an account there: where
// more do, people come and go, as in a hotel.
const maxUsersBeside = 1

// lookBack adds the successes of a campaign that came before it opened, or before the
// failures of their time.
func (s *campaignCredentials) lookBack(k *campaign.Campaign) {
	from, to := k.Search(s.incidents.slow)
	for n := range s.foreign.list {
		got := &s.foreign.list[n]
		if got.first < from || got.first > to {
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
			s.credentials.add(k.Incident, c, got)
		}
	}
}

// lookBackFrom adds the successes of a client that came before it became part of
// a campaign. Those in the client's own incident count if they are valid credentials there.
func (s *campaignCredentials) lookBackFrom(k *campaign.Campaign, c *client) {
	for _, entry := range c.signIns() {
		got := entry.signIn
		if got.account.usedBefore(c, got) || s.incidents.inReach(c.incident, got.first) && s.credentials.classify(c.incident, c, got) != valid {
			continue
		}
		if s.ofSuccess(c, got) == k {
			s.credentials.add(k.Incident, c, got)
		}
	}
}
