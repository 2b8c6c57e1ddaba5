package behaviour

import (
	"bytes"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// muchWebMail is the number of requests for mail, without an hour's pause, from which
// Outlook on the web on a server counts as access in a network that is new to the
// account. People who travel or try a VPN service look at a few mails.
const muchWebMail = 20

// WebMails counts the requests for mail that each client and account make to Outlook
// on the web on a server.
type WebMails struct {
	recent *window.Recent[WebMail] // by client and account
}

// WebMail is the count of one client and account.
type WebMail struct {
	last     int64 // Unix milliseconds, precise to ten minutes
	requests int32 // until an hour's pause; at most muchWebMail
}

// NewWebMails returns an empty WebMails for up to maxUsers accounts.
func NewWebMails(maxUsers int) *WebMails {
	return &WebMails{window.NewRecent[WebMail](max(maxUsers, 1))}
}

// Much reports whether the client and account make many requests.
func (m *WebMail) Much() bool { return m.requests >= muchWebMail }

// Add counts a request at a time, in Unix milliseconds, and reports whether it is the
// one with which m becomes much. m is the count of the client and account of ev; a zero m
// is read from the table first. Only the first requests, and one in ten minutes, change
// the table.
func (c *WebMails) Add(m *WebMail, ev *event.Event, at int64) (reached bool) {
	if ev.Service != event.OWA || ev.Outcome != event.Success || !fetchesMail(ev.Operation) {
		return false
	}
	const precision = 10 * 60 * 1000
	key := uint64(0)
	if m.last == 0 {
		key = webMailKey(ev)
		*m, _ = c.recent.Get(key)
	}
	before := *m
	if max(at-m.last, m.last-at) > event.Hour {
		m.requests = 0
	}
	m.requests = min(m.requests+1, muchWebMail)
	if m.requests != before.requests || max(at-m.last, m.last-at) >= precision {
		m.last = at
		if key == 0 {
			key = webMailKey(ev)
		}
		c.recent.Add(key, *m)
	}
	return m.Much() && !before.Much()
}

// webMailKey returns the key of the client and account of an event.
func webMailKey(ev *event.Event) uint64 {
	client := ev.IP.As16()
	return event.SaltedHash('w', client[:]) ^ event.SaltedHash('u', ev.User)
}

// fetchesMail reports whether a path of Outlook on the web fetches folders and mail:
// service.svc since Exchange 2013, ev.owa before.
func fetchesMail(path []byte) bool {
	return bytes.HasSuffix(path, []byte("/service.svc")) || bytes.HasSuffix(path, []byte("/ev.owa"))
}

// savedWebMail is the saved form of the count of a client and account.
type savedWebMail struct {
	Turn     uint64
	Last     int64
	Requests int32
}

// Table returns the saved table of the counts.
func (c *WebMails) Table() state.Table {
	return state.Table{
		Name: "webmail", Track: c.recent.Track, Loaded: c.recent.Loaded,
		Changes: func(w *state.Writer) {
			c.recent.Changes(func(d window.Dated[WebMail], present bool) {
				w.Value = msgp.AppendInt64(msgp.AppendUint64(msgp.AppendArrayHeader(w.Value[:0], 3), d.At), d.Value.last)
				w.Value = msgp.AppendInt32(w.Value, d.Value.requests)
				w.Put("webmail", w.Number(d.Key), present)
			})
		},
		Restore: func(key, value []byte) error {
			var in savedWebMail
			k, err := state.Unmarshal(key, value, &in)
			if err == nil {
				c.recent.Load(window.Dated[WebMail]{Key: k, At: in.Turn, Value: WebMail{in.Last, in.Requests}})
			}
			return err
		},
	}
}
