package iis

import (
	"bytes"
	"time"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
	"redshank/analytics/timestamp"
)

// iis decodes the logs of the web server in front of Exchange, in the W3C format.
// Only these logs name the account of a failed Basic login and show the outcome of
// a forms login (see login.go).
type iis struct {
	columns     *table.Columns
	onlyDefault bool // the policy names no client headers
	access      bool // the record is a map of an access log
	logins      *logins
	joined      w3cJoined
	stems       stems
}

// New returns the format. headers are the names of the headers that identify the
// client behind a trusted proxy, in order of preference; nil means X-Forwarded-For.
func New(headers []string) format.Format {
	return &iis{columns: columnsOf(headers), onlyDefault: len(headers) == 0, logins: newLogins()}
}

// Source is event.IIS.
func (*iis) Source() event.Source { return event.IIS }

// Claims reports whether a line begins with a date, a time and a space, or as the header
// of its file says, is in the format of NCSA, or is a comment. IIS is the last of the
// text formats, so comments that no other format claims are claimed here.
func (f *iis) Claims(in *format.Input) bool {
	if in.Fields.Present() {
		f.access = !f.columns.Claims(in.Fields)
		return !f.access || isAccess(in)
	}
	line := in.Line
	if len(line) == 0 || line[0] == '#' {
		return true
	}
	if len(line) > 20 && line[10] == ' ' && timestamp.IsDate(line[:10]) && timestamp.IsClock(line[11:19]) {
		return true
	}
	return len(line) > 9 && line[8] == ' ' && timestamp.IsClock(line[:8]) || reordered(in.Stream) || ncsaTime(line) > 0
}

// reordered reports whether the header of a file names other columns before the date
// and the time.
func reordered(s *format.Stream) bool {
	if s == nil || len(s.Columns[event.IIS]) == 0 {
		return false
	}
	first := s.Columns[event.IIS][0]
	return first != w3cDate && first != w3cTime && bytes.IndexByte(s.Columns[event.IIS], w3cTime) > 0
}

// Decode emits the event of a request and the forms logins that the request decides.
func (f *iis) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	s := in.Stream
	if s == nil {
		s = new(format.Stream)
	}
	m := memoryOf(s)
	if in.Fields == nil && (len(in.Line) == 0 || in.Line[0] == '#') {
		return f.comment(m, s, in.Line)
	}
	r, ok := f.read(s, m, in, ev)
	switch {
	case !ok && f.access && in.Fields.Present():
		return format.Unknown
	case !ok:
		return format.Malformed
	}
	at, why := m.clock.read(&r, in.Time)
	if why == format.NoTime && in.Fields.Present() && !in.Time.IsZero() {
		at, why = in.Time, format.NoReason // of a parser that has used the time up
	}
	if why != format.NoReason {
		return in.Fail(why)
	}
	if r.cells == &m.line.cells {
		m.line.remember(in.Line, s.Columns[event.IIS], at, m.clock.second)
	}
	sent := f.logins.expire(m, at, emit)
	return f.emitRow(m, ev, &r, at, emit, sent)
}

// read reads a map or a line.
func (f *iis) read(s *format.Stream, m *memory, in *format.Input, ev *event.Event) (r w3cRow, ok bool) {
	var cells table.Row
	switch {
	case in.Fields.Present() && f.access:
		if !readAccess(in, ev, &cells) {
			return r, false
		}
	case in.Fields.Present():
		f.columns.Open(in.Fields, ev, &cells)
	default:
		known := s.Columns[event.IIS]
		if m.quoted && splitQuoted(known, in.Line, &cells) {
			r = f.joined.of(&cells)
			return r, r.plausible()
		}
		if in.Line[min(4, len(in.Line)-1)] != '-' && ncsa(in.Line, &cells) { // no line with a date
			r = f.joined.of(&cells)
			return r, r.plausible()
		}
		if r, ok = m.line.read(in.Line, known); ok {
			return r, true
		}
		if len(known) > 0 {
			var ambiguous bool
			if r, ok, ambiguous = m.line.align(in.Line, known); ok || ambiguous {
				if ambiguous {
					in.Reason = format.Ambiguous
				}
				return r, ok
			}
		}
		odd(in.Line, known, &cells)
	}
	r = f.joined.of(&cells)
	return r, r.plausible()
}

