package stuffing

// learning records where accounts sign in and with what.
type learning struct {
	profiles *profiles
	rarity   *rarity
}

// add makes the client a known client of the account, and counts the account as a
// user of its tool, network and owner.
func (s *learning) add(c *client, a *account, got, here *signIn) {
	changed, added := a.addKnown(c.key, c.owner, got.first, got.agent, got.family)
	if changed {
		s.profiles.accounts.MarkDirty(a.key)
	}
	if added {
		s.profiles.accounts.Protect(a.key) // an existing account: invented names must not evict it
	}
	s.mature(c, here)
	if today := int32(got.first / day); today != here.learned || here.tool != here.learnedTool {
		here.learned, here.learnedTool = today, here.tool
		s.count(c, a.key, here, got.first)
	}
}

// count adds a sign-in to the features that the tenant's accounts share.
func (s *learning) count(c *client, account uint64, got *signIn, at int64) {
	s.rarity.population.AddAccount(account, at)
	odd := s.rarity.oddOwner(c, at)
	for n, f := range features(c, got.tool, got.app) {
		if n == traitOddTool && !odd {
			continue
		}
		s.rarity.population.Add(f, account, at)
	}
	s.rarity.population.Add(ownerFeature(c.owner), account, at)
	s.rarity.population.Add(subnetFeature(c.key).And(toolFeature(got.tool)), account, at)
}

// mature counts the account among the known users of a client once it has
// signed in from there for a while.
func (s *learning) mature(c *client, here *signIn) {
	if here.counted || c.users == nil {
		return
	}
	for i := range here.account.known {
		h := &here.account.known[i]
		if h.client != c.key {
			continue
		}
		if h.counted || !h.owned(h.last+1) {
			here.counted = h.counted
			return
		}
		h.counted, here.counted = true, true
		c.users.known++
		s.profiles.clients.MarkDirty(c.key)
		s.profiles.accounts.MarkDirty(here.key)
		if c.users.known == 2 {
			s.profiles.clients.Protect(c.key)
		}
	}
}
