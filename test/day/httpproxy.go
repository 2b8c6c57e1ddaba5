package day

import (
	"fmt"
	"strings"
	"time"

	"redshank/test/world/lines"
)

// proxyColumn is the index of each field.
var proxyColumn = func() map[string]int {
	at := map[string]int{}
	for i, name := range lines.ProxyFields {
		at[name] = i
	}
	return at
}()

// proxyFile is the log of one protocol and hour: Exchange starts a new one
// every hour, each with a header.
func (m *maker) proxyFile(protocol string, at time.Time) *Stream {
	hour := at.Truncate(time.Hour)
	path := fmt.Sprintf("exchange/HttpProxy/%s/HttpProxy_%s-1.LOG", protocol, hour.Format("2006010215"))
	return m.stream("exchange.httpproxy."+strings.ToLower(protocol), path, hour,
		"#Software: Microsoft Exchange Server", "#Version: 15.01.2507.006", "#Log-type: HttpProxy Logs",
		"#Date: "+hour.Format(lines.ExchangeTime), "#Fields: "+strings.Join(lines.ProxyFields, ","))
}

// httpProxy writes the proxy's row about a request. The proxy knows a user only
// after authentication: failed names are only in the IIS log.
func (m *maker) httpProxy(r request) {
	row := make([]string, len(lines.ProxyFields))
	for name, value := range proxyRow(r) {
		row[proxyColumn[name]] = value
	}
	m.add(m.proxyFile(r.protocol, r.at), r.at, flushed(r.at, 10*time.Second), strings.Join(row, ","))
}

func proxyRow(r request) map[string]string {
	row := map[string]string{
		"DateTime": r.at.Format(lines.ExchangeTime), "RequestId": r.id,
		"MajorVersion": "15", "MinorVersion": "1", "BuildVersion": "2507", "RevisionVersion": "6",
		"Protocol": r.protocol, "UrlHost": "mail.contoso.com", "UrlStem": r.stem, "Method": r.method,
		"AuthenticationType": r.auth, "IsAuthenticated": "false",
		"UserAgent": strings.ReplaceAll(r.agent, ",", " "), "ClientIpAddress": r.client.ip, "ServerHostName": serverName,
		"HttpStatus":  fmt.Sprint(r.status),
		"GenericInfo": "BeginRequest=" + r.at.Format(lines.ExchangeTime) + ";CorrelationID=<empty>;SharedCacheGuard=0;",
	}
	if r.query != "" {
		row["UrlQuery"] = "?" + r.query
	}
	if r.signed {
		row["IsAuthenticated"], row["AuthenticatedUser"] = "true", signedAs(r.user)
		row["BackEndStatus"], row["ProxyAction"], row["TargetServer"] = fmt.Sprint(r.status), "Proxy", "ex01.contoso.com"
	}
	return row
}

// signedAs returns an account as the server names it after authentication.
func signedAs(user string) string {
	name, domain, ok := strings.Cut(user, "@")
	if !ok {
		return user
	}
	return netbios(domain) + `\` + name
}

// netbios returns the NetBIOS name of a domain.
func netbios(domain string) string {
	first, _, _ := strings.Cut(domain, ".")
	return strings.ToUpper(first)
}
