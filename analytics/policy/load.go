package policy

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"bytes"

	"go.yaml.in/yaml/v3"

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
	p := &Policy{content: loadContent(), domains: &event.Domains{Names: map[string]string{}}}
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

// finish parses the lists, now that the domains are known.
func (p *Policy) finish(r *reader) {
	p.spec.networks.finish(r)
	p.spec.accounts.finish(r, p.domains)
	p.spec.leaked.finish(r, p.domains)
	for _, a := range p.automation {
		a.finish(r, p.domains)
	}
}

// fields are the sections of a policy.
func (p *Policy) fields(patterns *[]event.Pattern) fields {
	var version int
	return fields{
		"version":         number(&version, 1, 1),
		"state":           section(p.State.fields()),
		"stuffing":        section(p.Stuffing.fields()),
		"collection":      section(p.Collection.fields(patterns, &p.spec.networks)),
		"networks":        section(p.spec.networks.fields()),
		"accounts":        section(p.spec.accounts.fields()),
		"domains":         section(domainFields(p.domains)),
		"leaked_accounts": p.spec.leaked.read,
		"automation":      p.readAutomation,
		"alerts":          section(p.Alerts.fields()),
		"content":         section(p.content.fields()),
	}
}

func (s *State) fields() fields {
	return fields{
		"ipv4_prefix": number(&s.IPv4Prefix, 8, 32),
		"ipv6_prefix": number(&s.IPv6Prefix, 16, 128),
		"lateness":    duration(&s.Lateness, 0),
	}
}

// most bounds thresholds: above it, sets are estimates and a typo is likely.
const most = 1_000_000

func (s *Stuffing) fields() fields {
	login, failures, campaign := &s.MailboxLoginThreshold, &s.FailureThreshold, &s.Campaign
	return fields{
		"mailbox_login_threshold": section(fields{
			"burst":  number(&login.Burst, 1, most),
			"slow":   number(&login.Slow, 1, most),
			"leaked": number(&login.Leaked, 1, most),
		}),
		"failure_threshold": section(fields{
			"burst": number(&failures.Burst, 1, most),
			"slow":  number(&failures.Slow, 1, most),
		}),
		"window": section(fields{
			"burst": duration(&s.Window.Burst, time.Second),
			"slow":  duration(&s.Window.Slow, time.Second),
		}),
		"forgiveness": duration(&s.Forgiveness, 0),
		"campaign": section(fields{
			"addresses":         number(&campaign.Addresses, 2, most),
			"accounts":          number(&campaign.Accounts, 2, most),
			"account_addresses": number(&campaign.AccountAddresses, 2, most),
		}),
	}
}

func (s *Collection) fields(patterns *[]event.Pattern, n *networks) fields {
	return fields{
		"time_window":        duration(&s.TimeWindow, time.Second),
		"user_agent_pattern": readPatterns(patterns),
		"known_ip_locations": elements(&n.locations),
		"baseline": section(fields{
			"days":     number(&s.Baseline.Days, 1, 366),
			"sign_ins": number(&s.Baseline.SignIns, 1, most),
		}),
		"weights": s.readWeights,
	}
}

// readWeights reads {signal code: weight}. Which codes there are is the
// analytic's to know; see Collection.Weights.
func (s *Collection) readWeights(r *reader, at string, n *yaml.Node) {
	s.Weights = map[string]int{}
	r.each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
		weight := 0
		number(&weight, 0, 100)(r, at, value)
		s.Weights[key.Value] = weight
	})
}

func (s *Alerts) fields() fields {
	return fields{
		"quiet":      duration(&s.Quiet, time.Minute),
		"cooldown":   duration(&s.Cooldown, 0),
		"per_minute": number(&s.PerMinute, 1, most),
	}
}

// domainFields are domains {default, netbios, aliases}; the two maps differ in
// what people write into them, not in what becomes of it.
func domainFields(d *event.Domains) fields {
	names := func(r *reader, at string, n *yaml.Node) {
		r.each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
			var domain string
			text(&domain)(r, at, value)
			checkDomain(r, at, value, domain)
			d.Names[strings.ToLower(key.Value)] = strings.ToLower(domain)
		})
	}
	return fields{
		"default": func(r *reader, at string, n *yaml.Node) {
			var domain string
			if v, _ := r.value(n, at, "contoso.com"); v == "" {
				return // none
			}
			text(&domain)(r, at, n)
			checkDomain(r, at, n, domain)
			d.Default = strings.ToLower(domain)
		},
		"netbios": names,
		"aliases": names,
	}
}

func checkDomain(r *reader, at string, n *yaml.Node, domain string) {
	if strings.ContainsAny(domain, `\/@ *`) || strings.Trim(domain, ".") != domain || !strings.Contains(domain, ".") {
		r.fail(n, at, "%q: not a domain (want contoso.com)", clip(domain))
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

// failAt notes a problem with a key path, at the line where it stands.
func (r *reader) failAt(at, text string) {
	r.problems = append(r.problems, problem{r.file, r.lines[at], at + ": " + text})
}

// readTree reads a YAML text by a table of fields. The reader is nil where the
// text is no YAML; what is wrong with its values is in the reader too.
func readTree(name, dir string, text []byte, known fields) (*reader, error) {
	r := &reader{file: name, dir: dir, lines: map[string]int{}}
	decode := yaml.NewDecoder(bytes.NewReader(text))
	var root yaml.Node
	err := decode.Decode(&root)
	if errors.Is(err, io.EOF) {
		return r, nil
	}
	if err != nil {
		return nil, syntaxError(name, err)
	}
	if err := decode.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: more than one document", name)
	}
	section(known)(r, "", root.Content[0])
	return r, r.err()
}

// yamlLine finds the line in yaml's own errors ("yaml: line 3: did not ...").
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntaxError brings yaml's errors into the form of all others.
func syntaxError(name string, err error) error {
	text := err.Error()
	line := "1"
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		if m[1] != "" {
			line = m[1]
		}
	}
	return fmt.Errorf("%s:%s: %s", name, line, text)
}
