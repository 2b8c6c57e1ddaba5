package agent

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"redshank/plugin/delivery"
)

// clientUnderTest is where the sign-ins come from.
var clientUnderTest = netip.MustParseAddr("192.0.2.7")

// lastSink keeps the last enriched record of each source.
type lastSink struct {
	mu   sync.Mutex
	last map[string]seenRecord
}

type seenRecord struct {
	Source, IP string
	Marks      []string
	Geo        struct {
		Country string `json:"country_iso_code"`
		Number  int    `json:"as_number"`
	}
}

func (s *lastSink) Deliver(messages []delivery.Message) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		var doc struct{ Redshank seenRecord }
		if err := json.Unmarshal(m.JSON, &doc); err == nil && doc.Redshank.Source != "" {
			s.last[doc.Redshank.Source] = doc.Redshank
		}
	}
	return len(messages), nil
}

func (s *lastSink) Close() error { return nil }

// says returns, for each list, whether the last records and the policy reflect it.
func (s *lastSink) says(i *Instance) map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	says := map[string]bool{}
	cloud := s.last["ual"]
	for _, mark := range cloud.Marks {
		says[mark] = true
	}
	says["as"], says["country"] = cloud.Geo.Number == 64500, cloud.Geo.Country == "NL"
	says["forwarded"] = s.last["iis"].IP == "198.51.100.77"
	says["label"] = slices.Contains(i.policy.NetworkLabels(clientUnderTest), "tor")
	says["group"] = slices.Contains(i.policy.Groups([]byte("alice@contoso.com")), "finance")
	return says
}

// listed is every file that a policy can name, with what makes it count, what
// it is without it, and a version that is broken.
var listed = []struct{ file, shows, with, without, broken string }{
	{"allowed.txt", "allowed_network", "192.0.2.0/24\n", "192.0.3.0/24\n", "192.0.2.0/24\nnot a network\n"},
	{"egress.txt", "corporate_egress", "192.0.2.7\n", "# nobody\n", "300.0.2.7\n"},
	{"locations.txt", "known_location", "192.0.2.0/25\n", "", "\x00\n"},
	{"microsoft.txt", "microsoft_range", "192.0.2.7/32\n", "192.0.2.8/32\n", "192.0.2.7/33\n"},
	{"proxies.txt", "forwarded", "203.0.113.1\n", "203.0.113.2\n", "proxy.contoso.com\n"},
	{"tor.txt", "label", "192.0.2.7\n", "", "192.0.2\n"},
	{"privileged.txt", "privileged", "alice@contoso.com\n", "bob@contoso.com\n", "Not Available\n"},
	{"service.txt", "service_account", "alice@contoso.com\n", "", "\n\nUnknown\n"},
	{"ignored.txt", "ignored_account", "alice@contoso.com\n", "carol@contoso.com\n", "Not Available\n"},
	{"finance.txt", "group", "alice@contoso.com\n", "", "Not Available\n"},
	{"leaked.txt", "leaked", "alice@contoso.com:secret\n", "bob@contoso.com:secret\n", ""},
}

// versions writes a version of every list, and of the databases.
func versions(t *testing.T, dir, version string, pick func(with, without, broken string) string) {
	t.Helper()
	for _, l := range listed {
		putWhole(t, filepath.Join(dir, l.file), []byte(pick(l.with, l.without, l.broken)))
	}
	number, country := 64500, "NL"
	if version == "without" {
		number, country = 64501, "BR"
	}
	owner := database(t, "GeoLite2-ASN", mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(number)})
	city := database(t, "GeoLite2-City", mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(country)}})
	if version == "broken" {
		owner, city = owner[:len(owner)/2], []byte("no database")
	}
	putWhole(t, filepath.Join(dir, "asn.mmdb"), owner)
	putWhole(t, filepath.Join(dir, "city.mmdb"), city)
}

