package policy

import (
	"fmt"
	"time"
)

// Advice returns sentences about settings that would improve detection, none of
// which prevents a start. now determines which entries have expired. Every mute is
// listed.
func (p *Policy) Advice(now time.Time) []string {
	var advice []string
	if p.domains.Default == "" && len(p.domains.Names) == 0 {
		advice = append(advice, "no domains: CONTOSO\\alice, alice and alice@contoso.com count as different accounts (want domains.default and domains.netbios)")
	}
	if !p.HasOwners() {
		advice = append(advice, "no databases.asn: networks are known by prefix, not by owner")
	}
	if p.spec.databases.city.path == "" {
		advice = append(advice, "no databases.city: countries are known from Microsoft's logs only, and impossible travel is not seen in the others")
	}
	for _, a := range p.automation {
		if a.Expired(now) {
			advice = append(advice, fmt.Sprintf("automation %q (line %d) expired on %s: its activity raises alerts again", a.Name, a.Line, a.ExpiresText))
		}
	}
	for _, m := range p.mutes {
		state := "expires"
		if m.Expired(now) {
			state = "expired"
		}
		advice = append(advice, fmt.Sprintf("mute %q (line %d) of %s %s on %s", m.Reason, m.Line, m.Owner, state, m.ExpiresText))
	}
	return advice
}
