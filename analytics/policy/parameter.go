package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/ascii"
	"redshank/analytics/policy/strict"
)

// A Parameter is what the content says about the parameter of a change.
type Parameter struct {
	Group string // of content.parameters; "": unknown
	Rank  int    // 1 is listed first; 0: unknown
}

// parameterGroups are the groups of content.parameters. AN0131 gives each a meaning,
// which a test of package collection checks.
var parameterGroups = map[string]bool{
	"grantee": true, "delegate": true, "forward": true, "rights": true, "file": true, "target": true, "delete": true, "move": true, "mark_read": true, "actions": true,
	"condition": true, "scope": true, "credential": true, "audit_on": true, "audit_off": true, "protocol": true, "name": true, "object": true,
}

// The groups of content.values.
const (
	hidingFolder = "hiding_folder"
	mailRole     = "mail_role"
	webPath      = "web_path"
)

// maxParameter bounds the name of a parameter, in bytes.
const maxParameter = 64

// parameterTables are what the content says about parameters and their values.
type parameterTables struct {
	byName                             map[string]Parameter // in lower case
	hidingFolders, mailRoles, webPaths searchTexts          // parts of values, in lower case
}

// read reads {group: [names]}. Names of a policy are ranked behind the
// embedded ones.
func (p *parameterTables) read(r *strict.Reader, at string, n *yaml.Node) {
	groups := strict.Fields{}
	for group := range parameterGroups {
		groups[group] = strict.Texts("the name of a parameter", func(name string) string {
			if name == "" || len(name) > maxParameter {
				return fmt.Sprintf("%d bytes long (want 1 to %d)", len(name), maxParameter)
			}
			p.byName[strings.ToLower(name)] = Parameter{group, len(p.byName) + 1}
			return ""
		})
	}
	strict.Section(groups)(r, at, n)
}

// readValues reads {group: [parts of values]}.
func (p *parameterTables) readValues(r *strict.Reader, at string, n *yaml.Node) {
	strict.Section(strict.Fields{hidingFolder: p.hidingFolders.lower(), mailRole: p.mailRoles.lower(), webPath: p.webPaths.lower()})(r, at, n)
}

// Parameter returns the meaning of a parameter of a change by its name.
func (p *parameterTables) Parameter(name []byte) Parameter {
	var lower [maxParameter]byte
	if len(name) > len(lower) {
		return Parameter{}
	}
	return p.byName[string(ascii.AppendLower(lower[:0], name))]
}

// ParameterGroups returns the groups of content.parameters, sorted.
func ParameterGroups() []string { return slices.Sorted(maps.Keys(parameterGroups)) }

// HidingFolder reports whether a folder, in lower case, is one in which nobody looks for
// mail.
func (p *parameterTables) HidingFolder(name []byte) bool { return p.hidingFolders.in(name) }

// MailRole reports whether a text in lower case names a role that reaches mailboxes.
func (p *parameterTables) MailRole(text []byte) bool { return p.mailRoles.in(text) }

// WebPath reports whether a path in lower case is that of a file that a web server runs as
// a program.
func (p *parameterTables) WebPath(path []byte) bool { return p.webPaths.in(path) }
