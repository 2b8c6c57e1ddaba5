package exchange

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
)

// httpProxy decodes the logs of the front-end proxy, one row per request, of all
// versions by their header. Rows of failed logins name no account; the value of
// these logs beside those of IIS is the result of the requests that IIS admitted.
type httpProxy struct{ exchangeLog }

// The columns that are read, from the 64 of Exchange 2013 to the 74 of 2019.
const (
	proxyTime = exchangeTime + iota
	proxyID
	proxyProtocol
	proxyStem
	proxyAuthentication
	proxyAuthenticated
	proxyUser
	proxyAgent
	proxyClientIP
	proxyServer
	proxyStatus
	proxyQuery
	proxyForwarded
)

var proxyColumns = table.NewColumns([][]string{
	proxyTime:           {"datetime", "timestamp", "time"},
	proxyID:             {"requestid"},
	proxyProtocol:       {"protocol"},
	proxyStem:           {"urlstem"},
	proxyAuthentication: {"authenticationtype"},
	proxyAuthenticated:  {"isauthenticated"},
	proxyUser:           {"authenticateduser"},
	proxyAgent:          {"useragent", "useragentoriginal"},
	proxyClientIP:       {"clientipaddress"},
	proxyServer:         {"serverhostname", "observerhostname"},
	proxyStatus:         {"httpstatus"},
	proxyQuery:          {"urlquery"},
	proxyForwarded:      {"xforwardedfor"},
}, proxyStem, proxyAuthenticated)

// NewHTTPProxy returns the format.
func NewHTTPProxy() format.Format {
	return &httpProxy{exchangeLog{
		of: event.HTTPProxy, columns: proxyColumns, fits: isProxyRow,
		// The beginning has been the same in all versions; the query has not
		// stayed if it was and is left out.
		usual: proxyColumns.Header([]byte("DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,"+
			"RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,"+
			"IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,"+
			"ServerHostName,HttpStatus"), ','),
	}}
}

// protocols maps the values of the Protocol column to services.
var protocols = ascii.NewNames(map[string]event.Service{
	"autodiscover": event.Autodiscover, "eas": event.EAS, "ecp": event.ECP, "ews": event.EWSService,
	"mapi": event.MAPI, "oab": event.OAB, "owa": event.OWA, "owacalendar": event.OWA,
	"powershell": event.PowerShell, "rest": event.REST, "rpchttp": event.RPC,
})

func protocolOf(name []byte) event.Service { return protocols.Find(name) }

// isProxyRow reports whether rest is a row of this log, by its request id, version
// and protocol. Rows of EWS logs begin in the same way but have the authentication
// type in place of the protocol.
func isProxyRow(rest []byte) bool {
	return len(rest) > 40 && rest[36] == ',' && ascii.IsGUID(rest[:36]) &&
		ascii.Number(table.CellAt(rest[37:], 0)) >= 0 && protocolOf(table.CellAt(rest[37:], 5)) != event.ServiceUnknown
}

// Decode emits the request of a row.
func (f *httpProxy) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	var r table.Row
	if o := f.open(in, ev, &r); o != format.Understood {
		return o
	}
	status := ascii.Number(r[proxyStatus])
	if status < 0 {
		return format.Malformed
	}
	ev.RawIP, ev.RawForwarded = r[proxyClientIP], r[proxyForwarded]
	ev.RawUser, ev.Agent = table.Single(r[proxyUser], ev, request.MaxUser), withCommas(ev, table.Single(r[proxyAgent], ev, request.MaxAgent))
	ev.ID, ev.Host = r[proxyID], r[proxyServer]
	if ev.Service = protocolOf(r[proxyProtocol]); ev.Service == event.ServiceUnknown {
		ev.Service = request.ServiceOf(r[proxyStem])
	}
	if request.OwnAddress(ev.RawIP) && len(ev.RawForwarded) == 0 || !judgeProxied(ev, &r, status) {
		return format.Ignored
	}
	emit(ev)
	return format.Understood
}

// withCommas returns a user agent with its commas. Exchange writes a space in place of
// each, so that "(KHTML, like Gecko)", with which browsers identify themselves, has
// two spaces. Spelt as in other logs, the agent is the same program.
func withCommas(ev *event.Event, agent []byte) []byte {
	at := bytes.Index(agent, twoSpaces)
	if at < 0 {
		return agent
	}
	agent = ev.Hold(agent)
	for i := at; i < len(agent)-1; i++ {
		if agent[i] == ' ' && agent[i+1] == ' ' {
			agent[i] = ','
		}
	}
	return agent
}

var twoSpaces = []byte("  ")

// judgeProxied fills ev from a request and reports whether ev is worth emitting.
// Forms logins are ignored: their POST is anonymous regardless of the result, and
// rows without a cookie are redirects.
func judgeProxied(ev *event.Event, r *table.Row, status int64) bool {
	in := ascii.EqualFold(r[proxyAuthenticated], "true") && len(ev.RawUser) > 0
	ev.Protocol = request.ProtocolNamed(r[proxyAuthentication])
	q := request.ReadQuery(r[proxyQuery])
	ev.Device, ev.Model, ev.Operation = q.Device, q.Model, q.Operation(r[proxyStem])
	ev.Action = event.SignIn
	switch {
	case in && status >= 200 && status < 400:
		ev.Outcome = event.Success
		request.Act(ev, ev.Operation, r[proxyStem])
	case in && status == 403 && request.BehindPassword(ev.Service):
		ev.Outcome, ev.Reason = event.Accepted, event.PolicyBlocked
	case status == 401 && len(ev.RawUser) == 0:
		ev.Outcome = event.Challenge
	default:
		// A 401 with an account came from the back end, behind a password
		// that the front end had checked: a fault of the servers.
		return false
	}
	return true
}
