package analytics

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/alert"
	"redshank/analytics/policy"
)

// fixture returns the lines of a real log, or skips: the samples are not part
// of this repository.
func fixture(t testing.TB, name string) [][]byte {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "fixtures", name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("SKIPPED: no fixtures beside this checkout: %v", err)
	}
	var lines [][]byte
	scan := bufio.NewScanner(bytes.NewReader(text))
	scan.Buffer(nil, 1<<24)
	for scan.Scan() {
		lines = append(lines, bytes.Clone(scan.Bytes()))
	}
	return lines
}

// asLines packs lines as in_tail does: {"log": line}.
func asLines(line []byte) any { return map[string]any{"log": string(line)} }

// asMap packs JSON lines as a parser or in_http does: native maps.
func asMap(line []byte) any {
	var m any
	if err := json.Unmarshal(line, &m); err != nil {
		panic(err)
	}
	return m
}

// chunked packs records into chunks of size records each, in the V2 form.
func chunked(lines [][]byte, size int, pack func([]byte) any) [][]byte {
	var chunks [][]byte
	for part := range slices.Chunk(lines, size) {
		var buf bytes.Buffer
		enc := msgpack.NewEncoder(&buf)
		for n, line := range part {
			stamp := fmt.Appendf(nil, "\xd7\x00%s", []byte{0x6a, 0, 0, 0, 0, 0, byte(len(chunks)), byte(n)})
			buf.Write([]byte{0x92, 0x92})
			buf.Write(stamp)
			buf.WriteByte(0x80)
			if err := enc.Encode(pack(line)); err != nil {
				panic(err)
			}
		}
		chunks = append(chunks, buf.Bytes())
	}
	return chunks
}

