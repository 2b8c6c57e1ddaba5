package lines

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// proxyFields are the columns of the front end's proxy log since Exchange 2016.
var proxyFields = strings.Fields(`
	DateTime RequestId MajorVersion MinorVersion BuildVersion RevisionVersion ClientRequestId Protocol UrlHost UrlStem
	ProtocolAction AuthenticationType IsAuthenticated AuthenticatedUser Organization AnchorMailbox UserAgent
	ClientIpAddress ServerHostName HttpStatus BackEndStatus ErrorCode Method ProxyAction TargetServer
	TargetServerVersion RoutingType RoutingHint BackEndCookie ServerLocatorHost ServerLocatorLatency RequestBytes
	ResponseBytes TargetOutstandingRequests AuthModulePerfContext HttpPipelineLatency CalculateTargetBackEndLatency
	GlsLatencyBreakup TotalGlsLatency AccountForestLatencyBreakup TotalAccountForestLatency
	ResourceForestLatencyBreakup TotalResourceForestLatency ADLatency SharedCacheLatencyBreakup
	TotalSharedCacheLatency ActivityContextLifeTime ModuleToHandlerSwitchingLatency ClientReqStreamLatency
	BackendReqInitLatency BackendReqStreamLatency BackendProcessingLatency BackendRespInitLatency
	BackendRespStreamLatency ClientRespStreamLatency KerberosAuthHeaderLatency HandlerCompletionLatency
	RequestHandlerLatency HandlerToModuleSwitchingLatency ProxyTime CoreLatency RoutingLatency HttpProxyOverhead
	TotalRequestTime RouteRefresherLatency UrlQuery BackEndGenericInfo GenericInfo GenericErrors EdgeTraceId
	DatabaseGuid UserADObjectGuid PartitionEndpointLookupLatency RoutingStatus`)

var proxyHeader = "#Fields: " + strings.Join(proxyFields, ",")

// exchangeTime is how Exchange writes times in its own logs.
const exchangeTime = "2006-01-02T15:04:05.000Z"

// httpProxy writes the proxy's row about a request. The proxy knows a user only after
// authentication: failed names are only in the log of IIS. Every hour begins a new
// file with a header.
func (w Server) httpProxy(server int, r Request) {
	if !w.Proxy {
		return
	}
	query, user, authenticated, back := "", "", "false", ""
	if r.Query != "" {
		query = "?" + strings.ReplaceAll(r.Query, ",", " ")
	}
	action, target := "", ""
	if r.Signed {
		user, authenticated = w.signedAs(r.User), "true"
		back, action, target = fmt.Sprint(r.Status), "Proxy", strings.ToLower(w.Servers[server])+"."+w.Domain
	}
	at := r.At.Format(exchangeTime)
	row := fmt.Sprintf("%s,%s,15,1,2507,6,,%s,mail.%s,%s,,%s,%s,%s,,,%s,%s,%s,%d,%s,,%s,%s,%s,,,,,,,%d,%d%s%s,,BeginRequest=%s;CorrelationID=<empty>;SharedCacheGuard=0;,,,,,,",
		at, r.id, r.protocol, w.Domain, r.Stem, r.auth, authenticated, user, strings.ReplaceAll(r.Agent, ",", " "), r.IP, w.Servers[server],
		r.Status, back, r.Method, action, target, 400, r.Out, strings.Repeat(",", 33), query, at)
	hour := r.At.Truncate(time.Hour)
	path := fmt.Sprintf("exchange/%s/HttpProxy/%s/HttpProxy_%s-1.LOG", w.Servers[server], r.protocol, hour.Format("2006010215"))
	w.text("exchange.httpproxy."+strings.ToLower(r.protocol), path, r.At, flushed(r.At, 10*time.Second), row,
		"#Software: Microsoft Exchange Server", "#Version: 15.01.2507.006", "#Log-type: HttpProxy Logs", "#Date: "+hour.Format(exchangeTime), proxyHeader)
}

// signedAs returns an account as the server names it after authentication.
func (w Server) signedAs(user string) string {
	name, domain, ok := strings.Cut(user, "@")
	if !ok {
		return user
	}
	return cmp.Or(w.Others[domain], w.NetBIOS) + `\` + name
}
