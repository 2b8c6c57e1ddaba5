package collection

import (
	"bytes"

	"redshank/analytics/event"
)

// muchWebMail is the number of requests for mail, without an hour's pause, from which
// Outlook on the web on a server counts as access in a network that is new to the
// account. People who travel or try a VPN service look at a few mails.
const muchWebMail = 20

// ofPlace are the signals of a session whose network or location is abnormal.
var ofPlace = setOf(signInRented, impossibleTravel)

// webMail counts the requests for mail that one client and account make to Outlook on
// the web. It is not saved.
type webMail struct {
	last     int64 // in Unix milliseconds
	requests int32 // until an hour's pause; at most muchWebMail
}

// add counts a request, and reports whether it is the one that reaches muchWebMail.
func (m *webMail) add(ev *event.Event, at int64) (reached bool) {
	if ev.Service != event.OWA || ev.Outcome != event.Success || !requestLog(ev.Source) || !fetchesMail(ev.Operation) {
		return false
	}
	if distance(at, m.last) > event.Hour {
		m.requests = 0
	}
	m.last = at
	if m.requests >= muchWebMail {
		return false
	}
	m.requests++
	return m.requests == muchWebMail
}

// fetchesMail reports whether a path of Outlook on the web fetches folders and mail:
// service.svc since Exchange 2013, ev.owa before.
func fetchesMail(path []byte) bool {
	return bytes.HasSuffix(path, []byte("/service.svc")) || bytes.HasSuffix(path, []byte("/ev.owa"))
}
