package agent

import (
	"fmt"

	"redshank/analytics"
	"redshank/analytics/coverage"
	"redshank/plugin/store"
)

// Coverage returns the coverage in the state of an instance, which may be running.
// folder is its state_path. Nothing there is changed.
func Coverage(folder string) (*coverage.Report, error) {
	s, err := openState(folder)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	m, err := coverage.Restored(func(do func(key, value []byte) error) error { return s.Each(coverage.TableName, do) })
	if err != nil {
		return nil, fmt.Errorf("state_path: %w", err)
	}
	return m.Report(), nil
}

// stateOptions describe the state of an engine on disk.
func stateOptions() store.Options {
	return store.Options{Format: analytics.StateFormat, Buckets: analytics.Tables(), WriteAhead: true}
}
