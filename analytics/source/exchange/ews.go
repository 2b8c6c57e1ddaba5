package exchange

import (
	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
)

// ews decodes the log of Exchange Web Services on the back end: the account, the
// requested operation and the mailbox.
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

var ewsColumns = table.NewColumns([][]string{
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

// NewEWS returns the format.
func NewEWS() format.Format {
	return &ews{exchangeLog{
		of: event.EWS, columns: ewsColumns, fits: isEWSRow,
		usual: ewsColumns.Header([]byte("DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,"+
			"RevisionVersion,ClientRequestId,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,"+
			"UserAgent,VersionInfo,ClientIpAddress,ServerHostName,FrontEndServer,SoapAction,HttpStatus,"+
			"RequestSize,ResponseSize,ErrorCode,ImpersonatedUser,ProxyAsUser,ActAsUser"), ','),
	}}
}

// isEWSRow reports whether rest is a row of this log, by its request id and
// version and by the absence of the protocol column of HttpProxy, in whose place
// the authentication type and a boolean follow.
func isEWSRow(rest []byte) bool {
	if len(rest) < 41 || rest[36] != ',' || !ascii.IsGUID(rest[:36]) || ascii.Number(table.CellAt(rest[37:], 0)) < 0 {
		return false
	}
	authenticated := table.CellAt(rest[37:], 6)
	return ascii.EqualFold(authenticated, "true") || ascii.EqualFold(authenticated, "false") ||
		len(authenticated) == 0 && protocolOf(table.CellAt(rest[37:], 5)) == event.ServiceUnknown
}

// Decode emits the request of a row.
func (f *ews) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	var r table.Row
	if o := f.open(in, ev, &r); o != format.Understood {
		return o
	}
	ev.Service = event.EWSService
	ev.RawIP, ev.RawUser = r[ewsClientIP], table.Single(r[ewsUser], ev, request.MaxUser)
	ev.Agent, ev.Host, ev.ID = table.Single(r[ewsAgent], ev, request.MaxAgent), r[ewsServer], r[ewsID]
	ev.Operation, ev.Detail = r[ewsAction], ascii.Clip(r[ewsError], maxText)
	if ev.Mailbox = table.Single(r[ewsImpersonated], ev, request.MaxUser); len(ev.Mailbox) == 0 {
		ev.Mailbox = table.Single(r[ewsActAs], ev, request.MaxUser)
	}
	ev.Protocol = request.ProtocolNamed(r[ewsAuthentication])
	if request.OwnAddress(ev.RawIP) || !judgeEWS(ev, &r) {
		return format.Ignored
	}
	emit(ev)
	return format.Understood
}

// maxText bounds the detail of an event from these logs, in bytes.
const maxText = 1024

// judgeEWS fills ev from a request and reports whether ev is worth emitting. An
// operation that Exchange rejected (ErrorCode, status 500) shows that the client
// is authenticated, but no mail was accessed.
func judgeEWS(ev *event.Event, r *table.Row) bool {
	status := ascii.Number(r[ewsStatus])
	ev.Action = event.SignIn
	switch {
	case status == 401 && len(ev.RawUser) == 0:
		ev.Outcome = event.Challenge
	case status == 401:
		if len(r[ewsRefusal]) == 0 {
			return false
		}
		ev.Outcome, ev.Reason = event.Failure, event.OtherReason
	case len(ev.RawUser) == 0 || ascii.EqualFold(r[ewsAuthenticated], "false"):
		return false
	case status >= 200 && status < 400:
		ev.Outcome = event.Success
		request.Act(ev, ev.Operation, nil)
	case status == 500 && len(r[ewsError]) > 0:
		ev.Outcome = event.Success
	default:
		return false
	}
	return true
}
