package stuffing

import (
	"slices"

	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// ofSuccess returns the campaign whose attacker a success must be: the
// account does not know the network, nor the program, and either the rare trait
// of the campaign is there or the address is one that failed in it.
func (s *campaigns) ofSuccess(c *client, got *signIn) *campaign {
	if len(s.list) == 0 || !got.foreign || !got.password() {
		return nil
	}
	// An address of the attack, with a tool of the attack. Where people come and go,
	// those who bring their own program are guests.
	if !c.shared(0) {
		for _, k := range s.list {
			if !k.tenant && k.covers(got.first) && k.has(c.key) && window.NamesTool(got.tool) && slices.Contains(k.tools, got.tool) &&
				!(got.account.usedAgent(got.agent, k.began) && c.guests(got) > maxGuests) {
				return k
			}
		}
	}
	features := features(c, got.tool, got.app)
	usual := !s.rarity.oddOwner(c, got.first) && (c.shared(0) || window.NamesTool(got.tool) && !s.rarity.rare(features[traitTool], got.first))
	for n := range evidence.MaxTraits {
		if n == traitOddTool && usual {
			continue // the tool is odd only at networks from which few accounts sign in
		}
		k := s.byTrait[uint64(features[n])]
		if k == nil || !k.covers(got.first) || got.account.usedAgent(got.agent, k.began) && n != traitTool {
			continue
		}
		if n == traitTool || slices.Contains(k.tools, got.tool) || k.has(c.key) || s.rarity.rare(features[n], got.first) {
			return k
		}
	}
	for _, k := range s.list {
		if k.tenant && k.covers(got.first) && got.first <= k.end+campaignPause && s.namedByTenant(k, c, got) {
			return k
		}
	}
	return nil
}

// namedByTenant reports whether a success is the attacker's in a campaign that
// has no rare trait, only more failures than usual. Common programs and busy
// addresses name nobody: the agent must be new to the account, and either the
// address failed for other accounts, or it is from a network owner that the
// account does not use, with a tool of the campaign.
func (s *campaigns) namedByTenant(k *campaign, c *client, got *signIn) bool {
	switch {
	case windowsSignIn(got), c.shared(0),
		got.account.usedAgent(got.agent, k.began), c.guests(got) > maxGuests:
		return false
	case k.has(c.key):
		return c.failedForOthers(got.key)
	}
	return window.NamesTool(got.tool) && (slices.Contains(k.tools, got.tool) || slices.Contains(k.only, got.agent)) && !got.account.knowsOwner(c.owner, k.began) && len(got.account.known) > 0
}

// maxGuests is how many other accounts may get in from an address on the same
// day for a campaign of the tenant's level to name an account there: where
// more do, people come and go, as in a hotel.
const maxGuests = 1

// lookBack adds the successes of a campaign that came before it opened.
func (s *campaigns) lookBack(k *campaign) {
	for n := range s.foreign.list {
		got := &s.foreign.list[n]
		if got.first < k.began-s.slow || got.first > k.end+k.pause {
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
			s.credentials.add(k.incident, c, got)
		}
	}
}

// lookBackFrom adds the successes of a client that came before it became part of
// a campaign.
func (s *campaigns) lookBackFrom(k *campaign, c *client) {
	for _, entry := range c.signIns() {
		got := entry.signIn
		if got.foreign && !got.account.usedBefore(c, got) && !s.incidents.inReach(c.incident, got.first) && s.ofSuccess(c, got) == k {
			s.credentials.add(k.incident, c, got)
		}
	}
}
