package credential

import (
	"net/netip"
	"slices"
	"strings"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/campaign"
	"redshank/analytics/stuffing/profile"
)

// elsewhere reports whether a success comes from where nobody of the tenant is, as the
// failures of a campaign do, with a program of the campaign: from an owner's network from
// which hardly anybody signs in, among servers for rent or in a country new to the account.
// The account's own program is one of the campaign only if most failures are made with it,
// or if the account was in another country within hours before. The mail protocols are a program
// only in a campaign that uses nothing else, and for an account that has never used them.
// Without a database, the networks alone decide.
func (s *CampaignFinder) elsewhere(k *campaign.Campaign, c *profile.Client, got *profile.SignIn, before int64) bool {
	if !got.Password() || got.Agent == profile.MailProtocols && !(k.MailOnly() && got.Account.NeverUsed(profile.MailProtocols, before)) || !k.Uses(got.Tool, got.Agent) || !s.rarity.OddOwner(c, k.Began) || got.Account.KnowsOwner(c.Owner, before) || !s.fromOdd(k) {
		return false
	}
	if got.Account.UsedAgent(got.Agent, before) && !k.MadeWith(got.Tool, got.Agent) && !s.justElsewhere(got) {
		return false
	}
	if !s.policy.HasOwners() {
		return got.Account.HadSignedIn(before - profile.AgentAge)
	}
	if s.geo.Rented(got.From.Addr()) {
		return s.rentedShare(k) >= 0.2 && got.Account.HadSignedIn(before-profile.AgentAge)
	}
	return s.rentedShare(k) <= 0.8 && s.abroad(k, got, before)
}

// rentedShare returns the share of the latest failures of a campaign that come from servers
// for rent.
func (s *CampaignFinder) rentedShare(k *campaign.Campaign) float64 {
	return share(k, s.geo.Rented)
}

// share returns the share of the latest failures of a campaign that come from some addresses.
func share(k *campaign.Campaign, of func(netip.Addr) bool) float64 {
	n, all := 0, k.Incident.Attempts()
	for i := range all {
		if of(event.ClientKey(all[i].Client).Addr()) {
			n++
		}
	}
	return float64(n) / float64(max(len(all), 1))
}

// inOtherDomain reports whether fewer than one in twenty of the latest failures of a campaign
// are of accounts in the domain of a success, or in none that is logged. The collector of a
// service provider reads the logs of several organisations.
func inOtherDomain(k *campaign.Campaign, got *profile.SignIn) bool {
	own, n, all := domainOf(got.Account.Name), 0, k.Incident.Attempts()
	for i := range all {
		if d := domainOf(all[i].Name); d == own || d == "" {
			n++
		}
	}
	return own != "" && 20*n < len(all)
}

// domainOf returns the domain of an account, or "".
func domainOf(account string) string {
	_, domain, _ := strings.Cut(account, "@")
	return domain
}

// atHome reports whether a success comes from a country in which its account had signed in before a
// campaign, of whose failures hardly any do, and not from a server for rent.
func (s *CampaignFinder) atHome(k *campaign.Campaign, got *profile.SignIn) bool {
	here := s.geo.Locate(got.From.Addr()).Country
	return here != "" && !s.geo.Rented(got.From.Addr()) && slices.ContainsFunc(got.Account.Known, func(h profile.KnownClient) bool {
		return h.First <= k.Began-profile.AgentAge && s.geo.Locate(h.Client.Addr()).Country == here
	}) && share(k, func(ip netip.Addr) bool { return s.geo.Locate(ip).Country == here }) < 0.1
}

// abroad reports whether a success comes from a country in which its account had not
// signed in before a time; or, for an account of which no country is known, hardly anybody
// in a network that was new.
func (s *CampaignFinder) abroad(k *campaign.Campaign, got *profile.SignIn, before int64) bool {
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
func (s *CampaignFinder) justElsewhere(got *profile.SignIn) bool {
	here := s.geo.Locate(got.From.Addr()).Country
	return here != "" && slices.ContainsFunc(got.Account.Known, func(h profile.KnownClient) bool {
		if h.Last > got.First || h.Last < got.First-3*event.Hour || !h.UsesFamily(event.Browser) && !h.UsesFamily(event.Outlook) {
			return false
		}
		there := s.geo.Locate(h.Client.Addr()).Country
		return there != "" && there != here
	})
}

// nobodyIn reports whether of many sign-ins from new networks in the week before a campaign
// hardly any were in a country.
func (s *CampaignFinder) nobodyIn(country string, k *campaign.Campaign) bool {
	if k.SignIns.Countries == nil {
		k.SignIns.Countries = map[string]int{}
		for o := range s.foreign.All() {
			if o.First < k.Began-profile.AgentAge && o.First >= k.Began-lookedBack {
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
func (s *CampaignFinder) fromOdd(k *campaign.Campaign) bool {
	odd := 0
	for _, owner := range k.Owners() {
		if s.rarity.Rare(profile.OwnerFeature(owner), k.Began) {
			odd++
		}
	}
	return 2*odd > len(k.Owners())
}
