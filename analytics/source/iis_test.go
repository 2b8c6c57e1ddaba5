package source

import (
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

const (
	edge    = "Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+Edg/120.0.2210.91"
	outside = "198.51.100.7"
)

// request is an IIS line of the default layout.
func iisLine(at, method, path, query, user, ip, agent, referer, status string) string {
	return "2026-03-02 " + at + " 192.0.2.10 " + method + " " + path + " " + query + " 443 " + user + " " + ip + " " + agent + " " + referer + " " + status + " 12"
}

func TestIISOutcomes(t *testing.T) {
	const eas, ews = "/Microsoft-Server-ActiveSync/default.eas", "/EWS/Exchange.asmx"
	const query = "Cmd=Sync&User=alice&DeviceId=ABC&cafeReqId=0c1a7f5e-0001-4000-8000-000000000003;"
	sync := want{outcome: event.Success, action: event.MailAccess, user: `CONTOSO\alice`, ip: outside, op: "Sync", service: "eas"}
	for _, c := range []struct {
		name, path, query, user, status string
		want                            *want
	}{
		{"mail", eas, query, `CONTOSO\alice`, "200 0 0", &sync},
		{"account from the query", eas, "Cmd=Ping&User=contoso.com%5Calice", "-", "200 0 0", &want{outcome: event.Success, action: event.SignIn, user: `contoso.com\alice`}},
		{"wrong password", eas, query, `CONTOSO\alice`, "401 1 1326", &want{outcome: event.Failure, action: event.SignIn, user: `CONTOSO\alice`, code: "1326"}},
		{"locked", ews, "-", "alice@contoso.com", "401 1 1909", &want{outcome: event.Failure, user: "alice@contoso.com", code: "1909"}},
		{"expired", ews, "-", "alice@contoso.com", "401 1 1330", &want{outcome: event.Failure, code: "1330"}},
		{"wrong password over NTLM names nobody", ews, "-", "-", "401 1 2148074252", &want{outcome: event.Failure, code: "2148074252"}},
		{"challenge", ews, "-", "-", "401 1 2148074254", &want{outcome: event.Challenge}},
		{"basic challenge", eas, query, "-", "401 2 5", &want{outcome: event.Challenge}},
		{"named handshake", ews, "-", "alice", "401 1 2148074254", &want{outcome: event.Noise}},
		{"named, unknown code", ews, "-", "alice", "401 1 4711", &want{outcome: event.Failure, code: "4711"}},
		{"blocked behind the password", eas, query, "alice", "403 0 0", &want{outcome: event.Accepted, user: "alice"}},
		{"blocked before it", eas, query, "alice", "403 4 5", nil},
		{"version refused behind the password", eas, "-", "alice", "505 0 0", &want{outcome: event.Success, user: "alice"}},
		{"needs provisioning", eas, query, "alice", "449 0 0", nil},
		{"elsewhere", eas, query, "alice", "451 0 0", nil},
		{"busy", ews, "-", "alice", "503 0 1236", nil},
		{"session timeout", "/owa/", "-", "alice", "440 0 0", nil},
		{"anonymous page", "/owa/auth/logon.aspx", "-", "-", "200 0 0", nil},
		{"another site", "/shop/basket", "-", "alice", "401 1 1326", nil},
		{"soap", ews, "SoapAction=GetItemResponse;MailboxRPCRequests=1;", "alice", "200 0 0", &want{outcome: event.Success, action: event.MailAccess, op: "GetItemResponse"}},
		{"rest", "/api/v2.0/me/messages", "-", "alice", "200 0 0", &want{outcome: event.Success, action: event.MailAccess, service: "rest"}},
		{"folders", ews, "SoapAction=SyncFolderHierarchy", "alice", "200 0 0", &want{outcome: event.Success, action: event.SignIn}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench()
			emitted := b.lines(iisHeader, iisLine("08:00:00", "POST", c.path, c.query, c.user, outside, "Test+Agent/1.0", "-", c.status))
			if b.counts[format.Malformed]+b.counts[format.Unknown] > 0 {
				t.Fatal("not read")
			}
			if c.want == nil != (len(emitted) == 0) {
				t.Fatalf("emitted %d", len(emitted))
			}
			if c.want != nil {
				c.want.at, c.want.agent = "2026-03-02T08:00:00Z", "Test Agent/1.0"
				c.want.check(t, &emitted[0])
			}
		})
	}
}

