package lines

import (
	"fmt"
	"strings"
	"time"
)

// Service is a virtual directory of Exchange.
type Service struct {
	protocol string // as HttpProxy calls it
	stem     string
	auth     string // how it asks for credentials
}

// The services.
var (
	OWA          = Service{"Owa", "/owa/", "FBA"}
	ECP          = Service{"Ecp", "/ecp/", "FBA"}
	EAS          = Service{"Eas", "/Microsoft-Server-ActiveSync/default.eas", "Basic"}
	EWS          = Service{"Ews", "/EWS/Exchange.asmx", "Basic"}
	MAPI         = Service{"Mapi", "/mapi/emsmdb/", "Negotiate"}
	Autodiscover = Service{"Autodiscover", "/autodiscover/autodiscover.xml", "Negotiate"}
	PowerShell   = Service{"PowerShell", "/powershell", "Kerberos"}
)

// Request is one HTTP request to the front end.
type Request struct {
	At time.Time
	Client
	Service
	Method  string // POST, where empty
	Stem    string // the service's own, where empty
	Query   string // without the parts that Exchange adds
	User    string // as typed; empty where the server knows none
	Referer string
	Status  int
	Sub     int
	Win32   uint32
	Signed  bool // the user has proved to be who it is
	Out     int  // bytes of the answer

	id string
}

// Web writes one request to the IIS log of the front end, to the log of the proxy
// and, if it is collected, to the IIS log of the back end.
func (w Server) Web(r Request) {
	r.id = w.UUID()
	if r.Stem == "" {
		r.Stem = r.stem
	}
	if r.Method == "" {
		r.Method = "POST"
	}
	server := w.serverOf(r.Client)
	w.iis(server, 1, r, 443)
	w.httpProxy(server, r)
	if w.BackEnd && r.Signed && r.Status == 200 {
		r.At = r.At.Add(2 * time.Millisecond)
		w.iis(server, 2, r, 444)
	}
}

// serverOf is the server that a client's requests go to: balancers keep a
// client at one server.
func (w Server) serverOf(c Client) int { return int(c.IP.As16()[15]) % len(w.Servers) }

// serverIP is the address of a server, and balancer that before them all.
func serverIP(i int) string { return fmt.Sprintf("10.20.0.%d", 11+i) }

const balancer = "10.20.0.5"

// noCredentials is what IIS logs for the first leg of NTLM and Basic, when the
// client has not yet sent a name (SEC_E_NO_CREDENTIALS); logonDenied is how
// NTLM fails (SEC_E_LOGON_DENIED).
const noCredentials, logonDenied = 2148074254, 2148074252

// Challenge writes the anonymous first leg of a handshake: a 401 that is no
// failure.
func (w Server) Challenge(at time.Time, c Client, s Service, query string) {
	w.Web(Request{At: at, Client: c, Service: s, Query: query, Status: 401, Sub: 1, Win32: noCredentials})
}

// Signed writes one request of a user whom a handshake has proved.
func (w Server) Signed(at time.Time, c Client, s Service, user, query string, out int) {
	w.Web(Request{At: at, Client: c, Service: s, User: user, Query: query, Status: 200, Signed: true, Out: out})
}

// Basic writes one request with a name and a password, and what the Security
// log says of it. For most right ones the server still has a token.
func (w Server) Basic(at time.Time, c Client, s Service, user, query string, v Verdict) {
	r := Request{At: at, Client: c, Service: s, Query: query, User: user, Status: 200, Signed: v == Right}
	if v != Right {
		r.Status, r.Sub, r.Win32 = 401, 1, v.Codes().Win32
		w.logonFailed(at, user, c.IP.String(), webProcess, cleartext, v)
	} else if w.Rand.Float64() < 0.25 {
		w.logon(at, user, c.IP.String())
	}
	w.Web(r)
}

// NTLM writes a handshake that is refused: IIS logs no name, the Security log
// has it.
func (w Server) NTLM(at time.Time, c Client, s Service, user string, v Verdict) {
	w.Challenge(at, c, s, "")
	at = at.Add(40 * time.Millisecond)
	if v == Right {
		w.logon(at, user, c.IP.String())
		w.Signed(at, c, s, user, "", 0)
		return
	}
	w.logonFailed(at, user, c.IP.String(), webProcess, network, v)
	w.Web(Request{At: at, Client: c, Service: s, Status: 401, Sub: 1, Win32: logonDenied})
}

const logonPage = "/owa/auth/logon.aspx"

