package policy

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"redshank/analytics/event"
)

// defaults is the commented default policy. conf/policy.yaml is the same file,
// which a test holds to.
//
//go:embed default.yaml
var defaults []byte

// maxPolicy bounds a policy file, in bytes. Long lists belong in files.
const maxPolicy = 8 << 20

// Default is the embedded policy.
func Default() *Policy {
	p, err := Parse("default.yaml", "", nil)
	if err != nil {
		panic(fmt.Sprintf("policy: embedded default: %v", err)) // a bug, found by any test
	}
	return p
}

// Load reads a policy file over the embedded default; all errors at once. An
// empty path is the default alone.
func Load(path string) (*Policy, error) {
	if path == "" {
		return Default(), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPolicy+1))
	if err == nil && len(text) > maxPolicy {
		err = fmt.Errorf("larger than %d MiB", maxPolicy>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("policy: %s: %w", path, err)
	}
	return Parse(path, filepath.Dir(path), text)
}

// Parse reads the text of a policy over the embedded default. name stands in
// front of errors; relative paths start from dir.
func Parse(name, dir string, text []byte) (*Policy, error) {
	p := &Policy{content: loadContent(), domains: newDomains()}
	var patterns []event.Pattern
	known := p.fields(&patterns)
	if _, err := readTree("default.yaml", "", defaults, known); err != nil {
		return nil, err
	}
	r, err := readTree(name, dir, text, known)
	if r == nil {
		return nil, err
	}
	p.check(r)
	p.checkWeights(r)
	p.finish(r)
	if err := r.err(); err != nil {
		return nil, err
	}
	p.content.appendUserPatterns(patterns)
	p.agents = event.NewAgents(p.content.agents)
	p.networks.Store(p.spec.networks.table())
	p.accounts.Store(p.spec.accounts.table())
	p.leaked.Store(p.spec.leaked.table())
	return p, nil
}

func newDomains() *event.Domains { return &event.Domains{Names: map[string]string{}} }

// finish parses the lists, now that the domains are known.
func (p *Policy) finish(r *reader) {
	p.spec.networks.finish(r)
	p.spec.accounts.finish(r, p.domains)
	p.spec.leaked.finish(r, p.domains)
	p.spec.databases.finish(r)
	p.Drill.finish(r)
	for _, a := range p.automation {
		a.finish(r, p.domains)
	}
	for _, m := range p.mutes {
		m.finish(r, p.domains)
	}
}

// check holds values against one another.
func (p *Policy) check(r *reader) {
	ordered := func(at string, burst, slow int, what string) {
		if burst > slow {
			r.failAt(at, fmt.Sprintf("burst %s is greater than slow %s", show(burst, what), show(slow, what)))
		}
	}
	s := &p.Stuffing
	ordered("stuffing.mailbox_login_threshold", s.MailboxLoginThreshold.Burst, s.MailboxLoginThreshold.Slow, "")
	ordered("stuffing.failure_threshold", s.FailureThreshold.Burst, s.FailureThreshold.Slow, "")
	ordered("stuffing.window", int(s.Window.Burst), int(s.Window.Slow), "duration")
	for alias, domain := range p.domains.Names {
		if further, ok := p.domains.Names[domain]; ok && further != domain {
			r.failAt("domains", fmt.Sprintf("%q: stands for %q, which itself stands for %q", clip(alias), clip(domain), clip(further)))
		}
	}
}

func show(v int, what string) string {
	if what == "duration" {
		return brief(time.Duration(v))
	}
	return strconv.Itoa(v)
}
