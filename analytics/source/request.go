package source

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"redshank/analytics/event"
)

// services are the virtual directories of Exchange by the first segment of
// the path, in lower case. Requests elsewhere are some other web site's.
var services = newNames(map[string]event.Service{
	"owa":                         event.OWA,
	"exchange":                    event.OWA, // 2003 and 2007, and the redirects that remember them
	"ecp":                         event.ECP,
	"ews":                         event.EWSService,
	"microsoft-server-activesync": event.EAS,
	"mapi":                        event.MAPI,
	"rpc":                         event.RPC,
	"rpcwithcert":                 event.RPC,
	"autodiscover":                event.Autodiscover,
	"oab":                         event.OAB,
	"api":                         event.REST,
	"powershell":                  event.PowerShell,
	"powershell-proxy":            event.PowerShell,
})

// serviceOf is the service that the path leads to.
func serviceOf(path []byte) event.Service {
	if len(path) == 0 || path[0] != '/' {
		return event.ServiceUnknown
	}
	path = path[1:]
	if end := bytes.IndexByte(path, '/'); end >= 0 {
		path = path[:end]
	}
	return services.find(path)
}

// mailOperations are the ActiveSync commands and EWS operations that touch
// mail items, in lower case, and how. Sign-ins, pings, settings, address
// books and free-busy look-ups are not among them.
var mailOperations = newNames(map[string]event.Access{
	"sync":           event.Sync | touchesMail,
	"itemoperations": event.Bind | touchesMail,
	"getattachment":  event.Bind | touchesMail,
	"moveitems":      event.Bind | touchesMail,
	"sendmail":       event.Send | touchesMail,
	"smartforward":   event.Send | touchesMail,
	"smartreply":     event.Send | touchesMail,
	"search":         event.Search | touchesMail,

	"copyitem":             event.Bind | touchesMail,
	"createitem":           event.Send | touchesMail,
	"exportitems":          event.Export | touchesMail,
	"findconversation":     event.Search | touchesMail,
	"finditem":             event.Search | touchesMail,
	"getconversationitems": event.Bind | touchesMail,
	"getitem":              event.Bind | touchesMail,
	"moveitem":             event.Bind | touchesMail,
	"searchmailboxes":      event.Search | touchesMail,
	"senditem":             event.Send | touchesMail,
	"syncfolderitems":      event.Sync | touchesMail,
	"uploaditems":          touchesMail,
})

// touchesMail tells what a table has from what it has not.
const touchesMail event.Access = 0x80

// mailOperation tells whether the operation touches mail. EWS logs some
// operations under the name of their response, and with a prefix of their
// namespace.
func mailOperation(operation []byte) (event.Access, bool) {
	if at := bytes.LastIndexByte(operation, '/'); at >= 0 {
		operation = operation[at+1:]
	}
	if end := len(operation) - len("response"); end > 0 && same(operation[end:], "response") {
		operation = operation[:end]
	}
	access := mailOperations.find(operation)
	return access &^ touchesMail, access != 0
}

// act sets what an authenticated request was for. Every one of them proves
// that the client has the account's password or a session made with it, so
// each counts as a sign-in, except those that touch mail, which count as
// that: both are a success of the account, and the difference is what the
// collection analytic lives on.
func act(ev *event.Event, operation, path []byte) {
	ev.Action = event.SignIn
	if access, ok := mailOperation(operation); ok {
		ev.Action, ev.Access = event.MailAccess, access
	} else if ev.Service == event.REST && (holds(path, "/messages") || holds(path, "/mailfolders")) {
		ev.Action, ev.Access = event.MailAccess, event.Bind
	}
}

// query is what the query string of a request says about it.
type query struct {
	id      []byte // cafeReqId: the id that IIS and HttpProxy rows share
	command []byte // Cmd of ActiveSync
	soap    []byte // SoapAction of EWS
	user    []byte // User of ActiveSync, percent-encoded
	device  []byte // DeviceId
	reason  []byte // reason of the logon page
}

// readQuery reads a query string, which may begin with a question mark. Its
// parameters end with "&", those that Exchange adds with ";". Of a repeated
// parameter the last counts: Exchange writes its own behind those of the client,
// who could otherwise choose the id that a request goes by, and have it taken
// for a duplicate.
func readQuery(text []byte) (q query) {
	for len(text) > 0 && text[0] == '?' {
		text = text[1:]
	}
	for len(text) > 0 {
		value, name := q.parameter(text)
		end := name + parameterEnd(text[name:])
		if value != nil {
			*value = text[name:end]
		}
		text = text[min(end+1, len(text)):]
	}
	return q
}

