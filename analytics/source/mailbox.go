package source

import (
	"bytes"

	"redshank/analytics/event"
)

// mailProtocol reads the protocol logs of IMAP4 and POP3, which share their
// columns. The front end logs sign-ins and then passes the session on
// unread; the back end logs the same sign-in again and then the commands.
type mailProtocol struct {
	exchangeLog
	pop bool
}

// The columns that are read.
const (
	mailTime = exchangeTime + iota
	mailSession
	mailServer
	mailClient
	mailUser
	mailCommand
	mailParameters
	mailContext
)

var mailColumns = newColumns([][]string{
	mailTime:       {"datetime", "timestamp", "time", "date"},
	mailSession:    {"sessionid"},
	mailServer:     {"sip", "serverip"},
	mailClient:     {"cip", "clientip"},
	mailUser:       {"user", "username"},
	mailCommand:    {"command"},
	mailParameters: {"parameters"},
	mailContext:    {"context"},
}, mailSession, mailServer, mailClient, mailCommand)

// mailboxLog is common to both. Header lines are kept under IMAP for either,
// since nothing in them tells the two apart.
var mailboxLog = exchangeLog{
	of: event.IMAP, columns: mailColumns, fits: isMailboxRow,
	usual: mailColumns.header([]byte("dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,"+
		"command,parameters,context,puid"), ','),
}

func newIMAP() format { return &mailProtocol{exchangeLog: mailboxLog} }
func newPOP() format  { return &mailProtocol{exchangeLog: mailboxLog, pop: true} }

func (f *mailProtocol) source() event.Source {
	if f.pop {
		return event.POP
	}
	return event.IMAP
}

// claims takes the rows of one of the two, and header lines for both.
func (f *mailProtocol) claims(in *Input) bool {
	if !f.exchangeLog.claims(in) {
		return false
	}
	if in.Fields.Present() {
		server, command := f.columns.cell(in.Fields, mailServer), f.columns.cell(in.Fields, mailCommand)
		return isPOP(server, command) == f.pop
	}
	rest := afterTime(in.Line)
	return rest == nil || isPOP(cellAt(rest, 2), cellAt(rest, 8)) == f.pop
}

// isMailboxRow tells a row by its session, its number in it and the server's
// endpoint.
func isMailboxRow(rest []byte) bool {
	return len(rest) > 17 && rest[16] == ',' && isSessionID(rest[:16]) &&
		number(cellAt(rest[17:], 0)) >= 0 && port(cellAt(rest[17:], 1)) != nil
}

// isPOP goes by the port, and at a port of the site's own by the command.
func isPOP(server, command []byte) bool {
	switch string(port(server)) {
	case "110", "995", "1995":
		return true
	case "143", "993", "1993":
		return false
	}
	return popCommands.find(command)
}

var popCommands = newNames(map[string]bool{
	"apop": true, "auth": true, "dele": true, "pass": true, "retr": true, "stat": true, "top": true, "uidl": true, "user": true,
})

func (f *mailProtocol) decode(in *Input, ev *event.Event, emit Emit) Outcome {
	var r row
	if o := f.open(in, ev, &r); o != Understood {
		return o
	}
	ev.Source, ev.Service = f.source(), event.IMAPService
	if f.pop {
		ev.Service = event.POPService
	}
	ev.RawIP, ev.Host = r[mailClient], host(r[mailServer])
	ev.RawUser, ev.Session = single(r[mailUser], ev, maxUser), r[mailSession]
	ev.Operation = r[mailCommand]
	context := capped(r[mailContext], maxContext)
	backEnd := isBackEnd(r[mailServer])
	var tells bool
	if isLoginCommand(r[mailCommand]) {
		tells = !backEnd && !ownAddress(host(ev.RawIP)) && judgeLogin(ev, &r, context)
	} else {
		tells = judgeCommand(ev, &r, context)
		if backEnd && bytes.Equal(host(ev.RawIP), ev.Host) {
			ev.RawIP = nil // the front end: whoever sat before it is not logged here
		}
	}
	if !tells {
		return Ignored
	}
	emit(ev)
	return Understood
}

// maxContext is how much of a context is looked at, in bytes: performance
// figures without end stand behind what matters.
const maxContext = 1024

