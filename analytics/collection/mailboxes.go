package collection

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/baseline"
	"redshank/analytics/collection/behaviour"
	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/window"
)

// minMailboxes is the number of mailboxes within behaviour.MailboxSpan that raises
// access.many_mailboxes.
const minMailboxes = 5

// manyMailboxes raises a signal for an account or an application that reads many
// mailboxes by program within ten minutes.
func (c *applications) manyMailboxes(d *profile, ev *event.Event, box uint64) {
	t := window.Attempt{At: ev.Time.UnixMilli(), Key: box, Sources: 1 << ev.Source}
	if box == 0 || d.HasRead(&t) {
		return
	}
	t.Name = c.subjects.ownerOf(d, ev)
	c.evidence.readMailbox(d, t)
	if d.Mailboxes.Windows(t.At, behaviour.MailboxSpan, func(run []window.Attempt) bool { return len(run) >= minMailboxes }) {
		c.evidence.raise(d, ev, accessMailboxes, firstOf(ev.App, ev.AgentText()))
	}
}

// readMailbox stores that a subject has read a mailbox, which its open incidents count.
func (c *evidence) readMailbox(d *profile, read window.Attempt) {
	d.ReadMailbox(read)
	c.subjects.changed(d)
	for _, i := range d.thefts {
		if within(i, read.At) {
			i.AddMailbox(&read)
			c.tracker.Update(i.Incident)
		}
	}
}

// withoutSignIn judges an address from which an account reads much mail. Tokens that
// were stolen or forged need no sign-in: if nobody has ever signed in from an address of
// a network of servers for rent, and within an hour minMailboxes accounts that never used
// that network read much mail from there, the theft is that of the address. An account
// that reads the mailboxes of others counts once, since its sign-in may be logged later.
func (c *mailAccess) withoutSignIn(d *profile, ev *event.Event, w *networkContext) {
	at, client := ev.Time.UnixMilli(), clientOf(ev)
	if ev.Source != event.UAL || !c.networks.rented(ev.IP) || d.Baseline.UsedBefore(w.network, at) {
		return
	}
	if c.evidence.weights.population.Users(baseline.Feature(linkOf(c.policy, client)), at) > 0 {
		return
	}
	var space [64]byte
	address := c.subjects.profile(anAddress, client.Addr().AppendTo(space[:0]))
	read := window.Attempt{At: at, Key: xxhash.Sum64String(d.subject), Name: d.subject, Sources: 1 << ev.Source}
	if !address.HasRead(&read) {
		c.evidence.readMailbox(address, read)
	}
	if !address.MailboxesWithin(event.Hour, at, minMailboxes) {
		return
	}
	c.evidence.raise(address, ev, signInRented, nil)
	c.evidence.raise(address, ev, accessMailboxes, ev.Client)
}

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
		c.readMailbox(d, read)
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

// ofAddress makes an account join the incident of other accounts whose mail was read from
// the same address within the time window, and returns that incident, or nil. The address
// is in no network that is usual for the account: the theft is that of the address. The
// first of several is taken. It looks at each open incident.
func (c *evidence) ofAddress(d *profile, center *observation) (first *theft.Theft) {
	if d.kind != aUser || center.client == (event.ClientKey{}) || c.networks.usualFor(d, center.client, center.first) ||
		c.weights.inUsualNetwork(center.client) {
		return nil
	}
	c.tracker.Each(&ruleCollection, func(one *incident.Incident) {
		i := one.Detail.(*theft.Theft)
		if one.Client == center.client.Addr() && one.Account == one.Subject && c.during(i, center) && !slices.Contains(d.thefts, i) &&
			(first == nil || cmp.Or(cmp.Compare(one.Start, first.Start), cmp.Compare(one.ID, first.ID)) < 0) {
			first = i
		}
	})
	if first != nil {
		first.Join(d.subject)
	}
	return first
}

// part takes the subjects whose own signals would not open an incident out of that of an
// address, and returns those that are left, or all if none would be. The incident of an
// address of which one account is left is that of the account.
func (c *evidence) part(i *theft.Theft, owners []*profile) []*profile {
	left := slices.DeleteFunc(slices.Clone(owners), func(d *profile) bool {
		return !slices.ContainsFunc(d.observations, func(o observation) bool { return o.theft == i && o.core })
	})
	if i.Joined == 0 || len(left) == 0 || len(left) == len(owners) {
		return owners
	}
	for _, d := range owners {
		if !slices.Contains(left, d) {
			c.release(i, d)
		}
	}
	i.Restart(len(left) - 1)
	if d := left[0]; i.Joined == 0 && d.kind == aUser {
		i.Account, i.Subject = d.subject, d.subject
	}
	for _, d := range left {
		for n := range d.observations {
			d.observations[n].listed = 0
		}
		c.add(i, d, nil, true)
	}
	return left
}