// Form writes a login through the web form. The POST answers 302 whatever the
// password: the request that follows shows the outcome. It returns when the
// browser has come to rest.
func (w Server) Form(at time.Time, c Client, user string, v Verdict) time.Time {
	host := "https://mail." + w.Domain
	after := host + logonPage + "?replaceCurrent=1&url=" + strings.ReplaceAll(strings.ReplaceAll(host+"/owa", ":", "%3a"), "/", "%2f")
	w.Web(Request{At: at, Client: c, Service: OWA, Stem: "/owa/auth.owa", User: user, Referer: after, Status: 302})
	next := at.Add(w.Between(80*time.Millisecond, 700*time.Millisecond))
	switch v {
	case Right:
		w.logon(at, user, c.IP.String())
		for _, stem := range []string{"/owa/", "/owa/sessiondata.ashx", "/owa/service.svc"} {
			w.Web(Request{At: next, Client: c, Service: OWA, Method: "GET", Stem: stem, User: user, Referer: after, Status: 200, Signed: true, Out: 30_000})
			next = next.Add(w.Between(30*time.Millisecond, 400*time.Millisecond))
		}
	case Expired:
		w.logonFailed(at, user, c.IP.String(), webProcess, cleartext, v)
		w.page(next, c, "/owa/auth/expiredpassword.aspx", "url=/owa/auth.owa")
	default:
		w.logonFailed(at, user, c.IP.String(), webProcess, cleartext, v)
		w.page(next, c, logonPage, "replaceCurrent=1&reason=2&url="+strings.ReplaceAll(host+"/owa", "/", "%2f"))
	}
	return next
}

// LogonPage writes that somebody opens the page with the form.
func (w Server) LogonPage(at time.Time, c Client) {
	w.page(at, c, logonPage, "replaceCurrent=1&url=https%3a%2f%2fmail."+w.Domain+"%2fowa")
}

// page is an anonymous GET of one of the pages around the form.
func (w Server) page(at time.Time, c Client, stem, query string) {
	w.Web(Request{At: at, Client: c, Service: OWA, Method: "GET", Stem: stem, Query: query, Status: 200})
}

// Device returns the query of an ActiveSync request.
func Device(name, id, kind, command string) string {
	return "Cmd=" + command + "&User=" + strings.ReplaceAll(name, `\`, "%5C") + "&DeviceId=" + id + "&DeviceType=" + kind
}

// iisFlush is how long the driver keeps lines back.
const iisFlush = 30 * time.Second

func (w Server) iis(server, site int, r Request, port int) {
	ip, forwarded := r.IP.String(), ""
	switch {
	case w.Balancer && r.IP.IsLoopback():
		forwarded = " -"
	case w.Balancer:
		ip, forwarded = balancer, " "+ip
	}
	if site == 2 {
		ip = serverIP(server)
	}
	amounts := ""
	if w.Bytes {
		amounts = fmt.Sprintf(" %d %d", r.Out+300+w.Rand.IntN(900), 400+w.Rand.IntN(900))
	}
	if forwarded != "" && site == 2 {
		forwarded = " -"
	}
	at := r.At.Truncate(time.Second)
	text := fmt.Sprintf("%s %s %s %s %s %d %s %s %s %s %d %d %d%s %d%s",
		at.Format(time.DateTime), serverIP(server), r.Method, r.Stem, iisQuery(r), port, dash(strings.ReplaceAll(r.User, " ", "+")), ip,
		dash(strings.ReplaceAll(r.Agent, " ", "+")), dash(r.Referer), r.Status, r.Sub, r.Win32, amounts, 3+w.Rand.IntN(90), forwarded)
	name := w.Servers[server]
	path := fmt.Sprintf("exchange/%s/IIS/W3SVC%d/u_ex%s.log", name, site, at.Format("060102"))
	w.text(fmt.Sprintf("exchange.iis.%d", site), path, at, flushed(at, iisFlush), text, w.iisHeader(at)...)
}

func (w Server) iisHeader(at time.Time) []string {
	fields := "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status"
	if w.Bytes {
		fields += " sc-bytes cs-bytes"
	}
	fields += " time-taken"
	if w.Balancer {
		fields += " X-Forwarded-For"
	}
	return []string{
		"#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0",
		"#Date: " + at.Format(time.DateTime), "#Fields: " + fields,
	}
}

// iisQuery is the query with what Exchange appends; cafeReqId joins it to the
// proxy's log.
func iisQuery(r Request) string {
	return r.Query + "&CorrelationID=<empty>;&cafeReqId=" + r.id + ";&encoding=;"
}

// dash stands for an empty column.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
