package collection

import (
	"cmp"
	"maps"
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/collection/behaviour"
	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
)

// Bounds of the context of an alert.
const (
	maxContexts = 5  // accounts: the subject, then those with valid credentials
	maxUsual    = 5  // features of each kind
	maxObserved = 12 // signals since the incident began
)

// accountContext adds the context of accounts to an alert.
type accountContext struct {
	policy   *policy.Policy
	subjects *subjects
	networks *networks
	signals  *[signalKinds]policy.Signal
}

// addContext adds the context of the accounts and applications of an alert. It costs
// some look-ups and allocations per alert.
func (c *accountContext) addContext(a *alert.Alert, i *incident.Incident) {
	for _, app := range a.Apps {
		if name := c.policy.AppName([]byte(app)); name != "" {
			a.AppNames = append(a.AppNames, name)
		}
	}
	for _, account := range c.concerned(a, i) {
		a.Context = append(a.Context, c.contextOf(account, i))
	}
}

// concerned returns the accounts that an analyst will ask about: the subject, the accounts that
// let an application in, or those of a stolen address; then those with valid credentials.
func (c *accountContext) concerned(a *alert.Alert, i *incident.Incident) []string {
	var list []string
	add := func(account string) {
		if account != "" && len(list) < maxContexts && !slices.Contains(list, account) {
			list = append(list, account)
		}
	}
	add(i.Account)
	if i.Account == "" && i.Subject != "" {
		if app, ok := c.subjects.profiles.Peek(subjectKey(anApp, []byte(i.Subject))); ok {
			for _, account := range app.Accounts {
				if o, ok := c.subjects.profiles.Peek(account); ok && account != 0 {
					add(o.subject)
				}
			}
		}
	}
	if i.Subject == "" {
		for _, account := range a.Accounts {
			add(account)
		}
	}
	for _, v := range a.Valid {
		add(v.User)
	}
	return list
}

// contextOf returns the context of an account, for an incident.
func (c *accountContext) contextOf(account string, i *incident.Incident) alert.Context {
	x := alert.Context{Account: account, Groups: c.policy.Groups([]byte(account))}
	marks := c.policy.AccountMarks([]byte(account))
	for mark, name := range map[event.Marks]string{event.PrivilegedUser: alert.MarkPrivileged, event.ServiceAccount: alert.MarkService, event.LeakedAccount: alert.MarkLeaked} {
		if marks.Has(mark) {
			x.Marks = append(x.Marks, name)
		}
	}
	slices.Sort(x.Marks)
	d, ok := c.subjects.profiles.Peek(subjectKey(aUser, []byte(account)))
	if !ok {
		return x
	}
	x.Baseline = d.Baseline.Describe(c.policy.Collection.Baseline)
	x.Since = c.since(d, i.Start)
	x.SignIns = c.lastSignIns(d, i)
	c.usual(&x, d, i.Start)
	if d.Mail != nil {
		x.Items = d.Mail.Since(i.Start / event.Hour)
	}
	x.Mailboxes = d.ReadsSince(i.Start)
	return x
}

// usual lists the named features that were used before the incident.
func (c *accountContext) usual(x *alert.Context, d *profile, start int64) {
	features := slices.Clone(d.Baseline.Features)
	slices.SortFunc(features, func(a, b baseline.KnownFeature) int {
		return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(a.First, b.First), cmp.Compare(a.Key, b.Key))
	})
	lists := map[baseline.Kind]*[]string{baseline.Network: &x.Networks, baseline.Country: &x.Countries, baseline.Device: &x.Devices, baseline.App: &x.Apps, baseline.Family: &x.Clients}
	for _, p := range features {
		n, ok := c.networks.featureNames.Peek(p.Key)
		if list := lists[n.Kind]; ok && list != nil && p.First < start && len(*list) < maxUsual {
			*list = append(*list, n.Text)
		}
	}
}

