package day

import (
	"strings"
	"time"

	"redshank/test/world/lines"
)

// service is a virtual directory of Exchange.
type service struct {
	protocol string // name in HttpProxy logs
	stem     string
	auth     string // authentication scheme
}

var (
	owa          = service{"Owa", "/owa/", "FBA"}
	eas          = service{"Eas", "/Microsoft-Server-ActiveSync/default.eas", "Basic"}
	ews          = service{"Ews", "/EWS/Exchange.asmx", "Basic"}
	mapi         = service{"Mapi", "/mapi/emsmdb/", "Negotiate"}
	autodiscover = service{"Autodiscover", "/autodiscover/autodiscover.xml", "Negotiate"}
)

// noCredentials is what IIS logs for the first leg of NTLM and Basic, when the
// client has not yet sent a name (SEC_E_NO_CREDENTIALS).
const noCredentials = 2148074254

// request is one HTTP request to the front end.
type request struct {
	at time.Time
	client
	service
	method  string
	stem    string // if empty, the stem of the service
	query   string // without the parts that Exchange adds
	user    string // as typed; empty if the server does not know the user
	referer string
	status  int
	sub     int
	win32   uint32
	signed  bool // the user is authenticated
	id      string
}

// web writes one request to all of its logs: the front end, the proxy and, if the
// proxy has forwarded the request, the back end, which logs the front end as the
// client.
func (m *maker) web(r request) {
	r.id = m.uuid()
	if r.stem == "" {
		r.stem = r.service.stem
	}
	if r.method == "" {
		r.method = "POST"
	}
	m.frontEnd(r)
	m.httpProxy(r)
	if r.signed && r.status == 200 {
		m.backEnd(r)
	}
}

// challenge writes the anonymous first leg of a handshake: a 401 that is not a failure.
func (m *maker) challenge(at time.Time, c client, s service, query string) {
	m.web(request{at: at, client: c, service: s, query: query, status: 401, sub: 1, win32: noCredentials})
}

// tokenCached is the share of Basic requests for which the server has a cached token
// and writes no 4624.
const tokenCached = 0.7

// basic writes one request with a name and a password, and its event in the Security
// log.
func (m *maker) basic(at time.Time, c client, s service, user, query string, v lines.Verdict) {
	r := request{at: at, client: c, service: s, query: query, user: user, status: 200, signed: v == lines.Right}
	if v != lines.Right {
		r.status, r.sub, r.win32 = 401, 1, v.Codes().Win32
		m.logonFailed(at, user, c.ip, v)
	} else if !m.chance(tokenCached) {
		m.logon(at, user, c.ip)
	}
	m.web(r)
}

const (
	logonPage = "/owa/auth/logon.aspx"
	mailHost  = "https://mail.contoso.com"
	afterPage = mailHost + logonPage + "?replaceCurrent=1&url=https%3a%2f%2fmail.contoso.com%2fowa"
)

// form writes a login through the web form. The status of the POST is 302 whatever
// the password: only the next request shows the outcome. form returns the time of
// the last request.
func (m *maker) form(at time.Time, c client, user string, v lines.Verdict) time.Time {
	post := request{at: at, client: c, service: owa, stem: "/owa/auth.owa", user: user, referer: afterPage, status: 302}
	m.web(post)
	next := at.Add(m.between(80*time.Millisecond, 700*time.Millisecond))
	switch v {
	case lines.Right:
		m.welcome(next, c, user)
		m.logon(at, user, c.ip)
	case lines.Expired:
		m.page(next, c, "/owa/auth/expiredpassword.aspx", "url=/owa/auth.owa")
	default:
		m.page(next, c, logonPage, "replaceCurrent=1&reason=2&url=https%3a%2f%2fmail.contoso.com%2fowa")
		m.logonFailed(at, user, c.ip, v)
	}
	return next
}

// page writes an anonymous GET of one of the pages around the form.
func (m *maker) page(at time.Time, c client, stem, query string) {
	m.web(request{at: at, client: c, service: owa, method: "GET", stem: stem, query: query, status: 200})
}

// welcome writes the requests of a browser after a successful login.
func (m *maker) welcome(at time.Time, c client, user string) {
	for _, stem := range []string{"/owa/", "/owa/sessiondata.ashx", "/owa/service.svc"} {
		m.web(request{at: at, client: c, service: owa, method: "GET", stem: stem, user: user, referer: afterPage, status: 200, signed: true})
		at = at.Add(m.between(30*time.Millisecond, 400*time.Millisecond))
	}
}

// device returns the query of an ActiveSync request.
func device(name, id, kind, command string) string {
	return "Cmd=" + command + "&User=" + strings.ReplaceAll(name, `\`, "%5C") + "&DeviceId=" + id + "&DeviceType=" + kind
}
