package cases

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"redshank/analytics/alert"
	"redshank/plugin/replay"
)

// Outcome is what differs between the incidents of a case and those found.
type Outcome struct {
	Found      int
	Missing    []Expected         // expected and not found
	Unexpected []*replay.Incident // found and not expected
}

// Passed reports whether nothing differs.
func (o *Outcome) Passed() bool { return len(o.Missing)+len(o.Unexpected) == 0 }

// Run runs a case. It returns an error if the case could not be completed, because of
// an invalid policy or an unreadable log.
func (c *Case) Run(ctx context.Context, errs io.Writer) (*Outcome, error) {
	opts := replay.Options{Policy: c.beside(c.Policy), Source: c.Source}
	for _, path := range c.Logs {
		opts.Paths = append(opts.Paths, c.beside(path))
	}
	result, err := replay.Find(ctx, opts, errs)
	if err != nil {
		return nil, err
	}
	unread := len(result.Unread)
	for _, log := range result.Logs {
		if log.Err != nil {
			unread++
		}
	}
	if unread > 0 {
		return nil, fmt.Errorf("%d logs could not be read", unread)
	}
	return compare(c.Incidents, result.Incidents), nil
}

// compare gives as many expectations as possible an incident of their own.
func compare(expected []Expected, found []*replay.Incident) *Outcome {
	of := make([]int, len(found)) // the expectation that an incident meets, from 1; 0: none
	var assign func(e int, tried []bool) bool
	assign = func(e int, tried []bool) bool {
		for i, incident := range found {
			if tried[i] || !expected[e].matches(incident.Alert) {
				continue
			}
			tried[i] = true
			if of[i] == 0 || assign(of[i]-1, tried) {
				of[i] = e + 1
				return true
			}
		}
		return false
	}
	o := &Outcome{Found: len(found)}
	for e := range expected {
		if !assign(e, make([]bool, len(found))) {
			o.Missing = append(o.Missing, expected[e])
		}
	}
	for i, incident := range found {
		if of[i] == 0 {
			o.Unexpected = append(o.Unexpected, incident)
		}
	}
	return o
}

// matches reports whether the last message of an incident is as expected.
func (e *Expected) matches(a *alert.Alert) bool {
	switch {
	case e.Rule != "" && e.Rule != a.Rule.ID,
		e.Class != "" && e.Class != a.Class,
		e.Severity != "" && e.Severity != a.Severity.String(),
		e.Address != "" && !slices.Contains(addresses(a), e.Address),
		e.Account != "" && !containsFold(accounts(a), e.Account),
		e.Application != "" && !containsFold(append(slices.Clone(a.Apps), a.Subject), e.Application):
		return false
	}
	if e.Valid == nil {
		return true
	}
	var valid []string
	for _, v := range a.Valid {
		valid = append(valid, v.User)
	}
	return len(valid) == len(e.Valid) && !slices.ContainsFunc(e.Valid, func(user string) bool { return !containsFold(valid, user) })
}

func containsFold(list []string, want string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, want) })
}

func addresses(a *alert.Alert) []string {
	list := []string{a.Source.String(), a.Prefix.String()}
	for _, ip := range a.IPs {
		list = append(list, ip.String())
	}
	return list
}

func accounts(a *alert.Alert) []string {
	list := []string{a.Subject}
	if a.User != nil {
		list = append(list, a.User.DisplayName())
	}
	for _, u := range a.Users {
		list = append(list, u.Name)
	}
	for _, v := range a.Valid {
		list = append(list, v.User)
	}
	return list
}

// String returns the expectation as it is written in a case.
func (e Expected) String() string {
	var parts []string
	for _, key := range []struct{ name, value string }{{"rule", e.Rule}, {"class", e.Class}, {"severity", e.Severity},
		{"address", e.Address}, {"account", e.Account}, {"application", e.Application}} {
		if key.value != "" {
			parts = append(parts, key.name+": "+key.value)
		}
	}
	if e.Valid != nil {
		parts = append(parts, "valid_credentials: ["+strings.Join(e.Valid, ", ")+"]")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Describe returns an incident as an expectation that it meets.
func Describe(i *replay.Incident) Expected {
	e := Expected{Rule: i.Rule.ID, Class: i.Class, Severity: i.Severity.String()}
	if i.Source.IsValid() {
		e.Address = i.Source.String()
	}
	if i.User != nil {
		e.Account = i.User.DisplayName()
	}
	for _, v := range i.Valid {
		e.Valid = append(e.Valid, v.User)
	}
	return e
}
