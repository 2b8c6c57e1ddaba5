package event

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"testing"
)

func TestPattern(t *testing.T) {
	check := func(pattern, text string, want bool) {
		t.Helper()
		if got := ParsePattern(pattern).Match([]byte(text)); got != want {
			t.Errorf("%q against %q: %v", pattern, text, got)
		}
	}
	check("curl/*", "curl/8.5.0", true)
	check("curl/*", "libcurl/8.5.0", false)
	check("*curl*", "libcurl/8.5.0", true)
	check("ruler", "Ruler", true)
	check("ruler", "ruler2", false)
	check("*/16.0", "Microsoft+Office/16.0", true)
	check("Microsoft Office/*", "Microsoft+Office/16.0+(Windows+NT+10.0)", true)
	check("Microsoft+Office/*", "microsoft office/16.0", true)
	check("svc-*@contoso.com", "svc-backup@contoso.com", true)
	check("svc-*@contoso.com", "svc-@contoso.com", true)
	check("svc-*@contoso.com", "svc-backup@fabrikam.com", false)
	check("aba*aba", "aba", false)
	check("aba*aba", "abaaba", true)
	check("*a*b*", "ba", false)
	check("*a*b*", "xaxbx", true)
	check("*", "", true)
	check("", "", true)
	check("", "x", false)
	check("*abc*", strings.Repeat("x", 600)+"abc", false)
	if !ParsePattern("**").Anything() || ParsePattern("*a*").Anything() || ParsePattern("").Anything() {
		t.Error("Anything")
	}
}

func rules() []AgentRule {
	rule := func(f Family, name string, patterns ...string) AgentRule {
		r := AgentRule{Family: f, Name: name}
		for _, p := range patterns {
			r.Patterns = append(r.Patterns, ParsePattern(p))
		}
		return r
	}
	return []AgentRule{
		rule(Tool, "ruler", "ruler"),
		rule(Scripting, "curl", "curl/*"),
		rule(Browser, "browser", "Mozilla/5.0*"),
	}
}

func TestAgents(t *testing.T) {
	a := NewAgents(rules())
	for range 2 { // once by the patterns, once by the cache
		for agent, want := range map[string]Family{
			"": FamilyNone, "-": FamilyNone, "ruler": Tool, "CURL/8.5.0": Scripting,
			"Mozilla/5.0+(X11)": Browser, "SkypeSpaces/1.0": FamilyOther,
			"\xff\x00": FamilyOther,
		} {
			if got, _ := a.Match([]byte(agent)); got != want {
				t.Errorf("Match(%q) = %v, want %v", agent, got, want)
			}
		}
	}
	if _, name := a.Match([]byte("curl/1")); name != "curl" {
		t.Errorf("name %q", name)
	}
	for i := range 3 * agentSlots { // more agents than slots: verdicts stay right
		agent := fmt.Appendf(nil, "curl/%d", i)
		if i%2 == 0 {
			agent = fmt.Appendf(nil, "Mozilla/5.0 %d", i)
		}
		want := [...]Family{Browser, Scripting}[i%2]
		if got, _ := a.Match(agent); got != want {
			t.Fatalf("Match(%q) = %v", agent, got)
		}
	}
}

func TestAgentsAllocate(t *testing.T) {
	a := NewAgents(rules())
	agent, n := bytes.Repeat([]byte("x"), 600), byte(0)
	if allocs := testing.AllocsPerRun(1000, func() { n++; agent[5] = n; a.Match(agent) }); allocs > 0 {
		t.Errorf("%v allocations a miss", allocs)
	}
}

// FuzzAgent holds patterns against the standard library's, which know `*` too.
func FuzzAgent(f *testing.F) {
	f.Add("curl/*", "curl/8.5.0")
	f.Add("*a*b*", "xaxbx")
	f.Add("a*ba", "aba")
	a := NewAgents(rules())
	f.Fuzz(func(t *testing.T, pattern, text string) {
		a.Match([]byte(text))
		p := ParsePattern(pattern)
		if p.Match([]byte(text)) && p.needs&^lettersOf(foldAgent(nil, []byte(text))) != 0 {
			t.Fatalf("%q matches %q, and was left out", pattern, text)
		}
		if strings.ContainsAny(pattern, "?[]\\/+") || strings.ContainsAny(text, "/+") || len(text) > maxAgent {
			p.Match([]byte(text))
			return
		}
		lower := func(s string) string { return string(foldAgent(nil, []byte(s))) }
		want, err := path.Match(lower(pattern), lower(text))
		if got := p.Match([]byte(text)); err == nil && got != want {
			t.Fatalf("%q against %q: %v", pattern, text, got)
		}
	})
}
