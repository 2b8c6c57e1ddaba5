package collection

import (
	"cmp"
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/explain"
)

// maxDescribed bounds the signals, and the subjects, of one description.
const maxDescribed = 48

// Describe implements explain.Describer. Of an address it returns the signals of all
// subjects from there.
func (c *Detector) Describe(of explain.Subject) []explain.Fact {
	f := &explain.Facts{Of: ruleCollection.ID}
	if of.Account == "" {
		c.describeAddress(f, event.ClientKey(of.Address.As16()))
		return f.List
	}
	d, ok := c.subjects.profiles.Peek(subjectKey(aUser, []byte(of.Account)))
	if !ok {
		if d, ok = c.subjects.profiles.Peek(subjectKey(anApp, []byte(of.Account))); !ok {
			f.Add("profile", "not known: no successful sign-in and no access to mail of it is kept")
			return f.List
		}
	}
	f.Add("baseline", "%s", d.Baseline.Describe(c.weights.policy.Collection.Baseline))
	c.describeSignals(f, d, event.ClientKey{}, "")
	c.describeScore(f, d)
	return f.List
}

// describeAddress adds the signals of every subject that came from an address.
func (c *Detector) describeAddress(f *explain.Facts, from event.ClientKey) {
	var subjects []*profile
	c.subjects.profiles.Each(func(_ uint64, d *profile) {
		if slices.ContainsFunc(d.observations, func(n observation) bool { return n.client == from }) {
			subjects = append(subjects, d)
		}
	})
	slices.SortFunc(subjects, func(a, b *profile) int { return cmp.Compare(a.subject, b.subject) })
	for _, d := range subjects[:min(len(subjects), maxDescribed)] {
		c.describeSignals(f, d, from, d.subject+": ")
	}
	if len(subjects) == 0 {
		f.Add("signals", "none from this address")
	}
}

// describeSignals adds the incident and the signals of a subject, or those from one
// address, oldest first. Names are given behind prefix.
func (c *Detector) describeSignals(f *explain.Facts, d *profile, from event.ClientKey, prefix string) {
	if i := d.incident; i != nil {
		f.Add("incident", "%s%s, %s, %s, %s: %d items, %s to %s", prefix, i.ID, i.Class, i.Severity,
			map[bool]string{true: "closed", false: "open"}[i.Closed()], i.Counts.Items, clock(i.Start), clock(i.End))
	}
	list := slices.Clone(d.observations)
	slices.SortStableFunc(list, func(a, b observation) int { return cmp.Compare(a.first, b.first) })
	for i := range list {
		n := &list[i]
		if from != (event.ClientKey{}) && n.client != from {
			continue
		}
		text := prefix + clock(n.first) + " " + signalCodes[n.kind]
		if detail := n.text(); detail != "" {
			text += " (" + detail + ")"
		}
		if n.client != (event.ClientKey{}) && n.text() != n.client.Addr().String() {
			text += " from " + n.client.Addr().String()
		}
		if seen := c.weights.seenBy(d, n); seen != "" {
			text += ", " + seen
		}
		if n.inIncident {
			text += ", part of the incident"
		}
		f.Add("signal", "%s, weight %d of %d", text, c.weights.of(d, n), c.weights.signals[n.kind].Weight)
	}
}

// describeScore adds the highest score of the observations near each other, with the
// scores at which an incident opens.
func (c *Detector) describeScore(f *explain.Facts, d *profile) {
	var best correlation
	opens := false
	for i := range d.observations {
		var fresh freshWeights
		s := c.evidence.correlate(d, &d.observations[i], &fresh)
		if s.signIn+s.access > best.signIn+best.access {
			best = s
		}
		opens = opens || s.opens()
	}
	if len(d.observations) == 0 {
		f.Add("signals", "none")
		return
	}
	f.Add("score", "sign-in %d and access %d; an incident opens at %d of both together with at least %d of access (at %d if the only access is that mail was opened), at %d of access alone, or by one signal of %d: %s",
		best.signIn, best.access, opensAt, leastAccess, weakAt, aloneAt, opensAt, map[bool]string{true: "enough", false: "not enough"}[opens])
}

// clock returns a time in Unix milliseconds as text in UTC.
func clock(at int64) string { return event.UnixTime(at).Format("2006-01-02 15:04:05") }
