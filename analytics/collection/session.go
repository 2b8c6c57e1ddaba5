package collection

import (
	"redshank/analytics/event"
)

// moved notes a session or token that is used in two unrelated networks, on
// the side that is not usual for the account: people switch a VPN on.
func (c *Detector) moved(d *profile, ev *event.Event, w *networkContext) {
	if w.network != 0 {
		c.movedTo(d, ev, w, 's', ev.Session)
		c.movedTo(d, ev, w, 't', ev.Token)
	}
}

// session is where a session or token was seen: two networks tell all.
type session [2]site

type site struct {
	network uint64 // 0: nothing seen here
	at      int64  // first
	client  event.ClientKey
	usual   bool // for everybody
}

func (c *Detector) movedTo(d *profile, ev *event.Event, w *networkContext, kind byte, id []byte) {
	if len(id) == 0 {
		return
	}
	if w.v6 {
		kind -= 'a' - 'A' // without owners the two families of addresses cannot be compared
	}
	key, at := event.SaltedHash(kind, id), ev.Time.UnixMilli()
	known, _ := c.sessions.Get(key)
	seen := known
	for i := range seen {
		if s := &seen[i]; s.network == w.network || s.network == 0 {
			if s.network == 0 {
				*s = site{w.network, at, c.clientOf(ev), w.usual}
			}
			s.at = min(s.at, at)
			break
		}
	}
	if seen != known {
		c.sessions.Add(key, seen)
	}
	if seen[1].network != 0 && max(seen[0].at-seen[1].at, seen[1].at-seen[0].at) < event.Day {
		c.parted(d, ev, &seen)
	}
}

// parted notes the later of a session's two networks, or the earlier where the
// later is the usual one.
func (c *Detector) parted(d *profile, ev *event.Event, seen *session) {
	early, late := &seen[0], &seen[1]
	if early.at > late.at {
		early, late = late, early
	}
	ripening := c.policy.Collection.Baseline
	for _, s := range [2]*site{late, early} {
		if !s.usual && !d.baseline.KnewBefore(s.network, s.at, ripening) {
			n := c.observationOf(ev, sessionMoved)
			n.first, n.last, n.client, n.links, n.feature = s.at, s.at, s.client, links{n.links[0], c.linkOf(s.client)}, s.network
			c.record(d, n, nil, ev)
			return
		}
	}
}
