package collection

import "redshank/analytics/event"

// accountBehind returns the account that an incident of a subject is about: the
// account itself, or the only one that uses an application; nil for an
// application of several accounts and for a host.
func (c *Detector) accountBehind(d *profile) *profile {
	switch d.kind {
	case aUser:
		return d
	case anApp:
		if o, ok := c.profiles.Peek(d.accounts[0]); ok && d.accounts[1] == 0 && d.mailboxCount() <= 1 {
			return o
		}
	}
	return nil
}

// mailboxCount returns how many mailboxes an application read on the busiest day.
func (d *profile) mailboxCount() int { return max(d.boxes.usual, d.boxes.today.Count()) }

// linkedIncident returns the open incident of an account of an application, where
// the application opens one; and of an application, where an account does that
// let it in. An application of many accounts is linked to none.
func (c *Detector) linkedIncident(d *profile, center *observation) *theft {
	if d.kind == anApp {
		for _, account := range d.accounts {
			if o, ok := c.profiles.Peek(account); ok && !d.accounts.full() && c.meets(o.incident, d, center) {
				return o.incident
			}
		}
		return nil
	}
	for i := range d.observations {
		n := &d.observations[i]
		if n.kind != mailConsent || distance(n.first, center.first) > event.Day {
			continue
		}
		app, ok := c.profiles.Peek(n.links[2])
		if ok && !app.accounts.full() && c.during(app.incident, center) {
			return app.incident
		}
	}
	return nil
}

// meets reports whether any observation around one was made during an incident.
func (c *Detector) meets(i *theft, d *profile, center *observation) bool {
	for n := range d.observations {
		if o := &d.observations[n]; o.weight > 0 && o.near(center, c.window) && c.during(i, o) {
			return true
		}
	}
	return false
}

// during reports whether an observation was made during an incident, or within
// the time window of it.
func (c *Detector) during(i *theft, n *observation) bool {
	return i != nil && n.last >= i.Start-c.window && n.first <= i.End+c.window
}

// accountsOf are profiles of the accounts that let an application in or that it
// acts for, the first ones.
type accountsOf [4]uint64

// add adds an account and reports whether it is new.
func (l *accountsOf) add(account uint64) bool {
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

func (l *accountsOf) full() bool { return l[len(l)-1] != 0 }
