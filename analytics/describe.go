package analytics

import (
	"net/netip"
	"strings"

	"redshank/analytics/event"
	"redshank/analytics/explain"
)

// Describe returns what the engine knows about an account, in any spelling, or about
// the address of a client: what the policy says about it, then what each analytic
// holds. It may be called on an engine that has restored a saved state.
func (e *Engine) Describe(text string) (explain.Subject, []explain.Fact) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var of explain.Subject
	if addr, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
		of.Address = addr.Unmap().WithZone("")
	} else {
		of.Account = e.policy.Account(text)
	}
	facts := e.describePolicy(of)
	for _, a := range e.analytics {
		if d, ok := a.(explain.Describer); ok {
			facts = append(facts, d.Describe(of)...)
		}
	}
	return of, facts
}

// policyMarks are the marks that change what counts, in words.
var policyMarks = []struct {
	mark event.Marks
	says string
}{
	{event.AllowedNetwork, "allowed network: nothing from there counts"},
	{event.CorporateEgress, "corporate egress: a shared address"},
	{event.MicrosoftRange, "a range of Microsoft: not a client"},
	{event.IgnoredAccount, "ignored account: nothing of it counts"},
	{event.PrivilegedUser, "privileged account"},
	{event.ServiceAccount, "service account"},
	{event.LeakedAccount, "on a list of leaked accounts"},
}

// describePolicy returns what the policy says about a subject: marks, groups, labels,
// and the mutes that may cover its incidents.
func (e *Engine) describePolicy(of explain.Subject) []explain.Fact {
	f := &explain.Facts{Of: "policy"}
	var marks event.Marks
	var names []string
	if of.Account != "" {
		marks, names = e.policy.AccountMarks([]byte(of.Account)), e.policy.Groups([]byte(of.Account))
	} else {
		marks, names = e.policy.AddressMarks(of.Address), e.policy.NetworkLabels(of.Address)
	}
	for _, m := range policyMarks {
		if marks.Has(m.mark) {
			f.Add("mark", "%s", m.says)
		}
	}
	if len(names) > 0 {
		f.Add("groups or labels", "%s", strings.Join(names, ", "))
	}
	for _, m := range e.policy.Mutes() {
		if m.Concerns(of.Account, of.Address) {
			f.Add("mute", "%s, owner %s, expires %s (line %d)", m.Reason, m.Owner, m.ExpiresText, m.Line)
		}
	}
	return f.List
}
