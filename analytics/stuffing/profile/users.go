package profile

import (
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
)

// users are the accounts that sign in from a client.
type users struct {
	signIns []UserSignIn // the latest of each account
	arrived uint32       // sign-ins so far
	known   int32        // accounts for which the address became a known client
	usual   usualFailures
	earlier []unitIncident  // attacks that go on beside that of Client.Unit
	hours   *baseline.Hours // nil until the address is shared

	replaced replacedSignIns

	// The first account, which most clients leave alone, takes no object of its own.
	first      SignIn
	firstEntry [1]UserSignIn
}

// UserSignIn is, at a client, the latest sign-in of one account. The key and the number of its
// latest record among those of the client stand beside the pointer, because a busy
// address is searched for the account of every sign-in.
type UserSignIn struct {
	Key     uint64
	arrived uint32
	*SignIn
}

// SharedUsers is the number of known users that makes an address a shared one.
const SharedUsers = 5

// SignIns returns the latest sign-in of each of the latest accounts, at most maxSignIns. They
// belong to the client.
func (c *Client) SignIns() []UserSignIn {
	if c.users == nil {
		return nil
	}
	return c.users.signIns
}

// KnownUsers returns the number of accounts for which the address is, or was, a
// known client.
func (c *Client) KnownUsers() int {
	if c.users == nil {
		return 0
	}
	return int(c.users.known)
}

// Shared reports whether many people use an address: either the policy
// declares it, or several accounts have signed in from it for a while.
func (c *Client) Shared(marks event.Marks) bool {
	return marks.Has(event.CorporateEgress) || c.KnownUsers() >= SharedUsers
}

// AddSignIn records a successful logon of an account, and reports whether
// anything changed. A full list replaces the account whose latest record arrived
// first, whatever its time: late records come with the failures of their time.
func (c *Client) AddSignIn(got *SignIn) (a *SignIn, changed bool) {
	if c.users == nil {
		c.users = new(users)
	}
	g, oldest := c.users, 0
	g.arrived++
	for i := range g.signIns {
		have := &g.signIns[i]
		if have.Key == got.Key {
			have.Account = got.Account // a new entry if the table evicted the old one
			have.arrived = g.arrived
			c.noteHour(have.SignIn, got)
			return have.SignIn, have.merge(got)
		}
		if have.arrived < g.signIns[oldest].arrived {
			oldest = i
		}
	}
	if len(g.signIns) < maxSignIns {
		g.add(g.room())
		oldest = len(g.signIns) - 1
	}
	c.noteHour(nil, got)
	a = g.signIns[oldest].SignIn
	if a.Outcome == event.Success {
		g.replaced.add(a.Last)
	}
	*a = *got
	g.signIns[oldest] = UserSignIn{got.Key, g.arrived, a}
	return a, true
}

// room returns room for the sign-in of another account.
func (g *users) room() *SignIn {
	if g.signIns == nil {
		g.signIns = g.firstEntry[:0]
		return &g.first
	}
	return new(SignIn)
}

// add appends the sign-in of another account.
func (g *users) add(a *SignIn) { g.signIns = append(g.signIns, UserSignIn{a.Key, g.arrived, a}) }

// noteHour counts a sign-in in the hours of a shared address, if it is the account's
// first in its hour. Mail programs do not count: they sign in at night, too.
func (c *Client) noteHour(have, got *SignIn) {
	mail := got.Agent == MailProtocols || got.Family == event.Mobile || got.Family == event.Outlook || got.Service == event.EAS
	if mail || c.KnownUsers() < SharedUsers || have != nil && got.First >= have.First && have.activeInHours(got.First/event.Hour, got.First/event.Hour) {
		return
	}
	if c.users.hours == nil {
		c.users.hours = new(baseline.Hours)
	}
	c.users.hours.Add(got.First)
}

// SignInOf returns the latest sign-in of an account from the client, or nil.
func (c *Client) SignInOf(key uint64) *SignIn {
	for _, a := range c.SignIns() {
		if a.Key == key {
			return a.SignIn
		}
	}
	return nil
}

// GotIn reports whether the latest sign-in of an account from the client was a success.
func (c *Client) GotIn(key uint64) bool {
	got := c.SignInOf(key)
	return got != nil && got.Outcome == event.Success
}

