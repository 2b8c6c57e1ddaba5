package agent

import (
	"fmt"
	"strings"
)

// slips are keys that users write for an option with quite another name.
var slips = [][2]string{
	{"path", "sink_path"}, {"file", "sink_path"}, {"sink_file", "sink_path"}, {"output", "sink"},
	{"policy_file", "policy"}, {"policy_path", "policy"}, {"uri", "sink_url"}, {"header", "sink_headers"},
	{"spool_path", "state_path"}, {"storage_path", "state_path"}, {"mode", "emit"}, {"output_format", "format"}, {"schema", "format"},
	{"interval", "health_interval"}, {"enriched_tag", "sink_enriched_tag"},
}

// misspelt looks up keys that users write by mistake: the slips, the name of each
// option with other separators or without its first word, and every key that is
// one typing error away from an option. It returns one error for each key that is
// set.
//
// An output in Go can look up keys but not list them, so keys further away, and
// keys that the host keeps for itself, go unnoticed. With a config_map the host
// would refuse every unknown key, but the plugin definition has had that field
// since 5.1.1 only, and the host exports nothing by which a plugin could detect
// the field: on an older host the plugin would write past an allocation. The cost
// is some 30,000 look-ups of a fraction of a microsecond, once, in Init.
func misspelt(lookup func(string) string) []error {
	seen := map[string]bool{} // names of options, and keys reported
	for _, o := range options {
		seen[o.name] = true
	}
	var errs []error
	ask := func(wrong, want string) {
		if v := lookup(wrong); v != "" && !seen[wrong] {
			seen[wrong] = true
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

// variants calls yield with name written with other separators, and without its
// first word.
func variants(name string, yield func(string)) {
	for _, sep := range []string{"", "-", ".", " ", "__"} {
		yield(strings.ReplaceAll(name, "_", sep))
	}
	if _, rest, ok := strings.Cut(name, "_"); ok {
		yield(rest)
	}
}

// nearby calls yield with every key that is one typing error away from name: a
// letter missing, added or replaced, or two letters swapped.
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
