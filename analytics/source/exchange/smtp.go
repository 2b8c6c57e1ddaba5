package exchange

import (
	"bytes"
	"hash/maphash"
	"strings"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"redshank/analytics/ascii"
	"redshank/analytics/drill"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
)

// smtp reads the protocol log of the receive connectors, one row a line of
// the dialogue. A failed AUTH takes up to four rows, of which any may be
// missing, and the account is on one of them only, so a session that has
// begun to fail is remembered until its reply.
type smtp struct {
	exchangeLog
	seed     maphash.Seed
	sessions *simplelru.LRU[uint64, attempt]
}

// The columns that are read.
const (
	smtpTime = exchangeTime + iota
	smtpConnector
	smtpSession
	smtpLocal
	smtpRemote
	smtpEvent
	smtpData
	smtpContext
)

var smtpColumns = table.NewColumns([][]string{
	smtpTime:      {"datetime", "timestamp", "time"},
	smtpConnector: {"connectorid"},
	smtpSession:   {"sessionid"},
	smtpLocal:     {"localendpoint"},
	smtpRemote:    {"remoteendpoint"},
	smtpEvent:     {"event"},
	smtpData:      {"data"},
	smtpContext:   {"context"},
}, smtpConnector, smtpSession, smtpRemote, smtpEvent)

// maxSessions bounds the sessions remembered: those between the first row of
// a failure and its reply, some seconds, and those of a front end that names
// its client. One that is pushed out counts its reply as a failure once more.
const maxSessions = 4096

// NewSMTP returns the format.
func NewSMTP() format.Format {
	sessions, err := simplelru.NewLRU[uint64, attempt](maxSessions, nil)
	if err != nil {
		panic("source: session table: " + err.Error()) // only a size below 1
	}
	return &smtp{
		exchangeLog: exchangeLog{
			of: event.SMTP, columns: smtpColumns, fits: isSMTPRow,
			usual: smtpColumns.Header([]byte("date-time,connector-id,session-id,sequence-number,"+
				"local-endpoint,remote-endpoint,event,data,context"), ','),
		},
		seed: maphash.MakeSeed(), sessions: sessions,
	}
}

// isSMTPRow recognises a row by its session, its number in it, and the mark of
// what the row is.
func isSMTPRow(rest []byte) bool {
	_, rest, _ = table.CutCell(rest)
	session, rest, _ := table.CutCell(rest)
	sequence, rest, _ := table.CutCell(rest)
	if !isSessionID(session) || ascii.Number(sequence) < 0 {
		return false
	}
	mark := table.CellAt(rest, 2)
	return len(mark) == 1 && strings.IndexByte("+-<>*", mark[0]) >= 0
}

// attempt is what is remembered of a session.
type attempt struct {
	denied   bool   // a failure has begun and has not been emitted
	reported bool   // the failure was emitted, and its other rows are to come
	entered  bool   // a success was emitted
	user     uint64 // hash of the account of the last event
	protocol event.Protocol
	reason   event.Reason
	client   string // client in the words of the front end that passed it on
	passed   bool   // a front end did, and has logged the same
	answered uint64 // hash of the time of the latest reply to a failure; 0: none
}

// Decode emits a login once the rows of its session have decided it.
func (f *smtp) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	s := step{f: f, ev: ev, emit: emit}
	r := &s.r
	if o := f.cut(in, ev, r); o != format.Understood {
		return o
	}
	if len(r[smtpEvent]) != 1 {
		return format.Malformed
	}
	if isHub(r[smtpLocal]) && isOwn(r[smtpRemote], r[smtpLocal]) {
		return format.Ignored // the front end has logged the same
	}
	switch r[smtpEvent][0] {
	case '*':
		return s.remark()
	case '>':
		return s.reply()
	case '<':
		return s.command()
	case '-':
		return s.closed()
	}
	return format.Ignored
}

