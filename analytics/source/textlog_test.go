package source

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/source/exchange"
	"redshank/analytics/source/format"
	"redshank/analytics/source/iis"
)

// bench feeds lines of one file to the text formats, as a Set does, and keeps the
// emitted events.
type bench struct {
	formats []format.Format
	stream  format.Stream
	now     time.Time
	counts  [format.Outcomes]int
	event   event.Event // of the last line, emitted or not
	emitted []event.Event
}

func newBench() *bench {
	return &bench{
		formats: []format.Format{exchange.NewHTTPProxy(), exchange.NewEWS(), exchange.NewCmdlet(), exchange.NewSMTP(), exchange.NewIMAP(), exchange.NewPOP(), iis.New(nil)},
		now:     time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
	}
}

func (b *bench) line(line string) format.Outcome {
	in := format.Input{Tag: "t", Time: b.now, Line: trim([]byte(line)), Stream: &b.stream}
	return b.Decode(&in)
}

func (b *bench) Decode(in *format.Input) format.Outcome {
	o := format.Unknown
	for _, f := range b.formats {
		if f.Claims(in) {
			b.event.Reset()
			b.event.Source, b.event.Time = f.Source(), in.Time
			o = f.Decode(in, &b.event, func(e *event.Event) { b.emitted = append(b.emitted, owned(e)) })
			break
		}
	}
	b.counts[o]++
	return o
}

func (b *bench) lines(lines ...string) []event.Event {
	from := len(b.emitted)
	for _, line := range lines {
		b.line(line)
	}
	return b.emitted[from:]
}

// owned returns a copy of e that outlives it.
func owned(e *event.Event) event.Event {
	e.AgentText()
	c := *e
	for _, field := range []*[]byte{&c.Code, &c.RawIP, &c.RawForwarded, &c.RawUser, &c.Mailbox, &c.Agent, &c.Client,
		&c.Device, &c.Session, &c.Operation, &c.Detail, &c.ID, &c.Host} {
		*field = bytes.Clone(*field)
	}
	return c
}

// fixtures returns the folder of real samples, which is not part of the project.
func fixtures(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		found := filepath.Join(dir, "..", "shared", "fixtures")
		if _, err := os.Stat(found); err != nil {
			break
		}
		return found
	}
	t.Skip("SKIPPED: no ../shared/fixtures beside the project, real samples are not tested")
	return ""
}

