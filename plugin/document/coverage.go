package document

// Coverage is which evidence the logs bring, as health records and
// `redshank coverage --json` show it.
type Coverage struct {
	PresentFrom int              `json:"present_from_percent"`
	Services    []CoveredService `json:"services"`
	Gaps        []CoverageGap    `json:"gaps,omitempty"`
	NotSeen     []UnseenServices `json:"services_not_seen,omitempty"`
}

// CoveredService is a service that was seen. Evidence that no analytic needs of the
// service is in none of the lists.
type CoveredService struct {
	Service string   `json:"service"`
	Total   uint64   `json:"events"`
	Recent  int64    `json:"events_checked"`
	Last    string   `json:"last"` // RFC 3339, UTC
	Present []string `json:"present,omitempty"`
	Partial []string `json:"partial,omitempty"`
	Missing []string `json:"missing,omitempty"`
	NotSeen []string `json:"not_seen,omitempty"`
}

// CoverageGap is evidence that is missing or partial, with the parts of the analytics
// that are blind without it, by rule id.
type CoverageGap struct {
	Service  string              `json:"service"`
	Evidence string              `json:"evidence"`
	State    string              `json:"state"`
	With     int64               `json:"with"`
	Of       int64               `json:"of"`
	Blind    map[string][]string `json:"blind"`
}

// UnseenServices are services without a record on which the same parts are blind.
type UnseenServices struct {
	Services []string            `json:"services"`
	Blind    map[string][]string `json:"blind,omitempty"`
}
