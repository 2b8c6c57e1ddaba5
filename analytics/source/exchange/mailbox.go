package exchange

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/drill"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
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

var mailColumns = table.NewColumns([][]string{
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
// since nothing in them distinguishes the two.
var mailboxLog = exchangeLog{
	of: event.IMAP, columns: mailColumns, fits: isMailboxRow,
	usual: mailColumns.Header([]byte("dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,"+
		"command,parameters,context,puid"), ','),
}

// NewIMAP returns the format of IMAP4 logs.
func NewIMAP() format.Format { return &mailProtocol{exchangeLog: mailboxLog} }

// NewPOP returns the format of POP3 logs.
func NewPOP() format.Format { return &mailProtocol{exchangeLog: mailboxLog, pop: true} }

// Source is event.IMAP or event.POP.
func (f *mailProtocol) Source() event.Source {
	if f.pop {
		return event.POP
	}
	return event.IMAP
}

// Claims takes the rows of one of the two, and header lines for both.
func (f *mailProtocol) Claims(in *format.Input) bool {
	if !f.exchangeLog.Claims(in) {
		return false
	}
	if in.Fields.Present() {
		server, command := f.columns.Cell(in.Fields, mailServer), f.columns.Cell(in.Fields, mailCommand)
		return isPOP(server, command) == f.pop
	}
	rest := afterTime(in.Line)
	return rest == nil || isPOP(table.CellAt(rest, 2), table.CellAt(rest, 8)) == f.pop
}

// isMailboxRow recognises a row by its session, its number in it and the server's
// endpoint.
func isMailboxRow(rest []byte) bool {
	return len(rest) > 17 && rest[16] == ',' && isSessionID(rest[:16]) &&
		ascii.Number(table.CellAt(rest[17:], 0)) >= 0 && port(table.CellAt(rest[17:], 1)) != nil
}

// isPOP reports whether a row is of POP3, by the port of the server, or by the command if
// the port is not a standard one.
func isPOP(server, command []byte) bool {
	switch string(port(server)) {
	case "110", "995", "1995":
		return true
	case "143", "993", "1993":
		return false
	}
	return popCommands.Find(command)
}

var popCommands = ascii.NewNames(map[string]bool{
	"apop": true, "auth": true, "dele": true, "pass": true, "retr": true, "stat": true, "top": true, "uidl": true, "user": true,
})

// Decode emits the login or the command of a row.
func (f *mailProtocol) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	var r table.Row
	if o := f.open(in, ev, &r); o != format.Understood {
		return o
	}
	ev.Source, ev.Service = f.Source(), event.IMAPService
	if f.pop {
		ev.Service = event.POPService
	}
	ev.RawIP, ev.Host = r[mailClient], host(r[mailServer])
	ev.RawUser, ev.Session = table.Single(r[mailUser], ev, request.MaxUser), r[mailSession]
	ev.Operation = r[mailCommand]
	context := ascii.Clip(r[mailContext], maxContext)
	backEnd := isBackEnd(r[mailServer])
	var relevant bool
	if isLoginCommand(r[mailCommand]) {
		relevant = !backEnd && !request.OwnAddress(host(ev.RawIP)) && judgeLogin(ev, &r, context)
	} else {
		relevant = judgeCommand(ev, &r, context)
		if backEnd && bytes.Equal(host(ev.RawIP), ev.Host) {
			ev.RawIP = nil // the front end: the client behind it is not logged here
		}
	}
	if !relevant {
		return format.Ignored
	}
	ev.Drill = drill.Find(context)
	emit(ev)
	return format.Understood
}

// maxContext bounds the part of a context that is parsed, in bytes. The relevant
// fields come first, followed by any number of performance figures.
const maxContext = 1024

func isBackEnd(server []byte) bool {
	p := port(server)
	return string(p) == "1993" || string(p) == "1995"
}

func isLoginCommand(command []byte) bool {
	return ascii.EqualFold(command, "login") || ascii.EqualFold(command, "authenticate") || ascii.EqualFold(command, "pass") ||
		ascii.EqualFold(command, "auth") || ascii.EqualFold(command, "apop")
}

// judgeLogin returns how a sign-in ended; false if it has not.
func judgeLogin(ev *event.Event, r *table.Row, context []byte) bool {
	ev.Action, ev.Protocol = event.SignIn, event.BasicAuth
	if kind := request.MechanismNamed(bytes.TrimLeft(r[mailParameters], " ")); kind != event.ProtocolUnknown {
		ev.Protocol = kind
	}
	result := ascii.After(context, "R=")
	why, denied := ascii.CutAfter(context, "AuthFailed:")
	switch {
	case denied, isLoginFailure(result):
		ev.Outcome, ev.Reason = event.Failure, event.WrongPassword
		if denied && !ascii.HasPrefix(why, "logondenied") {
			ev.Reason = event.OtherReason
		}
		if ascii.Contains(context, "basicauthblocked") {
			ev.Reason = event.PolicyBlocked
		}
	case ascii.HasPrefix(result, "ok"):
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
	if ascii.HasPrefix(result, "-err ") {
		return ascii.Contains(ascii.Clip(result, 64), "failure") || ascii.Contains(ascii.Clip(result, 64), "failed")
	}
	return ascii.Contains(ascii.Clip(result, 64), " no login failed") || ascii.Contains(ascii.Clip(result, 64), " no authenticate failed")
}

// loginUser returns the account where its column is empty: in the error text, or
// before the masked password among the parameters.
func loginUser(r *table.Row, context []byte, ev *event.Event) []byte {
	if user, ok := ascii.CutAfter(context, ",User: "); ok {
		return table.Single(ascii.UpTo(user, `";,`), ev, request.MaxUser)
	}
	if !ascii.EqualFold(r[mailCommand], "login") {
		return nil
	}
	user := ascii.UpTo(bytes.Trim(r[mailParameters], ` "`), ` "`)
	if len(user) == 0 || user[0] == '*' {
		return nil
	}
	return table.Single(user, ev, request.MaxUser)
}

// judgeCommand returns what a command did with mail; false for the others, and
// where it failed.
func judgeCommand(ev *event.Event, r *table.Row, context []byte) bool {
	if len(ev.RawUser) == 0 {
		return false
	}
	command := r[mailCommand]
	if ascii.EqualFold(command, "uid") {
		command = ascii.UpTo(bytes.TrimLeft(r[mailParameters], " "), " ")
	}
	access := mailCommands.Find(command)
	if access == 0 || !ascii.HasPrefix(ascii.After(context, "R="), "ok") {
		return false
	}
	ev.Action, ev.Outcome, ev.Access = event.MailAccess, event.Success, access&^request.TouchesMail
	if ev.Access == event.AccessNone {
		return true // opening a folder touches none of its items
	}
	if rows := ascii.Number(ascii.UpTo(ascii.After(context, "Rows="), ";")); rows > 0 {
		ev.Items = int(rows)
	} else if ev.Access == event.Bind {
		ev.Items = 1
	}
	return true
}

var mailCommands = ascii.NewNames(map[string]event.Access{
	"fetch": event.Bind | request.TouchesMail, "retr": event.Bind | request.TouchesMail, "top": event.Bind | request.TouchesMail,
	"search": event.Search | request.TouchesMail, "select": request.TouchesMail, "examine": request.TouchesMail,
})