func fixtureLines(t testing.TB, path string) []string {
	data, err := os.ReadFile(filepath.Join(fixtures(t), path))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// want is what an event of a sample has to be; empty means not read.
type want struct {
	outcome                                event.Outcome
	action                                 event.Action
	user, ip, agent, at, op, service, code string
	reason                                 event.Reason
}

func (w *want) check(t *testing.T, e *event.Event) {
	t.Helper()
	if w.outcome != e.Outcome || w.action != 0 && w.action != e.Action {
		t.Errorf("%s %s of %q, want %s %s", e.Outcome, e.Action, e.RawUser, w.outcome, w.action)
	}
	for _, f := range []struct{ name, want, got string }{
		{"user", w.user, string(e.RawUser)}, {"ip", w.ip, addressOf(e.RawIP)}, {"agent", w.agent, string(e.Agent)},
		{"time", w.at, e.Time.Format(time.RFC3339Nano)}, {"operation", w.op, string(e.Operation)},
		{"service", w.service, e.Service.String()}, {"code", w.code, string(e.Code)},
	} {
		if f.want != "" && !strings.Contains(f.got, f.want) {
			t.Errorf("%s %q, want %q", f.name, f.got, f.want)
		}
	}
}

// addressOf returns a raw address as the peers write it.
func addressOf(raw []byte) string {
	if ap, err := netip.ParseAddrPort(string(raw)); err == nil {
		return ap.Addr().String()
	}
	if a, err := netip.ParseAddr(string(raw)); err == nil {
		return a.WithZone("").String()
	}
	return string(raw)
}

// samples are all files of the four folders, with what they hold.
var samples = []struct {
	path                                 string
	understood, ignored, unknown, broken int
	emitted                              []want
}{
	{"iis_w3c/artefactshelp__exchange_iis_examples.log", 0, 3, 0, 0, nil},
	{"iis_w3c/elastic_beats__test-iis-7.2.log", 0, 5, 0, 0, nil},
	{"iis_w3c/elastic_beats__test-iis-7.5.log", 0, 8, 0, 0, nil},
	{"iis_w3c/elastic_beats__test-ipv6zone.log", 0, 5, 0, 0, nil},
	{"iis_w3c/elastic_beats__test.log", 0, 17, 0, 0, nil},
	{"iis_w3c/elastic_integrations__test-iis-access-72.log", 0, 11, 0, 0, nil},
	{"iis_w3c/elastic_integrations__test-iis-access-75.log", 0, 4, 0, 0, nil},
	{"iis_w3c/elastic_integrations__test-iis-access.log", 0, 6, 0, 0, nil},
	{"iis_w3c/elastic_integrations__test-ipv6zone.log", 0, 1, 0, 0, nil},
	{"iis_w3c/plaso__iis10.log", 0, 5, 0, 0, nil},
	{"iis_w3c/plaso__iis6.log", 0, 16, 0, 0, nil},
	{"iis_w3c/plaso__iis_without_date.log", 0, 15, 0, 0, nil},
	{"iis_w3c/plaso__iis7_owa.log", 3, 2, 0, 0, []want{
		{outcome: event.Success, action: event.SignIn, user: "domain.localjohndoe", ip: "77.123.22.98", at: "2015-12-31T00:19:48Z", service: "owa"},
		{outcome: event.Success, action: event.SignIn, user: "domain.localjohndoe", ip: "10.10.5.2", op: "GetUserOofSettingsResponse", service: "ews"},
		{outcome: event.Success, action: event.SignIn, user: "domain.localjohndoe", op: "Ping", service: "eas"},
	}},
	{"iis_w3c/exlreport__frontend_rendered.log", 2, 8, 0, 0, []want{
		{outcome: event.Success, user: `CONTOSO\alice`, ip: "10.1.1.10", agent: "Microsoft Office/16.0", service: "mapi"},
		{outcome: event.Failure, action: event.SignIn, user: `CONTOSO\erin`, ip: "10.1.1.60", code: "1326", at: "2026-10-01T08:14:00Z", op: "FolderSync", service: "eas"},
	}},
	{"iis_w3c/msqa__owa_eas_autodiscover_ews.log", 7, 3, 0, 0, []want{
		{outcome: event.Success, user: "joergs", ip: "172.16.48.212", service: "owa", op: "auth.owa"},
		{outcome: event.Success, user: "joergs", ip: "172.16.48.212", service: "owa"},
		{outcome: event.Success, user: "joergs", ip: "172.16.48.212", service: "owa"},
		{outcome: event.Success, action: event.MailAccess, user: `XXXXXXX\seanryan`, service: "eas", op: "Search"},
		{outcome: event.Challenge, service: "autodiscover"},
		{outcome: event.Success, user: `CUSTOMER\test.onpremise`, service: "autodiscover"},
		{outcome: event.Challenge, service: "ews"},
	}},
	{"exchange_httpproxy/artefactshelp__Autodiscover_HttpProxy_2023010919-1.LOG", 1, 5, 0, 0, []want{
		{outcome: event.Success, user: `DOMAIN\username`, ip: "95.1.2.3", agent: "AppleExchangeWebServices/818.120.2 accountsd/113", at: "2023-01-09T19:00:00.13Z", service: "autodiscover"},
	}},
	{"exchange_httpproxy/artefactshelp__Mapi_HttpProxy_2023010601-1.LOG", 1, 7, 0, 0, []want{ // the others are the server's own
		{outcome: event.Success, user: `DOMAIN\HealthMailboxXXX`, ip: "10.128.53.11", agent: "MapiHttpClient", service: "mapi"},
	}},
	{"exchange_httpproxy/artefactshelp__Owa_HttpProxy_2023010602-1.LOG", 0, 6, 0, 0, nil},
	{"exchange_httpproxy/artefactshelp__RpcHttp_HttpProxy_2023010708-1.LOG", 1, 5, 0, 0, []want{{outcome: event.Challenge, ip: "95.5.6.7", service: "rpc"}}},
	{"exchange_smtp_imap_pop/artefactshelp__RECV2023011116-1.LOG", 3, 18, 0, 0, []want{
		{outcome: event.Failure, user: "username@domain.com", ip: "95.10.20.33", at: "2023-01-11T16:00:10.644Z", service: "smtp"},
	}},
	{"exchange_smtp_imap_pop/crowdsec__exchange-imap-bf.log", 7, 0, 0, 0, repeated(7, want{outcome: event.Failure, user: "testuser", ip: "192.168.9.212", at: "2022-07-20T21:28:50.53Z", service: "imap"})},
	{"exchange_smtp_imap_pop/crowdsec__exchange-imap-logs.log", 1, 0, 0, 0, repeated(1, want{outcome: event.Failure, user: "testuser", ip: "192.168.9.212", at: "2022-07-20T21:28:50.53Z"})},
	{"exchange_smtp_imap_pop/crowdsec__exchange-pop-bf.log", 8, 0, 0, 0, repeated(8, want{outcome: event.Failure, user: "testuser", ip: "192.168.9.212", at: "2022-07-20T21:23:48.514Z", service: "pop"})},
	{"exchange_smtp_imap_pop/crowdsec__exchange-pop-logs.log", 1, 0, 0, 0, repeated(1, want{outcome: event.Failure, user: "testuser", ip: "192.168.9.212"})},
	{"exchange_smtp_imap_pop/crowdsec__exchange-smtp-bf.log", 9, 0, 0, 0, repeated(9, want{outcome: event.Failure, ip: "192.168.9.212", at: "2022-07-20T21:12:06.27Z", service: "smtp"})},
	{"exchange_smtp_imap_pop/crowdsec__exchange-smtp-logs.log", 1, 0, 0, 0, repeated(1, want{outcome: event.Failure, ip: "192.168.9.212", at: "2022-07-20T21:12:06.27Z"})},
	{"exchange_smtp_imap_pop/elastic_integrations__test-imap4-pop3.log", 3, 3, 0, 0, []want{
		{outcome: event.Success, action: event.SignIn, user: "ccw.altitude", ip: "10.11.12.13", at: "2024-01-24T15:31:51.231Z", service: "pop"},
		{outcome: event.Success, action: event.SignIn, user: "example123", ip: "10.11.12.13", at: "2024-01-24T15:30:19.847Z", service: "imap"},
		{outcome: event.Success, action: event.MailAccess, user: "example123", op: "examine", service: "imap"},
	}},
	{"exchange_smtp_imap_pop/exlreport__imap4_frontend_rendered.log", 2, 11, 0, 0, []want{
		{outcome: event.Failure, ip: "10.1.1.70", at: "2026-10-01T08:20:00Z", service: "imap"},
		{outcome: event.Success, user: "frank", ip: "10.1.1.70", service: "imap"},
	}},
	{"exchange_admin_other/artefactshelp__ECPServer20230111-1.LOG", 0, 6, 0, 0, nil},
	{"exchange_admin_other/artefactshelp__audit20230111-1.LOG", 0, 6, 0, 0, nil},
	{"exchange_admin_other/artefactshelp__Rps_Cmdlet_2023011116-1.LOG", 1, 5, 0, 0, []want{
		{outcome: event.Success, action: event.Script, user: "HealthMailboxXXX", op: "Get-Mailbox", at: "2023-01-11T01:01:19.898Z", service: "powershell"},
	}},
}

// TestTextLogSamplesThroughSet runs the same files as Fluent Bit tails them.
// Every line has to be counted, and leads to the same events as in its format alone.
func TestTextLogSamplesThroughSet(t *testing.T) {
	for _, sample := range samples {
		for _, only := range []string{Auto, sourceOf(sample.path)} {
			s, err := New(only, testContent)
			if err != nil {
				t.Fatal(err)
			}
			emitted, lines := 0, fixtureLines(t, sample.path)
			for _, line := range lines {
				s.Decode("exchange", tailed(line), func(*event.Event) { emitted++ })
			}
			counts := s.Counts()
			if counts.Read() != uint64(len(lines)) || counts.Total(format.Unknown)+counts.Total(format.Malformed) > 0 || emitted != len(sample.emitted) {
				t.Errorf("%s as %s: %d lines, %v, emitted %d, want %d", sample.path, only, len(lines), counts, emitted, len(sample.emitted))
			}
		}
	}
}

// sourceOf returns the format of a sample by the name of its file.
func sourceOf(path string) string {
	for _, s := range []struct{ mark, Source string }{
		{"iis_w3c/", "iis"}, {"httpproxy/", "httpproxy"}, {"RECV", "smtp"}, {"smtp-", "smtp"}, {"exchange-pop", "pop"}, {"exchange-imap", "imap"},
		{"exlreport__imap4", "imap"}, {"admin_other/", "cmdlet"},
	} {
		if strings.Contains(path, s.mark) {
			return s.Source
		}
	}
	return Auto
}

func repeated(n int, w want) (all []want) {
	for range n {
		all = append(all, w)
	}
	return all
}

func TestTextLogSamples(t *testing.T) {
	t.Logf("%-75s %5s %5s %5s %5s %5s %5s", "file", "read", "under", "ignor", "unkno", "malfo", "emitted")
	for _, s := range samples {
		lines := fixtureLines(t, s.path)
		b := newBench()
		emitted := b.lines(lines...)
		t.Logf("%-75s %5d %5d %5d %5d %5d %5d", s.path, len(lines), b.counts[format.Understood], b.counts[format.Ignored], b.counts[format.Unknown], b.counts[format.Malformed], len(emitted))
		t.Run(filepath.Base(s.path), func(t *testing.T) {
			if got := [4]int{b.counts[format.Understood], b.counts[format.Ignored], b.counts[format.Unknown], b.counts[format.Malformed]}; got != [4]int{s.understood, s.ignored, s.unknown, s.broken} {
				t.Errorf("understood, ignored, unknown, malformed %v, want %v", got, [4]int{s.understood, s.ignored, s.unknown, s.broken})
			}
			if len(emitted) != len(s.emitted) {
				t.Errorf("%d events, want %d", len(emitted), len(s.emitted))
			}
			for i := range min(len(emitted), len(s.emitted)) {
				s.emitted[i].check(t, &emitted[i])
			}
		})
	}
}

// TestElasticIIS compares address, user, time and agent of every line, also
// of lines without an event, with the output of elastic's own pipelines.
func TestElasticIIS(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(fixtures(t), "iis_w3c", "elastic_*-expected.json"))
	if len(paths) != 8 {
		t.Fatalf("%d expected files, want 8", len(paths))
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), "-expected.json")
		expected := elasticEvents(t, path)
		b := newBench()
		i := 0
		for _, line := range fixtureLines(t, "iis_w3c/"+name) {
			b.line(line)
			if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
				continue
			}
			if i == len(expected) {
				t.Fatalf("%s: more lines than the %d expected", name, i)
			}
			expected[i].check(t, name, &b.event)
			i++
		}
		if i != len(expected) {
			t.Errorf("%s: %d lines, %d expected", name, i, len(expected))
		}
	}
}