// run plays chunks through an engine and returns the last message of each
// incident.
func run(t *testing.T, p *policy.Policy, tag string, chunks [][]byte) (map[string]*alert.Alert, *Engine) {
	t.Helper()
	e, err := New(Options{Policy: p, Source: "auto", MaxIPs: 10_000, MaxUsers: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]*alert.Alert{}
	for _, c := range chunks {
		for _, a := range e.Observe(tag, c) {
			last[a.ID] = a
		}
	}
	for _, a := range e.Close() {
		last[a.ID] = a
	}
	return last, e
}

// byRule keeps the incidents of one rule, by their start.
func byRule(all map[string]*alert.Alert, rule string) []*alert.Alert {
	var list []*alert.Alert
	for _, a := range all {
		if a.Rule.ID == rule {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *alert.Alert) int { return a.Start.Compare(b.Start) })
	return list
}

// created orders audit records by when they happened, up to so much later.
func created(lines [][]byte, late time.Duration, seed uint64) [][]byte {
	random := rand.New(rand.NewPCG(seed, 7))
	at := make(map[string]time.Time, len(lines))
	for _, line := range lines {
		var r struct{ CreationTime string }
		_ = json.Unmarshal(line, &r)
		when, _ := time.Parse("2006-01-02T15:04:05", r.CreationTime)
		at[string(line)] = when.Add(time.Duration(random.Int64N(int64(late))))
	}
	shuffled := slices.Clone(lines)
	slices.SortStableFunc(shuffled, func(a, b []byte) int { return at[string(a)].Compare(at[string(b)]) })
	return shuffled
}

func TestInvictus(t *testing.T) {
	lines := fixture(t, "m365_ual/invictus__ual_2021-03_to_05.ndjson")
	doubled := func(lines [][]byte) (twice [][]byte) {
		for _, l := range lines {
			twice = append(twice, l, l)
		}
		return twice
	}
	forms := map[string][][]byte{
		"as maps":          chunked(lines, 100, asMap),
		"as raw strings":   chunked(lines, 100, asLines),
		"every line twice": chunked(doubled(lines), 77, asMap),
	}
	for seed := range uint64(4) {
		forms[fmt.Sprintf("up to 12 h late, order %d", seed)] = chunked(created(lines, 12*time.Hour, seed), 50, asMap)
	}
	for name, chunks := range forms {
		t.Run(name, func(t *testing.T) {
			all, _ := run(t, standard(), "m365.audit", chunks)
			got := byRule(all, "AN1269")
			for _, a := range got {
				t.Logf("%s %s %s", a.Start.Format(time.RFC3339), a.Severity, a.Message)
			}
			if len(got) != 2 {
				t.Fatalf("%d AN1269 incidents, want the sprays of 2021-03-26 and 2021-04-14", len(got))
			}
			for n, want := range []struct {
				day             string
				failures, users int
			}{{"2021-03-26", 38, 6}, {"2021-04-14", 19, 4}} {
				a := got[n]
				if a.Start.Format("2006-01-02") != want.day || a.Source.String() != "178.85.138.132" || a.Class != "password_spraying" ||
					a.Severity != alert.Critical || a.Counts.Failures != want.failures || a.Counts.DistinctUsers != want.users ||
					!strings.Contains(fmt.Sprint(a.Valid), "a.thulile@dutchmasterz.onmicrosoft.com") {
					t.Errorf("%s from %s: %s/%s %+v, valid %v; want %+v", a.Start, a.Source, a.Class, a.Severity, a.Counts, a.Valid, want)
				}
			}
		})
	}
}

// CrowdSec's scenario opens at the sixth failure. Redshank's default is ten on
// one account, so the comparison runs at CrowdSec's own number.
func TestCrowdSecScenarios(t *testing.T) {
	p := policy.Default()
	p.Stuffing.FailureThreshold.Burst = 6
	for _, name := range []string{"smtp", "imap", "pop"} {
		t.Run(name, func(t *testing.T) {
			lines := fixture(t, "exchange_smtp_imap_pop/crowdsec__exchange-"+name+"-bf.log")
			all, e := run(t, p, "exchange", chunked(lines, 100, asLines))
			got := byRule(all, "AN1269")
			if len(got) != 1 || got[0].Source.String() != "192.168.9.212" || got[0].Counts.Failures != len(lines)-1 { // one line several times: the second is a repeated delivery
				t.Errorf("%d incidents of %d lines, want one from 192.168.9.212: %+v, %+v", len(got), len(lines), got, e.Stats())
			}
			if all, _ := run(t, standard(), "exchange", chunked(lines, 100, asLines)); len(all) != 0 {
				t.Error("raised below the default threshold of ten")
			}
		})
	}
}

// The table of all incidents on that file, each defended or called false. It
// says who, when and what only.
func TestInvictusIncidents(t *testing.T) {
	lines := fixture(t, "m365_ual/invictus__ual_2021-03_to_05.ndjson")
	forms := map[string][][]byte{"in order": chunked(lines, 100, asMap)}
	for seed := range uint64(5) {
		forms[fmt.Sprintf("up to 12 h late, order %d", seed)] = chunked(created(lines, 12*time.Hour, seed), 50, asMap)
	}
	text, err := os.ReadFile("testdata/invictus.golden")
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	for row := range strings.Lines(string(text)) {
		if what, verdict, ok := strings.Cut(strings.TrimSpace(row), " | "); ok && row[0] != '#' {
			verdicts[what] = verdict
		}
	}
	for name, chunks := range forms {
		t.Run(name, func(t *testing.T) {
			all, _ := run(t, standard(), "m365.audit", chunks)
			if len(all) != len(verdicts) {
				t.Errorf("%d incidents, the table has %d", len(all), len(verdicts))
			}
			for _, rule := range []string{"AN1269", "AN0131"} {
				for _, a := range byRule(all, rule) {
					who, _, _ := strings.Cut(a.Subject, "@")
					row := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s %s", rule, a.Start.Format("2006-01-02"), a.Source, who, a.Class, a.Severity)), " ")
					verdict := verdicts[row]
					t.Logf("%s | %s", row, verdict)
					if word, _, _ := strings.Cut(verdict, ":"); word != "defended" && word != "false" {
						t.Errorf("%q is neither defended nor called false", row)
					}
				}
			}
		})
	}
}
