package policy

import (
	"bytes"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// Automation is a program known to read mail: a backup, a migration, an eDiscovery
// tool. All conditions given must match; a missing condition matches anything.
type Automation struct {
	Name string
	entryScope
}

// automation are the declared programs.
type automation []*Automation

// read reads [{name, app, account, network, expires}].
func (list *automation) read(r *strict.Reader, at string, n *yaml.Node) {
	*list = nil
	r.Items(at, n, func(item *yaml.Node) {
		a := &Automation{}
		a.read(r, at, item, strict.Fields{"name": strict.Text(&a.Name), "app": strict.Text(&a.app)})
		switch {
		case a.Name == "":
			r.Fail(item, strict.Join(at, "name"), "missing")
		case a.empty():
			r.Fail(item, at, "%q: matches everything (want app, account or network)", strict.Clip(a.Name))
		default:
			*list = append(*list, a)
		}
	})
}

// matches reports whether an event with canonical fields was caused by the program.
func (a *Automation) matches(ev *event.Event) bool {
	switch {
	case a.app != "" && !equalFold(ev.App, a.app):
		return false
	case a.account != nil && !a.account.MatchAccount(ev.User):
		return false
	case len(a.networks) > 0 && !a.covers(ev.IP):
		return false
	}
	return !a.Expired(ev.Time)
}

// cause reports whether any declared program caused the event. They are few, and
// most differ at the first comparison.
func (list automation) cause(ev *event.Event) bool {
	for _, a := range list {
		if a.matches(ev) {
			if !ev.Marks.Has(event.OfDrill) {
				a.hits.Add(1)
			}
			return true
		}
	}
	return false
}

// equalFold compares an id with one in lower case.
func equalFold(b []byte, lower string) bool {
	return len(b) == len(lower) && bytes.EqualFold(b, []byte(lower))
}
