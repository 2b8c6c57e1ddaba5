package collection

import (
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// ofOthers is the number of mailboxes of others, read by hand within an hour, from which
// rights that the reader has just given are used for a theft.
const ofOthers = 3

// readsOfOthers stores that an account reads the mailbox of somebody else in a network
// that is new to the account.
func (c *evidence) readsOfOthers(d *profile, ev *event.Event, w *networkContext, box uint64) {
	if len(ev.Mailbox) == 0 || string(ev.Mailbox) == d.subject {
		return
	}
	read := window.Attempt{At: ev.Time.UnixMilli(), Key: box, Sources: 1 << ev.Source}
	if !d.HasRead(&read) {
		read.Name = c.subjects.ownerOf(d, ev)
		d.ReadMailbox(read)
		c.subjects.changed(d)
	}
	c.rightsUsed(d, ev, w)
}

// rightsUsed raises a signal, which counts half, for an account that gives rights to
// mailboxes and reads several mailboxes of others in a network that is new to the
// account, in either order.
func (c *evidence) rightsUsed(d *profile, ev *event.Event, w *networkContext) {
	n := c.observationOf(ev, accessMailboxes)
	if !d.Baseline.IsNew(w.network, n.first, c.policy.Collection.Baseline) {
		return
	}
	for i := range d.observations {
		if o := &d.observations[i]; o.kind == mailPermission && o.client == n.client && o.near(&n, c.window) && d.readOthers(n.first) {
			n.half, n.feature = true, w.network
			c.record(d, n, ev.Mailbox, ev)
			return
		}
	}
}

// readOthers reports whether the account read ofOthers mailboxes within an hour, some of
// them less than an hour from a time.
func (d *profile) readOthers(at int64) bool {
	for _, t := range d.Mailboxes.All() {
		if distance(t.At, at) <= event.Hour && d.MailboxesWithin(event.Hour, t.At, ofOthers) {
			return true
		}
	}
	return false
}
