package stuffing

import (
	"math"
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/window"
)

const (
	minute = event.Minute // in milliseconds, as all times here
	hour   = event.Hour
	day    = event.Day
)

// maxClientAttempts and maxSignIns bound what one client keeps: about 9 KB at the worst.
const (
	maxClientAttempts = 128
	maxSignIns        = 64
)

// client is the profile of one client address. Most clients have a single
// attempt.
type client struct {
	key      event.ClientKey
	incident *attack.Attack // the last incident it was part of
	campaign *attack.Attack // the last campaign it was part of
	unit     *unit          // the attacking part of a shared address; nil: the whole address
	newest   int32          // Unix minute after its newest attempt, at least
	added    uint32         // attempts so far
	owner    uint32         // of the network; see profiles.owner
	looked   int32          // hour of the last check of the days
	wait     lateness
	attempts window.Attempts
	users    *users // nil: none yet
}

// users are the accounts that sign in from a client.
type users struct {
	signIns []userSignIn // the latest of each account
	arrived uint32       // sign-ins so far
	known   int32        // accounts for which the address became a known client
	usual   usualFailures
	earlier []unitIncident  // attacks that go on beside that of client.unit
	hours   *baseline.Hours // nil until the address is shared

	replaced replacedSignIns

	// The first account, which most clients leave alone, takes no object of its own.
	first      signIn
	firstEntry [1]userSignIn
}

// userSignIn is the latest sign-in of one account. The key and the number of its
// latest record among those of the client stand beside the pointer, because a busy
// address is searched for the account of every sign-in.
type userSignIn struct {
	key     uint64
	arrived uint32
	*signIn
}

// signIns are those of its users.
func (c *client) signIns() []userSignIn {
	if c.users == nil {
		return nil
	}
	return c.users.signIns
}

// knownUsers is the number of accounts for which the address is, or was, a
// known client.
func (c *client) knownUsers() int {
	if c.users == nil {
		return 0
	}
	return int(c.users.known)
}

// noteFailure records the time of a failure separately from the list, so that
// most successful logons need not search the list.
func (c *client) noteFailure(at int64) {
	c.newest = max(c.newest, int32(at/minute)+1)
}

// failedSince reports whether an attempt may have failed since a time.
func (c *client) failedSince(at int64) bool { return int64(c.newest)*minute >= at }

// timeGrain is the resolution of the time of a repeated success, in
// milliseconds; saveGrain is the resolution at which the time is saved. Most
// records only move the last time of a known user, and saving each move costs
// six times as much as detection. A crash may lose the last ten minutes of a
// sign-in's duration, but never the sign-in.
const (
	timeGrain = 10_000
	saveGrain = 10 * 60 * 1000
)

// movesEnough reports whether a time has moved far enough to be saved.
func movesEnough(from, to int64) bool { return from/saveGrain != to/saveGrain }

// addSignIn records a successful logon of an account, and reports whether
// anything changed. A full list replaces the account whose latest record arrived
// first, whatever its time: late records come with the failures of their time.
func (c *client) addSignIn(got *signIn) (a *signIn, changed bool) {
	if c.users == nil {
		c.users = new(users)
	}
	g, oldest := c.users, 0
	g.arrived++
	for i := range g.signIns {
		have := &g.signIns[i]
		if have.key == got.key {
			have.account = got.account // a new entry if the table evicted the old one
			have.arrived = g.arrived
			c.noteHour(have.signIn, got)
			return have.signIn, have.merge(got)
		}
		if have.arrived < g.signIns[oldest].arrived {
			oldest = i
		}
	}
	if len(g.signIns) < maxSignIns {
		g.add(g.newSignIn())
		oldest = len(g.signIns) - 1
	}
	c.noteHour(nil, got)
	a = g.signIns[oldest].signIn
	if a.outcome == event.Success {
		g.replaced.add(a.last)
	}
	*a = *got
	g.signIns[oldest] = userSignIn{got.key, g.arrived, a}
	return a, true
}

// newSignIn returns room for the sign-in of another account.
func (g *users) newSignIn() *signIn {
	if g.signIns == nil {
		g.signIns = g.firstEntry[:0]
		return &g.first
	}
	return new(signIn)
}

// add appends the sign-in of another account.
func (g *users) add(a *signIn) { g.signIns = append(g.signIns, userSignIn{a.key, g.arrived, a}) }

// replacedSignIns counts the accounts that a full list has replaced, by the time of their
// latest sign-in: an address of thousands fills a list within a minute.
type replacedSignIns struct {
	counts []uint16 // of the latest six hours, by ten minutes; nil: none yet
	newest int32    // ten minutes from 1970
}

