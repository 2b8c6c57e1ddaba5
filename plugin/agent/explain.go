package agent

import (
	"fmt"
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
	s, err := store.OpenCopy(filepath.Join(folder, checkpointFile), stateOptions(), nil)
	if err != nil {
		return explain.Subject{}, nil, fmt.Errorf("state_path: %w", err)
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