// since returns the signals of an account since the start of an incident, each
// code once. If there are too many, those with the highest weights are returned. A
// signal that had begun before does not count: whether its last observation was
// before or after the start depends on what the pair cache still held.
func (c *accountContext) since(d *profile, start int64) []alert.Observation {
	first := map[signalKind]alert.Observation{}
	for i := range d.observations {
		if n := &d.observations[i]; n.began() >= start {
			have, known := first[n.kind]
			first[n.kind] = earlier(c.observed(n), have, known)
		}
	}
	kinds := slices.SortedFunc(maps.Keys(first), func(a, b signalKind) int {
		return cmp.Or(c.signals[b].Weight-c.signals[a].Weight, int(a)-int(b))
	})
	var list []alert.Observation
	for _, kind := range kinds[:min(len(kinds), maxObserved)] {
		list = append(list, first[kind])
	}
	slices.SortStableFunc(list, func(a, b alert.Observation) int { return a.First.Compare(b.First) })
	return list
}

// observed returns an observation as an alert lists it.
func (c *accountContext) observed(n *observation) alert.Observation {
	o := alert.Observation{Code: c.signals[n.kind].Code, Detail: n.text(), First: event.UnixTime(n.began()), Last: event.UnixTime(n.last)}
	if n.client != (event.ClientKey{}) {
		o.IP = n.client.Addr()
	}
	return o
}

// earlier returns the earlier of two observations of one code, extended to the end of
// both. o counts only if known.
func earlier(d, o alert.Observation, known bool) alert.Observation {
	if !known {
		return d
	}
	last := d.Last
	if o.Last.After(last) {
		last = o.Last
	}
	if !o.First.After(d.First) {
		d = o
	}
	d.Last = last
	return d
}

// lastSignIns returns the recent sign-ins of an account. A network is usual if it
// was used before the incident. Without a database of network owners a network is a
// large range, so an address of the incident itself must have been used before.
func (c *accountContext) lastSignIns(d *profile, i *incident.Incident) []alert.SignIn {
	var list []alert.SignIn
	for _, v := range d.SignIns {
		if v.At == 0 {
			break
		}
		s := alert.SignIn{At: event.UnixTime(v.At), Service: v.Service.String(), Client: v.Family.String()}
		if v.Client != (event.ClientKey{}) {
			s.IP = v.Client.Addr()
			l := c.policy.Locate(s.IP)
			s.Country, s.Labels = l.Country, c.policy.NetworkLabels(s.IP)
			if l.ASN != 0 {
				s.Network = ownerName(l.ASN, l.Organization)
			}
			s.Usual = d.Baseline.UsedBefore(baseline.NetworkKey(s.IP, l.ASN), i.Start) &&
				(!i.Involves(s.IP) || d.signedInBefore(v.Client, i.Start))
		}
		list = append(list, s)
	}
	return list
}

// signedInBefore reports whether one of the recent sign-ins of an account from a
// client was before a time in Unix milliseconds.
func (d *profile) signedInBefore(client event.ClientKey, at int64) bool {
	return slices.ContainsFunc(d.SignIns[:], func(v behaviour.SignIn) bool { return v.At != 0 && v.At < at && v.Client == client })
}

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
	var profiles []*profile
	c.subjects.profiles.Each(func(_ uint64, d *profile) {
		if slices.ContainsFunc(d.observations, func(n observation) bool { return n.client == from }) {
			profiles = append(profiles, d)
		}
	})
	slices.SortFunc(profiles, func(a, b *profile) int { return cmp.Compare(a.subject, b.subject) })
	for _, d := range profiles[:min(len(profiles), maxDescribed)] {
		c.describeSignals(f, d, from, d.subject+": ")
	}
	if len(profiles) == 0 {
		f.Add("signals", "none from this address")
	}
}

// describeSignals adds the incidents and the signals of a subject, or those from one
// address, oldest first. Names are given behind prefix.
func (c *Detector) describeSignals(f *explain.Facts, d *profile, from event.ClientKey, prefix string) {
	for _, i := range d.thefts {
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
		if n.theft != nil {
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
	c.evidence.update(d, d.every())
	counted := d.counted()
	for i := range d.observations {
		s := d.score(d.observations[i].nearby & counted)
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
