package collection

import (
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// withoutSignIn judges an address from which an account reads much mail. Tokens that
// were stolen or forged need no sign-in: if nobody has ever signed in from an address of
// a network of servers for rent, and within an hour minMailboxes accounts that never used
// that network read much mail from there, the theft is that of the address.
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
	read := window.Attempt{At: at, Key: c.subjects.mailboxOf(d, ev), Name: d.subject, Sources: 1 << ev.Source}
	if !address.HasRead(&read) {
		address.ReadMailbox(read)
		c.subjects.changed(address)
	}
	if !address.MailboxesWithin(event.Hour, at, minMailboxes) {
		return
	}
	c.evidence.raise(address, ev, signInRented, nil)
	c.evidence.raise(address, ev, accessMailboxes, ev.Client)
}
