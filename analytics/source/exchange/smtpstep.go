package exchange

import (
	"bytes"
	"hash/maphash"

	"redshank/analytics/ascii"
	"redshank/analytics/drill"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
)

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
