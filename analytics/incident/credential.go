package incident

import (
	"slices"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// Credentials are accounts that signed in, each once, at its earliest time. The
// first ones are listed; all are counted.
type Credentials struct {
	list []alert.Credential
	at   map[uint64]int // account -> place in list
	all  window.Distinct
	full int64 // latest time in list, in Unix milliseconds, once list is full; 0: not yet
}

// Wants reports whether Add would use the details of an account that signed in at
// a time in Unix milliseconds: the account may be listed with a later time, or
// there is room for it. Wants avoids building a credential that Add discards.
func (c *Credentials) Wants(key uint64, at int64) bool {
	if c.full == 0 || c.Full(at) {
		return c.full == 0
	}
	_, listed := c.at[key]
	return listed
}

// CountAccount adds an account by the hash of its name without details, and reports
// whether the account is known to be new.
func (c *Credentials) CountAccount(key uint64) bool { return c.all.Add(key) }

// Has reports whether an account was added, by the hash of its name. Of more than 1,024
// accounts Has reports none.
func (c *Credentials) Has(key uint64) bool { return c.all.Has(key) }

// includes reports whether all accounts of others are known to be among those of c.
func (c *Credentials) includes(others *Credentials) bool {
	if others.Count() > len(others.at) {
		return false // not all are listed
	}
	for key := range others.at {
		if !c.Has(key) {
			return false
		}
	}
	return true
}

// Add adds an account by the hash of its name, and reports whether the account is
// known to be new.
func (c *Credentials) Add(key uint64, found alert.Credential) bool {
	if place, ok := c.at[key]; ok {
		mergeCredential(&c.list[place], found)
		return false
	}
	isNew := c.all.Add(key)
	if isNew && len(c.list) < maxKeptCredentials {
		c.append(key, found)
	}
	return isNew
}

// Of returns the listed credential of an account, and reports whether there is one.
func (c *Credentials) Of(key uint64) (alert.Credential, bool) {
	place, ok := c.at[key]
	if !ok {
		return alert.Credential{}, false
	}
	return c.list[place], true
}

// Any reports whether f reports true for any of the listed credentials.
func (c *Credentials) Any(f func(*alert.Credential) bool) bool {
	for n := range c.list {
		if f(&c.list[n]) {
			return true
		}
	}
	return false
}

// remove drops an account. Of more than 1,024 accounts it drops none.
func (c *Credentials) remove(key uint64) bool {
	if !c.all.Remove(key) {
		return false
	}
	place, ok := c.at[key]
	if !ok {
		return true
	}
	delete(c.at, key)
	c.list, c.full = slices.Delete(c.list, place, place+1), 0
	for other, at := range c.at {
		if at > place {
			c.at[other] = at - 1
		}
	}
	return true
}

// append lists an account.
func (c *Credentials) append(key uint64, found alert.Credential) {
	if c.at == nil {
		c.at = make(map[uint64]int)
	}
	c.at[key] = len(c.list)
	c.list = append(c.list, found)
	if len(c.list) == maxKeptCredentials {
		c.full = c.latest()
	}
}

// latest returns the latest time of the listed accounts, in Unix milliseconds.
func (c *Credentials) latest() (at int64) {
	for i := range c.list {
		at = max(at, c.list[i].At.UnixMilli())
	}
	return at
}

// mergeCredential keeps the earlier time, and the sign-in to a service of the mail
// system over the logon that Windows saw behind it.
func mergeCredential(c *alert.Credential, o alert.Credential) {
	near := c.At.Sub(o.At).Abs() <= window.JoinWithin*time.Millisecond
	earliest := c.At
	if o.At.Before(earliest) {
		earliest = o.At
	}
	if near && c.Service == event.Windows || o.At.Before(c.At) && !(near && o.Service == event.Windows) {
		*c = o
	}
	c.At = earliest
}

// listed returns a copy of the credentials that an alert lists.
func (c *Credentials) listed() []alert.Credential {
	return slices.Clone(c.list[:min(len(c.list), MaxListed)])
}

// without returns a copy of the credentials that an alert lists, without the accounts
// that are also in others.
func (c *Credentials) without(others *Credentials) []alert.Credential {
	return slices.DeleteFunc(c.listed(), func(one alert.Credential) bool {
		return slices.ContainsFunc(others.list, func(other alert.Credential) bool { return other.User == one.User })
	})
}

// Full reports whether a sign-in at a time in Unix milliseconds can only be counted.
func (c *Credentials) Full(at int64) bool { return c.full != 0 && at > c.full+window.JoinWithin }

// Count returns the number of accounts, listed or not; see window.Distinct.Estimate.
func (c *Credentials) Count() int { return c.all.Estimate() }