// isHub recognises the ports at which the transport service takes what the front
// end passes on.
func isHub(local []byte) bool {
	p := port(local)
	return string(p) == "465" || string(p) == "2525"
}

func isOwn(remote, local []byte) bool {
	return request.OwnAddress(host(remote)) || bytes.Equal(host(remote), host(local))
}

// step is one row on its way through its session.
type step struct {
	f    *smtp
	ev   *event.Event
	r    table.Row
	emit format.Emit
}

// remark decodes a remark of the server, a row that is no command and no reply.
func (s *step) remark() format.Outcome {
	context, data := s.r[smtpContext], s.r[smtpData]
	switch {
	case ascii.HasPrefix(context, "inbound auth "):
		return s.denied(context)
	case ascii.HasPrefix(context, "user name: "):
		return s.named(context[len("user name: "):])
	case ascii.HasPrefix(data, "tarpit for "):
		return s.tarpit(data)
	case ascii.HasPrefix(context, "tarpit for "):
		return s.tarpit(context)
	case ascii.EqualFold(context, "authenticated"):
		return s.entered(data)
	case ascii.HasPrefix(context, "proxy session was successfully set up"):
		return s.entered(sessionFor(context))
	}
	return format.Ignored
}

// sessionFor returns the account in "... Session for x will now be proxied". Some
// builds leave out the space before it.
func sessionFor(context []byte) []byte {
	_, user, _ := bytes.Cut(context, sessionForMark)
	return bytes.TrimRight(ascii.UpTo(bytes.TrimLeft(user, " "), " "), ".")
}

var sessionForMark = []byte("Session for")

func (s *step) key() uint64 {
	return maphash.Bytes(s.f.seed, s.r[smtpSession])*0x9e3779b97f4a7c15 ^ maphash.Bytes(s.f.seed, s.r[smtpRemote])
}

// denied begins a failure. The row often comes twice.
func (s *step) denied(context []byte) format.Outcome {
	at := bytes.Index(context, becauseMark)
	if at < 0 {
		return format.Ignored
	}
	key := s.key()
	a, _ := s.f.sessions.Peek(key)
	a.denied, a.reported, a.reason = true, false, event.OtherReason
	if ascii.HasPrefix(context[at+len(becauseMark):], "logondenied") {
		a.reason = event.WrongPassword
	}
	a.protocol = request.MechanismNamed(context[len("inbound auth "):])
	s.f.sessions.Add(key, a)
	return format.Understood
}

var becauseMark = []byte(" failed because of ")

// named emits the failure, now that its account is known.
func (s *step) named(user []byte) format.Outcome {
	key := s.key()
	a, _ := s.f.sessions.Peek(key)
	hash := maphash.Bytes(s.f.seed, user)
	if a.reported && !a.denied && a.user == hash {
		return format.Ignored // the row again
	}
	s.ev.RawUser = table.Single(user, s.ev, request.MaxUser)
	a.user = hash
	return s.fail(key, a)
}

// tarpit emits a failure whose account is never logged: the account comes
// before the delay.
func (s *step) tarpit(text []byte) format.Outcome {
	if !bytes.Contains(ascii.Clip(text, request.MaxAgent), refusedMark) {
		return format.Ignored
	}
	key := s.key()
	a, _ := s.f.sessions.Peek(key)
	if a.reported && !a.denied {
		return format.Understood
	}
	return s.fail(key, a)
}

var refusedMark = []byte("'535 ")

// fail emits the failure, whose remaining rows are of the same act.
func (s *step) fail(key uint64, a attempt) format.Outcome {
	o := s.emitAct(a, event.Failure)
	a.denied, a.reported = false, true
	s.f.sessions.Add(key, a)
	return o
}

