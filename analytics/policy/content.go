package policy

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// embedded is the detection content. Each file names its sources.
//
//go:embed content/*.yaml
var embedded embed.FS

// contentTrees returns the embedded files, parsed once.
var contentTrees = sync.OnceValue(func() (trees []strict.Tree) {
	names, err := fs.Glob(embedded, "content/*.yaml")
	for _, name := range names {
		text, e := embedded.ReadFile(name)
		err = errors.Join(err, e)
		trees = append(trees, mustParse(name, text))
	}
	if err != nil {
		panic(fmt.Sprintf("policy: embedded content: %v", err))
	}
	return trees
})

// mustParse parses an embedded file. A mistake in one is a bug, found by any test.
func mustParse(name string, text []byte) strict.Tree {
	tree, err := strict.Parse(name, text)
	if err != nil {
		panic(fmt.Sprintf("policy: embedded content: %v", err))
	}
	return tree
}

// contentTables is the detection content: codes, programs and operations.
type contentTables struct {
	codeTables
	scripts
	parameterTables
	apps       map[string]string // application id in lower case to name
	agents     []event.AgentRule
	operations map[string]string // folded name to group
	cmdlets    map[string]string // folded name to group
	hosts      map[string]bool   // mail end points, in lower case
	rented     rented
	scopes     searchTexts
	signals    []Signal
}

// loadContent reads the embedded files. A mistake in them is a bug.
func loadContent() *contentTables {
	c := &contentTables{
		codeTables:      codeTables{},
		apps:            map[string]string{},
		operations:      map[string]string{},
		cmdlets:         map[string]string{},
		parameterTables: parameterTables{byName: map[string]Parameter{}},
		hosts:           map[string]bool{},
		rented:          rented{map[string]bool{}, map[uint32]bool{}},
	}
	for _, tree := range contentTrees() {
		if _, err := tree.Read("", c.all()); err != nil {
			panic(fmt.Sprintf("policy: embedded content: %v", err))
		}
	}
	return c
}

// AppName returns the name of an application by its id, "" if unknown.
func (c *contentTables) AppName(id []byte) string {
	var scratch [64]byte
	if len(id) > len(scratch) {
		return ""
	}
	return c.apps[string(ascii.AppendLower(scratch[:0], id))]
}

// OperationGroup is the group of an audited operation, "" where it concerns
// no analytic: see content/operations.yaml.
func (c *contentTables) OperationGroup(name []byte) string { return groupOf(c.operations, name) }

// Operation returns what an operation of an audit log means: that of its group.
func (c *contentTables) Operation(name []byte) event.Operation {
	return operationGroups[groupOf(c.operations, name)]
}

// CmdletGroup returns the group of a PowerShell cmdlet, or "" for an unknown cmdlet.
func (c *contentTables) CmdletGroup(name []byte) string { return groupOf(c.cmdlets, name) }

// MailScope reports whether granted scopes or roles reach mail.
func (c *contentTables) MailScope(granted []byte) bool { return c.scopes.in(granted) }

// RentedNetwork reports whether a network belongs to a provider of servers for
// rent or of a VPN service.
func (c *contentTables) RentedNetwork(l Location) bool { return c.rented.has(l.ASN, l.Organization) }

// fields are the keys of the embedded files and of the policy's own section,
// which adds to them.
func (c *contentTables) fields() strict.Fields {
	return strict.Fields{
		"codes":      c.codeTables.read,
		"apps":       c.readApps,
		"agents":     c.readAgents,
		"operations": readGroups(c.operations, operationGroups),
		"cmdlets":    readGroups(c.cmdlets, cmdletGroups),
		"scripts":    c.scripts.read,
		"hosts":      c.readHosts,
		"rented":     c.rented.read,
		"scopes":     c.readScopes,
		"parameters": c.parameterTables.read,
		"values":     c.readValues,
	}
}

// all returns the fields and those that a policy cannot extend.
func (c *contentTables) all() strict.Fields {
	known := c.fields()
	known["signals"] = c.readSignals
	return known
}

// readScopes reads a list of pieces of scopes.
func (c *contentTables) readScopes(r *strict.Reader, at string, n *yaml.Node) {
	strict.Texts("a piece of a scope", func(scope string) string {
		if len(scope) < minFragment {
			return "too short"
		}
		c.scopes.add(scope)
		return ""
	})(r, at, n)
}

func (c *contentTables) readApps(r *strict.Reader, at string, n *yaml.Node) {
	r.Each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
		var name string
		strict.Text(&name)(r, at, value)
		c.apps[strings.ToLower(key.Value)] = name
	})
}

