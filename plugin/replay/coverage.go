package replay

import (
	"context"
	"io"

	"redshank/analytics/coverage"
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
