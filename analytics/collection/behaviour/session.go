package behaviour

import (
	"fmt"

	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// Session holds where a session or token was used: the four latest networks.
type Session [4]Site

// Site is the use of a session in one network.
type Site struct {
	Network     uint64 // 0: the entry is free
	First, Last int64  // Unix milliseconds; the last use is precise to ten minutes
	Read        int64  // when a person's client first opened mail; 0: not yet
	Client      event.ClientKey
	SignedIn    bool // a sign-in was logged there
	Usual       bool // the policy calls the network usual, or the account's own device was there
}

// Place returns the entry of a network: its own, a free one, or that of the
// network used longest ago.
func (s *Session) Place(network uint64) int {
	oldest := 0
	for i := range s {
		switch {
		case s[i].Network == network || s[i].Network == 0:
			return i
		case s[i].Last < s[oldest].Last:
			oldest = i
		}
	}
	s[oldest] = Site{}
	return oldest
}

// Use adds a use, with the account's own device or another one, which is a sign-in, or
// opens mail with a person's client, or neither.
func (s *Site) Use(at int64, ownDevice, signsIn, opensMail bool) {
	const precision = 10 * 60 * 1000
	s.First = min(s.First, at)
	if at-s.Last >= precision {
		s.Last = at
	}
	s.Usual, s.SignedIn = s.Usual || ownDevice, s.SignedIn || signsIn
	if opensMail && (s.Read == 0 || at < s.Read) {
		s.Read = at
	}
}

// savedSite is the saved form of a session, one list for each field of site.
type savedSite struct {
	Turn    uint64
	Network []uint64
	First   []int64
	Client  []event.ClientKey
	Usual   []bool
	Last    []int64
	Read    []int64
	Signed  []bool // absent in states of earlier builds
}

// SessionTable returns the saved table of sessions.
func SessionTable(recent *window.Recent[Session]) state.Table {
	return state.Table{
		Name: "sessions", Track: recent.Track, Loaded: recent.Loaded,
		Restore: func(key, value []byte) error { return restoreSession(recent, key, value) },
		Changes: func(w *state.Writer) {
			recent.Changes(func(d window.Dated[Session], present bool) {
				w.Encode("sessions", savedSession(&d))
				w.Put("sessions", w.Number(d.Key), present)
			})
		},
	}
}

func restoreSession(recent *window.Recent[Session], key, value []byte) error {
	var in savedSite
	k, err := state.Unmarshal(key, value, &in)
	if err == nil {
		var s Session
		if n := len(in.Network); n > len(s) || len(in.First) != n || len(in.Client) != n || len(in.Usual) != n || len(in.Last) != n || len(in.Read) != n {
			return fmt.Errorf("session of %d networks (want at most %d)", n, len(s))
		}
		for i := range in.Network {
			s[i] = Site{Network: in.Network[i], First: in.First[i], Last: in.Last[i], Read: in.Read[i], Client: in.Client[i], Usual: in.Usual[i]}
			s[i].SignedIn = i < len(in.Signed) && in.Signed[i]
		}
		recent.Load(window.Dated[Session]{Key: k, At: in.Turn, Value: s})
	}
	return err
}

// savedSession returns the networks that a session was used in.
func savedSession(d *window.Dated[Session]) *savedSite {
	out := &savedSite{Turn: d.At}
	for _, s := range d.Value {
		if s.Network == 0 {
			break
		}
		out.Network, out.First, out.Last = append(out.Network, s.Network), append(out.First, s.First), append(out.Last, s.Last)
		out.Read, out.Client, out.Usual = append(out.Read, s.Read), append(out.Client, s.Client), append(out.Usual, s.Usual)
		out.Signed = append(out.Signed, s.SignedIn)
	}
	return out
}