const (
	replacedGrain = 10 * minute
	replacedSlots = 36
)

// add counts an account whose latest sign-in was at a time. Earlier ones than the latest six
// hours do not count.
func (r *replacedSignIns) add(at int64) {
	now := int32(max(at, 0) / replacedGrain)
	if r.counts == nil {
		r.counts, r.newest = make([]uint16, replacedSlots), now
	}
	for ; r.newest < now; r.newest++ {
		if now-r.newest > replacedSlots {
			r.newest = now - replacedSlots
		}
		r.counts[(r.newest+1)%replacedSlots] = 0
	}
	if n := &r.counts[now%replacedSlots]; now > r.newest-replacedSlots && *n < math.MaxUint16 {
		*n++
	}
}

// between returns how many accounts were replaced that signed in between two times, to
// ten minutes.
func (r *replacedSignIns) between(from, to int64) (n int) {
	if r.counts == nil {
		return 0
	}
	for slot := max(int32(from/replacedGrain), r.newest-replacedSlots+1, 0); slot <= min(int32(to/replacedGrain), r.newest); slot++ {
		n += int(r.counts[slot%replacedSlots])
	}
	return n
}

// succeeded returns how many accounts got in between two times. Where the list
// is full and all of it lies between them, the accounts that know the address
// count instead. Accounts that the list has replaced may count twice.
func (c *client) succeeded(from, to int64) (n int) {
	if c.users != nil {
		n = c.users.replaced.between(from, to)
	}
	for _, a := range c.signIns() {
		if a.outcome == event.Success && a.activeBetween(from, to) {
			n++
		}
	}
	if n >= maxSignIns {
		return max(n, c.knownUsers())
	}
	return n
}

// ofNewcomers reports whether most of the people who get in from a client, at least five, had
// not signed in anywhere up to a day before a time, as all of the population on its first day.
func (c *client) ofNewcomers(p *baseline.Population, at int64) bool {
	all, known := c.signIns(), 0
	switch {
	case len(all) < sharedUsers:
		return false
	case p.FirstDay(at):
		return true
	}
	for n := 0; n < len(all) && 2*known < len(all); n++ {
		if all[n].account.hadSignedIn(at - day) {
			known++
		}
	}
	return 2*known < len(all)
}

// usersBeside returns how many other accounts had their password accepted within a
// day of a sign-in, at most maxUsersBeside+1. Those that an incident names do not count;
// i may be nil.
func (c *client) usersBeside(got *signIn, i *attack.Attack) (n int) {
	all := c.signIns()
	for at := 0; at < len(all) && n <= maxUsersBeside; at++ {
		if a := all[at]; a.key != got.key && a.last >= got.first-day && a.first <= got.first+day && (i == nil || !i.Valid.Has(a.key)) {
			n++
		}
	}
	return n
}

// onlyAttacker reports whether a sign-in from a network foreign to its account can only
// be the attacker's, whatever it proves: hardly anybody else gets in from the client but
// the accounts whose passwords the incident names.
func (c *client) onlyAttacker(i *attack.Attack, got *signIn) bool {
	return got.foreign && !c.shared(0) && window.NamesTool(got.tool) && c.usersBeside(got, i) <= maxUsersBeside
}

// failedBefore reports whether the client had failed for an account other than the one
// of a success before it.
func (c *client) failedBefore(got *signIn) bool {
	return slices.ContainsFunc(c.attempts.All(), func(t window.Attempt) bool { return t.Key != got.key && !t.Succeeded && t.At < got.first })
}

// failedForOthers reports whether the client has failed for an account other
// than the one given.
func (c *client) failedForOthers(key uint64) bool {
	return c.incident != nil || slices.ContainsFunc(c.attempts.All(), func(t window.Attempt) bool { return t.Key != key && !t.Succeeded })
}

// failedWith reports whether the client has failed with the tool of a success for an
// account other than its own.
func (c *client) failedWith(got *signIn) bool {
	return c.incident != nil || slices.ContainsFunc(c.attempts.All(), func(t window.Attempt) bool { return t.Key != got.key && t.Tool == got.tool && !t.Succeeded })
}

// noteHour counts a sign-in in the hours of a shared address, if it is the account's
// first in its hour. Mail programs do not count: they sign in at night, too.
func (c *client) noteHour(have, got *signIn) {
	mail := got.agent == mailProtocols || got.family == event.Mobile || got.family == event.Outlook || got.service == event.EAS
	if mail || c.knownUsers() < sharedUsers || have != nil && got.first >= have.first && have.activeInHours(got.first/hour, got.first/hour) {
		return
	}
	if c.users.hours == nil {
		c.users.hours = new(baseline.Hours)
	}
	c.users.hours.Add(got.first)
}