func TestIISOpenedMailbox(t *testing.T) {
	emitted := newBench().lines(iisHeader, iisLine("08:00:00", "GET", "/owa/bob@contoso.com/", "-", "alice", outside, edge, "-", "200 0 0"))
	if len(emitted) != 1 || string(emitted[0].Mailbox) != "bob@contoso.com" {
		t.Errorf("%v", emitted)
	}
}

func TestIISServersOwnRequests(t *testing.T) {
	b := newBench()
	line := func(ip, agent string) string {
		return iisLine("08:00:00", "POST", "/ews/exchange.asmx", "-", "alice", ip, agent, "-", "401 1 1326")
	}
	for name, l := range map[string]string{
		"loopback": line("127.0.0.1", edge), "loopback 6": line("::1%0", edge), "link-local": line("fe80::1%3", edge),
		"prober": line("168.63.129.16", edge), "monitor": line("192.0.2.10", "AMProbe/Local/ClientAccess"),
		"back end": strings.Replace(line(outside, edge), " 443 ", " 444 ", 1),
	} {
		if emitted := b.lines(iisHeader, l); len(emitted) != 0 {
			t.Errorf("%s: emitted", name)
		}
	}
	if emitted := b.lines(line(outside, "AMProbe/Local/ClientAccess")); len(emitted) != 1 {
		t.Error("whoever calls himself a probe is not seen")
	}
	forwarded := iisHeader + " X-Forwarded-For"
	if emitted := b.lines(forwarded, line("127.0.0.1", edge)+" 203.0.113.5,198.51.100.1"); len(emitted) != 1 || string(emitted[0].RawForwarded) != "203.0.113.5,198.51.100.1" {
		t.Error("a client behind a proxy on the server is not seen")
	}
}

func TestIISHeaders(t *testing.T) {
	b := newBench()
	short := "#Fields: date time c-ip cs-username cs-method cs-uri-stem sc-status sc-win32-status sc-substatus cs(User-Agent)"
	emitted := b.lines(
		"\xef\xbb\xbf# Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
		iisLine("08:00:00", "POST", "/ews/x", "-", "alice", outside, "A/1", "-", "401 1 1326"),
		"", "# a comment", "#Software: Microsoft Internet Information Services 10.0",
		short+" ", "2026-03-02 08:00:01 198.51.100.8 bob POST /ews/x 401 1326 1 B/2\r",
		"\x00\x00\x00\x00"+strings.Repeat("\x00", 4096), "\x00\x002026-03-02 08:00:02 198.51.100.9 carol POST /ews/x 401 1326 1 C/3\x00\x00",
	)
	if len(emitted) != 3 || b.counts[format.Unknown]+b.counts[format.Malformed] != 0 {
		t.Fatalf("emitted %d, %v", len(emitted), b.counts)
	}
	for i, w := range []want{
		{outcome: event.Failure, user: "alice", ip: outside, agent: "A/1", code: "1326", at: "2026-03-02T08:00:00Z"},
		{outcome: event.Failure, user: "bob", ip: "198.51.100.8", agent: "B/2", code: "1326", at: "2026-03-02T08:00:01Z"},
		{outcome: event.Failure, user: "carol", ip: "198.51.100.9", agent: "C/3", code: "1326", at: "2026-03-02T08:00:02Z"},
	} {
		w.check(t, &emitted[i])
	}
}

// A log without the column of user agents is not one of requests without an agent.
func TestIISWithoutAgents(t *testing.T) {
	b := newBench()
	emitted := b.lines(
		"#Fields: date time c-ip cs-username cs-method cs-uri-stem sc-status sc-win32-status sc-substatus", "2026-03-02 08:00:01 198.51.100.8 bob POST /ews/x 401 1326 1",
		"#Fields: date time c-ip cs-username cs-method cs-uri-stem sc-status sc-win32-status sc-substatus cs(User-Agent)", "2026-03-02 08:00:02 198.51.100.8 bob POST /ews/x 401 1326 1 -",
	)
	if len(emitted) != 2 || !emitted[0].NoAgents || emitted[1].NoAgents {
		t.Errorf("%+v", emitted)
	}
}

