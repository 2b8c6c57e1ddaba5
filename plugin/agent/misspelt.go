package agent

import (
	"fmt"
	"strings"
)

// slips are keys that people write for another option, beyond misspellings.
var slips = [][2]string{
	{"path", "sink_path"}, {"file", "sink_path"}, {"sink_file", "sink_path"}, {"output", "sink"},
	{"policy_file", "policy"}, {"policy_path", "policy"}, {"uri", "sink_url"}, {"header", "sink_headers"},
	{"spool_path", "state_path"}, {"storage_path", "state_path"}, {"mode", "emit"}, {"output_format", "format"}, {"schema", "format"},
	{"interval", "health_interval"}, {"enriched_tag", "sink_enriched_tag"},
}

// misspelt asks for keys that people write instead of the right ones: all that
// are one slip of the finger away from an option, its name with other or no
// separators, without its first word, and the slips above.
//
// Fluent Bit shows an output in Go only the keys it asks for, so what is
// further off, and what the host keeps for itself, goes unseen. A config_map
// would have the host refuse every unknown key, but its place in the
// definition that Register fills is there since 5.1.1 only, and nothing that
// the host exports came with it: on an older host writing it would be a write
// behind an allocation. So all the likely keys are asked for, some 30,000
// look-ups of a fraction of a microsecond, once, in Init. A map of those that
// were asked would cost more than to ask twice.
func misspelt(lookup func(string) string) []error {
	told := map[string]bool{} // and the names that are right
	for _, o := range options {
		told[o.name] = true
	}
	var errs []error
	ask := func(wrong, want string) {
		if v := lookup(wrong); v != "" && !told[wrong] {
			told[wrong] = true
			errs = append(errs, fmt.Errorf("%s: %q: no such option (want %s)", wrong, shownAs(want, v), want))
		}
	}
	for _, slip := range slips {
		ask(slip[0], slip[1])
	}
	for _, o := range options {
		variants(o.name, func(wrong string) { ask(wrong, o.name) })
	}
	for _, o := range options {
		nearby(o.name, func(wrong string) { ask(wrong, o.name) })
	}
	return errs
}

// variants are the ways in which name is written as another whole.
func variants(name string, yield func(string)) {
	for _, sep := range []string{"", "-", ".", " ", "__"} {
		yield(strings.ReplaceAll(name, "_", sep))
	}
	if _, rest, ok := strings.Cut(name, "_"); ok {
		yield(rest)
	}
}

// nearby are the keys that are one letter away from name: left out, doubled or
// put in, another in its place, two swapped.
func nearby(name string, yield func(string)) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789_-."
	for i := range name {
		before, after := name[:i], name[i+1:]
		yield(before + after)
		if i > 0 {
			yield(name[:i-1] + name[i:i+1] + name[i-1:i] + after)
		}
		for _, c := range letters {
			yield(before + string(c) + after)
		}
	}
	for i := 0; i <= len(name); i++ {
		for _, c := range letters {
			yield(name[:i] + string(c) + name[i:])
		}
	}
}
