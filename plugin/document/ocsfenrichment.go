package document

import "redshank/analytics/alert"

// ocsfEnrichment adds to a value what the logs do not contain.
type ocsfEnrichment struct {
	Name     string `json:"name"` // the attribute that has the value
	Value    string `json:"value"`
	Type     string `json:"type"`
	Provider string `json:"provider"`
	Data     any    `json:"data"`
}

// ocsfLabels are the labels of a network in the policy.
type ocsfLabels struct {
	Labels []string `json:"labels"`
}

// enrichmentsOf returns the labels of the address and the context of each account.
// Location and owner of the address have attributes of their own.
func enrichmentsOf(a *alert.Alert) []ocsfEnrichment {
	var out []ocsfEnrichment
	if len(a.Labels) > 0 && a.Source.IsValid() {
		out = append(out, ocsfEnrichment{"evidences.src_endpoint.ip", a.Source.String(), "network", "redshank", ocsfLabels{cutAll(a.Labels, maxName)}})
	}
	for _, c := range contextsOf(a) {
		out = append(out, ocsfEnrichment{"resources.name", c.Account, "account", "redshank", c})
	}
	return out
}
