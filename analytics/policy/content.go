package policy

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/event"
)

// embedded is the detection content. Each file names its sources.
//
//go:embed content/*.yaml
var embedded embed.FS

// content is the detection content: codes, programs and operations.
type content struct {
	codes      map[event.CodeSpace]map[string]Code // keys as codeKey makes them
	apps       map[string]string                   // application id in lower case to name
	agents     []event.AgentRule
	operations map[string]string // folded name to group
	cmdlets    map[string]string // folded name to group
	scripts    []fragment
	hosts      map[string]bool // mail end points, in lower case
	rented     rented
	scopes     pieces
	signals    []Signal
}

// loadContent reads the embedded files. A mistake in them is a bug.
func loadContent() *content {
	c := &content{
		codes:      map[event.CodeSpace]map[string]Code{},
		apps:       map[string]string{},
		operations: map[string]string{},
		cmdlets:    map[string]string{},
		hosts:      map[string]bool{},
		rented:     rented{map[string]bool{}, map[uint32]bool{}},
	}
	names, err := fs.Glob(embedded, "content/*.yaml")
	for _, name := range names {
		text, e := embedded.ReadFile(name)
		if e == nil {
			_, e = readTree(name, "", text, c.all())
		}
		if err == nil {
			err = e
		}
	}
	if err != nil {
		panic(fmt.Sprintf("policy: embedded content: %v", err))
	}
	return c
}

// fields are the keys of the embedded files and of the policy's own section,
// which adds to them.
func (c *content) fields() fields {
	return fields{
		"codes":      c.readCodes,
		"apps":       c.readApps,
		"agents":     c.readAgents,
		"operations": readGroups(c.operations, operationGroups),
		"cmdlets":    readGroups[struct{}](c.cmdlets, nil),
		"scripts":    c.readScripts,
		"hosts":      c.readHosts,
		"rented":     c.rented.read,
		"scopes":     c.readScopes,
	}
}

// all returns the fields and those that a policy cannot extend.
func (c *content) all() fields {
	known := c.fields()
	known["signals"] = c.readSignals
	return known
}

func (c *content) readScopes(r *reader, at string, n *yaml.Node) {
	r.items(at, n, func(item *yaml.Node) {
		scope, ok := r.value(item, at, "a piece of a scope")
		switch {
		case ok && len(scope) < minFragment:
			r.fail(item, at, "%q: too short", scope)
		case ok:
			c.scopes.add(scope)
		}
	})
}

func (c *content) readApps(r *reader, at string, n *yaml.Node) {
	r.each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
		var name string
		text(&name)(r, at, value)
		c.apps[strings.ToLower(key.Value)] = name
	})
}

// readAgents reads [{family, name, patterns}]. Patterns of the policy are matched
// before the embedded ones, in the order of the policy.
func (c *content) readAgents(r *reader, at string, n *yaml.Node) {
	var added []event.AgentRule
	r.items(at, n, func(item *yaml.Node) {
		rule := event.AgentRule{}
		var family string
		section(fields{
			"family":   oneOf(&family, familyNames...),
			"name":     text(&rule.Name),
			"patterns": readPatterns(&rule.Patterns),
		})(r, at, item)
		if family == "" || len(rule.Patterns) == 0 {
			r.fail(item, at, "family or patterns missing")
		}
		rule.Family = byName[event.Family](family)
		added = append(added, rule)
	})
	c.agents = append(added, c.agents...)
}

// familyNames are the families a rule can assign.
var familyNames = []string{"browser", "outlook", "mobile", "legacy", "script", "tool", "probe", "other"}

// readPatterns reads a list of patterns.
func readPatterns(dst *[]event.Pattern) field {
	return func(r *reader, at string, n *yaml.Node) {
		r.items(at, n, func(item *yaml.Node) {
			text, ok := r.value(item, at, "a pattern")
			p := event.ParsePattern(text)
			switch {
			case ok && (text == "" || p.Anything()):
				r.fail(item, at, "%q: matches everything or nothing", text)
			case ok:
				*dst = append(*dst, p)
			}
		})
	}
}

// readGroups reads {group: [names]} into name to group. The group has to be one of
// known, unless that is nil.
func readGroups[T any](into map[string]string, known map[string]T) field {
	return func(r *reader, at string, n *yaml.Node) {
		r.each(at, n, func(group *yaml.Node, at string, value *yaml.Node) {
			if _, ok := known[group.Value]; known != nil && !ok {
				r.fail(group, at, "%q: no such group (want %s)", clip(group.Value), strings.Join(slices.Sorted(maps.Keys(known)), ", "))
				return
			}
			r.items(at, value, func(item *yaml.Node) {
				if name, ok := r.value(item, at, "a name"); ok {
					into[string(foldOperation(nil, []byte(name)))] = group.Value
				}
			})
		})
	}
}

func (c *content) readHosts(r *reader, at string, n *yaml.Node) {
	r.items(at, n, func(item *yaml.Node) {
		if name, ok := r.value(item, at, "a host name"); ok {
			c.hosts[strings.ToLower(name)] = true
		}
	})
}

// byName returns the value of an enumeration by its name, 0 for an unknown name.
func byName[T interface {
	~uint8
	String() string
}](name string) T {
	for v := T(0); v.String() != "invalid"; v++ {
		if v.String() == name {
			return v
		}
	}
	return 0
}

// appendUserPatterns adds the policy's user_agent_pattern as scripting agents,
// before everything embedded.
func (c *content) appendUserPatterns(patterns []event.Pattern) {
	if len(patterns) > 0 {
		c.agents = slices.Insert(c.agents, 0, event.AgentRule{Family: event.Scripting, Name: "user_agent_pattern", Patterns: patterns})
	}
}
