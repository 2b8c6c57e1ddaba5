package iis

import (
	"bytes"
	"hash/maphash"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
)

// A forms login is a POST of /owa/auth.owa that is answered with 302 and logged with
// the account whether or not the password was correct. The next request of the
// browser shows the result: the logon page with reason=2, or the mailbox. A login is
// therefore held until that request.

const (
	// answerTime is the longest time between a login and the request that decides
	// it, in event time. Browsers follow the redirect immediately.
	answerTime = time.Minute
	// maxLogins bounds the logins that are held, at about half a kilobyte
	// each. A login that is pushed out is emitted as if it had not been answered.
	maxLogins = 8192
	// maxPerClient bounds those of one client, maxPerStream those of one file.
	maxPerClient = 64
	maxPerStream = maxLogins
)

// login is one held login. Its texts are copies.
type login struct {
	at                                   time.Time
	client                               uint64
	user, ip, forwarded, agent, id, host []byte
	origin                               *event.Origin // nil where id is enough
	decided                              bool
}

// logins are the held logins by client. A line of any stream may decide a login, since
// the deciding request of a login just before midnight is in the next file. Only
// lines of the stream of the login let it expire, because files are read at
// different speeds.
type logins struct {
	seed    maphash.Seed
	clients *simplelru.LRU[uint64, []*login] // oldest login first
	held    int                              // logins not decided yet
	event   event.Event                      // for events besides the current record
}

func newLogins() *logins {
	clients, err := simplelru.NewLRU[uint64, []*login](maxLogins, nil)
	if err != nil {
		panic("source: login table: " + err.Error()) // only a size below 1
	}
	return &logins{seed: maphash.MakeSeed(), clients: clients}
}

// isLogin reports whether path is the page that receives the logon form.
func isLogin(path []byte) bool {
	return ascii.EqualFold(path, "/owa/auth.owa") || ascii.EqualFold(path, "/owa/auth/owaauth.dll")
}

// isPost reports whether method is POST. An absent method, in a log without that
// column, counts as POST.
func isPost(method []byte) bool { return method == nil || ascii.EqualFold(method, "post") }

// client returns a key that identifies a browser by address and agent. Users behind one
// address with the same agent are distinguished by their accounts.
func (l *logins) client(ev *event.Event) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	h.Write(ev.RawIP)
	h.WriteByte(' ')
	h.Write(ev.RawForwarded)
	h.WriteByte(' ')
	h.Write(ev.Agent)
	return h.Sum64()
}

// post holds the login described by ev, or decides the login if the log has the
// redirect itself. A form sent from the page with reason=2 shows that the previous
// login failed, even if the page came from a cache.
func (l *logins) post(m *memory, ev *event.Event, r *w3cRow, status int64, emit format.Emit) bool {
	if status < 200 || status >= 400 {
		return false
	}
	client := l.client(ev)
	if l.holds(client, ev) {
		return true
	}
	if isRefusal(r.get(w3cReferer)) {
		l.decideOldest(client, ev.Time, emit)
	}
	p := newLogin(ev, client)
	if to := table.Given(r.get(w3cLocation)); to != nil {
		switch {
		case isRefusal(to):
			l.emitLogin(p, event.Failure, event.WrongPassword, emit)
			return true
		case !ascii.Contains(ascii.Clip(to, request.MaxAgent), "logon.aspx"):
			l.emitLogin(p, event.Success, event.ReasonNone, emit)
			return true
		}
	}
	l.hold(m, p, emit)
	return true
}

// holds reports whether the login described by ev is already held, because its line
// was delivered twice.
func (l *logins) holds(client uint64, ev *event.Event) bool {
	list, _ := l.clients.Peek(client)
	for _, p := range list {
		if len(ev.ID) > 0 && bytes.Equal(p.id, ascii.Clip(ev.ID, 64)) && p.at.Equal(ev.Time) &&
			bytes.Equal(p.user, ascii.Clip(ev.RawUser, request.MaxUser)) {
			return true
		}
	}
	return false
}

func newLogin(ev *event.Event, client uint64) *login {
	p := &login{
		at: ev.Time, client: client,
		user: bytes.Clone(ascii.Clip(ev.RawUser, request.MaxUser)), ip: bytes.Clone(ascii.Clip(ev.RawIP, 64)),
		forwarded: bytes.Clone(ascii.Clip(ev.RawForwarded, 256)), agent: bytes.Clone(ascii.Clip(ev.Agent, 256)),
		id: bytes.Clone(ascii.Clip(ev.ID, 64)), host: bytes.Clone(ascii.Clip(ev.Host, 64)),
	}
	if len(ev.ID) == 0 && ev.Origin != nil {
		p.origin = ev.Origin.Kept()
	}
	return p
}

// hold adds p. If there is no room, the oldest login is emitted and removed.
func (l *logins) hold(m *memory, p *login, emit format.Emit) {
	list, _ := l.clients.Peek(p.client)
	if len(list) == maxPerClient {
		l.decide(list[0], event.Failure, event.OtherReason, emit)
		list, _ = l.clients.Peek(p.client)
	}
	for l.held >= maxLogins {
		_, oldest, ok := l.clients.GetOldest()
		if !ok {
			break
		}
		l.decide(oldest[0], event.Failure, event.OtherReason, emit)
		list, _ = l.clients.Peek(p.client)
	}
	if len(m.logins) >= maxPerStream {
		l.unanswered(m, emit)
	}
	l.clients.Add(p.client, append(list, p))
	m.logins = append(m.logins, p)
	l.held++
}