// TestIISLayouts reads lines whose header is gone or does not fit.
func TestIISLayouts(t *testing.T) {
	w := want{outcome: event.Failure, user: `CONTOSO\alice`, ip: outside, agent: "Mozilla/5.0", code: "1326", at: "2026-03-02T08:00:00Z"}
	const tail = `443 CONTOSO\alice 198.51.100.7 `
	for name, line := range map[string]string{
		"default":        `2026-03-02 08:00:00 192.0.2.10 POST /ews/x - ` + tail + `Mozilla/5.0+(x) - 401 1 1326 9`,
		"forwarded":      `2026-03-02 08:00:00 192.0.2.10 POST /ews/x - ` + tail + `Mozilla/5.0+(x) - 401 1 1326 9 203.0.113.5,203.0.113.6`,
		"forwarded port": `2026-03-02 08:00:00 192.0.2.10 POST /ews/x - ` + tail + `Mozilla/5.0+(x) - 401 1 1326 9 203.0.113.5 50123`,
		"no referer":     `2026-03-02 08:00:00 192.0.2.10 POST /ews/x - ` + tail + `Mozilla/5.0+(x) 401 1 1326 9`,
		"all":            `2026-03-02 08:00:00 W3SVC1 EX01 192.0.2.10 POST /ews/x - ` + tail + `HTTP/1.1 Mozilla/5.0+(x) - - mail.contoso.com 401 1 1326 123 456 789`,
		"old":            `2026-03-02 08:00:00 W3SVC1 192.0.2.10 POST /ews/x - ` + tail + `Mozilla/5.0+(x) 401 1 1326`,
		"no date":        `08:00:00 192.0.2.10 POST /ews/x - ` + tail + `Mozilla/5.0+(x) - 401 1 1326 9`,
		"spaces":         `2026-03-02 08:00:00 192.0.2.10 POST /ews/x - ` + tail + `Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/121.0.0.0 - 401 1 1326 9`,
		"doubled space":  `2026-03-02 08:00:00 192.0.2.10 POST /ews/x - 443  CONTOSO\alice 198.51.100.7 Mozilla/5.0+(x) - 401 1 1326 9`,
	} {
		for _, header := range []string{"#Date: 2026-03-02 00:00:00", iisHeader} {
			b := newBench()
			emitted := b.lines("#Date: 2026-03-02 00:00:00", header, line)
			if len(emitted) != 1 {
				t.Errorf("%s: emitted %d, %v", name, len(emitted), b.counts)
				continue
			}
			w.check(t, &emitted[0])
			if strings.HasPrefix(name, "forwarded") && !strings.HasPrefix(string(emitted[0].RawForwarded), "203.0.113.5") {
				t.Errorf("%s: forwarded %q", name, emitted[0].RawForwarded)
			}
			if name == "spaces" && !strings.HasSuffix(string(emitted[0].Agent), "Chrome/121.0.0.0") {
				t.Errorf("%s: agent %q", name, emitted[0].Agent)
			}
		}
	}
}

func TestIISWithoutDate(t *testing.T) {
	const rest = " 192.0.2.10 GET /owa/ - 443 alice 198.51.100.7 A/1 - 200 0 0 1"
	b := newBench()
	emitted := b.lines("#Date: 2026-02-28 22:00:00", "#Fields: time"+strings.TrimPrefix(iisHeader, "#Fields: date time"), "23:59:59"+rest, "00:00:01"+rest)
	for i, at := range []string{"2026-02-28T23:59:59Z", "2026-03-01T00:00:01Z"} {
		if got := emitted[i].Time.Format(time.RFC3339); got != at {
			t.Errorf("%s, want %s", got, at)
		}
	}
	// Without a #Date line the record's own time, here noon, gives the day.
	fresh := newBench()
	for i, at := range []string{"2026-11-21T23:59:59Z", "2026-11-22T00:00:01Z"} {
		emitted := fresh.lines([]string{"23:59:59", "00:00:01"}[i] + rest)
		if got := emitted[0].Time.Format(time.RFC3339); got != at {
			t.Errorf("%s, want %s", got, at)
		}
	}
}

// fields returns a record as a parser in front of Redshank makes it.
func fields(pairs ...any) record.Value {
	b := msgp.AppendMapHeader(nil, uint32(len(pairs)/2))
	for _, p := range pairs {
		b, _ = msgp.AppendIntf(b, p)
	}
	return b
}

