package stuffing

import (
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// rarity knows with what features, and with how many of the tenant's accounts, people
// have signed in.
type rarity struct {
	policy     *policy.Policy
	population *baseline.Population
}

// maxPopulation bounds what the tenant's accounts have in common: programs,
// networks and their owners.
const maxPopulation = 1 << 17

// featuresOf returns the features that a sign-in shares with others, by trait. An
// owner counts only together with an application, because several attacks come from
// one large hosting provider.
func featuresOf(c *client, tool, app uint32) [evidence.MaxTraits]baseline.Feature {
	return [...]baseline.Feature{
		evidence.TraitTool:    toolFeature(tool),
		evidence.TraitOwner:   ownerFeature(c.owner).And(baseline.NewFeature('p', uint64(app))),
		evidence.TraitSubnet:  subnetFeature(c.key),
		evidence.TraitOddTool: oddToolFeature(tool),
	}
}

func toolFeature(tool uint32) baseline.Feature { return baseline.NewFeature('t', uint64(tool)) }

// The features of a client's network, and of it together with a tool.
func subnetFeature(k event.ClientKey) baseline.Feature {
	sub := k.Subnet()
	return baseline.NewFeature('n', sub.Hash())
}

func ownerFeature(owner uint32) baseline.Feature {
	if owner == 0 {
		return 0
	}
	return baseline.NewFeature('o', uint64(owner))
}

func oddToolFeature(tool uint32) baseline.Feature { return baseline.NewFeature('d', uint64(tool)) }

// traits returns the traits of a failure that are rare in the tenant.
func (s *rarity) traits(c *client, t *window.Attempt, app uint32) (keys [evidence.MaxTraits]uint64) {
	odd := s.oddOwner(c, t.At)
	for n, f := range featuresOf(c, t.Tool, app) {
		rare := f != 0 && s.rare(f, t.At) && (n == evidence.TraitSubnet || !windowsOnly(t))
		if n == evidence.TraitOwner || n == evidence.TraitOddTool {
			rare = rare && odd
		}
		if rare {
			keys[n] = uint64(f)
		}
	}
	return keys
}

// windowsOnly reports whether an attempt is known from the Windows log only.
// Its program and its service are unknown, so that it has only its network in
// common with other attempts.
func windowsOnly(t *window.Attempt) bool { return t.Service == event.Windows }

// oddOwner reports whether hardly anybody signs in from the networks of a
// client's owner.
func (s *rarity) oddOwner(c *client, at int64) bool {
	f := ownerFeature(c.owner)
	return f != 0 && s.rare(f, at)
}

func (s *rarity) rare(f baseline.Feature, at int64) bool {
	r := &s.policy.Stuffing.Rare
	return s.population.Rare(f, at, r.Accounts, r.PerThousand)
}

// rareAt reports whether hardly any known user of a client's address signs in with
// a tool: at most two accounts, or a fiftieth of them. At an address without known users
// only scripts are rare; where nobody was known a day before, also a mail protocol that
// nobody there uses.
func (s *rarity) rareAt(c *client, t *window.Attempt) bool {
	if c.knownUsers() < sharedUsers {
		return isScript(t.Family)
	}
	feature := subnetFeature(c.key).And(toolFeature(t.Tool))
	if c.ofNewcomers(s.population, t.At) {
		return isScript(t.Family) || evidence.MailProtocol(t.Service) && s.population.Users(feature, t.At) <= 2
	}
	return s.population.Established(feature, t.At) <= max(2, c.knownUsers()/50)
}