// reply reads an answer of the server. The answer that ends an act already emitted
// yields nothing; an answer without an act before it is an act.
func (s *step) reply() format.Outcome {
	data := s.r[smtpData]
	if !ascii.HasPrefix(data, "535 ") && !ascii.HasPrefix(data, "504 5.7.4") {
		return format.Ignored
	}
	key, at := s.key(), maphash.Bytes(s.f.seed, s.r[smtpTime])
	a, remembered := s.f.sessions.Peek(key)
	if a.answered == at && !a.denied {
		return format.Ignored // the row again
	}
	reported := a.reported && !a.denied
	if a.reason == event.ReasonNone {
		a.reason = event.WrongPassword
	}
	if ascii.HasPrefix(data, "504") {
		a.reason = event.OtherReason // no such mechanism here: nothing was compared
	}
	if remembered {
		s.f.sessions.Add(key, attempt{client: a.client, passed: a.passed, answered: at})
	}
	if reported {
		return format.Understood
	}
	return s.emitAct(a, event.Failure)
}

// entered emits a success, once a session.
func (s *step) entered(user []byte) format.Outcome {
	if len(user) == 0 {
		return format.Ignored
	}
	key := s.key()
	a, _ := s.f.sessions.Peek(key)
	hash := maphash.Bytes(s.f.seed, user)
	if a.entered && a.user == hash {
		return format.Understood
	}
	s.ev.RawUser = table.Single(user, s.ev, request.MaxUser)
	o := s.emitAct(a, event.Success)
	a.denied, a.reported, a.entered, a.user = false, false, true, hash
	s.f.sessions.Add(key, a)
	return o
}

// command reads what the client says. XPROXY comes from a front end and
// names the client it speaks for.
func (s *step) command() format.Outcome {
	data := s.r[smtpData]
	if !ascii.HasPrefix(data, "xproxy ") {
		return format.Ignored
	}
	key := s.key()
	a, _ := s.f.sessions.Peek(key)
	a.client, a.passed = string(ascii.Clip(proxied(data), 64)), true
	s.f.sessions.Add(key, a)
	return format.Understood
}

// proxied returns the IP= of an XPROXY command.
func proxied(data []byte) []byte {
	_, ip, _ := bytes.Cut(data, proxiedMark)
	return ascii.UpTo(ip, " ")
}

var proxiedMark = []byte(" IP=")

// closed ends the session, and emits a failure that nothing more was logged of.
func (s *step) closed() format.Outcome {
	if s.f.sessions.Len() == 0 {
		return format.Ignored
	}
	key := s.key()
	a, remembered := s.f.sessions.Peek(key)
	if !remembered {
		return format.Ignored
	}
	s.f.sessions.Remove(key)
	if a.denied {
		return s.emitAct(a, event.Failure)
	}
	return format.Ignored
}

// emitAct emits the event of the act, unless a front end has logged it as well
// or only the server itself was there.
func (s *step) emitAct(a attempt, outcome event.Outcome) format.Outcome {
	ev, r := s.ev, &s.r
	setTime(ev, r)
	switch {
	case a.passed && isHub(r[smtpLocal]):
		return format.Ignored
	case a.client != "":
		ev.RawIP = ev.Hold([]byte(a.client))
	case request.OwnAddress(host(r[smtpRemote])):
		return format.Ignored
	default:
		ev.RawIP = r[smtpRemote]
	}
	ev.Service, ev.Action, ev.Outcome = event.SMTPService, event.SignIn, outcome
	ev.Protocol, ev.Session = a.protocol, r[smtpSession]
	if outcome == event.Failure {
		if ev.Reason = a.reason; ev.Reason == event.ReasonNone {
			ev.Reason = event.WrongPassword
		}
	}
	if at := bytes.IndexByte(r[smtpConnector], '\\'); at > 0 {
		ev.Host = r[smtpConnector][:at]
		ev.Drill = drill.Find(r[smtpConnector])
	}
	ev.Operation = smtpOperation
	s.emit(ev)
	return format.Understood
}

var smtpOperation = []byte("AUTH")
