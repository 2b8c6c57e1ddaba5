package source

import (
	"strings"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

const proxyHeader = "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,ErrorCode,Method,UrlQuery,GenericInfo"

func proxyRow(protocol, stem, kind, authenticated, user, ip, status, query string) string {
	return "2026-03-02T08:00:00.5Z,5e58f5e5-1ddc-48d3-82c6-0199bc121640,15,1,2375,7,," + protocol + ",mail.contoso.com," + stem + ",," + kind + "," +
		authenticated + "," + user + ",,SMTP:alice@contoso.com,Mozilla/5.0 (KHTML  like Gecko)," + ip + ",EX01," + status + ",,,POST," + query + ",BeginRequest=x;NoCookies=302 - GET/E14AuthPost;"
}

func TestHTTPProxyOutcomes(t *testing.T) {
	for _, c := range []struct {
		name, row string
		want      *want
	}{
		{"mail", proxyRow("Eas", "/Microsoft-Server-ActiveSync/default.eas", "Basic", "true", `CONTOSO\alice`, outside, "200", "?Cmd=Sync&DeviceId=X"),
			&want{outcome: event.Success, action: event.MailAccess, user: `CONTOSO\alice`, ip: outside, op: "Sync", service: "eas"}},
		{"session", proxyRow("Owa", "/owa/", "FBA", "True", "alice@contoso.com", outside, "302", ""),
			&want{outcome: event.Success, action: event.SignIn, user: "alice@contoso.com", ip: outside, service: "owa"}},
		{"challenge", proxyRow("Ews", "/ews/exchange.asmx", "", "False", "", outside, "401", ""), &want{outcome: event.Challenge, service: "ews"}},
		{"back end refuses", proxyRow("Ews", "/ews/exchange.asmx", "NTLM", "true", "alice", outside, "401", ""), nil},
		{"blocked", proxyRow("Eas", "/x", "Basic", "true", "alice", outside, "403", ""), &want{outcome: event.Accepted, user: "alice", service: "eas"}},
		{"no cookies", proxyRow("Owa", "/owa/auth.owa", "FBA", "false", "", outside, "302", ""), nil},
		{"anonymous page", proxyRow("Ecp", "/ecp/x.js", "", "false", "", outside, "200", ""), nil},
		{"busy", proxyRow("Ews", "/ews/exchange.asmx", "Basic", "true", "alice", outside, "503", ""), nil},
		{"the server itself", proxyRow("Owa", "/owa/", "Negotiate", "true", "alice", "::1", "200", ""), nil},
		{"its own address", proxyRow("Owa", "/owa/", "Negotiate", "true", "alice", "fe80::1%3", "200", ""), nil},
	} {
		for _, header := range []string{"", "#Fields: " + proxyHeader, proxyHeader} {
			b := newBench()
			if header != "" {
				b.line(header)
			}
			emitted := b.lines(c.row)
			if c.want == nil != (len(emitted) == 0) {
				t.Errorf("%s under %.10q: emitted %d, %v", c.name, header, len(emitted), b.counts)
				continue
			}
			if c.want != nil {
				w := *c.want
				if w.at, w.agent = "2026-03-02T08:00:00.5Z", "Mozilla/5.0 (KHTML, like Gecko)"; header == "" && w.op != "" {
					w.op, w.action = "/", 0 // the query has no place of its own
				}
				w.check(t, &emitted[0])
				if string(emitted[0].ID) != "5e58f5e5-1ddc-48d3-82c6-0199bc121640" || string(emitted[0].Host) != "EX01" {
					t.Errorf("%s: id %q, host %q", c.name, emitted[0].ID, emitted[0].Host)
				}
			}
		}
	}
}

func TestHTTPProxyHostileRows(t *testing.T) {
	row := proxyRow("Owa", "/owa/", "FBA", "true", `"CONTOSO\al""ice"`, outside, "200", "")
	b := newBench()
	b.line("#Fields: " + proxyHeader)
	if emitted := b.lines(row); len(emitted) != 1 || string(emitted[0].RawUser) != `CONTOSO\al"ice` {
		t.Errorf("quoted: %v", emitted)
	}
	for n := range len(row) {
		b.line(row[:n])
		b.line(strings.Replace(row[:n], "Mozilla", `"Mozilla`, 1))
	}
	if b.counts[format.Understood] > 60 {
		t.Errorf("%v", b.counts) // only rows that reach the status tell
	}
}

func TestHTTPProxyFields(t *testing.T) {
	b := newBench()
	b.Decode(&format.Input{Time: b.now, Fields: fields("DateTime", "2026-03-02T08:00:00.5Z", "RequestId", "x", "Protocol", "Ews", "UrlStem", "/ews", "IsAuthenticated", "true",
		"AuthenticatedUser", "alice", "ClientIpAddress", outside, "HttpStatus", 200)})
	if len(b.emitted) != 1 {
		t.Fatalf("emitted %d", len(b.emitted))
	}
	w := want{outcome: event.Success, user: "alice", ip: outside, at: "2026-03-02T08:00:00.5Z", service: "ews"}
	w.check(t, &b.emitted[0])
}

func FuzzHTTPProxy(f *testing.F) {
	f.Add("#Fields: "+proxyHeader, proxyRow("Owa", "/owa/", "FBA", "true", `"a""b`, outside, "200", "?Cmd=Sync"), proxyHeader)
	fuzzLines(f)
}
