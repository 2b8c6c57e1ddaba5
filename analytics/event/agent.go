package event

import (
	"hash/maphash"
	"sync/atomic"
)

// AgentRule assigns a family and a name to the user agents that match its patterns.
type AgentRule struct {
	Family   Family
	Name     string // of the product or tool
	Patterns []Pattern
}

// agentSlots is the size of the verdict cache: a power of two, some times what
// a busy server sees of different agents in an hour.
const agentSlots = 4096

// Agents finds the family of a user agent. Its patterns are tried one after the
// other, which takes half a microsecond, but only once for each agent, because
// results are cached. With few patterns and rare misses, an automaton
// (Aho-Corasick) would add a dependency and save nothing. Agents is safe for
// concurrent use.
type Agents struct {
	rules []AgentRule
	seed  maphash.Seed
	// Each slot holds 48 bits of an agent's hash and 16 of the verdict, so the
	// cache keeps no text and a miss allocates nothing. Two agents of one slot
	// are confused with a probability of 2^-48, and an attacker cannot search
	// for such a pair without the seed.
	cache [agentSlots]atomic.Uint64
}

// maxAgentRules is what 16 bits of verdict can distinguish, less two.
const maxAgentRules = 1<<16 - 2

// NewAgents returns a matcher of rules; the first rule that matches decides.
func NewAgents(rules []AgentRule) *Agents {
	return &Agents{rules: rules[:min(len(rules), maxAgentRules)], seed: maphash.MakeSeed()}
}

// Match returns the family and name of an agent. A missing agent, including "-",
// has no family; an agent that no rule matches is FamilyOther.
func (a *Agents) Match(agent []byte) (Family, string) {
	if len(agent) == 0 || len(agent) == 1 && agent[0] == '-' {
		return FamilyNone, ""
	}
	agent = cut(agent, maxAgent)
	hash := maphash.Bytes(a.seed, agent)
	slot := &a.cache[hash%agentSlots]
	const verdictBits = 16
	word := slot.Load()
	if word == 0 || word>>verdictBits != hash>>verdictBits {
		// Verdict 0 is never stored: it marks the empty slot.
		word = hash>>verdictBits<<verdictBits | uint64(a.find(agent)+1)
		slot.Store(word)
	}
	if i := int(word&(1<<verdictBits-1)) - 1; i < len(a.rules) {
		return a.rules[i].Family, a.rules[i].Name
	}
	return FamilyOther, ""
}

// find returns the index of the first rule that matches, len(rules) if none does.
func (a *Agents) find(agent []byte) int {
	var scratch [maxAgent]byte
	folded := foldAgent(scratch[:0], agent)
	has := lettersOf(folded)
	for i := range a.rules {
		patterns := a.rules[i].Patterns
		for j := range patterns {
			if p := &patterns[j]; p.needs&^has == 0 && p.matchFolded(folded) {
				return i
			}
		}
	}
	return len(a.rules)
}
