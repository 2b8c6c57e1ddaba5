package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/alert"
)

// expectations are what a file expects: all incidents, or none.
type expectations struct {
	given bool
	list  []expectation
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (e *expectations) UnmarshalYAML(n *yaml.Node) error {
	e.given = true
	if n.Value == "none" {
		return nil
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return fmt.Errorf("line %d: expect: want a list of incidents or none", n.Line)
	}
	return n.Decode(&e.list)
}

// expectation is one incident; what it does not name may have any value.
type expectation struct {
	line     int
	fields   map[string]string // by the names in values
	valid    []string          // accounts with valid credentials, all of them
	anyValid bool
	optional bool
	signals  []string // that it has: "code", or "code: 3 of 40 accounts"
	without  []string // that it has not
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (e *expectation) UnmarshalYAML(n *yaml.Node) error {
	e.line, e.fields, e.anyValid = n.Line, map[string]string{}, true
	return pairs(n, func(key string, value *yaml.Node) error {
		switch key {
		case "valid":
			e.anyValid = false
			return value.Decode(&e.valid)
		case "optional":
			return value.Decode(&e.optional)
		case "signals":
			return value.Decode(&e.signals)
		case "without":
			return value.Decode(&e.without)
		}
		if _, ok := values[key]; !ok || value.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: unknown field %q of an incident", value.Line, key)
		}
		e.fields[key] = value.Value
		return nil
	})
}

// values are the comparable values of an alert. Numbers are compared by range.
var values = map[string]func(*alert.Alert) any{
	"rule":       func(a *alert.Alert) any { return a.Rule.ID },
	"class":      func(a *alert.Alert) any { return a.Class },
	"severity":   func(a *alert.Alert) any { return a.Severity },
	"subject":    func(a *alert.Alert) any { return a.Subject },
	"source":     func(a *alert.Alert) any { return a.Source.String() },
	"window":     func(a *alert.Alert) any { return a.Window },
	"confidence": func(a *alert.Alert) any { return a.Confidence },
	"messages":   func(a *alert.Alert) any { return float64(a.Sequence) },
	"failures":   func(a *alert.Alert) any { return float64(a.Counts.Failures) },
	"users":      func(a *alert.Alert) any { return float64(a.Counts.DistinctUsers) },
	"addresses":  func(a *alert.Alert) any { return float64(a.Counts.DistinctIPs) },
	"mailboxes":  func(a *alert.Alert) any { return float64(a.Counts.Mailboxes) },
	"items":      func(a *alert.Alert) any { return float64(a.Counts.Items) },
	"account": func(a *alert.Alert) any {
		if a.User == nil {
			return ""
		}
		return a.User.DisplayName()
	},
}

// differences says in what an alert is not what is expected.
func (e *expectation) differences(a *alert.Alert) (list []string) {
	for key, want := range e.fields {
		if got := values[key](a); !matches(got, want) {
			list = append(list, fmt.Sprintf("%s: got %v, want %s", key, got, want))
		}
	}
	var codes, valid []string
	for _, s := range a.Signals {
		codes = append(codes, s.Code, s.Code+": "+s.Seen)
		if s.At.IsZero() {
			list = append(list, s.Code+" has no time")
		}
	}
	for _, v := range a.Valid {
		valid = append(valid, v.User)
	}
	for _, code := range e.signals {
		if !slices.Contains(codes, code) {
			list = append(list, "no signal "+code)
		}
	}
	for _, code := range e.without {
		if slices.Contains(codes, code) {
			list = append(list, "signal "+code)
		}
	}
	slices.Sort(valid)
	slices.Sort(e.valid)
	if !e.anyValid && !slices.Equal(valid, e.valid) {
		list = append(list, fmt.Sprintf("valid: got %v, want %v", valid, e.valid))
	}
	slices.Sort(list)
	return list
}

func matches(got any, want string) bool {
	switch got := got.(type) {
	case float64:
		return inRange(got, want, func(s string) (float64, bool) {
			f, err := strconv.ParseFloat(s, 64)
			return f, err == nil
		})
	case alert.Severity:
		return inRange(float64(got), want, func(s string) (float64, bool) {
			v := alert.SeverityByName(s)
			return float64(v), v != 0
		})
	}
	return got == want
}

// inRange reports whether got is in a range. A range that cannot be read has nothing
// in it.
func inRange(got float64, want string, value func(string) (float64, bool)) bool {
	low, high, isRange := strings.Cut(want, "..")
	if !isRange {
		high = low
	}
	from, ok1 := value(low)
	to, ok2 := value(high)
	return (ok1 || isRange && low == "") && (ok2 || isRange && high == "") && (!ok1 || got >= from) && (!ok2 || got <= to)
}

// compare returns what is wrong with the incidents of a run.
func (f *file) compare(got []*alert.Alert) (wrong []string) {
	left := slices.Clone(got)
	for i := range f.Expect.list {
		e := &f.Expect.list[i]
		if len(left) == 0 {
			if !e.optional {
				wrong = append(wrong, fmt.Sprintf("line %d: no such incident", e.line))
			}
			continue
		}
		best := slices.MinFunc(left, func(a, b *alert.Alert) int { return len(e.differences(a)) - len(e.differences(b)) })
		if e.optional && len(e.differences(best)) > 0 {
			continue
		}
		for _, d := range e.differences(best) {
			wrong = append(wrong, fmt.Sprintf("line %d: %s", e.line, d))
		}
		left = slices.DeleteFunc(left, func(a *alert.Alert) bool { return a == best })
	}
	for _, a := range left {
		wrong = append(wrong, "unexpected incident: "+summary(a))
	}
	return wrong
}

// summary is what no order of the records may change.
func summary(a *alert.Alert) string {
	var valid []string
	for _, v := range a.Valid {
		valid = append(valid, v.User)
	}
	slices.Sort(valid)
	return fmt.Sprintf("%s %s %s %s from %s, %d addresses, %d users, valid %v", a.Rule.ID, a.Subject, a.Class, a.Severity,
		a.Source, a.Counts.DistinctIPs, a.Counts.DistinctUsers, valid)
}

// details are the rest of an incident: records that arrive twice, or a restart,
// leave them as they are. In another order an account or an application can
// be the one that a signal is about.
func details(a *alert.Alert) string {
	var codes []string
	for _, s := range a.Signals {
		codes = append(codes, s.Code)
	}
	slices.Sort(codes)
	return fmt.Sprintf(", %d mailboxes, %d items, signals %v, confidence %.2f", a.Counts.Mailboxes, a.Counts.Items, slices.Compact(codes), a.Confidence)
}