// attackMade reports whether a failure within reach of the client's incident is part of
// it, and not one of the other people there.
func (c *client) attackMade(t *window.Attempt, a *account) bool {
	familiar := a.familiar(c, t, c.incident.Start)
	if c.unit != nil {
		return c.unit.has(t.Tool, lasts(t.Family, t.Agent), familiar, t.At)
	}
	if windowsOnly(t) { // names no program
		return !familiar || t.At <= c.incident.End+attackPause
	}
	return !c.others(c.incident, a, t.Agent, familiar, t.At)
}

// others reports whether an attempt or a success at a time is of people who use the
// client beside the attacker, with a program that is not the attacker's: of an account
// that the attack has not tried, which knows the network; or well after the attack, where
// people were before it.
func (c *client) others(i *attack.Attack, a *account, agent uint32, familiar bool, at int64) bool {
	switch {
	case a == nil || i.UsesAgent(agent) || i.AgentsFull():
		return false
	case at > i.End+pauseAfter(i.End-i.Start, i.Counts.Failures) && c.usedBefore(i.Start):
		return true
	}
	return familiar && agent != 0 && !i.HasFailed(a.key)
}

// usedBefore reports whether an account had got in from the client well before a time.
func (c *client) usedBefore(at int64) bool {
	return slices.ContainsFunc(c.signIns(), func(u userSignIn) bool { return u.outcome == event.Success && u.first <= at-ownRecent })
}

// kept returns the attempt of the list that t, which another log reports, was joined to,
// with its time; or t if it was not joined.
func (c *client) kept(t *window.Attempt) *window.Attempt {
	all := c.attempts.All()
	for n := len(all) - 1; n >= 0 && all[n].At >= t.At-window.JoinWithin; n-- {
		if o := &all[n]; o.Tool == t.Tool && (o.Key == t.Key || t.Key == 0) && o.At <= t.At+window.JoinWithin {
			return o
		}
	}
	return t
}

// signInOf returns the latest sign-in of an account from the client, or nil.
func (c *client) signInOf(key uint64) *signIn {
	for _, a := range c.signIns() {
		if a.key == key {
			return a.signIn
		}
	}
	return nil
}

// forgives reports whether the password of the account of t was accepted here
// soon after it failed: the typo of somebody who knows the password. a is the account,
// or nil; it remembers the client when others have replaced its sign-in there.
func (c *client) forgives(t *window.Attempt, a *account, within int64, shared bool) bool {
	got := c.signInOf(t.Key)
	if got != nil && (!shared || sameProgram(t, got.agent, got.tool)) && soonAfter(t.At, got.first, got.last, within) {
		return true
	}
	h := a.knownAt(c.key)
	return h != nil && (!shared || h.uses(t.Agent)) && soonAfter(t.At, h.first, h.last, within)
}

// recovers reports whether the account of a failure got in here within an hour of it, with
// the program that failed and its password.
func (c *client) recovers(t *window.Attempt) bool {
	got := c.signInOf(t.Key)
	return got != nil && got.outcome == event.Success && got.password() && sameProgram(t, got.agent, got.tool) &&
		soonAfter(t.At, got.first, got.last, recoverWithin)
}

// gotIn reports whether the latest sign-in of an account from the client was a success.
func (c *client) gotIn(key uint64) bool {
	got := c.signInOf(key)
	return got != nil && got.outcome == event.Success
}

// shared reports whether many people use an address: either the policy
// declares it, or several accounts have signed in from it for a while.
func (c *client) shared(marks event.Marks) bool {
	return marks.Has(event.CorporateEgress) || c.knownUsers() >= sharedUsers
}

// repeats reports whether the client has failed for the same account in the
// hours before: a program that keeps trying counts once.
func (c *client) repeats(t *window.Attempt) bool {
	const within = 6 * hour
	all := c.attempts.All()
	for n := len(all) - 1; n >= 0 && all[n].At >= t.At-within; n-- {
		if o := &all[n]; o.Key == t.Key && o.At < t.At {
			return true
		}
	}
	return false
}

// retries reports whether a failure is one more of a program with an old password, such
// as a printer's: the client has failed for one account only, at regular intervals or
// for more than a day.
func (c *client) retries(t *window.Attempt) bool {
	all := c.attempts.All()
	if t.Key == 0 || len(all) < staleAttempts {
		return false
	}
	var p attack.Periodic
	for i := range all {
		if all[i].Key != t.Key {
			return false
		}
		p.Add(all[i].At)
	}
	return p.Regular() || all[len(all)-1].At-all[0].At > day
}

// sharedUsers is the number of known users that makes an address a shared one.
const sharedUsers = 5
