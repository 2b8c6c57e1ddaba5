package incident

import (
	"slices"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// maxCredentials bounds the accounts of one list, listed or counted.
const maxCredentials = 1024

// Credentials are accounts that signed in, each once, at its earliest time.
type Credentials struct {
	list []alert.Credential
	at   map[uint64]int // account -> place in list; -1 beyond the list
	full int64          // latest time, in Unix milliseconds, when the limit was reached; 0: not yet
}

// Wants reports whether Add would use the details of an account that signed in at
// a time in Unix milliseconds: the account is listed and not known from an
// earlier time, or new and within the limit. It avoids building a credential
// that Add discards.
func (c *Credentials) Wants(key uint64, at int64) bool {
	if c.full != 0 && at > c.full+window.JoinWithin {
		return false // later than all of them
	}
	place, ok := c.at[key]
	return ok && place >= 0 || !ok && len(c.at) < maxCredentials
}

// Add adds an account by the hash of its name, and reports whether it is new.
func (c *Credentials) Add(key uint64, found alert.Credential) bool {
	if place, ok := c.at[key]; ok {
		if place >= 0 {
			mergeCredential(&c.list[place], found)
		}
		return false
	}
	if len(c.at) >= maxCredentials {
		return false
	}
	if c.at == nil {
		c.at = make(map[uint64]int)
	}
	c.at[key] = -1
	if len(c.list) < maxKeptCredentials {
		c.at[key] = len(c.list)
		c.list = append(c.list, found)
	}
	if len(c.at) == maxCredentials {
		c.full = c.latest()
	}
	return true
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

// Count returns the number of accounts, listed or not.
func (c *Credentials) Count() int { return len(c.at) }
