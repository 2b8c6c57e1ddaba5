package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// sharedFixtures returns the folder of real samples, beside the repository. Tests
// that read it skip if it is absent.
func sharedFixtures(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("SKIPPED: no go.mod above the working directory")
		}
	}
	shared := filepath.Join(dir, "..", "shared", "fixtures")
	if _, err := os.Stat(shared); err != nil {
		t.Skipf("SKIPPED: the real samples are absent: %v", err)
	}
	return shared
}

// seen is what the tests compare of an event, copied out of the chunk.
type seen struct {
	Source, Service, Action, Outcome, Reason, Time string
	IP, User, Agent, App, Session, Token, ID       string
	Code, Space, Mailbox, Operation, Detail        string
	Target, Client, Protocol, Device, Country      string
	Items                                          int
	Access                                         string
	Throttled                                      bool
}

func see(ev *event.Event) seen {
	return seen{
		ev.Source.String(), ev.Service.String(), ev.Action.String(), ev.Outcome.String(), ev.Reason.String(),
		ev.Time.UTC().Format(time.RFC3339Nano),
		string(ev.RawIP), string(ev.RawUser), string(ev.Agent), string(ev.App), string(ev.Session),
		string(ev.Token), string(ev.ID), string(ev.Code), ev.CodeSpace.String(), string(ev.Mailbox),
		string(ev.Operation), string(ev.Detail), string(ev.Target), string(ev.Client), ev.Protocol.String(),
		string(ev.Device), string(ev.Country), ev.Items, ev.Access.String(), ev.Throttled,
	}
}

// cloudFiles are the folders and files of the cloud formats.
var cloudFiles = []string{
	"m365_ual/*.log", "m365_ual/*.json", "m365_ual/*.ndjson", "m365_ual/*.csv",
	"entra_signin/*.log", "entra_signin/*.ndjson", "graph_activity/*.log",
	"fluentbit_shapes/derived_kafka_eventhub_signin.ndjson",
}

func globFixtures(t testing.TB, patterns ...string) (files []string) {
	shared := sharedFixtures(t)
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(shared, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: nothing found (%v)", pattern, err)
		}
		for _, f := range found {
			if !strings.Contains(f, "expected") {
				files = append(files, f)
			}
		}
	}
	return files
}

// fixtureTexts are the records of a file, one text each: the lines, or the
// elements of Elastic's {"events":[...]}.
func fixtureTexts(t testing.TB, file string) (texts []string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(file) == ".json" {
		var page struct{ Events []json.RawMessage }
		if err := json.Unmarshal(data, &page); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, e := range page.Events {
			texts = append(texts, string(e))
		}
		return texts
	}
	for line := range strings.Lines(string(data)) {
		if strings.TrimSpace(line) != "" {
			texts = append(texts, strings.TrimRight(line, "\r\n"))
		}
	}
	return texts
}

// decodeAll decodes records one by one; the events of record i are in [i].
func decodeAll(t testing.TB, recs []*record.Record) ([][]seen, Counts) {
	s, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	events := make([][]seen, len(recs))
	for i, rec := range recs {
		s.Decode("cloud", rec, func(ev *event.Event) { events[i] = append(events[i], see(ev)) })
	}
	return events, s.Counts()
}

