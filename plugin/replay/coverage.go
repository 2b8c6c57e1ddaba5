package replay

import (
	"context"
	"io"

	"redshank/analytics/coverage"
	"redshank/plugin/replay/report"
)

// Coverage reads the logs that the options name and returns which evidence they
// bring, and the findings about them. read reports whether everything could be read; what
// is wrong with single files goes to errs.
func Coverage(ctx context.Context, opts Options, errs io.Writer) (found *coverage.Report, findings []Finding, read bool, err error) {
	r, err := newRun(opts, errs)
	if err != nil {
		return nil, nil, false, err
	}
	defer r.sorter.Close()
	if err := r.read(ctx); err != nil {
		return nil, nil, false, err
	}
	if err := r.detect(ctx); err != nil {
		return nil, nil, false, err
	}
	return r.result.Coverage, r.result.Findings, !r.result.incomplete(), nil
}

// coveragePage returns the coverage for the report.
func coveragePage(r *coverage.Report) (c report.Coverage) {
	for _, e := range coverage.Columns() {
		c.Columns = append(c.Columns, e.Words())
	}
	for _, row := range r.Rows {
		line := report.CoverageRow{Service: row.Service.String(), Events: row.Total, Last: row.Last}
		for _, cell := range row.Cells {
			line.Cells = append(line.Cells, report.CoverageCell{State: cell.State.String(), Text: cell.Text()})
		}
		c.Rows = append(c.Rows, line)
	}
	for _, g := range r.Gaps {
		c.Gaps = append(c.Gaps, report.CoverageGap{Service: g.Service.String(), Evidence: g.Evidence.Words(), Text: g.Found(), Blind: coverage.Sentence(g.Blind)})
	}
	for _, g := range r.UnseenGroups() {
		c.Gaps = append(c.Gaps, report.CoverageGap{Service: g.Names(), Evidence: "every", Text: "no record seen", Blind: g.Sentence()})
	}
	return c
}
