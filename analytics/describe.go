package analytics

import (
	"strings"

	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/policy"
)

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
func describePolicy(p *policy.Policy, of explain.Subject) []explain.Fact {
	f := &explain.Facts{Of: "policy"}
	var marks event.Marks
	var names []string
	if of.Account != "" {
		marks, names = p.AccountMarks([]byte(of.Account)), p.Groups([]byte(of.Account))
	} else {
		marks, names = p.AddressMarks(of.Address), p.NetworkLabels(of.Address)
	}
	for _, m := range policyMarks {
		if marks.Has(m.mark) {
			f.Add("mark", "%s", m.says)
		}
	}
	if len(names) > 0 {
		f.Add("groups or labels", "%s", strings.Join(names, ", "))
	}
	for _, m := range p.Mutes() {
		if m.Concerns(of.Account, of.Address) {
			f.Add("mute", "%s, owner %s, expires %s (line %d)", m.Reason, m.Owner, m.ExpiresText, m.Line)
		}
	}
	return f.List
}
