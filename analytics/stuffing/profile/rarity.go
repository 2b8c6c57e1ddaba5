package profile

import (
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/state"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// Rarity knows with what features, and with how many of the tenant's accounts, people
// have signed in.
type Rarity struct {
	policy     *policy.Policy
	Population *baseline.Population
}

// maxPopulation bounds what the tenant's accounts have in common: programs,
// networks and their owners.
const maxPopulation = 1 << 17

// NewRarity returns an empty Rarity. maxUsers is the number of accounts that profiles are kept of.
func NewRarity(p *policy.Policy, maxUsers int) *Rarity {
	return &Rarity{policy: p, Population: baseline.NewPopulation(min(maxPopulation, 4*max(maxUsers, 256)))}
}

// FeaturesOf returns the features that a sign-in shares with others, by trait. An
// owner counts only together with an application, because several attacks come from
// one large hosting provider.
func FeaturesOf(c *Client, tool, app uint32) [evidence.MaxTraits]baseline.Feature {
	return [...]baseline.Feature{
		evidence.TraitTool:    ToolFeature(tool),
		evidence.TraitOwner:   OwnerFeature(c.Owner).And(baseline.NewFeature('p', uint64(app))),
		evidence.TraitSubnet:  SubnetFeature(c.Key),
		evidence.TraitOddTool: oddToolFeature(tool),
	}
}

// ToolFeature returns the feature of a tool.
func ToolFeature(tool uint32) baseline.Feature { return baseline.NewFeature('t', uint64(tool)) }

// SubnetFeature returns the feature of the subnet of a client.
func SubnetFeature(k event.ClientKey) baseline.Feature {
	sub := k.Subnet()
	return baseline.NewFeature('n', sub.Hash())
}

// OwnerFeature returns the feature of an owner of networks, or 0 if the owner is not known.
func OwnerFeature(owner uint32) baseline.Feature {
	if owner == 0 {
		return 0
	}
	return baseline.NewFeature('o', uint64(owner))
}

func oddToolFeature(tool uint32) baseline.Feature { return baseline.NewFeature('d', uint64(tool)) }

// Traits returns the traits of a failure that are rare in the tenant.
func (s *Rarity) Traits(c *Client, t *window.Attempt, app uint32) (keys [evidence.MaxTraits]uint64) {
	odd := s.OddOwner(c, t.At)
	for n, f := range FeaturesOf(c, t.Tool, app) {
		rare := f != 0 && s.Rare(f, t.At) && (n == evidence.TraitSubnet || !WindowsOnly(t))
		if n == evidence.TraitOwner || n == evidence.TraitOddTool {
			rare = rare && odd
		}
		if rare {
			keys[n] = uint64(f)
		}
	}
	return keys
}

// OddOwner reports whether hardly anybody signs in from the networks of a
// client's owner.
func (s *Rarity) OddOwner(c *Client, at int64) bool {
	f := OwnerFeature(c.Owner)
	return f != 0 && s.Rare(f, at)
}

// Rare reports whether hardly any account of the tenant had signed in with a feature before the day
// of a time; see policy.Stuffing.Rare.
func (s *Rarity) Rare(f baseline.Feature, at int64) bool {
	r := &s.policy.Stuffing.Rare
	return s.Population.Rare(f, at, r.Accounts, r.PerThousand)
}

// RareAt reports whether hardly any known user of a client's address signs in with
// a tool: at most two accounts, or a fiftieth of them. At an address without known users
// only scripts are rare; where nobody was known a day before, also a mail protocol that
// nobody there uses.
func (s *Rarity) RareAt(c *Client, t *window.Attempt) bool {
	if c.KnownUsers() < SharedUsers {
		return IsScript(t.Family)
	}
	feature := SubnetFeature(c.Key).And(ToolFeature(t.Tool))
	if c.OfNewcomers(s.Population, t.At) {
		return IsScript(t.Family) || evidence.MailProtocol(t.Service) && s.Population.Users(feature, t.At) <= 2
	}
	return s.Population.Established(feature, t.At) <= max(2, c.KnownUsers()/50)
}

// Table returns the table in which the population is saved.
func (s *Rarity) Table() state.Table {
	return state.Table{Name: tablePopulation, Track: s.Population.Track, Restore: s.restoreFeature, Changes: s.savePopulation}
}

func (s *Rarity) restoreFeature(key, value []byte) error {
	k, err := state.Number(key)
	if err != nil {
		return err
	}
	return s.Population.Load(k, value)
}

func (s *Rarity) savePopulation(w *state.Writer) {
	w.Fail(s.Population.Changes(func(key uint64, value []byte, ok bool) {
		w.Value = append(w.Value[:0], value...)
		w.Put(tablePopulation, w.Number(key), ok)
	}))
}
