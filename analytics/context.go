package analytics

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"redshank/analytics/event"
)

// Bounds of what an alert tells about the accounts in it.
const (
	maxContexts = 5  // accounts: the subject, then those with valid credentials
	maxUsual    = 5  // places of each kind
	maxDeeds    = 12 // signals since the incident began
)

// The marks of an account that alerts tell.
const (
	MarkPrivileged = "privileged"
	MarkService    = "service"
	MarkLeaked     = "leaked"
)

// Context is what a triager asks first about an account of an alert: who it
// is, how it usually works, where it was last, what else it did.
type Context struct {
	Account string
	Marks   []string // MarkPrivileged and its like, as the policy has them now
	Groups  []string // of the policy
	// SignIns are the last successful ones, newest first, at most 4: of each
	// client, service and kind of agent only the last.
	SignIns []SignIn
	// What the account used before the incident, what it used on most days
	// first, at most 5 of each.
	Networks  []string
	Countries []string
	Devices   []string
	Apps      []string
	Clients   []string // browser, outlook, mobile, ...
	Baseline  string   // how ripe what is usual is
	Since     []Deed   // signals since the incident began, the heaviest, oldest first, at most 12
	Items     int      // mail items read since the incident began, as far as the logs tell
	Mailboxes int      // mailboxes of others among them
}

// Deed is one signal of an account, whatever it came to.
type Deed struct {
	Code, Detail string
	First, Last  time.Time
	IP           netip.Addr // of the first; invalid: not known
}

// inform fills in what is known of the accounts and applications of an alert.
// It costs some look-ups and allocations a message, which are rare.
func (c *collection) inform(a *Alert, i *incident) {
	for _, app := range a.Apps {
		if name := c.policy.AppName([]byte(app)); name != "" {
			a.AppNames = append(a.AppNames, name)
		}
	}
	for _, account := range c.concerned(a, i) {
		a.Context = append(a.Context, c.contextOf(account, i))
	}
}

// concerned are the accounts that a triager will ask about: the subject, or
// the account that let an application in; then those whose passwords are known.
func (c *collection) concerned(a *Alert, i *incident) []string {
	var list []string
	add := func(account string) {
		if account != "" && len(list) < maxContexts && !slices.Contains(list, account) {
			list = append(list, account)
		}
	}
	add(i.account)
	if i.account == "" && i.subject != "" {
		if app, ok := c.dossiers.Peek(subjectKey(anApp, []byte(i.subject))); ok {
			if granter, ok := c.dossiers.Peek(app.granter); ok {
				add(granter.subject)
			}
		}
	}
	for _, v := range a.Valid {
		add(v.User)
	}
	return list
}

func (c *collection) contextOf(account string, i *incident) Context {
	x := Context{Account: account, Groups: c.policy.Groups([]byte(account))}
	marks := c.policy.AccountMarks([]byte(account))
	for mark, name := range map[event.Marks]string{event.PrivilegedUser: MarkPrivileged, event.ServiceAccount: MarkService, event.LeakedAccount: MarkLeaked} {
		if marks.Has(mark) {
			x.Marks = append(x.Marks, name)
		}
	}
	slices.Sort(x.Marks)
	d, ok := c.dossiers.Peek(subjectKey(aUser, []byte(account)))
	if !ok {
		return x
	}
	x.Baseline = d.baseline.describe(c.policy.Collection.Baseline)
	x.Since = c.since(d, i.start)
	x.SignIns = c.lastSignIns(d, i.start)
	c.usual(&x, d, i.start)
	if d.mail != nil {
		x.Items = d.mail.between(i.start/hour, d.mail.newest)
	}
	x.Mailboxes = d.mailboxesSince(i.start)
	return x
}

// usual lists the places of before the incident that have a name.
func (c *collection) usual(x *Context, d *dossier, start int64) {
	places := slices.Clone(d.baseline.places)
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(b.days, a.days), cmp.Compare(a.first, b.first), cmp.Compare(a.key, b.key))
	})
	lists := map[placeKind]*[]string{atNetwork: &x.Networks, atCountry: &x.Countries, onDevice: &x.Devices, byApp: &x.Apps, byFamily: &x.Clients}
	for _, p := range places {
		n, ok := c.placeNames.Peek(p.key)
		if list := lists[n.kind]; ok && list != nil && p.first < start && len(*list) < maxUsual {
			*list = append(*list, n.text)
		}
	}
}

// since are the signals of an account from the beginning of an incident on,
// each code once; where there are too many, those that weigh most.
func (c *collection) since(d *dossier, start int64) []Deed {
	first := map[signalKind]Deed{}
	for i := range d.notes {
		if n := &d.notes[i]; n.last >= start {
			deed, known := first[n.kind]
			first[n.kind] = c.deed(n).with(deed, known)
		}
	}
	kinds := slices.SortedFunc(maps.Keys(first), func(a, b signalKind) int {
		return cmp.Or(c.signals[b].Weight-c.signals[a].Weight, int(a)-int(b))
	})
	var list []Deed
	for _, kind := range kinds[:min(len(kinds), maxDeeds)] {
		list = append(list, first[kind])
	}
	slices.SortStableFunc(list, func(a, b Deed) int { return a.First.Compare(b.First) })
	return list
}

func (c *collection) deed(n *note) Deed {
	deed := Deed{Code: c.signals[n.kind].Code, Detail: n.detail, First: at(n.began()), Last: at(n.last)}
	if n.client != (clientKey{}) {
		deed.IP = n.client.addr()
	}
	return deed
}

// with is the earlier of two deeds of one code, as long as both.
func (d Deed) with(o Deed, known bool) Deed {
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

func (d *dossier) mailboxesSince(start int64) int {
	count := 0
	for _, t := range d.mailboxes.All() {
		if t.At >= start {
			count++
		}
	}
	return count
}
