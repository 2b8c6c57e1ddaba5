// Package matrix prepares a report of analytics/coverage for documents.
package matrix

import (
	"time"

	"redshank/analytics/coverage"
	"redshank/plugin/document"
)

// Brief is Document without the parts that are blind on services that were not seen,
// which never change: health records are sent every few minutes.
func Brief(r *coverage.Report) *document.Coverage {
	d := Document(r)
	if len(r.NotSeen) > 0 {
		d.NotSeen = []document.UnseenServices{{Services: namesOf(r.NotSeen)}}
	}
	return d
}

// Document returns the report for a document.
func Document(r *coverage.Report) *document.Coverage {
	d := &document.Coverage{PresentFrom: coverage.PresentFrom, Services: []document.CoveredService{}}
	for i := range r.Rows {
		d.Services = append(d.Services, service(&r.Rows[i]))
	}
	for _, g := range r.Gaps {
		d.Gaps = append(d.Gaps, document.CoverageGap{Service: g.Service.String(), Evidence: g.Evidence.String(), State: g.State.String(), With: g.With, Of: g.Of, Blind: byRule(g.Blind)})
	}
	for _, g := range r.UnseenGroups() {
		d.NotSeen = append(d.NotSeen, document.UnseenServices{Services: namesOf(g.Services), Blind: byRule(g.Blind)})
	}
	return d
}

func service(row *coverage.Row) document.CoveredService {
	d := document.CoveredService{Service: row.Service.String(), Total: row.Total, Recent: row.Events, Last: row.Last.UTC().Format(time.RFC3339)}
	lists := map[coverage.State]*[]string{coverage.Present: &d.Present, coverage.Partial: &d.Partial, coverage.Missing: &d.Missing, coverage.NotSeen: &d.NotSeen}
	for e, cell := range row.Cells {
		if list := lists[cell.State]; list != nil {
			*list = append(*list, coverage.Evidence(e).String())
		}
	}
	return d
}

func namesOf(list []coverage.Service) (names []string) {
	for _, s := range list {
		names = append(names, s.String())
	}
	return names
}

// byRule returns the codes of parts by rule id.
func byRule(list []coverage.Part) map[string][]string {
	all := map[string][]string{}
	for _, p := range list {
		all[p.Rule] = append(all[p.Rule], p.Code)
	}
	return all
}