// putWhole replaces a file as an administrator should: all at once.
func putWhole(t *testing.T, path string, text []byte) {
	t.Helper()
	err := os.WriteFile(path+".new", text, 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func database(t *testing.T, kind string, record mmdbtype.Map) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	_, network, err := net.ParseCIDR("192.0.2.0/24")
	if err == nil {
		err = tree.Insert(network, record)
	}
	var b strings.Builder
	if err == nil {
		_, err = tree.WriteTo(&b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

const listPolicy = `version: 1
networks:
  allowed: [file: allowed.txt]
  corporate_egress: [file: egress.txt]
  trusted_proxies: [file: proxies.txt]
  microsoft: [file: microsoft.txt]
  labels: [{name: tor, files: [tor.txt]}]
collection: {known_ip_locations: [file: locations.txt]}
accounts:
  privileged: [file: privileged.txt]
  service: [file: service.txt]
  ignored: [file: ignored.txt]
  groups: {finance: [file: finance.txt]}
leaked_accounts: [leaked.txt]
databases: {asn: asn.mmdb, city: city.mmdb}
`

// TestListsChangeUnderLoad changes every list and database while chunks are
// processed: a valid version takes effect, an invalid one changes nothing and is
// logged, and no reader ever sees a partial list. It also runs under the race
// detector.
func TestListsChangeUnderLoad(t *testing.T) {
	dir := t.TempDir()
	versions(t, dir, "without", func(_, without, _ string) string { return without })
	putWhole(t, filepath.Join(dir, "policy.yaml"), []byte(listPolicy))
	sink := &lastSink{last: map[string]seenRecord{}}
	i, q := started(t, sink, map[string]string{"policy": filepath.Join(dir, "policy.yaml"), "emit": "enriched"})
	stop, load := make(chan struct{}), sync.WaitGroup{}
	load.Go(func() { loadWith(t, i, stop) })
	defer func() {
		close(stop)
		load.Wait()
		i.Close()
	}()
	want := func(what string, all bool) {
		t.Helper()
		var says map[string]bool
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			wrong := 0
			says = sink.says(i)
			for _, l := range listed {
				if says[l.shows] != all {
					wrong++
				}
			}
			if wrong == 0 && says["as"] == all && says["country"] == all {
				return
			}
		}
		t.Fatalf("%s: %v; log %s", what, says, strings.Join(drained(q), "\n"))
	}
	want("at start", false)
	versions(t, dir, "with", func(with, _, _ string) string { return with })
	want("after the change", true)
	drained(q)
	versions(t, dir, "broken", func(with, _, broken string) string {
		if broken == "" {
			return with // any line is an account
		}
		return broken
	})
	var refused []string
	for deadline := time.Now().Add(time.Minute); len(refused) == 0 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for _, line := range drained(q) {
			if strings.Contains(line, "lists stay as they were") {
				refused = append(refused, line)
			}
		}
	}
	// A look between the writing of two files finds fewer faults, and is logged too.
	if log := strings.Join(refused, "\n"); len(refused) == 0 || len(slices.Compact(refused)) < len(refused) ||
		!strings.Contains(log, "allowed.txt") && !strings.Contains(log, "asn.mmdb") {
		t.Fatalf("log %q, want every fault once, with a file", log)
	}
	want("after the broken ones", true)
	versions(t, dir, "without", func(_, without, _ string) string { return without })
	want("after the last change", false)
}

// loadWith flushes chunks until stop.
func loadWith(t *testing.T, i *Instance, stop chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		at := time.Date(2026, 3, 2, 8, 0, n, 0, time.UTC)
		chunk := chunkOf(fmt.Sprintf(`{"CreationTime":"%s","Id":"%d","Operation":"UserLoggedIn","Workload":"AzureActiveDirectory","RecordType":15,"ResultStatus":"Success","UserId":"alice@contoso.com","ClientIP":"192.0.2.7"}`, at.Format("2006-01-02T15:04:05"), n))
		if err := i.Flush("tenant", chunk); err != nil {
			t.Error(err)
		}
		lines := "#Fields: date time cs-method cs-uri-stem cs-username c-ip sc-status sc-substatus sc-win32-status X-Forwarded-For"
		row := at.Format("2006-01-02 15:04:05") + ` POST /ews/exchange.asmx CONTOSO\alice 203.0.113.1 200 0 0 198.51.100.77`
		for _, line := range []string{lines, row} {
			text, _ := json.Marshal(map[string]string{"log": line})
			if err := i.Flush("iis", chunkOf(string(text))); err != nil {
				t.Error(err)
			}
		}
	}
}
