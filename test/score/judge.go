package main

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"redshank/test/world"
)

// verdict is how well one attack was found.
type verdict int

const (
	missed verdict = iota
	partly         // an incident is about it, but names too little of it or the wrong source
	complete
)

// judged is one attack and the incidents about it.
type judged struct {
	*world.Attack
	verdict   verdict
	class     bool // the last class of the first incident is right
	incidents []*incident
	delay     time.Duration // event time from the first act to the first message
	named     int           // valid credentials that an incident names
	unnamed   []world.Valid // the others
}

// judgement is how well a world was judged by a detection.
type judgement struct {
	attacks []*judged
	wrong   []*wrongful
	asked   []*wrongful // questions: low incidents about honest programs
	// Credentials named by all AN1269 incidents, and those of them that an
	// attacker knows.
	credentials, believable int
	unknown                 []named // the others
}

// named is an account that an incident names as known to the attacker.
type named struct {
	*incident
	account string
}

// wrongful is an incident about no attack, and the kind of noise behind it.
type wrongful struct {
	*incident
	kind string
}

// slack is how far an incident may reach beyond the attack that it is about: the
// clusters of AN1269 look a day back, the events of a theft are its own.
const slack, theftSlack = 26 * time.Hour, time.Hour

// judge compares what was found with what happened. An incident is about an
// attack when their times meet and
//
//   - AN1269: at least half of the accounts it names were attacked, and at least
//     half of the addresses it names took part; and its true figures are not
//     beyond twice the attack's (and 5), so that an incident that has swallowed
//     others does not count;
//   - AN0131: its subject is an account, an application, an address or a computer
//     of the attack.
//
// The attack counts as found when the incidents about it, together, stand for
// half of its accounts or addresses (AN1269), or when one of them has opened
// since the theft began and its source, if it has one, is an address of the
// thief (AN0131); otherwise as found partly. An incident about no attack is false, or a
// question where AN0131 gives it the severity low. An incident of the other rule that is
// about an attack counts neither for nor against.
func judge(t *world.Truth, f *found) *judgement {
	j := &judgement{}
	for _, a := range t.Attacks {
		j.attacks = append(j.attacks, &judged{Attack: a})
	}
	for _, i := range f.order {
		j.assign(t, i)
	}
	for _, a := range j.attacks {
		a.conclude()
	}
	j.count(t, f)
	return j
}

// assign gives an incident to the attack that it is about, the best one where
// several fit, or to a kind of noise.
func (j *judgement) assign(t *world.Truth, i *incident) {
	var best *judged
	score, other := 0.0, false
	for _, a := range j.attacks {
		if !a.meets(i) {
			continue
		}
		s := a.score(i)
		if s > 0 && a.Rule != i.last.Rule {
			other = true
			continue
		}
		if s > score {
			best, score = a, s
		}
	}
	switch {
	case best != nil:
		best.incidents = append(best.incidents, i)
	case other:
	case i.last.Rule == "AN0131" && i.last.Severity == "low":
		j.asked = append(j.asked, &wrongful{i, blame(t, i)})
	default:
		j.wrong = append(j.wrong, &wrongful{i, blame(t, i)})
	}
}

func (a *judged) meets(i *incident) bool {
	s := slack
	if a.Rule == "AN0131" {
		s = theftSlack
	}
	return i.last.Start.Before(a.End.Add(s)) && i.last.End.After(a.Start.Add(-s))
}

// score is how much an incident is about the attack, 0 for not at all.
func (a *judged) score(i *incident) float64 {
	accounts, addresses := shareOf(i.accounts, a.Accounts), shareOf(i.addresses, texts(a.Addresses))
	if i.last.Rule == "AN1269" {
		switch {
		case len(i.accounts) > 0 && accounts < 0.5, !a.Shared && len(i.addresses) > 0 && addresses < 0.5:
			return 0
		case i.last.Users > 2*len(a.Accounts)+5, i.last.IPs > 2*len(a.Addresses)+5:
			return 0
		}
		return accounts + addresses
	}
	if !a.isSubject(i) {
		return 0
	}
	return 0.5 + addresses
}

// isSubject reports whether the attack is what an incident is about, by its
// subject, user, application, source or computer.
func (a *judged) isSubject(i *incident) bool {
	m := &i.last
	names := []string{m.Subject, m.User}
	for _, n := range names {
		if n != "" && slices.ContainsFunc(a.Accounts, func(u string) bool { return strings.EqualFold(u, n) }) {
			return true
		}
		if n != "" && (slices.Contains(a.Apps, strings.ToLower(n)) || a.Host != "" && strings.EqualFold(a.Host, n)) {
			return true
		}
	}
	if a.Host != "" && slices.ContainsFunc(m.Hosts, func(h string) bool { return strings.EqualFold(h, a.Host) }) {
		return true
	}
	for _, app := range m.Apps {
		if slices.Contains(a.Apps, strings.ToLower(app)) {
			return true
		}
	}
	return !a.Shared && m.Source != "" && near(m.Source, a.Addresses)
}

