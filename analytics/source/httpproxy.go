package source

import "redshank/analytics/event"

// httpProxy reads the logs of the front end's proxy, one row a request, of
// all versions by their header. They name no account where a login failed:
// what they add to IIS is what became of the requests it let in.
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

var proxyColumns = newColumns([][]string{
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

func newHTTPProxy() format {
	return &httpProxy{exchangeLog{
		of: event.HTTPProxy, columns: proxyColumns, fits: isProxyRow,
		// The beginning has been the same in all versions; the query has not
		// stayed where it was and is left out.
		usual: proxyColumns.header([]byte("DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,"+
			"RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,"+
			"IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,"+
			"ServerHostName,HttpStatus"), ','),
	}}
}

// protocols are the services by the name they have in the Protocol column.
var protocols = newNames(map[string]event.Service{
	"autodiscover": event.Autodiscover, "eas": event.EAS, "ecp": event.ECP, "ews": event.EWSService,
	"mapi": event.MAPI, "oab": event.OAB, "owa": event.OWA, "owacalendar": event.OWA,
	"powershell": event.PowerShell, "rest": event.REST, "rpchttp": event.RPC,
})

func protocolOf(name []byte) event.Service { return protocols.find(name) }

// isProxyRow tells a row by its request id, version and protocol. EWS logs
// begin alike and have the kind of authentication in place of the protocol.
func isProxyRow(rest []byte) bool {
	return len(rest) > 40 && rest[36] == ',' && isRequestID(rest[:36]) &&
		number(cellAt(rest[37:], 0)) >= 0 && protocolOf(cellAt(rest[37:], 5)) != event.ServiceUnknown
}

func (f *httpProxy) decode(in *Input, ev *event.Event, emit Emit) Outcome {
	var r row
	if o := f.open(in, ev, &r); o != Understood {
		return o
	}
	status := number(r[proxyStatus])
	if status < 0 {
		return Malformed
	}
	ev.RawIP, ev.RawForwarded = r[proxyClientIP], r[proxyForwarded]
	ev.RawUser, ev.Agent = single(r[proxyUser], ev, maxUser), single(r[proxyAgent], ev, maxAgent)
	ev.ID, ev.Host = r[proxyID], r[proxyServer]
	if ev.Service = protocolOf(r[proxyProtocol]); ev.Service == event.ServiceUnknown {
		ev.Service = serviceOf(r[proxyStem])
	}
	if ownAddress(ev.RawIP) && len(ev.RawForwarded) == 0 || !judgeProxied(ev, &r, status) {
		return Ignored
	}
	emit(ev)
	return Understood
}

// judgeProxied tells what the request says; false where that is nothing. A
// forms login says nothing here: its POST is anonymous whatever comes of it,
// and the rows without a cookie are its redirects.
func judgeProxied(ev *event.Event, r *row, status int64) bool {
	in := same(r[proxyAuthenticated], "true") && len(ev.RawUser) > 0
	ev.Protocol = protocolNamed(r[proxyAuthentication])
	q := readQuery(r[proxyQuery])
	ev.Device, ev.Operation = q.device, q.operation(r[proxyStem])
	ev.Action = event.SignIn
	switch {
	case in && status >= 200 && status < 400:
		ev.Outcome = event.Success
		act(ev, ev.Operation, r[proxyStem])
	case in && status == 403 && behindPassword(ev.Service):
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

// protocolNamed is how a sign-in was made by the name of it in the column
// AuthenticationType. Negotiate may be either of two and is left open.
func protocolNamed(kind []byte) event.Protocol {
	switch {
	case same(kind, "basic"):
		return event.BasicAuth
	case same(kind, "fba"):
		return event.FormsLogin
	case same(kind, "ntlm"):
		return event.NTLM
	case same(kind, "oauth"), same(kind, "bearer"):
		return event.OAuth
	}
	return event.ProtocolUnknown
}
