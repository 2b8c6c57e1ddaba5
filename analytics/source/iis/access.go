package iis

import (
	"bytes"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/table"
)

// Access logs of reverse proxies come as maps, too: from the parsers of Fluent Bit for
// Apache and nginx, from logs of nginx and Traefik in JSON, from filters of Logstash for
// IIS. As in the format of NCSA, there is no result of Windows.

// accessRequest is the column with the whole request, "POST /EWS/Exchange.asmx HTTP/1.1".
const accessRequest = w3cForwarded + maxHeaders

var accessColumns = table.NewColumns([][]string{
	w3cMethod:     {"method", "requestmethod", "verb"},
	w3cStem:       {"requesturi", "requestpath", "path", "uri", "url", "page"},
	w3cQuery:      {"querystring", "args"},
	w3cUser:       {"remoteuser", "clientusername", "username", "user"},
	w3cClientIP:   {"remoteaddr", "clienthost", "remoteip", "clientip", "remote", "host"},
	w3cAgent:      {"httpuseragent", "requestuseragent", "useragent", "agent"},
	w3cReferer:    {"httpreferer", "requestreferer", "referer", "referrer"},
	w3cStatus:     {"status", "downstreamstatus", "responsecode", "statuscode", "response", "code"},
	w3cSubstatus:  {"substatus", "subresponse"},
	w3cWin32:      {"win32status"},
	w3cStamp:      {"timeiso8601", "timelocal", "startutc", "timegenerated", "timestamp", "time", "date"},
	w3cForwarded:  {"httpxforwardedfor", "requestxforwardedfor", "xforwardedfor"},
	accessRequest: {"request"},
}, w3cClientIP, w3cStatus)

// isAccess reports whether a map may be a line of an access log.
func isAccess(in *format.Input) bool {
	seen := accessColumns.Seen(in.Fields)
	return seen&accessColumns.Sign == accessColumns.Sign && (seen>>accessRequest&1 == 1 || seen>>w3cMethod&seen>>w3cStem&1 == 1)
}

// readAccess fills r from a map that may be a line of an access log, and reports whether it
// is one.
func readAccess(in *format.Input, ev *event.Event, r *table.Row) bool {
	accessColumns.Open(in.Fields, ev, r)
	if r[w3cMethod] == nil || r[w3cStem] == nil {
		r[w3cMethod], r[w3cStem], _ = bytes.Cut(r[accessRequest], space)
		r[w3cStem], _, _ = bytes.Cut(r[w3cStem], space)
	}
	if stem, query, found := bytes.Cut(r[w3cStem], question); found {
		r[w3cStem], r[w3cQuery] = stem, query
	}
	r[accessRequest] = nil
	if string(r[w3cStatus]) == "401" && r[w3cSubstatus] == nil {
		r[w3cSubstatus] = credentialsRefused
	}
	return len(r[w3cStem]) > 0 && r[w3cStem][0] == '/'
}