// NextLine decodes a line that directly follows another line of the stream. ok
// reports whether the line was decoded, which requires the same day and server as
// the previous line. The result is that of Decode; the cost is lower.
func (f *iis) NextLine(s *format.Stream, line []byte, ev *event.Event, emit format.Emit) (outcome format.Outcome, ok bool) {
	m, _ := s.Memory[event.IIS].(*memory)
	if m == nil {
		return format.Unknown, false
	}
	r, ok := m.line.next(line)
	if !ok {
		return format.Unknown, false
	}
	m.clock.second = m.line.second
	if f.logins.held == 0 && f.silent(&r) {
		return format.Ignored, true
	}
	ev.Reset()
	ev.Source = event.IIS
	sent := f.logins.expire(m, m.line.at, emit)
	return f.emitRow(m, ev, &r, m.line.at, emit, sent), true
}

// emitRow emits the events of a row. The outcome is Understood if the row, or an earlier
// login, led to an event.
func (f *iis) emitRow(m *memory, ev *event.Event, r *w3cRow, at time.Time, emit format.Emit, sent bool) format.Outcome {
	ev.Time = at
	if f.judge(m, ev, r, emit) || sent {
		return format.Understood
	}
	return format.Ignored
}

// comment reads a header line.
func (f *iis) comment(m *memory, s *format.Stream, line []byte) format.Outcome {
	if names := table.HeaderNames(line); names != nil {
		s.Columns[event.IIS] = f.columns.Header(names, ' ')
		m.line.forget()
		s.Headline(event.IIS, line)
	} else if date, ok := bytes.CutPrefix(line, datePrefix); ok && len(date) >= 10 {
		m.clock.day, _ = timestamp.Days(date[:10])
		m.clock.second = 0
	} else if software, ok := bytes.CutPrefix(line, softwarePrefix); ok {
		m.quoted = bytes.Contains(software, advancedLogging)
	}
	return format.Ignored
}

var (
	datePrefix      = []byte("#Date: ")
	softwarePrefix  = []byte("#Software: ")
	advancedLogging = []byte("Advanced Logging")
)

// judge emits the event of a request and any logins that the request decides, and
// reports whether it emitted any.
func (f *iis) judge(m *memory, ev *event.Event, r *w3cRow, emit format.Emit) (sent bool) {
	ev.RawIP, ev.RawForwarded = table.Given(r.get(w3cClientIP)), f.forwarded(r)
	ev.RawUser = table.Given(r.get(w3cUser))
	agent := r.get(w3cAgent)
	ev.Agent, ev.NoAgents, ev.Pluses = unquoted(table.Given(agent)), agent == nil, true
	ev.Host = table.Given(r.get(w3cComputer))
	if ev.Host == nil {
		ev.Host = table.Given(r.get(w3cServerIP))
	}
	path := r.get(w3cStem)
	what := f.stems.of(path)
	ev.Service = what.service
	if ev.Service == event.ServiceUnknown || f.backEnd(r) {
		return false
	}
	status := ascii.Number(r.get(w3cStatus))
	if f.logins.held == 0 && !what.login && isHandshake(ev, r, status) {
		ev.Outcome = event.Challenge
		emit(ev)
		return true
	}
	q := request.ReadQuery(table.Given(r.get(w3cQuery)))
	ev.ID, ev.Device, ev.Model = q.Id, q.Device, q.Model
	ev.Operation = q.Operation(path)
	if what.login {
		return isPost(r.get(w3cMethod)) && f.logins.post(m, ev, r, status, emit)
	}
	if what.mailbox {
		ev.Mailbox = openedMailbox(path)
	}
	sent = f.logins.held > 0 && f.logins.follow(ev, r, &q, status, emit)
	return emitRequest(ev, r, what, &q, status, emit) || sent
}

// silent reports, from the path alone, whether judge would emit nothing for a request.
// Most requests that a front end logs are for pages that need no authentication.
func (f *iis) silent(r *w3cRow) bool {
	if table.Given(r.get(w3cUser)) != nil || r.get(w3cStatus)[0] >= '4' {
		return false
	}
	what := f.stems.of(r.get(w3cStem))
	return !what.login && what.service != event.EAS
}

// isHandshake reports, before the query string is parsed, whether a request is the 401
// challenge before a login.
func isHandshake(ev *event.Event, r *w3cRow, status int64) bool {
	return ev.RawUser == nil && status == 401 && !isCredentialCode(r.get(w3cWin32))
}

// backEnd reports whether a request was not made by a client: the request is of the
// back-end site, which logs each front-end request again with the server as the
// client, or it comes from server monitoring or a load balancer.
func (f *iis) backEnd(r *w3cRow) bool {
	if port := r.get(w3cPort); len(port) == 3 && string(port) == "444" {
		return true
	}
	ip := r.get(w3cClientIP)
	if f.forwarded(r) != nil {
		return false
	}
	return request.OwnAddress(ip) || bytes.Equal(ip, r.get(w3cServerIP)) && request.IsMonitor(r.get(w3cAgent))
}
