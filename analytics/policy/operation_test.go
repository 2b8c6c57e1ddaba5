package policy

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"redshank/analytics/event"
)

// slowFold is what foldOperation promises, written down plainly.
func slowFold(name []byte) string {
	name = bytes.Trim(name[:min(len(name), maxOperation)], " .\u00a0")
	var folded strings.Builder
	for _, part := range strings.SplitAfter(string(name), "\u2013") {
		text, dash := strings.CutSuffix(part, "\u2013")
		for _, c := range []byte(text) {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			folded.WriteByte(c)
		}
		if dash {
			folded.WriteByte('-')
		}
	}
	return folded.String()
}

func TestFoldOperation(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pieces := []string{" ", ".", "A", "z", "Z", "-", "\u2013", "\u00a0", "\xe2", "\x80", "\x93", "\xc2", "\xa0", "@", "["}
	for range 50_000 {
		var name []byte
		for range random.IntN(8) {
			name = append(name, pieces[random.IntN(len(pieces))]...)
		}
		if got, want := string(foldOperation(nil, name)), slowFold(name); got != want {
			t.Fatalf("%q: %q, want %q", name, got, want)
		}
	}
	long := []byte(" " + strings.Repeat("Ab.", 100))
	if got, want := string(foldOperation(nil, long)), slowFold(long); got != want {
		t.Errorf("long: %q, want %q", got, want)
	}
}

// TestOperationGroups checks both directions: each group that has a meaning has
// operations, and each group of the content has a meaning.
func TestOperationGroups(t *testing.T) {
	p := Default()
	used := map[string]bool{}
	for name, group := range p.contentTables.operations {
		used[group] = true
		op := p.Operation([]byte(name))
		if op.Action == event.ActionNone {
			t.Errorf("%s of %s means nothing", name, group)
		}
		if op.Action == event.MailAccess && op.Access == event.AccessNone && group != "mail_open" {
			t.Errorf("%s of %s: no kind of access", name, group)
		}
	}
	for group := range operationGroups {
		if !used[group] {
			t.Errorf("%s has no operations", group)
		}
	}
	for group := range used {
		if _, ok := operationGroups[group]; !ok {
			t.Errorf("%s is read by nobody", group)
		}
	}
	checkGroups(t, "cmdlets", slices.Collect(maps.Values(p.contentTables.cmdlets)), CmdletGroups())
	var parameters, spaces, families []string
	for _, one := range p.byName {
		parameters = append(parameters, one.Group)
	}
	checkGroups(t, "parameters", parameters, ParameterGroups())
	for space := range p.contentTables.codeTables {
		spaces = append(spaces, space.String())
	}
	checkGroups(t, "codes", spaces, codeSpaces)
	for _, rule := range p.contentTables.agents {
		families = append(families, rule.Family.String())
	}
	checkGroups(t, "agents", families, slices.Clone(familyNames))
	if _, err := Parse("test", "", []byte("version: 1\ncontent: {operations: {mail_acces: [X]}}")); err == nil || !strings.Contains(err.Error(), "content.operations.mail_acces: unknown key (did you mean mail_access? want app_change") {
		t.Errorf("error %v", err)
	}
}

// checkGroups compares the groups that the content has with those that code knows.
func checkGroups(t *testing.T, what string, content, code []string) {
	t.Helper()
	slices.Sort(content)
	slices.Sort(code)
	if content = slices.Compact(content); !slices.Equal(content, code) {
		t.Errorf("%s: the content has %q, the code knows %q", what, content, code)
	}
}

func TestClientHeaders(t *testing.T) {
	p, err := Parse("test", "", []byte("version: 1\nnetworks: {client_headers: [X-Client-IP, CF-Connecting-IP]}"))
	if err != nil || strings.Join(p.ClientHeaders(), " ") != "X-Client-IP CF-Connecting-IP" {
		t.Errorf("%v, %v", p, err)
	}
	for text, want := range map[string]string{
		"[X Y]": `"X Y": not the name of a header`, "['']": "not the name of a header", "[a, b, c, d, e]": `"e": too many headers (want at most 4)`,
	} {
		if _, err := Parse("test", "", []byte("version: 1\nnetworks: {client_headers: "+text+"}")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
