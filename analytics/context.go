package analytics

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"redshank/analytics/event"
)

// Bounds of what an alert tells about the accounts in it.
const (
	maxContexts = 5  // accounts: the subject, then those with valid credentials
	maxUsual    = 5  // places of each kind
	maxDeeds    = 10 // signals since the incident began
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
	Since     []Deed   // signals since the incident began, oldest first, at most 10
	Items     int      // mail items read since the incident began, as far as the logs tell
	Mailboxes int      // mailboxes of others among them
}

// SignIn is one successful sign-in of an account.
type SignIn struct {
	At      time.Time
	IP      netip.Addr // invalid: not known
	Country string     // ISO 3166, by the policy's database
	Network string     // its owner likewise
	Labels  []string   // of the policy
	Usual   bool       // the account used that network before the incident
	Service string
	Client  string // kind of agent
}

// Deed is one signal of an account, whatever it came to.
type Deed struct {
	Code, Detail string
	First, Last  time.Time
	IP           netip.Addr // of the first; invalid: not known
}

// came is one sign-in that went well. 32 bytes, four of them a dossier.
type came struct {
	at      int64
	client  clientKey // zero: not known
	service event.Service
	family  event.Family
}

func cameOf(ev *event.Event) came {
	v := came{at: ev.Time.UnixMilli(), service: ev.Service, family: ev.Family}
	if ev.IP.IsValid() {
		v.client = clientKey(ev.IP.As16())
	}
	return v
}

// cameIn remembers a sign-in among the newest, in place of an older one of the
// same kind: a busy mail client must not push out the one from elsewhere. What
// is kept does not depend on the order.
func (d *dossier) cameIn(v came) {
	at := len(d.came) - 1
	for i := range d.came {
		if o := &d.came[i]; o.client == v.client && o.service == v.service && o.family == v.family {
			at = i
			break
		}
	}
	if v.at <= d.came[at].at {
		return
	}
	for ; at > 0 && d.came[at-1].at < v.at; at-- {
		d.came[at] = d.came[at-1]
	}
	d.came[at] = v
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

func (c *collection) lastSignIns(d *dossier, start int64) []SignIn {
	var list []SignIn
	for _, v := range d.came {
		if v.at == 0 {
			break
		}
		s := SignIn{At: at(v.at), Service: v.service.String(), Client: v.family.String()}
		if v.client != (clientKey{}) {
			s.IP = v.client.addr()
			l := c.policy.Locate(s.IP)
			s.Country, s.Labels = l.Country, c.policy.NetworkLabels(s.IP)
			if l.ASN != 0 {
				s.Network = ownerName(l.ASN, l.Organization)
			}
			s.Usual = d.baseline.usedBefore(networkKey(s.IP, l.ASN), start)
		}
		list = append(list, s)
	}
	return list
}

// usedBefore tells whether a place was used before a time, ripe or not.
func (b *baseline) usedBefore(key uint64, at int64) bool {
	return slices.ContainsFunc(b.places, func(p place) bool { return p.key == key && p.first < at })
}

// usual lists the places of before the incident that have a name.
func (c *collection) usual(x *Context, d *dossier, start int64) {
	places := slices.Clone(d.baseline.places)
	slices.SortFunc(places, func(a, b place) int {
		switch {
		case a.days != b.days:
			return int(b.days - a.days)
		case a.first != b.first:
			return int(min(max(a.first-b.first, -1), 1))
		case a.key < b.key:
			return -1
		}
		return 1
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
// each code once.
func (c *collection) since(d *dossier, start int64) []Deed {
	notes := slices.DeleteFunc(slices.Clone(d.notes), func(n note) bool { return n.last < start })
	slices.SortStableFunc(notes, func(a, b note) int {
		if a.first != b.first {
			return int(min(max(a.first-b.first, -1), 1))
		}
		return strings.Compare(c.signals[a.kind].Code+a.detail, c.signals[b.kind].Code+b.detail)
	})
	var list []Deed
	for _, n := range notes {
		code := c.signals[n.kind].Code
		if i := slices.IndexFunc(list, func(d Deed) bool { return d.Code == code }); i >= 0 {
			if last := at(n.last); last.After(list[i].Last) {
				list[i].Last = last
			}
			continue
		}
		if len(list) == maxDeeds {
			break
		}
		deed := Deed{Code: code, Detail: n.detail, First: at(n.first), Last: at(n.last)}
		if n.client != (clientKey{}) {
			deed.IP = n.client.addr()
		}
		list = append(list, deed)
	}
	return list
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
