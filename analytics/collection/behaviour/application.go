package behaviour

import (
	"slices"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// MailboxCount counts the mailboxes that an application reads in a day (UTC).
type MailboxCount struct {
	Day   int64 // from 1970
	Today window.Distinct
	Usual int // the most on any day before that was not itself suspicious
}

// Read counts a mailbox and returns the number of mailboxes today.
func (c *MailboxCount) Read(box uint64, at int64, suspicious bool) int {
	if d := at / event.Day; d > c.Day {
		if !suspicious {
			c.Usual = max(c.Usual, c.Today.Count())
		}
		c.Day, c.Today = d, window.Distinct{}
	}
	if at/event.Day == c.Day {
		c.Today.Add(box)
	}
	return c.Today.Estimate()
}

// Most returns the number of mailboxes on the busiest day.
func (c *MailboxCount) Most() int { return max(c.Usual, c.Today.Estimate()) }

// Append appends the saved form.
func (c *MailboxCount) Append(b []byte) ([]byte, error) {
	today, err := c.Today.MarshalBinary()
	b = msgp.AppendBytes(msgp.AppendInt64(msgp.AppendArrayHeader(b, 3), c.Day), today)
	return msgp.AppendInt(b, c.Usual), err
}

// severalMailboxes stands for the mailbox of a Take from more than one.
const severalMailboxes = ^uint64(0)

// halfHour is the length of a part of a Take, in milliseconds.
const halfHour = event.Hour / 2

// Take is what an application has taken from its only mailbox in a half hour and in
// the half hour before, since records arrive in any order.
type Take struct {
	Box             uint64 // 0: none yet
	Part            int64  // the later half hour, counted from 1970
	Items, Requests [2]int // in Part, and in the half hour before
}

// Add counts a request for items of a mailbox and returns the sums of both half hours.
func (t *Take) Add(box uint64, at int64, items int) (allItems, requests int) {
	t.Box = box
	part := at / halfHour
	switch {
	case part == t.Part+1:
		t.Items, t.Requests = [2]int{0, t.Items[0]}, [2]int{0, t.Requests[0]}
		t.Part = part
	case part > t.Part:
		t.Items, t.Requests, t.Part = [2]int{}, [2]int{}, part
	}
	if before := t.Part - part; before < 2 {
		t.Items[before] += items
		t.Requests[before]++
	}
	return t.Items[0] + t.Items[1], t.Requests[0] + t.Requests[1]
}

// Only reports whether a mailbox can be the only one.
func (t *Take) Only(box uint64) bool { return t.Box == 0 || t.Box == box }

// Stop ends the counting.
func (t *Take) Stop() { t.Box = severalMailboxes }

// Append appends the saved form.
func (t *Take) Append(b []byte) []byte {
	b = msgp.AppendInt64(msgp.AppendArrayHeader(b, 4), int64(t.Box))
	b = msgp.AppendInt64(b, t.Part)
	for _, pair := range [...][2]int{t.Items, t.Requests} {
		b = msgp.AppendInt(msgp.AppendInt(msgp.AppendArrayHeader(b, 2), pair[0]), pair[1])
	}
	return b
}

// Accounts are the keys of the first accounts that let an application in or that
// it acts for; 0 stands for none.
type Accounts [4]uint64

// Add adds an account and reports whether it is new.
func (l *Accounts) Add(account uint64) bool {
	for i, have := range l {
		if have == account {
			return false
		}
		if have == 0 {
			l[i] = account
			return true
		}
	}
	return false
}

// Full reports whether there may be more accounts than are stored.
func (l *Accounts) Full() bool { return l[len(l)-1] != 0 }

// Count returns how many accounts are stored.
func (l *Accounts) Count() int {
	if n := slices.Index(l[:], 0); n >= 0 {
		return n
	}
	return len(l)
}

// Append appends the saved form.
func (l *Accounts) Append(b []byte) []byte {
	b = msgp.AppendArrayHeader(b, uint32(len(l)))
	for _, account := range l {
		b = msgp.AppendUint64(b, account)
	}
	return b
}
