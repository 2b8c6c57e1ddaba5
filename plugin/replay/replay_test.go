package replay

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"

	"redshank/analytics/alert"
	"redshank/test/bench/iis"
	"redshank/test/extent"
)

const iisHead = "#Software: Microsoft Internet Information Services 10.0\r\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// failure is an IIS line of a failed sign-in.
func failure(at time.Time, user, ip string) string {
	return fmt.Sprintf("%s 10.0.0.1 POST /EWS/Exchange.asmx - 443 %s %s python-requests/2.31 - 401 1 1326 15\r\n", at.Format("2006-01-02 15:04:05"), user, ip)
}

// attack is n failures of as many accounts from one address, one a second.
func attack(n int, ip string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(failure(noon.Add(time.Duration(i)*time.Second), fmt.Sprintf("user%d@contoso.com", i), ip))
	}
	return b.String()
}

// signIn is a failed sign-in as Entra logs it.
func signIn(at time.Time, user, ip string) string {
	return fmt.Sprintf(`{"time":"%s","category":"SignInLogs","operationName":"Sign-in activity","resultType":"50126","callerIpAddress":"%s","properties":{"id":"%s-%d","createdDateTime":"%[1]s","userPrincipalName":"%[3]s","userId":"","appId":"a","ipAddress":"%[2]s","status":{"errorCode":50126},"userAgent":"python-requests/2.31"}}`,
		at.Format(time.RFC3339), ip, user, at.Unix())
}

// signIns is n failed sign-ins of as many accounts.
func signIns(n int, ip string) (records []string) {
	for i := range n {
		records = append(records, signIn(noon.Add(time.Duration(i)*time.Second), fmt.Sprintf("user%d@contoso.com", i), ip))
	}
	return records
}

// auditRow is a row of a Purview export with a line break in its cell.
func auditRow(at time.Time, user, ip string) string {
	data := fmt.Sprintf(`{"CreationTime":"%s","Id":"%s-%d","Operation":"UserLoginFailed","RecordType":15,"ResultStatus":"Failed",`+"\n"+`"UserType":0,"Workload":"AzureActiveDirectory","UserId":"%[2]s","ClientIP":"%[4]s","ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword"}`,
		at.Format("2006-01-02T15:04:05"), user, at.Unix(), ip)
	return fmt.Sprintf("id,%s,UserLoginFailed,%s,\"%s\"\n", at.Format(time.RFC3339), user, strings.ReplaceAll(data, `"`, `""`))
}

func audit(n int, ip string) string {
	b := "RecordId,CreationDate,Operation,UserId,AuditData\n"
	for i := range n {
		b += auditRow(noon.Add(time.Duration(i)*time.Second), fmt.Sprintf("user%d@contoso.com", i), ip)
	}
	return b
}

func write(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// replay runs a replay and returns its status and both outputs.
func replay(t *testing.T, opts Options) (status int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	status, err := Run(context.Background(), opts, &o, &e)
	if err != nil {
		e.WriteString(err.Error())
	}
	return status, o.String(), e.String()
}

// found runs a replay and returns the clients of the incidents.
func found(t *testing.T, opts Options) (clients []string) {
	t.Helper()
	opts.JSON = true
	_, out, errs := replay(t, opts)
	var doc struct {
		Incidents []struct {
			Source struct {
				IP string `json:"ip"`
			} `json:"source"`
			Redshank struct {
				Counts struct {
					Users int `json:"distinct_users"`
				} `json:"counts"`
			} `json:"redshank"`
		} `json:"incidents"`
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v\n%s%s", err, out, errs)
	}
	for _, i := range doc.Incidents {
		clients = append(clients, fmt.Sprintf("%s %d", i.Source.IP, i.Redshank.Counts.Users))
	}
	return clients
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func zstded(text string) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll([]byte(text), nil)
}

func zipped(t *testing.T, members map[string][]byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range members {
		m, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = m.Write(content)
	}
	w.Close()
	return b.Bytes()
}

func utf16(text string) []byte {
	b, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(text))
	return b
}

