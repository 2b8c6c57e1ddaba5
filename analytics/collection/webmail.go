package collection

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

// webMails counts the requests for mail that each client and account make to Outlook
// on the web.
type webMails struct {
	subjects *subjects
	recent   *window.Recent[webMail] // by client and account
}

// webMail is the count of one client and account.
type webMail struct {
	last     int64 // Unix milliseconds, precise to ten minutes
	requests int32 // until an hour's pause; at most muchWebMail
}

func newWebMails(s *subjects, maxUsers int) *webMails {
	return &webMails{s, window.NewRecent[webMail](max(maxUsers, 1))}
}

// much reports whether the client and account of the current event make many requests.
func (c *webMails) much() bool { return c.subjects.known.webMail.requests >= muchWebMail }

// add counts a request, and reports whether it is the one that reaches muchWebMail.
// Only the first ones, and one in ten minutes, change the table.
func (c *webMails) add(ev *event.Event, at int64) (reached bool) {
	if ev.Service != event.OWA || ev.Outcome != event.Success || !requestLog(ev.Source) || !fetchesMail(ev.Operation) {
		return false
	}
	key, m := uint64(0), &c.subjects.known.webMail
	if m.last == 0 { // not seen by the cache
		key = webMailKey(ev)
		*m, _ = c.recent.Get(key)
	}
	before := *m
	if distance(at, m.last) > event.Hour {
		m.requests = 0
	}
	m.requests = min(m.requests+1, muchWebMail)
	if m.requests != before.requests || distance(at, m.last) >= siteSpan {
		m.last = at
		if key == 0 {
			key = webMailKey(ev)
		}
		c.recent.Add(key, *m)
	}
	return m.requests == muchWebMail && before.requests < muchWebMail
}

// webMailKey returns the key of the client and account of an event.
func webMailKey(ev *event.Event) uint64 {
	client := ev.IP.As16()
	return event.SaltedHash('w', client[:]) ^ subjectKey(aUser, ev.User)
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

// table returns the table of the counts.
func (c *webMails) table() state.Table {
	return state.Table{
		Name: "webmail", Track: c.recent.Track, Loaded: c.recent.Loaded,
		Changes: func(w *state.Writer) {
			c.recent.Changes(func(d window.Dated[webMail], present bool) {
				w.Value = msgp.AppendInt64(msgp.AppendUint64(msgp.AppendArrayHeader(w.Value[:0], 3), d.At), d.Value.last)
				w.Value = msgp.AppendInt32(w.Value, d.Value.requests)
				w.Put("webmail", w.Number(d.Key), present)
			})
		},
		Restore: func(key, value []byte) error {
			var in savedWebMail
			k, err := state.Unmarshal(key, value, &in)
			if err == nil {
				c.recent.Load(window.Dated[webMail]{Key: k, At: in.Turn, Value: webMail{in.Last, in.Requests}})
			}
			return err
		},
	}
}