// parameter is where the value of the parameter goes that text begins with, nil
// for one that is not kept, and how long its name is with the "=". It compares
// eight letters in one step: or'ed with 0x20 they are in lower case, and nothing
// else becomes a lower-case letter.
func (q *query) parameter(text []byte) (value *[]byte, name int) {
	if len(text) < 8 {
		return q.shortParameter(text)
	}
	const cmd, user, reason = 1<<24 - 1, 1<<32 - 1, 1<<48 - 1
	word := binary.LittleEndian.Uint64(text) | eachByte*0x20
	switch {
	case word == wordOf("cafereqi") && len(text) > 9 && text[8]|0x20 == 'd':
		value, name = &q.id, len("cafereqid")
	case word&cmd == wordOf("cmd     ")&cmd:
		value, name = &q.command, len("cmd")
	case word == wordOf("deviceid") && len(text) > 8:
		value, name = &q.device, len("deviceid")
	case word&user == wordOf("user    ")&user:
		value, name = &q.user, len("user")
	case word == wordOf("soapacti") && len(text) > 10 && text[8]|0x20 == 'o' && text[9]|0x20 == 'n':
		value, name = &q.soap, len("soapaction")
	case word&reason == wordOf("reason  ")&reason:
		value, name = &q.reason, len("reason")
	default:
		return nil, 0
	}
	if text[name] != '=' {
		return nil, 0
	}
	return value, name + 1
}

// shortParameter is parameter for fewer than eight letters, at the end of a
// query.
func (q *query) shortParameter(text []byte) (value *[]byte, name int) {
	for _, p := range [...]struct {
		name  string
		value *[]byte
	}{{"cmd=", &q.command}, {"user=", &q.user}, {"reason=", &q.reason}} {
		if begins(text, p.name) {
			return p.value, len(p.name)
		}
	}
	return nil, 0
}

// parameterEnd is where the first parameter of text ends.
func parameterEnd(text []byte) (at int) {
	for ; at+8 <= len(text); at += 8 {
		word := binary.LittleEndian.Uint64(text[at:])
		if found := first(word, '&') | first(word, ';'); found != 0 {
			return at + bits.TrailingZeros64(found)>>3
		}
	}
	for ; at < len(text) && text[at] != '&' && text[at] != ';'; at++ {
	}
	return at
}

// operation is what the request asked for.
func (q *query) operation(path []byte) []byte {
	switch {
	case len(q.soap) > 0:
		return q.soap
	case len(q.command) > 0:
		return q.command
	}
	return path
}

// unescaped is b with its percent signs resolved, in ev's own memory.
func unescaped(b []byte, ev *event.Event) []byte {
	if bytes.IndexByte(b, '%') < 0 {
		return b
	}
	b = ev.Hold(capped(b, maxUser))
	n := 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '%' && i+2 < len(b) && unhex(b[i+1]) < 16 && unhex(b[i+2]) < 16 {
			c = unhex(b[i+1])<<4 | unhex(b[i+2])
			i += 2
		}
		b[n] = c
		n++
	}
	return b[:n]
}

// maxUser is the longest account that is copied, in bytes.
const maxUser = 320

func unhex(c byte) byte {
	switch {
	case digit(c):
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// ownAddress tells the addresses from which only the server itself and the
// load balancer of its cloud come: loopback, link-local, Azure's prober. A
// request that a proxy on the same machine has forwarded is not the
// server's own, so look at the forwarded address before.
func ownAddress(ip []byte) bool {
	if len(ip) == 0 {
		return false
	}
	switch ip[0] {
	case '1': // of most addresses the second digit decides
		return len(ip) > 4 && (ip[1] == '2' && begins(ip, "127.") || ip[1] == '6' && begins(ip, "168.63.129.16"))
	case ':':
		return begins(ip, "::1") && (len(ip) == len("::1") || ip[len("::1")] == '%')
	case '[':
		return begins(ip, "[::1]") || begins(ip, "[fe80:")
	}
	return ip[0]|0x20 == 'f' && begins(ip, "fe80:")
}

// monitors are agents of Exchange's own monitoring. They are believed only
// where the server is its own client: anyone can call himself a probe.
var monitors = [...]string{"amprobe", "activemonitor", "msexchangemonitoring", "mapihttpclient"}

func isMonitor(agent []byte) bool {
	for _, name := range monitors {
		if holds(capped(agent, maxAgent), name) {
			return true
		}
	}
	return false
}
