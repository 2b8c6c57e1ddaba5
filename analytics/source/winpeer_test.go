package source

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"redshank/analytics/source/format"
)

// winPeer is what a peer made of one event; empty where it says nothing.
type winPeer struct{ time, user, ip, outcome, target string }

// winECSPeer reads a document in Elastic's schema. Which of its accounts is
// the one that signs in depends on the event.
func winECSPeer(doc map[string]any) winPeer {
	at := func(path ...string) string {
		var v any = doc
		for _, key := range path {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		s, _ := v.(string)
		return s
	}
	name, domain := at("user", "target", "name"), at("user", "target", "domain")
	if name == "" {
		name, domain = at("user", "name"), at("user", "domain")
	}
	if domain != "" && name != "" {
		name = domain + `\` + name
	}
	return winPeer{
		time: at("@timestamp"), user: name, ip: at("source", "ip"), outcome: at("event", "outcome"),
		target: at("dns", "question", "name"),
	}
}

// winDiffer tells in what emitted is not what the peer says.
func winDiffer(p winPeer, emitted winTold) (differences []string) {
	differ := func(what, peer, own string) {
		if peer != "" && peer != own {
			differences = append(differences, what+": peer "+peer+", own "+own)
		}
	}
	peerTime, err := time.Parse(time.RFC3339Nano, p.time)
	ownTime, _ := time.Parse(time.RFC3339Nano, emitted.time)
	if d := ownTime.Sub(peerTime).Abs(); err == nil && d >= time.Millisecond {
		differ("time", p.time, emitted.time)
	}
	differ("user", p.user, emitted.user)
	differ("outcome", p.outcome, emitted.outcome)
	differ("target", p.target, emitted.target)
	differ("ip", winPlainIP(p.ip), winPlainIP(emitted.ip))
	return differences
}

func winPlainIP(text string) string {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return text
	}
	return ip.Unmap().WithZone("").String()
}

// winReasons are the differences that stand, by a piece of their text.
var winReasons = []struct{ piece, reason string }{
	{`outcome: peer success, own noise`, "the peer calls the auditing successful; a lockout is no sign-in"},
	{`user: peer WORKGROUP\WIN-41OB2LO92CR$, own elastictest1`, "the peer tells who locked the account, not which"},
	{`user: peer WIN-41OB2LO92CR\elastictest1, own elastictest1`, "the domain of a lockout is the computer that the tries came through"},
	{`user: peer J_DOE\WORKSTATION$, own `, "the peer takes the subject where there is no target"},
	{`time: peer 2019-07-18T03:34:02.025284Z, own 2019-07-18T03:34:01.494Z`, "own is UtcTime, the peer's when it was written"},
}

func winReason(difference string) string {
	for _, r := range winReasons {
		if strings.Contains(difference, r.piece) {
			return r.reason
		}
	}
	return ""
}

// winCompare runs the records one by one against the peers' results, prints a
// line for the file and fails on what no reason is given for.
func winCompare(t *testing.T, name string, records []string, peers []winPeer) {
	t.Helper()
	var sum [format.Outcomes]uint64
	seen := map[string]int{}
	equal := 0
	for i, text := range records {
		emitted, counts := winRun(t, text)
		for o, n := range counts {
			sum[o] += n
		}
		if len(peers) == 0 || len(emitted) == 0 {
			continue
		}
		differences := winDiffer(peers[min(i, len(peers)-1)], emitted[0])
		if len(differences) == 0 {
			equal++
		}
		for _, d := range differences {
			if winReason(d) == "" {
				t.Errorf("%s: record %d: %s", name, i, d)
			}
			seen[d]++
		}
	}
	total := sum[format.Understood] + sum[format.Ignored] + sum[format.Unknown] + sum[format.Malformed]
	t.Logf("%-75s read %3d understood %3d ignored %3d unknown %d malformed %d equal %d", name, total, sum[format.Understood], sum[format.Ignored], sum[format.Unknown], sum[format.Malformed], equal)
	for d, n := range seen {
		t.Logf("    %dx %s (%s)", n, d, winReason(d))
	}
	if total < uint64(len(records)) || sum[format.Malformed] > untimed[name] {
		t.Errorf("%s: %d records, counts %v", name, len(records), sum)
	}
}

func winDocs(t *testing.T, data []byte, key string) (docs []map[string]any) {
	t.Helper()
	var file map[string][]map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file[key]
}

func TestWinAgreesWithElastic(t *testing.T) {
	const dir = "windows_events/elastic_integrations__"
	for _, name := range []string{
		"powershell_operational_test-events", "powershell_test-events", "sysmon_operational_test-events",
		"system_test-security-windows2012-4768", "system_test-security-windows2012-4771", "system_test-security-windows2012-4776",
		"system_test-security-windows2012r2-logon", "system_test-security-windows2016-4740-account-locked-out",
		"windows_test-security-windows2012-4771", "windows_test-security-windows2012-4776", "windows_test-security-windows2012r2-logon",
		"windows_test-security-windows2016-4740-account-locked-out", "windows_test-sysmon-operational-events",
	} {
		expected := winDocs(t, winShared(t, dir+name+".json-expected.json"), "expected")
		var peers []winPeer
		var moved []string // the peer's own result is one more shape: data moved to ECS
		for _, doc := range expected {
			peers = append(peers, winECSPeer(doc))
			delete(doc["event"].(map[string]any), "original")
			text, _ := json.Marshal(doc)
			moved = append(moved, string(text))
		}
		whole := winShared(t, dir+name+".json")
		var records []string
		for _, doc := range winDocs(t, whole, "events") {
			text, _ := json.Marshal(doc)
			records = append(records, string(text))
		}
		winCompare(t, name, records, peers)
		winCompare(t, name+" (as ECS)", moved, peers)
		if emitted, counts := winRun(t, string(whole)); counts[format.Understood]+counts[format.Ignored] != uint64(len(records)) {
			t.Errorf("%s as one record: %d events, counts %v, want %d", name, len(emitted), counts, len(records))
		}
	}
}

func TestWinAgreesWithSekoia(t *testing.T) {
	const name = "windows_events/sekoia__winlogbeat"
	var peers []winPeer
	for _, line := range winRecords(".ndjson", winShared(t, name+".expected.ndjson")) {
		var doc struct{ Expected map[string]any }
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		peers = append(peers, winECSPeer(doc.Expected))
	}
	winCompare(t, name, winRecords(".ndjson", winShared(t, name+".ndjson")), peers)
}

func TestWinAgreesWithTenzir(t *testing.T) {
	name := regexp.MustCompile(`\n  user: \{(?:\n    domain: "([^"]*)",)?\n    name: "([^"]*)"`)
	when := regexp.MustCompile(`\n  time: ([^,]*),`)
	ip := regexp.MustCompile(`\n  src_endpoint: \{(?:\n    hostname: [^\n]*)?\n    ip: ([^,]*),`)
	status := regexp.MustCompile(`\n  status: "([^"]*)"`)
	first := func(re *regexp.Regexp, text string) string {
		if m := re.FindStringSubmatch(text); m != nil {
			return m[len(m)-1]
		}
		return ""
	}
	for _, id := range []string{"4103", "4104", "4624", "4625", "4648", "4771", "4776"} {
		file := "windows_events/tenzir__eid-" + id
		expected := string(winShared(t, file+".expected.txt"))
		peer := winPeer{time: first(when, expected), ip: first(ip, expected), outcome: strings.ToLower(first(status, expected)), user: first(name, expected)}
		if m := name.FindStringSubmatch(expected); m != nil && m[1] != "" {
			peer.user = m[1] + `\` + m[2]
		}
		winCompare(t, file+".xml", winRecords(".xml", winShared(t, file+".xml")), []winPeer{peer})
	}
}

func TestWinAgreesWithCrowdSec(t *testing.T) {
	meta := regexp.MustCompile(`Events\[(\d+)\]\.GetMeta\("(source_ip|timestamp|username)"\) == "([^"]*)"`)
	const name = "windows_events/crowdsec__windows-bf"
	peers := make([]winPeer, 6)
	for _, m := range meta.FindAllStringSubmatch(string(winShared(t, name+".assert")), -1) {
		peer := &peers[m[1][0]-'0']
		switch m[2] {
		case "source_ip":
			peer.ip = m[3]
		case "timestamp":
			peer.time = m[3]
		case "username":
			peer.user = `MYDOMAIN\` + m[3]
		}
		peer.outcome = "failure"
	}
	records := winRecords(".log", winShared(t, name+".xml.log"))
	winCompare(t, name, records, peers)
	emitted, _ := winRun(t, records...)
	ids := map[string]bool{}
	for _, event := range emitted {
		ids[event.id] = true
	}
	if len(ids) != 6 {
		t.Errorf("%s: %d ids, want 6: record 2563 is in it twice and means two failures", name, len(ids))
	}
	logs := winRecords(".log", winShared(t, "windows_events/crowdsec__windows-logs.xml.log"))
	winCompare(t, "windows_events/crowdsec__windows-logs", logs, []winPeer{{time: "2022-04-28T16:09:28.9443547Z", user: "testuser@mydomain.test", ip: "192.168.9.212", outcome: "failure"}})
}

// TestWinTwins holds the three shapes that were derived from one file against
// each other. Fluent Bit's own time has no fraction.
func TestWinTwins(t *testing.T) {
	for name, twin := range map[string]string{"mdec__4776_4625": "mdec_4776_4625", "sbous__4624_4625_chrome": "sbous_4624_4625_chrome"} {
		want, _ := winRun(t, winRecords(".log", winShared(t, "windows_events/"+name+".xml.log"))...)
		for i := range want {
			when, err := time.Parse(time.RFC3339Nano, want[i].time)
			if err != nil {
				t.Fatal(err)
			}
			want[i].time = when.Truncate(time.Second).Format(time.RFC3339)
		}
		for _, shape := range []string{"StringInserts", "EventDataMap"} {
			file := "fluentbit_shapes/derived_winevtlog_" + shape + "__" + twin + ".ndjson"
			records := winRecords(file, winShared(t, file))
			got, counts := winRun(t, records...)
			t.Logf("%-75s read %3d understood %3d", file, len(records), counts[format.Understood])
			if len(got) != len(want) {
				t.Fatalf("%s: %d events, want %d", file, len(got), len(want))
			}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("%s: record %d:\n got %+v\nwant %+v", file, i, got[i], want[i])
				}
			}
		}
	}
}

// TestWinOtherFiles runs the files that have neither a peer's result nor a
// twin; want is understood, ignored.
func TestWinOtherFiles(t *testing.T) {
	for _, c := range []struct {
		name                string
		understood, ignored uint64
	}{
		{"fluentbit_shapes/real__winevtlog_records.ndjson", 0, 2},
		{"fluentbit_shapes/real__winlog_legacy_record.json", 0, 1},
		{"exchange_admin_other/otrf__proxylogon_msexchange_management.ndjson", 3, 0},
		{"windows_events/mdec__4776_4625.xml.log", 16, 0},
		{"windows_events/sbous__4624_4625_chrome.xml.log", 4, 0},
	} {
		records := winRecords(c.name, winShared(t, c.name))
		emitted, counts := winRun(t, records...)
		t.Logf("%-75s read %3d understood %3d ignored %3d unknown %d malformed %d", c.name, len(records), counts[format.Understood], counts[format.Ignored], counts[format.Unknown], counts[format.Malformed])
		if counts[format.Understood] != c.understood || counts[format.Ignored] != c.ignored || len(emitted) != int(c.understood) {
			t.Errorf("%s: %d events, counts %v", c.name, len(emitted), counts)
		}
	}
}

// untimed are how many records of a fixture have no time at all.
var untimed = map[string]uint64{"windows_events/sekoia__winlogbeat": 1}
