package agent

import (
	"errors"

	"redshank/analytics/policy"
)

// Option describes one option of an output section.
type Option struct{ Name, Default, Want, Help string }

// Options returns the options in the order of the README.
func Options() []Option {
	var out []Option
	for _, o := range options {
		out = append(out, Option{Name: o.name, Default: o.def, Want: o.want, Help: o.help})
	}
	return out
}

// Configuration is what a set of options and its policy come to.
type Configuration struct {
	Shown      []any  // name, value, name, value ... of the options in use, without secrets
	PolicyPath string // empty: the built-in policy
	Policy     *policy.Policy
}

// Configure reads options and policy as Start does, and starts nothing. The
// error joins everything that is wrong with both.
func Configure(lookup func(key string) string) (Configuration, error) {
	s, p, err := configure(lookup)
	return Configuration{Shown: s.shown, PolicyPath: s.policy, Policy: p}, err
}

func configure(lookup func(key string) string) (settings, *policy.Policy, error) {
	s, wrong := parseOptions(lookup)
	if wrong == nil {
		wrong = s.checkSink()
	}
	p, err := policy.Load(s.policy)
	return s, p, errors.Join(wrong, err)
}
