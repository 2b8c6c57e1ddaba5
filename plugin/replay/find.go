package replay

import (
	"context"
	"io"
)

// Find reads the logs and returns what the engine finds in them. Errors of single files
// are written to errs.
func Find(ctx context.Context, opts Options, errs io.Writer) (*Result, error) {
	r, err := newRun(opts, errs)
	if err != nil {
		return nil, err
	}
	defer r.sorter.Close()
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	if err := r.detect(ctx); err != nil {
		return nil, err
	}
	return &r.result, nil
}