// Succeeded returns how many accounts got in between two times. Where the list
// is full and all of it lies between them, the accounts that know the address
// count instead. Accounts that the list has replaced may count twice.
func (c *Client) Succeeded(from, to int64) (n int) {
	if c.users != nil {
		n = c.users.replaced.between(from, to)
	}
	for _, a := range c.SignIns() {
		if a.Outcome == event.Success && a.activeBetween(from, to) {
			n++
		}
	}
	if n >= maxSignIns {
		return max(n, c.KnownUsers())
	}
	return n
}

// SucceededWith returns how many accounts got in with a tool between two times. A full list has
// replaced some; the tool has the same share of them as of the list.
func (c *Client) SucceededWith(tool uint32, from, to int64) (n int) {
	with, all := 0, c.SignIns()
	for _, a := range all {
		if a.Tool != tool || a.Outcome != event.Success {
			continue
		}
		with++
		if a.activeBetween(from, to) {
			n++
		}
	}
	if with > 0 {
		n += c.users.replaced.between(from, to) * with / len(all)
	}
	return n
}

// OfNewcomers reports whether most of the people who get in from a client, at least five, had
// not signed in anywhere up to a day before a time, as all of the population on its first day.
func (c *Client) OfNewcomers(p *baseline.Population, at int64) bool {
	all, known := c.SignIns(), 0
	switch {
	case len(all) < SharedUsers:
		return false
	case p.FirstDay(at):
		return true
	}
	for n := 0; n < len(all) && 2*known < len(all); n++ {
		if all[n].Account.HadSignedIn(at - event.Day) {
			known++
		}
	}
	return 2*known < len(all)
}

// UsersBeside returns how many other accounts had their password accepted within a
// day of a sign-in. Those that an incident names do not count; i may be nil.
func (c *Client) UsersBeside(got *SignIn, i *attack.Attack) (n int) {
	for _, a := range c.SignIns() {
		if a.Key != got.Key && a.Last >= got.First-event.Day && a.First <= got.First+event.Day && (i == nil || !i.Valid.Has(a.Key)) {
			n++
		}
	}
	return n
}

// usedBefore reports whether an account had got in from the client well before a time.
func (c *Client) usedBefore(at int64) bool {
	return slices.ContainsFunc(c.SignIns(), func(u UserSignIn) bool { return u.Outcome == event.Success && u.First <= at-ownRecent })
}

// Mature counts the account of a sign-in among the known users of the client once it has
// signed in from there for a while, and reports whether it just became one.
func (c *Client) Mature(here *SignIn) bool {
	if here.counted {
		return false
	}
	h := here.Account.knownAt(c.Key)
	if h == nil || h.counted || !h.owned(h.Last+1) {
		here.counted = h != nil && h.counted
		return false
	}
	h.counted, here.counted = true, true
	c.users.known++
	return true
}

// renewed reports whether all sign-ins of an account from the client were renewed
// sessions from a network foreign to it.
func (c *Client) renewed(key uint64) bool {
	for _, a := range c.SignIns() {
		if a.Key == key {
			return a.Foreign && !a.Password()
		}
	}
	return false
}

// PeopleBeside reports whether at least a number of other accounts got in from a client within
// a day of a sign-in with programs that people use, which are their own as far as is known, and
// with which the attack has not failed.
func (c *Client) PeopleBeside(i *attack.Attack, got *SignIn, least int) bool {
	if len(c.SignIns()) <= least {
		return false
	}
	n := 0
	for _, a := range c.SignIns() {
		if a.Key != got.Key && a.Last >= got.First-event.Day && a.First <= got.First+event.Day && a.Personal() && !i.UsesAgent(a.Agent) && !a.Account.NeverUsed(a.Agent, i.Start) {
			if n++; n == least {
				return true
			}
		}
	}
	return false
}

// OfOthers reports whether an attempt or a success at a time is of people who use the
// client beside the attacker, with a program that is not the attacker's: of an account
// that the attack has not tried, which knows the network; or well after the attack, where
// people were before it.
func (c *Client) OfOthers(i *attack.Attack, a *Account, agent uint32, familiar bool, at int64) bool {
	switch {
	case a == nil || i.UsesAgent(agent) || i.AgentsFull():
		return false
	case at > i.End+attack.PauseAfter(i.End-i.Start, i.Counts.Failures) && c.usedBefore(i.Start):
		return true
	}
	return familiar && agent != 0 && !i.HasFailed(a.Key)
}