// TestArrangements reads the same eight failures in every arrangement of records.
func TestArrangements(t *testing.T) {
	const ip = "203.0.113.9"
	records := signIns(8, ip)
	var pretty []string
	for _, r := range records {
		var b bytes.Buffer
		if err := json.Indent(&b, []byte(r), "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty = append(pretty, b.String())
	}
	list := strings.Join(records, ",")
	lines := strings.Join(records, "\n")
	for name, content := range map[string][]byte{
		"w3c":                 []byte(iisHead + attack(8, ip)),
		"w3c.zeroes":          []byte(iisHead + attack(8, ip) + strings.Repeat("\x00", 4096)),
		"w3c.gz":              gzipped(iisHead + attack(8, ip)),
		"w3c.zst":             zstded(iisHead + attack(8, ip)),
		"w3c.zip":             zipped(t, map[string][]byte{"logs/u_ex.log": []byte(iisHead + attack(8, ip)), "empty.log": nil}),
		"gzip.in.zip":         zipped(t, map[string][]byte{"u_ex.log.gz": gzipped(iisHead + attack(8, ip))}),
		"lines.json":          []byte(lines),
		"bom.json":            []byte("\xef\xbb\xbf" + lines),
		"utf16.json":          utf16(lines),
		"array.json":          []byte("[" + list + "]"),
		"array.lines.json":    []byte("[\n" + strings.Join(records, ",\n") + "\n]\n"),
		"array.pretty.json":   []byte("[\n" + strings.Join(pretty, ",\n") + "\n]\n"),
		"pretty.json":         []byte(strings.Join(pretty, "\n")),
		"joined.json":         []byte(strings.Join(records, "")),
		"records.json":        []byte(`{"records":[` + list + "]}"),
		"records.pretty.json": []byte("{\n\"records\": [\n" + strings.Join(pretty, ",\n") + "]\n}\n"),
		"page.json":           []byte(`{"@odata.context":"x","value":[` + list + "]}"),
		"batches.json":        []byte(`{"records":[` + strings.Join(records[:4], ",") + "]}\n" + `{"records":[` + strings.Join(records[4:], ",") + "]}\n"),
		"export.csv":          []byte(audit(8, ip)),
		"export.utf16.csv":    utf16(audit(8, ip)),
		"utf16.no.mark.log":   utf16(iisHead + attack(8, ip))[2:],
		"utf16.big.log":       append([]byte{0}, utf16(iisHead + attack(8, ip))[2:len(utf16(iisHead+attack(8, ip)))-1]...),
	} {
		t.Run(name, func(t *testing.T) {
			got := found(t, Options{Paths: []string{write(t, t.TempDir(), name, content)}})
			if len(got) != 1 || got[0] != ip+" 8" {
				t.Errorf("%q, want one incident of %s with 8 accounts", got, ip)
			}
		})
	}
}

func TestStandardInput(t *testing.T) {
	for name, content := range map[string][]byte{"lines": []byte(iisHead + attack(8, "203.0.113.9")), "zip": zipped(t, map[string][]byte{"a": []byte(iisHead + attack(8, "203.0.113.9"))})} {
		if got := found(t, Options{Paths: []string{"-"}, Stdin: bytes.NewReader(content)}); len(got) != 1 {
			t.Errorf("%s: incidents %q, want one", name, got)
		}
	}
}

// TestNamesChangeNothing also reads one log twice, once compressed.
func TestNamesChangeNothing(t *testing.T) {
	logs := [][]byte{
		[]byte(iisHead + attack(6, "203.0.113.9")),
		[]byte(strings.Join(signIns(7, "203.0.113.10"), "\n")),
		gzipped(audit(8, "203.0.113.11")),
		[]byte(iisHead + failure(noon, "alice@contoso.com", "203.0.113.9") + failure(noon, "bob@contoso.com", "203.0.113.12")),
	}
	var alerts, pages [][]byte
	for _, names := range [][]string{{"a", "b", "c", "d"}, {"d", "c", "b", "a"}, {"b", "d", "a", "c"}} {
		dir, to := t.TempDir(), t.TempDir()
		for i, log := range logs {
			write(t, dir, names[i], log)
		}
		if len(alerts) > 0 {
			write(t, dir, "copy.gz", gzipped(string(logs[0])))
		}
		opts := Options{Paths: []string{dir}, Alerts: filepath.Join(to, "alerts"), Report: filepath.Join(to, "report")}
		if status, _, errs := replay(t, opts); status != Found {
			t.Fatalf("status %d: %s", status, errs)
		}
		for list, path := range map[*[][]byte]string{&alerts: opts.Alerts, &pages: opts.Report} {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			content, _, _ = bytes.Cut(content, []byte(`<h2 id="logs">`)) // where names stand
			if path == opts.Report {
				_, content, _ = bytes.Cut(content, []byte("<main>"))
			}
			*list = append(*list, namedIn(dir).ReplaceAll(content, nil)) // evidence names its file
		}
	}
	for i := range alerts {
		if !bytes.Equal(alerts[i], alerts[0]) {
			t.Errorf("alerts %d differ:\n%s\n%s", i, alerts[i], alerts[0])
		}
		if !bytes.Equal(pages[i], pages[0]) {
			t.Errorf("report %d differs", i)
		}
	}
}

// namedIn matches the paths of files in a folder.
func namedIn(dir string) *regexp.Regexp {
	return regexp.MustCompile(regexp.QuoteMeta(dir) + `/[a-z.]+`)
}

func TestDamage(t *testing.T) {
	whole := gzipped(iisHead + strings.Repeat("# a comment that does not compress to nothing\r\n", 5000) + attack(8, "203.0.113.9"))
	long := iisHead + strings.Repeat("x", 17<<20) + "\n" + attack(8, "203.0.113.9")
	for _, c := range []struct {
		name    string
		content []byte
		message string
	}{
		{"cut.gz", whole[:len(whole)-20], "unexpected EOF"},
		{"no.zip", []byte("PK\x03\x04 and nothing else"), "zip"},
		{"no.evtx", []byte("ElfFile\x00 and nothing else"), "unexpected EOF"},
		{"cut.json", []byte("[" + signIn(noon, "a@contoso.com", "203.0.113.1") + `,{"a":`), "without an end"},
		{"program", []byte("\x7fELF\x02\x01\x01\x00\x05"), "binary"},
		{"long.log", []byte(long), "1 lines of more than 16 MB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, c.name, c.content)
			if status, _, errs := replay(t, Options{Paths: []string{dir}}); c.name != "long.log" && c.name != "cut.gz" && status != Failed || !strings.Contains(errs, c.name+": ") || !strings.Contains(errs, c.message) {
				t.Errorf("status %d, %q; want the name and %q", status, errs, c.message)
			}
			write(t, dir, "good.log", []byte(iisHead+attack(6, "198.51.100.1")))
			if status, out, _ := replay(t, Options{Paths: []string{dir}}); status != Found || !strings.Contains(out, "198.51.100.1") {
				t.Errorf("the rest is not read: status %d\n%s", status, out)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	good := write(t, t.TempDir(), "good.log", []byte(iisHead+failure(noon, "a@contoso.com", "203.0.113.1")))
	if status, _, errs := replay(t, Options{Paths: []string{"/no/such/log", good}}); status != Failed || !strings.Contains(errs, "/no/such/log") {
		t.Errorf("status %d, %q", status, errs)
	}
	if status, _, _ := replay(t, Options{Paths: []string{good}}); status != Nothing {
		t.Errorf("status %d, want %d", status, Nothing)
	}
	if status, _, errs := replay(t, Options{Paths: []string{good}, Source: "wrong"}); status != Failed || !strings.Contains(errs, "wrong") {
		t.Errorf("status %d, %q", status, errs)
	}
}

// TestFindings prints what the logs themselves lack, in all forms of the result.
func TestFindings(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	for n := range 300 {
		fmt.Fprintf(&b, "%s 10.0.0.1 GET /owa/ - 443 user%d@contoso.com 192.0.2.7 Mozilla/5.0 - 200 0 0 15\r\n", noon.Add(time.Duration(n)*time.Minute).Format("2006-01-02 15:04:05"), n%40)
	}
	log := write(t, dir, "iis.log", []byte(iisHead+b.String()))
	other := write(t, dir, "other.json", []byte(strings.Repeat(`{"color":"red","depth":{"of":"field"}}`+"\n", 3)))
	page := filepath.Join(dir, "page.html")
	_, text, errs := replay(t, Options{Paths: []string{log, other}, Report: page})
	_, document, _ := replay(t, Options{Paths: []string{log, other}, JSON: true})
	html, _ := os.ReadFile(page)
	for _, want := range []string{"192.0.2.7 brings 100 % of the sign-ins of iis", "3 records of no known format in " + other + " (color depth{of})"} {
		if !strings.Contains(text, want) || !strings.Contains(document, want) || !strings.Contains(string(html), want) {
			t.Errorf("no %q in %s%s\n%s", want, text, errs, document)
		}
	}
	_, findings, _, err := Coverage(t.Context(), Options{Paths: []string{log, other}}, io.Discard)
	if err != nil || len(findings) != 2 || findings[0].Code != "proxy_hides_clients" || findings[1].Code != "not_understood" {
		t.Errorf("coverage: %+v, %v", findings, err)
	}
	if _, quiet, _ := replay(t, Options{Paths: []string{write(t, t.TempDir(), "log", []byte(iisHead+attack(80, "203.0.113.9")))}}); strings.Contains(quiet, "Findings") {
		t.Errorf("findings about a sound log: %s", quiet)
	}
}

func TestPeriod(t *testing.T) {
	log := write(t, t.TempDir(), "log", []byte(iisHead+attack(8, "203.0.113.9")))
	if got := found(t, Options{Paths: []string{log}, Since: noon.Add(3 * time.Second)}); len(got) != 1 || got[0] != "203.0.113.9 5" {
		t.Errorf("since: %q, want 5 accounts", got)
	}
	if got := found(t, Options{Paths: []string{log}, Until: noon.Add(4 * time.Second)}); len(got) != 0 {
		t.Errorf("until: %q, want none", got)
	}
}

func TestParseTime(t *testing.T) {
	for _, text := range []string{"2026-03-10T12:00:00Z", "2026-03-10T14:00:00+02:00", "2026-03-10 12:00", "2026-03-10T12:00:00"} {
		if at, err := ParseTime(text); err != nil || !at.Equal(noon) {
			t.Errorf("%s: %v, %v", text, at, err)
		}
	}
	if _, err := ParseTime("yesterday"); err == nil {
		t.Error("yesterday: no error")
	}
}

func TestAgainst(t *testing.T) {
	dir := t.TempDir()
	log := write(t, dir, "log", []byte(iisHead+attack(6, "203.0.113.9")))
	strict := write(t, dir, "strict.yaml", []byte("version: 1\nstuffing:\n  mailbox_login_threshold:\n    burst: 4\n"))
	loose := write(t, dir, "loose.yaml", []byte("version: 1\nstuffing:\n  mailbox_login_threshold:\n    burst: 9\n"))
	for _, c := range []struct{ policy, against, want string }{{strict, loose, "closes"}, {loose, strict, "opens"}} {
		_, out, _ := replay(t, Options{Paths: []string{log}, Policy: c.policy, Against: c.against})
		if !strings.Contains(out, c.want+" ") {
			t.Errorf("want %q in\n%s", c.want, out)
		}
	}
	page := filepath.Join(dir, "report.html")
	_, out, errs := replay(t, Options{Paths: []string{log}, Policy: strict, Against: loose, Report: page, JSON: true})
	if text, _ := os.ReadFile(page); !strings.Contains(out, `"change":"closes"`) || !bytes.Contains(text, []byte("<strong>closes</strong>")) {
		t.Errorf("no change in the report or in\n%s%s", out, errs)
	}
	if _, out, _ := replay(t, Options{Paths: []string{log}, Policy: loose, Against: loose}); !strings.Contains(out, "0 changes") {
		t.Errorf("a policy against itself:\n%s", out)
	}
}

func TestExplain(t *testing.T) {
	dir := t.TempDir()
	typo := failure(noon, "carol@contoso.com", "203.0.113.9") +
		strings.Replace(failure(noon.Add(time.Minute), "carol@contoso.com", "203.0.113.9"), "401 1 1326", "200 0 0", 1)
	log := write(t, dir, "log", []byte(iisHead+attack(6, "203.0.113.9")+typo))
	policy := write(t, dir, "policy.yaml", []byte("version: 1\nstuffing:\n  mailbox_login_threshold:\n    burst: 9\n    slow: 20\n"))
	_, out, _ := replay(t, Options{Paths: []string{log}, Policy: policy, Explain: "203.0.113.9"})
	for _, want := range []string{
		"8 events, 6 counted, 1 forgiven, 1 ignored", "in no incident", "(stuffing.forgiveness)",
		"accounts that failed within 10m: 6 at most (2026-03-10 12:00:05), 3 short of 9 (stuffing.mailbox_login_threshold.burst, line 4)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in\n%s", want, out)
		}
	}
	_, out, _ = replay(t, Options{Paths: []string{log}, Explain: "USER3@contoso.com"})
	if !strings.Contains(out, "1 event, 1 counted") || !strings.Contains(out, "in 1 incident") {
		t.Errorf("an account:\n%s", out)
	}
}

// TestHostileReport has names that would leave their place in the page.
func TestHostileReport(t *testing.T) {
	evil := []string{`</script><script>alert(1)</script>`, `"onmouseover="alert(1)`, "\u202egnp.exe\u202c", `<img src=x onerror=alert(1)>`, strings.Repeat("W", 300), `{{.Style}}`}
	var b strings.Builder
	for i, name := range evil {
		at := noon.Add(time.Duration(i) * time.Second)
		record, _ := json.Marshal(map[string]any{"time": at, "category": "SignInLogs", "resultType": "50126", "callerIpAddress": "203.0.113.9", "operationName": "Sign-in activity",
			"properties": map[string]any{"id": fmt.Sprint(i), "createdDateTime": at, "userPrincipalName": name + "@contoso.com", "ipAddress": "203.0.113.9",
				"appId": name, "appDisplayName": name, "status": map[string]any{"errorCode": 50126}, "userAgent": name}})
		b.Write(append(record, '\n'))
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "report.html")
	log := write(t, dir, "<b>log.json", []byte(b.String()))
	if status, out, errs := replay(t, Options{Paths: []string{log}, Report: path}); status != Found {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"<script>alert", "<img", `"onmouseover`, "\u202e", "<b>log"} {
		if bytes.Contains(page, []byte(wrong)) {
			t.Errorf("%q stands in the page", wrong)
		}
	}
	if n := bytes.Count(page, []byte("</script>")); n != 1 {
		t.Errorf("%d ends of scripts, want 1", n)
	}
}

// TestEnriched writes every record once, in order of time, and finds the same.
func TestEnriched(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "u_ex.log", []byte(iisHead+attack(8, "203.0.113.9")))
	write(t, dir, "signins.json", []byte("["+strings.Join(signIns(3, "203.0.113.10"), ",")+"]"))
	path := filepath.Join(t.TempDir(), "enriched")
	if got := found(t, Options{Paths: []string{dir}, Enriched: path}); len(got) != 1 || got[0] != "203.0.113.9 8" {
		t.Errorf("%q", got)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var incidents, events int
	for line := range bytes.Lines(text) {
		var record struct {
			Redshank *struct {
				IP        string   `json:"ip"`
				Incidents []string `json:"incidents"`
			} `json:"redshank"`
		}
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if record.Redshank != nil {
			events++
			incidents += len(record.Redshank.Incidents)
		}
	}
	if lines := bytes.Count(text, []byte("\n")); lines != 13 { // two of them comments
		t.Errorf("%d records, want 13", lines)
	}
	if events != 11 || incidents != 4 {
		t.Errorf("%d enriched records, %d of an incident; want 11 and 4\n%s", events, incidents, text)
	}
}

// TestBlocks reads a log that is large enough to be read in blocks, and the same
// compressed, which is read in one piece: every event comes twice.
func TestBlocks(t *testing.T) {
	extent.NeedsFull(t)
	var logs [2]bytes.Buffer
	if err := iis.Write(&logs[0], 150_000); err != nil {
		t.Fatal(err)
	}
	at := noon
	for logs[1].Len() < 33<<20 {
		at = at.Add(time.Second)
		logs[1].WriteString(signIn(at, fmt.Sprint("user", at.Unix()%500), fmt.Sprint("203.0.113.", at.Unix()%40)) + "\n")
	}
	for i, log := range logs {
		dir := t.TempDir()
		write(t, dir, "plain", log.Bytes())
		write(t, dir, "packed", zstded(log.String()))
		opts := Options{Paths: []string{dir}, JSON: true}
		_, out, errs := replay(t, opts)
		var doc resultDocument
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatal(err, errs)
		}
		if doc.Events == 0 || doc.Events != doc.Repeated {
			t.Errorf("log %d: %d events, %d of them twice", i, doc.Events, doc.Repeated)
		}
		doc.Logs[0].Name = doc.Logs[1].Name
		if fmt.Sprint(doc.Logs[0]) != fmt.Sprint(doc.Logs[1]) {
			t.Errorf("log %d: in blocks %+v, whole %+v", i, doc.Logs[1], doc.Logs[0])
		}
	}
}

// TestBlockListOfACampaign checks that the report lists every address that the alert
// has in its indicators, the one that guessed right first, and no more.
func TestBlockListOfACampaign(t *testing.T) {
	address := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, byte(n)}) }
	a := &alert.Alert{Valid: []alert.Credential{{User: "alice@contoso.com", IP: address(90)}}, Counts: alert.Counts{DistinctIPs: 100}, Indicators: &alert.Indicators{}}
	for n := range 100 {
		a.Indicators.IPs = append(a.Indicators.IPs, address(n))
	}
	a.IPs = a.Indicators.IPs[:20]
	for _, l := range (&scene{incident: &Incident{Alert: a}}).lists() {
		if l.Title == "Addresses to block" && (len(l.Items) != 100 || l.Items[0] != "203.0.113.90" || l.Of != 0) {
			t.Errorf("%d addresses of %d, first %s (want 100, 203.0.113.90)", len(l.Items), l.Of, l.Items[0])
		}
	}
}