func isBackEnd(server []byte) bool {
	p := port(server)
	return string(p) == "1993" || string(p) == "1995"
}

func isLoginCommand(command []byte) bool {
	return same(command, "login") || same(command, "authenticate") || same(command, "pass") ||
		same(command, "auth") || same(command, "apop")
}

// judgeLogin tells how a sign-in ended; false where it has not.
func judgeLogin(ev *event.Event, r *row, context []byte) bool {
	ev.Action, ev.Protocol = event.SignIn, event.BasicAuth
	if kind := mechanism(bytes.TrimLeft(r[mailParameters], " ")); kind != event.ProtocolUnknown {
		ev.Protocol = kind
	}
	result := after(context, "R=")
	why, denied := cutAfter(context, "AuthFailed:")
	switch {
	case denied, isLoginFailure(result):
		ev.Outcome, ev.Reason = event.Failure, event.WrongPassword
		if denied && !begins(why, "logondenied") {
			ev.Reason = event.OtherReason
		}
		if holds(context, "basicauthblocked") {
			ev.Reason = event.PolicyBlocked
		}
	case begins(result, "ok"):
		ev.Outcome = event.Success
	default:
		return false
	}
	if len(ev.RawUser) == 0 {
		ev.RawUser = loginUser(r, context, ev)
	}
	return ev.Outcome == event.Failure || len(ev.RawUser) > 0
}

// isLoginFailure knows the answers to a wrong password from those to a
// command that is wrong in itself.
func isLoginFailure(result []byte) bool {
	result = bytes.TrimLeft(result, `"`)
	if begins(result, "-err ") {
		return holds(capped(result, 64), "failure") || holds(capped(result, 64), "failed")
	}
	return holds(capped(result, 64), " no login failed") || holds(capped(result, 64), " no authenticate failed")
}

// loginUser is the account where its column is empty: in the error text, or
// before the masked password among the parameters.
func loginUser(r *row, context []byte, ev *event.Event) []byte {
	if user, ok := cutAfter(context, ",User: "); ok {
		return single(upTo(user, `";,`), ev, maxUser)
	}
	if !same(r[mailCommand], "login") {
		return nil
	}
	user := upTo(bytes.Trim(r[mailParameters], ` "`), ` "`)
	if len(user) == 0 || user[0] == '*' {
		return nil
	}
	return single(user, ev, maxUser)
}

// judgeCommand tells what a command did with mail; false for the others, and
// where it failed.
func judgeCommand(ev *event.Event, r *row, context []byte) bool {
	if len(ev.RawUser) == 0 {
		return false
	}
	command := r[mailCommand]
	if same(command, "uid") {
		command = upTo(bytes.TrimLeft(r[mailParameters], " "), " ")
	}
	access := mailCommands.find(command)
	if access == 0 || !begins(after(context, "R="), "ok") {
		return false
	}
	ev.Action, ev.Outcome, ev.Access = event.MailAccess, event.Success, access&^touchesMail
	if ev.Access == event.AccessNone {
		return true // opening a folder touches none of its items
	}
	if rows := number(upTo(after(context, "Rows="), ";")); rows > 0 {
		ev.Items = int(rows)
	} else if ev.Access == event.Bind {
		ev.Items = 1
	}
	return true
}

var mailCommands = newNames(map[string]event.Access{
	"fetch": event.Bind | touchesMail, "retr": event.Bind | touchesMail, "top": event.Bind | touchesMail,
	"search": event.Search | touchesMail, "select": touchesMail, "examine": touchesMail,
})

// after is what stands behind mark in b, nil where mark is not there.
func after(b []byte, mark string) []byte {
	rest, _ := cutAfter(b, mark)
	return rest
}

func cutAfter(b []byte, mark string) ([]byte, bool) {
	for i := 0; i+len(mark) <= len(b); i++ {
		if b[i] == mark[0] && string(b[i:i+len(mark)]) == mark {
			return b[i+len(mark):], true
		}
	}
	return nil, false
}

// upTo is b up to the first of the bytes in ends.
func upTo(b []byte, ends string) []byte {
	if end := bytes.IndexAny(b, ends); end >= 0 {
		return b[:end]
	}
	return b
}
