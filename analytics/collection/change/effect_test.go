package change

import (
	"slices"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// Every group of parameters with a meaning is one of the content's, and the groups
// without one are known.
func TestEffectsAreOfTheContent(t *testing.T) {
	groups := policy.ParameterGroups()
	for group := range effects {
		if !slices.Contains(groups, group) {
			t.Errorf("%s: no parameters", group)
		}
	}
	for _, group := range groups {
		if effects[group] == nil && !slices.Contains([]string{groupOfActions, "grantee", "rights", "target", "condition", "scope", "object"}, group) {
			t.Errorf("%s: no effect", group)
		}
	}
}

// No text of a change makes the effects fail.
func FuzzEffects(f *testing.F) {
	f.Add(`RuleActions=[{"ActionType":"Forward","Recipients":["@"]}]`, "b.c")
	f.Add("ForwardTo=a@b.c,@;RedirectTo=\"@@@\"", "b.c")
	p := policy.Default()
	f.Fuzz(func(t *testing.T, text, domain string) {
		ev := event.Event{Detail: []byte(text), User: []byte("a@" + domain)}
		if Of(p, &ev)&ForwardsMail != 0 && text == "" {
			t.Error("mail is forwarded without a parameter")
		}
		allWithin([]byte(text), []byte(domain))
	})
}