// elasticEvent is the part of an ECS event that is compared.
type elasticEvent struct{ at, address, user, agent, forwarded string }

func elasticEvents(t *testing.T, path string) (all []elasticEvent) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if json.Unmarshal(data, &list) != nil {
		var doc struct{ Expected []map[string]any }
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		list = doc.Expected
	}
	for _, m := range list {
		at := func(path string) string {
			if flat, ok := m[path].(string); ok {
				return flat
			}
			var v any = m
			for key := range strings.SplitSeq(path, ".") {
				inner, _ := v.(map[string]any)
				v = inner[key]
			}
			text, _ := v.(string)
			return text
		}
		all = append(all, elasticEvent{at("@timestamp"), at("source.address"), at("user.name"), at("user_agent.original"), at("network.forwarded_ip")})
	}
	return all
}

func (w *elasticEvent) check(t *testing.T, name string, e *event.Event) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, w.at)
	if err != nil || !at.Equal(e.Time) {
		t.Errorf("%s: time %s, want %s", name, e.Time, w.at)
	}
	agent := strings.ReplaceAll(string(e.Agent), "+", " ")
	for _, f := range []struct{ name, got, want string }{
		{"address", string(e.RawIP), w.address}, {"user", string(e.RawUser), w.user}, {"agent", agent, w.agent},
	} {
		if strings.HasPrefix(f.got, "[10.100.118.31](") {
			t.Logf("%s: address %q, peers %q: a paste of Markdown, left to the policy", name, f.got, f.want)
		} else if f.got != f.want {
			t.Errorf("%s: %s %q, want %q", name, f.name, f.got, f.want)
		}
	}
}
