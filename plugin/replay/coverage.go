package replay

import (
	"context"
	"io"

	"redshank/analytics/coverage"
)

// Coverage reads the logs that the options name and returns which evidence they
// bring. read reports whether everything could be read; what is wrong with single
// files goes to errs.
func Coverage(ctx context.Context, opts Options, errs io.Writer) (report *coverage.Report, read bool, err error) {
	r, err := newRun(opts, errs)
	if err != nil {
		return nil, false, err
	}
	defer r.sorter.Close()
	if err := r.read(ctx); err != nil {
		return nil, false, err
	}
	if err := r.detect(ctx); err != nil {
		return nil, false, err
	}
	return r.result.Coverage, !r.result.incomplete(), nil
}
