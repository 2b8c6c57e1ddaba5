package source

import "redshank/analytics/event"

// ews reads the log of Exchange Web Services on the back end: which operation
// an account asked for, and in whose mailbox.
type ews struct{ exchangeLog }

// The columns that are read.
const (
	ewsTime = exchangeTime + iota
	ewsID
	ewsAuthentication
	ewsAuthenticated
	ewsUser
	ewsAgent
	ewsClientIP
	ewsServer
	ewsAction
	ewsStatus
	ewsError
	ewsImpersonated
	ewsActAs
	ewsRefusal
)

var ewsColumns = newColumns([][]string{
	ewsTime:           {"datetime", "timestamp", "time"},
	ewsID:             {"requestid"},
	ewsAuthentication: {"authenticationtype"},
	ewsAuthenticated:  {"isauthenticated"},
	ewsUser:           {"authenticateduser"},
	ewsAgent:          {"useragent", "useragentoriginal"},
	ewsClientIP:       {"clientipaddress"},
	ewsServer:         {"serverhostname", "observerhostname"},
	ewsAction:         {"soapaction"},
	ewsStatus:         {"httpstatus"},
	ewsError:          {"errorcode"},
	ewsImpersonated:   {"impersonateduser"},
	ewsActAs:          {"actasuser"},
	ewsRefusal:        {"authenticationerrors"},
}, ewsAction, ewsUser)

func newEWS() format {
	return &ews{exchangeLog{
		of: event.EWS, columns: ewsColumns, fits: isEWSRow,
		usual: ewsColumns.header([]byte("DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,"+
			"RevisionVersion,ClientRequestId,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,"+
			"UserAgent,VersionInfo,ClientIpAddress,ServerHostName,FrontEndServer,SoapAction,HttpStatus,"+
			"RequestSize,ResponseSize,ErrorCode,ImpersonatedUser,ProxyAsUser,ActAsUser"), ','),
	}}
}

// isEWSRow tells a row by its request id and version, and by having no
// protocol where HttpProxy has it: there is a truth value behind.
func isEWSRow(rest []byte) bool {
	if len(rest) < 41 || rest[36] != ',' || !isRequestID(rest[:36]) || number(cellAt(rest[37:], 0)) < 0 {
		return false
	}
	authenticated := cellAt(rest[37:], 6)
	return same(authenticated, "true") || same(authenticated, "false") ||
		len(authenticated) == 0 && protocolOf(cellAt(rest[37:], 5)) == event.ServiceUnknown
}

func (f *ews) decode(in *Input, ev *event.Event, emit Emit) Outcome {
	var r row
	if o := f.open(in, ev, &r); o != Understood {
		return o
	}
	ev.Service = event.EWSService
	ev.RawIP, ev.RawUser = r[ewsClientIP], single(r[ewsUser], ev, maxUser)
	ev.Agent, ev.Host, ev.ID = single(r[ewsAgent], ev, maxAgent), r[ewsServer], r[ewsID]
	ev.Operation, ev.Detail = r[ewsAction], capped(r[ewsError], maxText)
	if ev.Mailbox = single(r[ewsImpersonated], ev, maxUser); len(ev.Mailbox) == 0 {
		ev.Mailbox = single(r[ewsActAs], ev, maxUser)
	}
	ev.Protocol = protocolNamed(r[ewsAuthentication])
	if ownAddress(ev.RawIP) || !judgeEWS(ev, &r) {
		return Ignored
	}
	emit(ev)
	return Understood
}

// maxText is the longest detail these logs give an event, in bytes.
const maxText = 1024

// judgeEWS tells what the request says; false where that is nothing. An
// operation that Exchange turned down (ErrorCode, status 500) was asked for
// all the same by somebody who is in, but has touched no mail.
func judgeEWS(ev *event.Event, r *row) bool {
	status := number(r[ewsStatus])
	ev.Action = event.SignIn
	switch {
	case status == 401 && len(ev.RawUser) == 0:
		ev.Outcome = event.Challenge
	case status == 401:
		if len(r[ewsRefusal]) == 0 {
			return false
		}
		ev.Outcome, ev.Reason = event.Failure, event.OtherReason
	case len(ev.RawUser) == 0 || same(r[ewsAuthenticated], "false"):
		return false
	case status >= 200 && status < 400:
		ev.Outcome = event.Success
		act(ev, ev.Operation, nil)
	case status == 500 && len(r[ewsError]) > 0:
		ev.Outcome = event.Success
	default:
		return false
	}
	return true
}