// TestCloudFixtures runs every sample of the cloud formats in both shapes,
// and compares with what the peers parsed out of it.
func TestCloudFixtures(t *testing.T) {
	table := &bytes.Buffer{}
	w := tabwriter.NewWriter(table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "file\tread\tunderstood\tignored\tunknown\tmalformed\tcompared\tdifferences")
	for _, file := range globFixtures(t, cloudFiles...) {
		texts := fixtureTexts(t, file)
		var lines, maps []*record.Record
		for _, text := range texts {
			lines = append(lines, tailed(text))
			if strings.HasPrefix(text, "{") || strings.HasPrefix(text, " {") {
				maps = append(maps, native(t, text))
			}
		}
		name := filepath.Base(file)
		events, counts := decodeAll(t, lines)
		if len(maps) == len(lines) {
			again, same := decodeAll(t, maps)
			if counts != same {
				t.Errorf("%s: counts as text %v, as maps %v", name, counts, same)
			}
			for i := range events {
				if !slices.Equal(events[i], again[i]) {
					t.Errorf("%s: record %d:\n as text %+v\n as map  %+v", name, i+1, events[i], again[i])
				}
			}
		}
		understood := 0
		for _, evs := range events {
			understood += min(len(evs), 1)
		}
		if n := counts.Read(); n < uint64(len(texts)) {
			t.Errorf("%s: %d records, %d accounted for", name, len(texts), n)
		}
		compared, differences := compareWithPeers(t, file, events)
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", name, counts.Read(), counts.Total(format.Understood),
			counts.Total(format.Ignored), counts.Total(format.Unknown), counts.Total(format.Malformed), compared, differences)
	}
	w.Flush()
	t.Logf("\n%s", table)
}

// compareWithPeers compares events with the peers' result of the same file:
// how many records had one, and what differs, with the reasons.
func compareWithPeers(t *testing.T, file string, events [][]seen) (compared int, differences string) {
	expected := peersResults(t, file)
	if expected == nil {
		return 0, "(no expected results)"
	}
	if len(expected) != len(events) {
		t.Errorf("%s: %d results for %d records", file, len(expected), len(events))
		return 0, ""
	}
	reasons := map[string]int{}
	for i, want := range expected {
		if len(events[i]) != 1 {
			continue
		}
		compared++
		got := events[i][0]
		for _, d := range differ(got, want) {
			why := explain(got, d)
			if why == "" {
				t.Errorf("%s: record %d: %s: got %q, peers have %q", filepath.Base(file), i+1, d.field, d.got, d.want)
			}
			reasons[d.field+": "+why]++
		}
	}
	for why, n := range reasons {
		differences += fmt.Sprintf("%dx %s. ", n, why)
	}
	return compared, differences
}

type expectation map[string]any

// get returns a field by its dotted name, whether the keys are dotted or nested.
func (e expectation) get(name string) string {
	if v, ok := e[name]; ok {
		if s, ok := v.(string); ok {
			return s
		}
	}
	first, rest, nested := strings.Cut(name, ".")
	if inner, ok := e[first].(map[string]any); nested && ok {
		return expectation(inner).get(rest)
	}
	return ""
}

