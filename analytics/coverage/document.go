package coverage

import (
	"slices"
	"time"
)

// Document is a Report as health records and `redshank coverage --json` show it.
type Document struct {
	PresentFrom int           `json:"present_from_percent"`
	Services    []ServiceDoc  `json:"services"`
	Gaps        []GapDoc      `json:"gaps,omitempty"`
	NotSeen     []UnseenGroup `json:"services_not_seen,omitempty"`
}

// ServiceDoc is a service that was seen. Evidence that no analytic needs of the
// service is in none of the lists.
type ServiceDoc struct {
	Service string   `json:"service"`
	Total   uint64   `json:"events"`
	Recent  int64    `json:"events_checked"`
	Last    string   `json:"last"`
	Present []string `json:"present,omitempty"`
	Partial []string `json:"partial,omitempty"`
	Missing []string `json:"missing,omitempty"`
	NotSeen []string `json:"not_seen,omitempty"`
}

// GapDoc is a gap with the parts that it blinds, by analytic.
type GapDoc struct {
	Service  string              `json:"service"`
	Evidence string              `json:"evidence"`
	State    string              `json:"state"`
	With     int64               `json:"with"`
	Of       int64               `json:"of"`
	Blind    map[string][]string `json:"blind"`
}

// UnseenGroup are services without a record on which the same parts are blind.
type UnseenGroup struct {
	Services []string            `json:"services"`
	Blind    map[string][]string `json:"blind,omitempty"`
}

// Brief is Document without the parts that are blind on services that were not seen,
// which never change: health records are sent every few minutes.
func (r *Report) Brief() *Document {
	d := r.Document()
	if len(r.NotSeen) > 0 {
		d.NotSeen = []UnseenGroup{{Services: names(r.NotSeen)}}
	}
	return d
}

// Document returns the report for a document.
func (r *Report) Document() *Document {
	d := &Document{PresentFrom: PresentFrom, Services: []ServiceDoc{}}
	for i := range r.Rows {
		d.Services = append(d.Services, r.Rows[i].document())
	}
	for _, g := range r.Gaps {
		d.Gaps = append(d.Gaps, GapDoc{g.Service.String(), g.Evidence.String(), g.State.String(), g.With, g.Of, ByRule(g.Blind)})
	}
	for _, g := range r.UnseenGroups() {
		d.NotSeen = append(d.NotSeen, UnseenGroup{names(g.Services), ByRule(g.Blind)})
	}
	return d
}

func (row *Row) document() ServiceDoc {
	d := ServiceDoc{Service: row.Service.String(), Total: row.Total, Recent: row.Events, Last: row.Last.UTC().Format(time.RFC3339)}
	lists := map[State]*[]string{Present: &d.Present, Partial: &d.Partial, Missing: &d.Missing, NotSeen: &d.NotSeen}
	for e, cell := range row.Cells {
		if list := lists[cell.State]; list != nil {
			*list = append(*list, Evidence(e).String())
		}
	}
	return d
}

// Unseen are services without a record, and the parts that are blind on each.
type Unseen struct {
	Services []Service
	Blind    []Part
}

// UnseenGroups returns the services that were not seen, those with the same blind
// parts together.
func (r *Report) UnseenGroups() (groups []Unseen) {
	for _, s := range r.NotSeen {
		blind := BlindWithout(s)
		at := slices.IndexFunc(groups, func(g Unseen) bool { return slices.Equal(g.Blind, blind) })
		if at < 0 {
			at = len(groups)
			groups = append(groups, Unseen{Blind: blind})
		}
		groups[at].Services = append(groups[at].Services, s)
	}
	return groups
}

func names(list []Service) (names []string) {
	for _, s := range list {
		names = append(names, s.String())
	}
	return names
}

// ByRule returns the codes of parts by analytic.
func ByRule(list []Part) map[string][]string {
	all := map[string][]string{}
	for _, p := range list {
		all[p.Rule] = append(all[p.Rule], p.Code)
	}
	return all
}
