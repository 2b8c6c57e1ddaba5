package policy

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// defaults is the commented default policy. A test compares it with
// conf/policy.yaml.
//
//go:embed default.yaml
var defaults []byte

// defaultTree returns the default policy, parsed once.
var defaultTree = sync.OnceValue(func() strict.Tree { return mustParse("default.yaml", defaults) })

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
	p := &Policy{contentTables: loadContent(), domains: newDomains()}
	var patterns []event.Pattern
	known := p.fields(&patterns)
	if _, err := defaultTree().Read("", known); err != nil {
		return nil, err
	}
	tree, err := strict.Parse(name, text)
	if err != nil {
		return nil, err
	}
	r, _ := tree.Read(dir, known) // its errors are reported with those of the checks
	p.check(r)
	p.checkWeights(r)
	p.finish(r)
	if err := r.Err(); err != nil {
		return nil, err
	}
	p.contentTables.appendUserPatterns(patterns)
	p.agents = event.NewAgents(p.contentTables.agents)
	p.networks.Store(p.spec.networks.table())
	p.accounts.Store(p.spec.accounts.table())
	p.leaked.Store(p.spec.leaked.table())
	return p, nil
}

// finish parses the lists, now that the domains are known.
func (p *Policy) finish(r *strict.Reader) {
	p.spec.networks.finish(r)
	p.spec.accounts.finish(r, p.domains)
	p.spec.leaked.finish(r, p.domains)
	p.geoDatabases.finish(r)
	p.Drill.finish(r)
	for _, a := range p.automation {
		a.finish(r, "automation.account", p.domains)
	}
	for _, m := range p.mutes {
		m.finish(r, "mutes.account", p.domains)
	}
}

// check holds values against one another.
func (p *Policy) check(r *strict.Reader) {
	ordered := func(at string, burst, slow int, what string) {
		if burst > slow {
			r.FailAt(at, fmt.Sprintf("burst %s is greater than slow %s", show(burst, what), show(slow, what)))
		}
	}
	s := &p.Stuffing
	ordered("stuffing.mailbox_login_threshold", s.MailboxLoginThreshold.Burst, s.MailboxLoginThreshold.Slow, "")
	ordered("stuffing.failure_threshold", s.FailureThreshold.Burst, s.FailureThreshold.Slow, "")
	ordered("stuffing.window", int(s.Window.Burst), int(s.Window.Slow), "duration")
	for alias, domain := range p.domains.Names {
		if further, ok := p.domains.Names[domain]; ok && further != domain {
			r.FailAt("domains", fmt.Sprintf("%q: stands for %q, which itself stands for %q", strict.Clip(alias), strict.Clip(domain), strict.Clip(further)))
		}
	}
}

// checkWeights reports weights of unknown signals.
func (p *Policy) checkWeights(r *strict.Reader) {
	for code := range p.Collection.Weights {
		if !slices.ContainsFunc(p.signals, func(s Signal) bool { return s.Code == code }) {
			r.FailAt(strict.Join("collection.weights", code), "no such signal ("+strict.DidYouMean(code, p.signalCodes())+"see redshank docs signals)")
		}
	}
}

func show(v int, what string) string {
	if what == "duration" {
		return strict.Brief(time.Duration(v))
	}
	return strconv.Itoa(v)
}

// Refresh reads the list files that have changed since they were last read
// and puts them in force at once, while Normalise goes on. A file that cannot
// be read, or has an error, leaves its old version in force and is reported in err.
// changed are the paths of the new versions in force. Refresh does file I/O and
// should be called in a separate goroutine; concurrent calls wait for one another.
func (p *Policy) Refresh() (changed []string, err error) {
	p.refreshing.Lock()
	defer p.refreshing.Unlock()
	networks, err1 := refreshAll(p.spec.networks.lists())
	if len(networks) > 0 {
		p.networks.Store(p.spec.networks.table())
	}
	accounts, err2 := refreshAll(p.spec.accounts.lists())
	if len(accounts) > 0 {
		p.accounts.Store(p.spec.accounts.table())
	}
	leaked, err3 := p.spec.leaked.refresh(p.domains)
	if len(leaked) > 0 {
		p.leaked.Store(p.spec.leaked.table())
	}
	databases, err4 := p.geoDatabases.refresh()
	changed = slices.Concat(networks, accounts, leaked, databases)
	return changed, errors.Join(err1, err2, err3, err4)
}

// refreshAll refreshes lists.
func refreshAll[T any](lists []*policyList[T]) (changed []string, err error) {
	for _, l := range lists {
		again, e := l.refresh()
		changed, err = append(changed, again...), errors.Join(err, e)
	}
	return changed, err
}