// expire decides the logins of m that no request has followed. They count as failures:
// a browser always follows the redirect, so the client is a script that tried a
// password. If the password was correct, the next request with the cookie shows the
// success, and the engine then discounts the failure.
func (l *logins) expire(m *memory, now time.Time, emit format.Emit) (sent bool) {
	for len(m.logins) > 0 {
		p := m.logins[0]
		if !p.decided && now.Sub(p.at) <= answerTime {
			break
		}
		sent = l.unanswered(m, emit) || sent
	}
	return sent
}

// unanswered removes the oldest login of m and decides the login if it is still undecided.
func (l *logins) unanswered(m *memory, emit format.Emit) bool {
	p := m.logins[0]
	m.logins[0] = nil
	if m.logins = m.logins[1:]; len(m.logins) == 0 {
		m.logins = nil
	}
	if p.decided {
		return false
	}
	l.decide(p, event.Failure, event.OtherReason, emit)
	return true
}

// follow decides held logins of the client of a request, and reports whether any was
// decided. The logon page decides the oldest login, since answers come in the order of
// the logins. Other reasons (timeout, signed out, password changed) do not concern a
// password.
func (l *logins) follow(ev *event.Event, r *w3cRow, q *request.Query, status int64, emit format.Emit) bool {
	client := l.client(ev)
	list, ok := l.clients.Peek(client)
	switch {
	case !ok:
		return false
	case ascii.EqualFold(r.get(w3cStem), "/owa/auth/logon.aspx"):
		return string(q.Reason) == "2" && l.decideOldest(client, ev.Time, emit)
	case ascii.EqualFold(r.get(w3cStem), "/owa/auth/expiredpassword.aspx"):
		p := list[len(list)-1]
		l.decide(p, event.Accepted, event.Expired, emit)
		return true
	case ev.RawUser != nil && status < 400 && !isAnonymous(r.get(w3cStem)):
		return l.enter(list, ev, r, emit)
	}
	return false
}

// enter decides the last login of the account of the request as successful and all
// earlier ones as refused, since a user who is logged in does not log in again.
func (l *logins) enter(list []*login, ev *event.Event, r *w3cRow, emit format.Emit) (sent bool) {
	// The logged account may differ from the one that was typed. If the browser
	// holds only one login and comes to the mailbox from the logon page, that login
	// succeeded.
	lone := len(list) == 1 && isMailbox(r.get(w3cStem)) && ascii.Contains(ascii.Clip(r.get(w3cReferer), request.MaxAgent), "/owa/auth/logon.aspx")
	for i := len(list) - 1; i >= 0; i-- {
		p := list[i]
		if len(p.user) > 0 && !sameAccount(p.user, ev.RawUser) && !lone {
			continue
		}
		if len(p.user) == 0 {
			p.user = bytes.Clone(ascii.Clip(ev.RawUser, request.MaxUser))
		}
		if sent {
			l.decide(p, event.Failure, event.OtherReason, emit)
			continue
		}
		l.decide(p, event.Success, event.ReasonNone, emit)
		sent = true
	}
	return sent
}

func isMailbox(path []byte) bool {
	return ascii.EqualFold(path, "/owa") || ascii.EqualFold(path, "/owa/")
}

// sameAccount compares account names without their domain, which may precede the name,
// follow it or be absent.
func sameAccount(a, b []byte) bool { return bytes.EqualFold(bareName(a), bareName(b)) }

func bareName(user []byte) []byte {
	if at := bytes.LastIndexAny(user, `\/`); at >= 0 {
		user = user[at+1:]
	}
	if at := bytes.IndexByte(user, '@'); at > 0 {
		user = user[:at]
	}
	return user
}

// isRefusal reports whether url is the logon page after a wrong password.
func isRefusal(url []byte) bool {
	at := bytes.IndexByte(url, '?')
	return at >= 0 && string(request.ReadQuery(url[at:]).Reason) == "2"
}

// decideOldest decides the oldest login of client as refused. Logins older than
// answerTime are emitted first.
func (l *logins) decideOldest(client uint64, now time.Time, emit format.Emit) bool {
	for {
		list, ok := l.clients.Peek(client)
		if !ok {
			return false
		}
		if now.Sub(list[0].at) <= answerTime {
			l.decide(list[0], event.Failure, event.WrongPassword, emit)
			return true
		}
		l.decide(list[0], event.Failure, event.OtherReason, emit)
	}
}

// decide emits a held login and removes it.
func (l *logins) decide(p *login, outcome event.Outcome, reason event.Reason, emit format.Emit) {
	l.emitLogin(p, outcome, reason, emit)
	l.held--
	list, _ := l.clients.Peek(p.client)
	if len(list) == 1 {
		l.clients.Remove(p.client)
		return
	}
	left := make([]*login, 0, len(list)) // a caller that walks the old list is not disturbed
	for _, other := range list {
		if other != p {
			left = append(left, other)
		}
	}
	l.clients.Add(p.client, left)
}

// emitLogin emits the event of p with the time and id of the login.
func (l *logins) emitLogin(p *login, outcome event.Outcome, reason event.Reason, emit format.Emit) {
	p.decided = true
	e := &l.event
	e.Reset()
	e.Source, e.Service, e.Action, e.Protocol = event.IIS, event.OWA, event.SignIn, event.FormsLogin
	e.Time, e.Outcome, e.Reason = p.at, outcome, reason
	e.RawUser, e.RawIP, e.RawForwarded = p.user, p.ip, p.forwarded
	e.Agent, e.Pluses, e.ID, e.Host, e.Origin = p.agent, true, p.id, p.host, p.origin
	e.Operation = loginPath
	emit(e)
}

var loginPath = []byte("/owa/auth.owa")