// conclude decides whether the attack was found.
func (a *judged) conclude() {
	if len(a.incidents) == 0 {
		return
	}
	slices.SortFunc(a.incidents, func(x, y *incident) int { return x.first.Time.Compare(y.first.Time) })
	first := a.incidents[0]
	a.verdict, a.delay = partly, max(0, first.first.Time.Sub(a.Start))
	a.class = slices.Contains(a.Classes, first.last.Class)
	users, addresses := 0, 0
	for _, i := range a.incidents {
		users += i.last.Users
		addresses += i.last.IPs
		if a.Rule == "AN0131" && !i.first.Time.Before(a.Start.Add(-theftSlack)) && (i.last.Source == "" || near(i.last.Source, a.Addresses)) {
			a.verdict = complete
		}
	}
	if a.Rule == "AN1269" && (2*users >= len(a.Accounts) || 2*addresses >= len(a.Addresses)) {
		a.verdict = complete
	}
	if a.Rule != "AN1269" {
		return
	}
	for _, v := range a.Valid {
		if slices.ContainsFunc(a.incidents, func(i *incident) bool { return hasName(i.valid, v.Account) }) {
			a.named++
		} else {
			a.unnamed = append(a.unnamed, v)
		}
	}
}

// count counts the credentials that were named.
func (j *judgement) count(t *world.Truth, f *found) {
	for _, i := range f.order {
		if i.last.Rule != "AN1269" {
			continue
		}
		for _, v := range i.valid {
			j.credentials++
			if slices.ContainsFunc(t.Attacks, func(a *world.Attack) bool {
				return slices.ContainsFunc(a.Valid, func(k world.Valid) bool { return strings.EqualFold(k.Account, v) })
			}) {
				j.believable++
			} else {
				j.unknown = append(j.unknown, named{i, v})
			}
		}
	}
}

// few is how many accounts a situation may have for one of them to point at it: an
// application that everybody uses says nothing about the rest of their day.
const few = 60

// blame returns the kind of noise that shares the most with a wrong incident.
func blame(t *world.Truth, i *incident) string {
	best, score := "ordinary", 0.0
	for _, n := range t.Noise {
		if i.last.Start.After(n.End.Add(slack)) || i.last.End.Before(n.Start.Add(-time.Hour)) {
			continue
		}
		s := shareOf(i.addresses, texts(n.Addresses))
		if s > 0 || len(n.Accounts) <= few {
			s += shareOf(i.accounts, n.Accounts)
		}
		for _, app := range n.Apps {
			if slices.ContainsFunc(i.apps, func(a string) bool { return strings.EqualFold(a, app) }) || strings.EqualFold(i.last.Subject, app) {
				s++
			}
		}
		if s > score+0.2 {
			best, score = n.Kind, s
		}
	}
	if score < 0.3 {
		if k := swallowed(t, i); k != "" {
			return k
		}
		return "ordinary"
	}
	return best
}

// swallowed is the attack of which a wrong incident names something.
func swallowed(t *world.Truth, i *incident) string {
	best, score := "", 0.05
	for _, a := range t.Attacks {
		if s := shareOf(i.addresses, texts(a.Addresses)); s > score && i.last.Start.Before(a.End.Add(slack)) && i.last.End.After(a.Start.Add(-slack)) {
			best, score = "with attack: "+a.Kind, s
		}
	}
	return best
}

// shareOf is the share of got that is in want; addresses of one IPv6 /64 are
// the same.
func shareOf(got, want []string) float64 {
	if len(got) == 0 {
		return 0
	}
	n := 0
	for _, g := range got {
		if hasName(want, g) {
			n++
		}
	}
	return float64(n) / float64(len(got))
}

// hasName reports whether list has a name, in whatever case, or an address.
func hasName(list []string, name string) bool {
	if a, err := netip.ParseAddr(name); err == nil {
		for _, l := range list {
			if b, err := netip.ParseAddr(l); err == nil && same(a, b) {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(list, func(l string) bool { return strings.EqualFold(l, name) })
}

// near reports whether an address, or its IPv6 /64, is one of list.
func near(address string, list []netip.Addr) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(list, func(b netip.Addr) bool { return same(a, b) })
}

func same(a, b netip.Addr) bool {
	if a.Is6() && b.Is6() {
		p, _ := a.Prefix(64)
		return p.Contains(b)
	}
	return a == b
}

func texts(list []netip.Addr) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.String()
	}
	return out
}

// byKind groups a list by kind, in order of kinds.
func byKind[T any](list []T, kind func(T) string) (kinds []string, groups map[string][]T) {
	groups = map[string][]T{}
	for _, v := range list {
		k := kind(v)
		groups[k] = append(groups[k], v)
	}
	for k := range groups {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, cmp.Compare[string])
	return kinds, groups
}
