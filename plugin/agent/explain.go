package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"redshank/analytics"
	"redshank/analytics/explain"
	"redshank/analytics/policy"
	"redshank/plugin/store"
)

// Explain returns what an instance, which may be running, knows about an account or an
// address, from its saved state. folder is its state_path and p its policy. Nothing in
// folder is changed. The state is at most about a second old.
func Explain(folder string, p *policy.Policy, subject string) (explain.Subject, []explain.Fact, error) {
	s, err := openState(folder)
	if err != nil {
		return explain.Subject{}, nil, err
	}
	defer s.Close()
	// Twice the largest table, so that no entry makes room for others.
	size := 2 * entriesOf(s)
	engine, err := analytics.New(analytics.Options{Policy: p, Source: "auto", MaxIPs: size, MaxUsers: size})
	if err != nil {
		return explain.Subject{}, nil, err
	}
	if err := engine.Restore(s.Each); err != nil {
		return explain.Subject{}, nil, fmt.Errorf("state_path: %w", err)
	}
	of, facts := engine.Describe(subject)
	return of, facts, nil
}

// openState opens a copy of the state in the state_path of an instance.
func openState(folder string) (*store.Store, error) {
	s, err := store.OpenCopy(filepath.Join(folder, checkpointFile), stateOptions(), nil)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("state_path: %s: %s: %w (want the state_path of an instance that has run)", folder, checkpointFile, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("state_path: %w", err)
	}
	return s, nil
}

// entriesOf returns the number of entries of the largest table, at least 1,000.
func entriesOf(s *store.Store) int {
	most := 1000
	for _, table := range analytics.Tables() {
		n := 0
		_ = s.Each(table, func(_, _ []byte) error { n++; return nil }) // Restore reports errors
		most = max(most, n)
	}
	return most
}