func TestIISFields(t *testing.T) {
	w := want{outcome: event.Failure, user: "alice", ip: outside, agent: "A 1", code: "1326", at: "2026-03-02T08:00:00Z", service: "ews"}
	for name, m := range map[string]record.Value{
		"as logged": fields("date", "2026-03-02", "time", "08:00:00", "cs-method", "POST", "cs-uri-stem", "/ews/x", "s-port", "443",
			"cs-username", "alice", "c-ip", outside, "cs(User-Agent)", "A+1", "sc-status", "401", "sc-substatus", "1", "sc-win32-status", "1326"),
		"as a parser writes": fields("date", "2026-03-02", "time", "08:00:00", "cs_method", "POST", "cs_uri_stem", "/ews/x", "s_port", 443,
			"cs_username", "alice", "c_ip", outside, "cs_user_agent", "A+1", "sc_status", 401, "sc_substatus", 1, "sc_win32_status", 1326),
		"one time": fields("timestamp", "2026-03-02T08:00:00Z", "csMethod", "POST", "csUriStem", "/ews/x", "sPort", "443",
			"csUsername", "alice", "cIp", outside, "csUserAgent", "A+1", "scStatus", "401", "scSubstatus", "1", "scWin32Status", "1326"),
	} {
		b := newBench()
		b.Decode(&format.Input{Fields: m, Stream: &b.stream, Time: b.now})
		if len(b.emitted) != 1 {
			t.Fatalf("%s: emitted %d, %v", name, len(b.emitted), b.counts)
		}
		w.check(t, &b.emitted[0])
	}
}

func FuzzIIS(f *testing.F) {
	f.Add(iisHeader, iisLine("08:00:00", "POST", "/owa/auth.owa", "a=b;c", "alice", outside, edge, "x?reason=2", "302 0 0"),
		iisLine("08:00:01", "GET", "/owa/auth/logon.aspx", "reason=2", "-", outside, edge, "-", "200 0 0"))
	f.Add("#Fields:", "08:00:00 GET / 401", "2026-03-02 08:00:00 ")
	f.Add("# Fields: date sc-status cs-uri-stem cs(User-Agent)", "2026-99-99 99:99:99 a", "\x00")
	fuzzLines(f)
}

// fuzzLines feeds three lines to all text formats, and again as one stream.
func fuzzLines(f *testing.F) {
	f.Fuzz(func(t *testing.T, header, first, second string) {
		b := newBench()
		for range 2 {
			b.lines(header, first, second, first)
		}
		for _, e := range b.emitted {
			if e.Outcome == event.OutcomeUnknown && e.Source != event.Cmdlet || e.Service == event.ServiceUnknown || e.Action == event.ActionNone {
				t.Errorf("half an event: %+v", e)
			}
			if len(e.Detail) > 1024 {
				t.Errorf("detail of %d bytes", len(e.Detail))
			}
		}
	})
}

// TestIISColumnsInAnyOrder reads files whose header does not begin with the date, also
// when the header changes, and texts in quotes as Advanced Logging writes them.
func TestIISColumnsInAnyOrder(t *testing.T) {
	const wrong = "alice@contoso.com 198.51.100.7 failure"
	reordered := []string{"#Fields: sc-status cs-username c-ip sc-substatus sc-win32-status cs(User-Agent) time date cs-uri-stem cs-method",
		"401 alice@contoso.com 198.51.100.7 1 1326 Test/1.0 08:00:00 2026-03-02 /EWS/Exchange.asmx POST"}
	changed := append([]string{iisHeader, iisLine("07:00:00", "GET", "/EWS/Exchange.asmx", "-", "-", outside, "Test/1.0", "-", "200 0 0")}, reordered...)
	advanced := []string{"#Software: IIS Advanced Logging Module", "#Fields:  date time cs-uri-stem s-contentpath sc-status cs-username sc-substatus sc-win32-status c-ip cs(User-Agent) cs-method",
		`2026-03-02 08:00:00.120 /EWS/Exchange.asmx "C:\Program Files\ews" 401 "alice@contoso.com" 1 1326 198.51.100.7 "Test/1.0 (a b)" POST`}
	for name, lines := range map[string][]string{"reordered": reordered, "changed": changed, "advanced": advanced} {
		if events, set := linesWith(t, "", lines...); len(events) != 1 || events[0] != wrong {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
	shifted := strings.Replace(advanced[2], "Test/1.0 (a b)", `x" GET "y`, 1)
	if events, _ := linesWith(t, "", advanced[0], advanced[1], shifted); len(events) == 1 && events[0] != wrong {
		t.Errorf("an agent with quotes: %q", events)
	}
}
