package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"redshank/analytics/event"
)

// midnight is the time that acts count from.
var midnight = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

// act is one event at a time since midnight.
type act struct {
	at    time.Duration
	past  bool // of the history
	event event.Event
}

// expander makes acts of groups.
type expander struct {
	names      map[string]string     // names of the file, and variables
	references map[string][][]string // what stands in angle brackets, by text
	past       bool
	acts       []*act
}

// expand returns all acts of a file in order of time.
func expand(f *file) ([]*act, error) {
	x := &expander{names: maps.Clone(f.Names), references: map[string][][]string{}, past: true}
	if x.names == nil {
		x.names = map[string]string{}
	}
	err := x.populate(f.population)
	if err == nil {
		err = x.groups(f.path, f.History)
	}
	x.past = false
	if err == nil {
		err = x.groups(f.path, f.Acts)
	}
	slices.SortStableFunc(x.acts, func(a, b *act) int { return cmp.Compare(a.at, b.at) })
	return x.acts, err
}

// populated are the acts of populations, by path and the values of their names. The
// scenarios of a folder use the same few, and expanding one takes longer than playing it.
var populated = map[string][]*act{}

// populate adds the history of a population, which may be nil.
func (x *expander) populate(f *file) (err error) {
	if f == nil {
		return nil
	}
	key := f.path
	for _, name := range slices.Sorted(maps.Keys(f.Names)) {
		key += "\x00" + x.names[name]
	}
	acts, ok := populated[key]
	if !ok {
		if err = x.groups(f.path, f.History); err != nil {
			return err
		}
		acts = x.acts
		populated[key] = acts
	}
	x.acts = slices.Clone(acts)
	return nil
}

func (x *expander) groups(path string, groups []*group) error {
	for _, g := range groups {
		if err := x.group(g, 0, nil); err != nil {
			return fmt.Errorf("%s:%d: %w", filepath.Base(path), g.line, err)
		}
	}
	return nil
}

// group expands a group whose enclosing group is at a time and has fields.
func (x *expander) group(g *group, base time.Duration, inherited map[string]string) error {
	merged := maps.Clone(inherited)
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, g.fields)
	return x.loop(g, g.loops, base, merged)
}

func (x *expander) loop(g *group, loops []loop, base time.Duration, merged map[string]string) error {
	if len(loops) == 0 {
		return x.once(g, base, merged)
	}
	values, err := x.values(loops[0].values)
	if err != nil {
		return err
	}
	defer delete(x.names, loops[0].name)
	for _, v := range values {
		x.names[loops[0].name] = v
		if err := x.loop(g, loops[1:], base, merged); err != nil {
			return err
		}
	}
	return nil
}

// values returns the values of a loop: a list, a range, or the numbers below one.
func (x *expander) values(written []string) ([]string, error) {
	if len(written) != 1 {
		return written, nil
	}
	text, err := x.text(written[0])
	if err != nil {
		return nil, err
	}
	low, high, isRange := strings.Cut(text, "..")
	if !isRange {
		low, high = "0", text
	}
	from, err1 := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("%q: want a number, a range as 1..5 or a list", text)
	}
	if !isRange {
		to--
	}
	var list []string
	for n := from; n <= to; n++ {
		list = append(list, strconv.Itoa(n))
	}
	return list, nil
}

// once adds an act, or the acts of a group, for the present values of the variables.
func (x *expander) once(g *group, base time.Duration, merged map[string]string) error {
	at, err := x.time(g.at, base)
	if err == nil && g.every != "" {
		var step time.Duration
		step, err = time.ParseDuration(g.every)
		k, _ := strconv.Atoi(x.names["k"])
		at += time.Duration(k) * step
	}
	if err != nil {
		return err
	}
	expanded := make(map[string]string, len(merged))
	for key, text := range merged {
		if expanded[key], err = x.text(text); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	for _, inner := range g.acts {
		if err := x.group(inner, at, expanded); err != nil {
			return fmt.Errorf("%d: %w", inner.line, err)
		}
	}
	if g.acts == nil {
		a := &act{at: at, past: x.past}
		if err := fill(&a.event, expanded); err != nil {
			return err
		}
		a.event.Time, a.event.ID = midnight.Add(at), fmt.Appendf(nil, "id-%d", len(x.acts))
		if id := expanded["id"]; id != "" {
			a.event.ID = []byte(id)
		}
		x.acts = append(x.acts, a)
	}
	return nil
}

var (
	reference = regexp.MustCompile(`<([a-z_]+)((?:[-+*/%]\d+)*)(?::(\d+))?>`)
	mistaken  = regexp.MustCompile(`<[a-z_]+[-+*/%][-+*/%\w]*(?::\d+)?>`) // with a variable behind an operator
	operation = regexp.MustCompile(`[-+*/%]\d+`)
)

// text replaces what stands in angle brackets.
func (x *expander) text(s string) (string, error) {
	if !strings.Contains(s, "<") {
		return s, nil
	}
	found, ok := x.references[s]
	if !ok {
		if wrong := mistaken.FindString(reference.ReplaceAllString(s, "")); wrong != "" {
			return "", fmt.Errorf("%s: want one variable, and numbers behind its operators", wrong)
		}
		found = reference.FindAllStringSubmatch(s, -1)
		x.references[s] = found
	}
	var out strings.Builder
	for _, m := range found {
		value, err := x.value(m)
		if err != nil {
			return "", err
		}
		before, after, _ := strings.Cut(s, m[0])
		out.WriteString(before)
		out.WriteString(value)
		s = after
	}
	return out.String() + s, nil
}

// value returns the value of a reference: its whole text, name, operators and width.
func (x *expander) value(m []string) (string, error) {
	value, ok := x.names[m[1]]
	if !ok {
		return "", fmt.Errorf("%s is neither a name nor a variable", m[0])
	}
	if m[2] == "" && m[3] == "" {
		return value, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return "", fmt.Errorf("%s: %q is not a number", m[0], value)
	}
	for _, o := range operation.FindAllString(m[2], -1) {
		n = calculate(n, o)
	}
	width, _ := strconv.Atoi(m[3])
	return fmt.Sprintf("%0*d", width, n), nil
}

func calculate(n int, operation string) int {
	by, _ := strconv.Atoi(operation[1:])
	switch operation[0] {
	case '+':
		return n + by
	case '-':
		return n - by
	case '*':
		return n * by
	case '/':
		return n / by
	}
	return n % by
}

// time reads a time of day, a duration, or either after days.
func (x *expander) time(s string, base time.Duration) (time.Duration, error) {
	s, err := x.text(s)
	if s == "" || err != nil {
		return base, err
	}
	rest, at := s, time.Duration(0)
	if after, ok := strings.CutPrefix(s, "+"); ok {
		rest, at = after, base
	}
	if day, clock, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.Atoi(day)
		if err != nil {
			return 0, fmt.Errorf("at: %q: no time", s)
		}
		rest, at = strings.TrimSpace(clock), at+time.Duration(n)*24*time.Hour
	}
	if rest == "" {
		return at, nil
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		if t, err := time.Parse(layout, rest); err == nil {
			return at + t.Sub(t.Truncate(24*time.Hour)), nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil {
		return 0, fmt.Errorf("at: %q: want 09:00, -5d 09:00, 90m or +5m", s)
	}
	return at + d, nil
}