// readAgents reads [{family, name, patterns}]. Patterns of the policy are matched
// before the embedded ones, in the order of the policy.
func (c *contentTables) readAgents(r *strict.Reader, at string, n *yaml.Node) {
	var added []event.AgentRule
	r.Items(at, n, func(item *yaml.Node) {
		rule := event.AgentRule{}
		var family string
		strict.Section(strict.Fields{
			"family":   strict.OneOf(&family, familyNames...),
			"name":     strict.Text(&rule.Name),
			"patterns": readPatterns(&rule.Patterns),
		})(r, at, item)
		if family == "" || len(rule.Patterns) == 0 {
			r.Fail(item, at, "family or patterns missing")
		}
		rule.Family = byName[event.Family](family)
		added = append(added, rule)
	})
	c.agents = append(added, c.agents...)
}

// familyNames are the families a rule can assign.
var familyNames = namesOf[event.Family]()

// readPatterns reads a list of patterns.
func readPatterns(dst *[]event.Pattern) strict.Field {
	return strict.Texts("a pattern", func(text string) string {
		p := event.ParsePattern(text)
		if text == "" || p.Anything() {
			return "matches everything or nothing"
		}
		*dst = append(*dst, p)
		return ""
	})
}

// readGroups reads {group: [names]} into name to group. The groups are those of known.
func readGroups[T any](into map[string]string, known map[string]T) strict.Field {
	groups := strict.Fields{}
	for group := range known {
		groups[group] = strict.Texts("a name", func(name string) string {
			into[string(foldOperation(nil, []byte(name)))] = group
			return ""
		})
	}
	return strict.Section(groups)
}

// readHosts reads a list of host names.
func (c *contentTables) readHosts(r *strict.Reader, at string, n *yaml.Node) {
	strict.Texts("a host name", func(name string) string {
		c.hosts[strings.ToLower(name)] = true
		return ""
	})(r, at, n)
}

// appendUserPatterns adds the policy's user_agent_pattern as scripting agents,
// before everything embedded.
func (c *contentTables) appendUserPatterns(patterns []event.Pattern) {
	if len(patterns) > 0 {
		c.agents = slices.Insert(c.agents, 0, event.AgentRule{Family: event.Scripting, Name: "user_agent_pattern", Patterns: patterns})
	}
}

// rented are the owners of networks of servers for rent and of VPN services.
type rented struct {
	words   map[string]bool // in lower case
	numbers map[uint32]bool
}

// read reads {words: [...], numbers: [...]}.
func (l *rented) read(r *strict.Reader, at string, n *yaml.Node) {
	strict.Section(strict.Fields{
		"words": strict.Texts("a word of an owner's name", func(word string) string {
			l.words[strings.ToLower(word)] = true
			return ""
		}),
		"numbers": strict.Texts("the number of an autonomous system", func(text string) string {
			number, err := strconv.ParseUint(text, 10, 32)
			if err != nil || number == 0 {
				return "not the number of an autonomous system (want 1 to 4294967295)"
			}
			l.numbers[uint32(number)] = true
			return ""
		}),
	})(r, at, n)
}

// has reports whether an owner is on the list, by number or by a word of its
// name.
func (l *rented) has(number uint32, name string) bool {
	if l.numbers[number] {
		return number != 0
	}
	for _, word := range strings.FieldsFunc(name, func(c rune) bool { return c != '-' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if l.words[strings.ToLower(word)] {
			return true
		}
	}
	return false
}

// Signal is one observation that indicates AN0131, as content/signals.yaml
// has it.
type Signal struct {
	Code      string
	Access    bool // of the access to mail; else of the sign-in before it
	Weight    int  // 0 to 100, according to the policy
	Default   int  // default weight, according to the content
	Technique string
	Sources   string
	Says      string
}

// readSignals reads the list of the content. It is not a key of the policy.
func (c *contentTables) readSignals(r *strict.Reader, at string, n *yaml.Node) {
	r.Items(at, n, func(item *yaml.Node) {
		s, half := Signal{}, ""
		strict.Section(strict.Fields{
			"code":      strict.Text(&s.Code),
			"half":      strict.OneOf(&half, "sign_in", "access"),
			"weight":    strict.Number(&s.Default, 0, 100),
			"technique": strict.Text(&s.Technique),
			"sources":   strict.Text(&s.Sources),
			"says":      strict.Text(&s.Says),
		})(r, at, item)
		s.Access, s.Weight = half == "access", s.Default
		c.signals = append(c.signals, s)
	})
}

// signalCodes returns the codes of all signals.
func (c *contentTables) signalCodes() []string {
	codes := make([]string, len(c.signals))
	for i, s := range c.signals {
		codes[i] = s.Code
	}
	return codes
}

// MailHost reports whether a host name is an end point of mail or of sign-ins
// to it, or lies below one.
func (c *contentTables) MailHost(name []byte) bool {
	var scratch [maxOperation]byte
	if len(name) > maxOperation {
		return false
	}
	host := bytes.Trim(foldOperation(scratch[:0], name), ".")
	for {
		if c.hosts[string(host)] {
			return true
		}
		dot := bytes.IndexByte(host, '.')
		if dot < 0 {
			return false
		}
		host = host[dot+1:]
	}
}
