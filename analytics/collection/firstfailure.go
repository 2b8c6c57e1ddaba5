package collection

import "redshank/analytics/event"

// firstFailures holds the latest failures of accounts without a profile, each at
// the place of its account. Most guessed names fail only once and get no profile.
type firstFailures [1 << 14]struct {
	subject uint64 // key
	at      int64  // Unix milliseconds
}

// failsFirst reports whether an event is a failure of an account that has no
// profile and did not fail in the half hour before or after. A second failure
// creates the profile, which then has the times of both.
func (c *subjects) failsFirst(ev *event.Event) bool {
	if ev.Outcome != event.Failure || ev.Action != event.SignIn && ev.Action != event.MailAccess {
		return false
	}
	key, at := subjectKey(aUser, ev.User), ev.Time.UnixMilli()
	if _, ok := c.profiles.Get(key); ok {
		return false
	}
	first := &c.firstFailures[key%uint64(len(c.firstFailures))]
	if first.subject != key || distance(first.at, at) > soonAfterFailures {
		first.subject, first.at = key, at
		return true
	}
	c.find(aUser, ev.User).failed[0] = first.at
	return false
}
