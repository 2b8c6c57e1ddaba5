package profile

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/window"
)

// MaxAttempts and maxSignIns bound what one client keeps: about 9 KB at the worst. An account
// keeps as many attempts.
const (
	MaxAttempts = 128
	maxSignIns  = 64
)

// Client is the profile of one client address. Most clients have a single
// attempt.
type Client struct {
	Key      event.ClientKey
	Incident *attack.Attack  // the last incident it was part of
	Campaign *attack.Attack  // the last campaign it was part of
	Unit     *attack.Unit    // the attacking part of a shared address; nil: the whole address
	newest   int32           // Unix minute after its newest attempt, at least
	Added    uint32          // attempts so far
	Owner    uint32          // of the network: an autonomous system, or a prefix; 0: not known
	Looked   int32           // when its days were last compared, in hours from 1970
	Wait     Lateness        // of decisions about it
	Attempts window.Attempts // at most MaxAttempts, outside of its incident
	users    *users          // nil: none yet
	Unnamed  bool            // no incident names an account for a sign-in here
}

// NoteFailure records the time of a failure separately from the list, so that
// most successful logons need not search the list.
func (c *Client) NoteFailure(at int64) {
	c.newest = max(c.newest, int32(at/event.Minute)+1)
}

// FailedSince reports whether an attempt may have failed since a time.
func (c *Client) FailedSince(at int64) bool { return int64(c.newest)*event.Minute >= at }

// timeGrain is the resolution of the time of a repeated success, in
// milliseconds; saveGrain is the resolution at which the time is saved. Most
// records only move the last time of a known user, and saving each move costs
// six times as much as detection. A crash may lose the last ten minutes of a
// sign-in's duration, but never the sign-in.
const (
	timeGrain = 10_000
	saveGrain = 10 * event.Minute
)

// movesEnough reports whether a time has moved far enough to be saved.
func movesEnough(from, to int64) bool { return from/saveGrain != to/saveGrain }

// FailedBefore reports whether the client had failed for an account other than the one
// of a success before it.
func (c *Client) FailedBefore(got *SignIn) bool {
	return slices.ContainsFunc(c.Attempts.All(), func(t window.Attempt) bool { return t.Key != got.Key && !t.Succeeded && t.At < got.First })
}

// FailedForOthers reports whether the client has failed for an account other
// than the one given.
func (c *Client) FailedForOthers(key uint64) bool {
	return c.Incident != nil || slices.ContainsFunc(c.Attempts.All(), func(t window.Attempt) bool { return t.Key != key && !t.Succeeded })
}

// FailedWith reports whether the client has failed with the tool of a success for an
// account other than its own.
func (c *Client) FailedWith(got *SignIn) bool {
	return c.Incident != nil || slices.ContainsFunc(c.Attempts.All(), func(t window.Attempt) bool { return t.Key != got.Key && t.Tool == got.Tool && !t.Succeeded })
}

// Kept returns the attempt of the list that t, which another log reports, was joined to,
// with its time; or t if it was not joined.
func (c *Client) Kept(t *window.Attempt) *window.Attempt {
	all := c.Attempts.All()
	for n := len(all) - 1; n >= 0 && all[n].At >= t.At-window.JoinWithin; n-- {
		if o := &all[n]; o.Tool == t.Tool && (o.Key == t.Key || t.Key == 0) && o.At <= t.At+window.JoinWithin {
			return o
		}
	}
	return t
}

// Forgives reports whether the password of the account of t was accepted here
// soon after it failed: the typo of somebody who knows the password. a is the account,
// or nil; it remembers the client when others have replaced its sign-in there.
func (c *Client) Forgives(t *window.Attempt, a *Account, within int64, shared bool) bool {
	got := c.SignInOf(t.Key)
	if got != nil && (!shared || SameProgram(t, got.Agent, got.Tool)) && soonAfter(t.At, got.First, got.Last, within) {
		return true
	}
	h := a.knownAt(c.Key)
	return h != nil && (!shared || h.uses(t.Agent)) && soonAfter(t.At, h.First, h.Last, within)
}

// Recovers reports whether the account of a failure got in here within a time after it, in
// milliseconds, with the program that failed and its password.
func (c *Client) Recovers(t *window.Attempt, within int64) bool {
	got := c.SignInOf(t.Key)
	return got != nil && got.Outcome == event.Success && got.Password() && SameProgram(t, got.Agent, got.Tool) &&
		soonAfter(t.At, got.First, got.Last, within)
}

// Repeats reports whether the client has failed for the same account in the
// hours before: a program that keeps trying counts once.
func (c *Client) Repeats(t *window.Attempt) bool {
	const within = 6 * event.Hour
	all := c.Attempts.All()
	for n := len(all) - 1; n >= 0 && all[n].At >= t.At-within; n-- {
		if o := &all[n]; o.Key == t.Key && o.At < t.At {
			return true
		}
	}
	return false
}

// StaleAttempts is the least number of attempts of one account that can look like
// those of a stale client.
const StaleAttempts = 4

// Retries reports whether a failure is one more of a program with an old password, such
// as a printer's: the client has failed for one account only, at regular intervals or
// for more than a day.
func (c *Client) Retries(t *window.Attempt) bool {
	all := c.Attempts.All()
	if t.Key == 0 || len(all) < StaleAttempts {
		return false
	}
	var p attack.Periodic
	for i := range all {
		if all[i].Key != t.Key {
			return false
		}
		p.Add(all[i].At)
	}
	return p.Regular() || all[len(all)-1].At-all[0].At > event.Day
}

// Lateness is how long a decision about a client waits for sign-ins that arrive late.
type Lateness struct {
	Minutes   int32 // 0: no decision waits
	Ends      int32 // Unix minute: the sources may have become faster
	Evaluated int64 // Unix milliseconds up to which the attempts were evaluated
}

// Learn makes decisions wait as long as a sign-in was late, from now on for a length of time.
func (w *Lateness) Learn(late, now, length int64) {
	w.Minutes = max(w.Minutes, int32(min(late, event.Day)/event.Minute)+1)
	w.Ends = max(w.Ends, int32((now+length)/event.Minute))
}

// Applies reports whether a decision at a time has to wait.
func (w *Lateness) Applies(now int64) bool { return w.Minutes > 0 && now < int64(w.Ends)*event.Minute }