func peersResults(t *testing.T, file string) (all []expectation) {
	data, err := os.ReadFile(file + "-expected.json")
	if err != nil {
		return nil
	}
	var page struct{ Expected []expectation }
	if json.Unmarshal(data, &page) == nil && page.Expected != nil {
		return page.Expected
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return all
}

type difference struct{ field, got, want string }

func differ(got seen, want expectation) (all []difference) {
	note := func(field, g, w string, same bool) {
		if w != "" && !same {
			all = append(all, difference{field, g, w})
		}
	}
	ip := want.get("source.ip")
	note("ip", got.IP, ip, canonical(got.IP) == canonical(ip))
	users := []string{want.get("user.id"), want.get("user.email"), want.get("user.name"), want.get("user.name") + "@" + want.get("user.domain")}
	note("user", got.User, users[3][:max(0, len(users[3])-1)], slices.ContainsFunc(users, func(u string) bool { return strings.EqualFold(u, got.User) }))
	outcome := want.get("event.outcome")
	note("outcome", got.Outcome, outcome, got.Outcome == outcome)
	at, err := time.Parse(time.RFC3339Nano, want.get("@timestamp"))
	mine, _ := time.Parse(time.RFC3339Nano, got.Time)
	note("time", got.Time, want.get("@timestamp"), err == nil && mine.Truncate(time.Millisecond).Equal(at))
	agent := want.get("user_agent.original")
	note("agent", got.Agent, agent, got.Agent == agent)
	return all
}

func canonical(ip string) netip.Addr {
	if at, err := netip.ParseAddrPort(ip); err == nil {
		return at.Addr().Unmap()
	}
	addr, _ := netip.ParseAddr(strings.Trim(ip, "[]"))
	return addr.Unmap()
}

// explain is why we differ from the peers on purpose, empty where we do not.
func explain(got seen, d difference) string {
	switch {
	case d.field == "outcome" && d.got == "noise" && d.want == "failure":
		return "code " + got.Code + " is for the policy's content to judge"
	case d.field == "outcome" && d.got == "noise" && got.Code == "50072":
		return "peers believe ResultStatus of a failed sign-in"
	}
	return ""
}

// TestTenzirGraphSignIn compares with the one result that tenzir has.
func TestTenzirGraphSignIn(t *testing.T) {
	file := globFixtures(t, "entra_signin/tenzir__graph_sign-ins.ndjson")[0]
	want, err := os.ReadFile(strings.Replace(file, ".ndjson", ".expected.txt", 1))
	if err != nil {
		t.Fatal(err)
	}
	events, _ := decodeAll(t, []*record.Record{tailed(fixtureTexts(t, file)[0])})
	got := events[0][0]
	for _, line := range []string{
		"ip: " + got.IP + ",", `email_addr: "` + got.User + `"`, "time: " + got.Time, `original_event_uid: "` + got.ID + `"`,
		`uid: "` + got.Device + `"`, `uid: "` + got.App + `"`, `country: "` + got.Country + `"`,
	} {
		if !strings.Contains(string(want), line) {
			t.Errorf("tenzir has no %s", line)
		}
	}
	if got.Outcome != "success" {
		t.Errorf("outcome %s", got.Outcome)
	}
}

// TestInvictusGroundTruth finds in the real audit log what its authors did.
func TestInvictusGroundTruth(t *testing.T) {
	var recs []*record.Record
	for _, text := range fixtureTexts(t, globFixtures(t, "m365_ual/invictus*.ndjson")[0]) {
		recs = append(recs, tailed(text))
	}
	events, _ := decodeAll(t, recs)
	sprays := []struct {
		from, to, until string
		failures, users int
	}{
		{"2021-03-26T08:50:52Z", "2021-03-26T09:06:38Z", "2021-03-26T09:07", 38, 6},
		{"2021-04-14T12:32:22Z", "2021-04-14T12:42:51Z", "2021-04-14T12:43", 19, 4},
	}
	for _, spray := range sprays {
		failures, valid := 0, 0
		users := map[string]bool{}
		for _, evs := range events {
			for _, ev := range evs {
				inside := ev.Time >= spray.from && ev.Time < spray.until
				if ev.IP != "178.85.138.132" || ev.Action != "sign_in" || !inside {
					continue
				}
				if ev.Code == "50126" && ev.Time <= spray.to {
					failures++
					users[strings.ToLower(ev.User)] = true
				}
				if ev.Outcome == "success" && strings.HasPrefix(ev.User, "A.Thulile@") {
					valid++
				}
			}
		}
		if failures != spray.failures || len(users) != spray.users || valid == 0 {
			t.Errorf("spray of %s: %d failures on %d users, %d successes of A.Thulile", spray.from, failures, len(users), valid)
		}
	}
	for _, want := range []string{
		"2021-04-16T12:07:14Z mailbox_change New-InboxRule 62.149.20.10:62589",
		"2021-04-16T12:08:47Z mailbox_change New-TransportRule 62.149.20.10:33758",
		"2021-04-16T08:42:20Z consent Consent to application. 34.99.77.38",
	} {
		if !slices.ContainsFunc(events, func(evs []seen) bool {
			return slices.ContainsFunc(evs, func(ev seen) bool {
				return strings.Join([]string{ev.Time, ev.Action, ev.Operation, ev.IP}, " ") == want
			})
		}) {
			t.Errorf("no %s", want)
		}
	}
}
