package request

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
)

// services are the virtual directories of Exchange by the first segment of
// the path, in lower case. Requests elsewhere are some other web site's.
var services = ascii.NewNames(map[string]event.Service{
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

// ServiceOf returns the service that the path leads to.
func ServiceOf(path []byte) event.Service {
	if len(path) == 0 || path[0] != '/' {
		return event.ServiceUnknown
	}
	path = path[1:]
	if end := bytes.IndexByte(path, '/'); end >= 0 {
		path = path[:end]
	}
	return services.Find(path)
}

// mailOperations are the ActiveSync commands and EWS operations that touch
// mail items, in lower case, and how. Sign-ins, pings, settings, address
// books and free-busy look-ups are not among them.
var mailOperations = ascii.NewNames(map[string]event.Access{
	"sync":           event.Sync | TouchesMail,
	"itemoperations": event.Bind | TouchesMail,
	"getattachment":  event.Bind | TouchesMail,
	"moveitems":      event.Bind | TouchesMail,
	"sendmail":       event.Send | TouchesMail,
	"smartforward":   event.Send | TouchesMail,
	"smartreply":     event.Send | TouchesMail,
	"search":         event.Search | TouchesMail,

	"copyitem":             event.Bind | TouchesMail,
	"createitem":           event.Send | TouchesMail,
	"exportitems":          event.Export | TouchesMail,
	"findconversation":     event.Search | TouchesMail,
	"finditem":             event.Search | TouchesMail,
	"getconversationitems": event.Bind | TouchesMail,
	"getitem":              event.Bind | TouchesMail,
	"moveitem":             event.Bind | TouchesMail,
	"searchmailboxes":      event.Search | TouchesMail,
	"senditem":             event.Send | TouchesMail,
	"syncfolderitems":      event.Sync | TouchesMail,
	"uploaditems":          TouchesMail,
})

// TouchesMail marks the entries of a table, since the zero Access is a valid one.
const TouchesMail event.Access = 0x80

// mailOperation reports whether the operation touches mail. EWS logs some
// operations under the name of their response, and with a prefix of their
// namespace.
func mailOperation(operation []byte) (event.Access, bool) {
	if at := bytes.LastIndexByte(operation, '/'); at >= 0 {
		operation = operation[at+1:]
	}
	if end := len(operation) - len("response"); end > 0 && ascii.EqualFold(operation[end:], "response") {
		operation = operation[:end]
	}
	access := mailOperations.Find(operation)
	return access &^ TouchesMail, access != 0
}

// Act sets what an authenticated request was for. Every one of them proves
// that the client has the account's password or a session made with it, so
// each counts as a sign-in, except those that touch mail, which count as
// that: both are a success of the account, and the difference is what the
// collection analytic lives on.
func Act(ev *event.Event, operation, path []byte) {
	ev.Action = event.SignIn
	if access, ok := mailOperation(operation); ok {
		ev.Action, ev.Access = event.MailAccess, access
	} else if ev.Service == event.REST && (ascii.Contains(path, "/messages") || ascii.Contains(path, "/mailfolders")) {
		ev.Action, ev.Access = event.MailAccess, event.Bind
	}
}

// BehindPassword are services that nobody reaches before IIS or Exchange has
// checked a password, so that their 403 means a right one. OWA and ECP have
// anonymous pages.
func BehindPassword(s event.Service) bool {
	switch s {
	case event.EAS, event.EWSService, event.MAPI, event.RPC, event.Autodiscover, event.PowerShell:
		return true
	}
	return false
}

// ProtocolNamed returns how a sign-in was made by the name of it in the column
// AuthenticationType. Negotiate may be either of two and is left open.
func ProtocolNamed(kind []byte) event.Protocol {
	switch {
	case ascii.EqualFold(kind, "basic"):
		return event.BasicAuth
	case ascii.EqualFold(kind, "fba"):
		return event.FormsLogin
	case ascii.EqualFold(kind, "ntlm"):
		return event.NTLM
	case ascii.EqualFold(kind, "oauth"), ascii.EqualFold(kind, "bearer"):
		return event.OAuth
	}
	return event.ProtocolUnknown
}

// MechanismNamed returns how a sign-in was made by the name of its SASL mechanism, in any
// case. Parameters may follow the name.
func MechanismNamed(name []byte) event.Protocol {
	switch {
	case ascii.HasPrefix(name, "login"), ascii.HasPrefix(name, "plain"):
		return event.BasicAuth
	case ascii.HasPrefix(name, "ntlm"):
		return event.NTLM
	case ascii.HasPrefix(name, "xoauth"):
		return event.OAuth
	}
	return event.ProtocolUnknown
}
