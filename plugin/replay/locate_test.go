package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/record"
)

// evidenceOf returns the evidence of the only incident of a replay.
func evidenceOf(t *testing.T, opts Options) []string {
	t.Helper()
	opts.JSON = true
	_, out, errs := replay(t, opts)
	var doc struct {
		Incidents []struct {
			Redshank struct{ Evidence []string }
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc.Incidents) != 1 {
		t.Fatalf("%v %s%s", err, out, errs)
	}
	return doc.Incidents[0].Redshank.Evidence
}

// TestEvidenceOfTextLogs compares the evidence of a replay with that of the plugin on
// the same file, and finds the lines by it. The replay with enriched records keeps
// events another way.
func TestEvidenceOfTextLogs(t *testing.T) {
	dir := t.TempDir()
	text := iisHead + attack(9, "203.0.113.9")
	path := write(t, dir, "u_ex260310.log", []byte(text))
	write(t, dir, "copy", gzipped(text)) // a copy whose name is the first one
	live := liveEvidence(t, path, text)
	if len(live) != 5 || !strings.HasSuffix(live[0], " 2026-03-10T12:00:04Z "+path) {
		t.Fatalf("%q", live)
	}
	for _, opts := range []Options{{}, {Enriched: dir + "/../enriched"}} {
		opts.Paths = []string{path}
		if got := evidenceOf(t, opts); !slices.Equal(got, live) {
			t.Errorf("replay: %q, live: %q", got, live)
		}
	}
	if got := evidenceOf(t, Options{Paths: []string{dir}}); len(got) != 5 || !strings.HasSuffix(got[0], dir+"/copy") {
		t.Errorf("evidence of two copies: %q", got)
	}
	line := strings.TrimSuffix(failure(noon.Add(4e9), "user4@contoso.com", "203.0.113.9"), "\r\n")
	want := fmt.Sprintf("%s:%d: %s\n", path, strings.Index(text, line), line)
	digest, _, _ := strings.Cut(live[0], " ")
	for _, c := range []struct {
		record string
		paths  []string
	}{{live[0], nil}, {digest, []string{path}}, {fmt.Sprintf("%s:%d", path, strings.Index(text, line)), nil}, {"user4@contoso.com", []string{path}},
		{fmt.Sprintf("event:%016x", digestOf(t, text, line)), []string{path}}} {
		var out strings.Builder
		if n, err := Locate(context.Background(), c.record, c.paths, nil, &out, io.Discard); n != 1 || err != nil || out.String() != want {
			t.Errorf("%q: %d %v %q, want %q", c.record, n, err, out.String(), want)
		}
	}
	if n, err := Locate(context.Background(), "sha256:0000000000000001", []string{dir}, nil, io.Discard, io.Discard); n != 0 || err != nil {
		t.Errorf("an unknown digest: %d %v", n, err)
	}
	if _, err := Locate(context.Background(), digest, nil, nil, io.Discard, os.Stderr); err == nil {
		t.Error("no error without a file")
	}
}

// liveEvidence is the evidence of the plugin, which gets the lines from in_tail with
// Path_Key, in two chunks of which the second is delivered twice.
func liveEvidence(t *testing.T, path, text string) []string {
	t.Helper()
	e, err := analytics.New(analytics.Options{Policy: policy.Default(), MaxIPs: 100, MaxUsers: 100})
	if err != nil {
		t.Fatal(err)
	}
	var chunks [2][]byte
	n := 0
	for line := range strings.Lines(text) {
		chunk := append(chunks[n/6%2], "\x92\x92\xd7\x00\x69\xb0\x08\x80\x00\x00\x00\x00\x80\x82"...)
		chunk = msgp.AppendString(msgp.AppendString(chunk, "path"), path)
		chunks[n/6%2] = msgp.AppendString(msgp.AppendString(chunk, "log"), strings.TrimRight(line, "\r\n"))
		n++
	}
	var last *alert.Alert
	for _, chunk := range [][]byte{chunks[0], chunks[1], chunks[1]} {
		for _, a := range e.Observe("iis", chunk) {
			last = a
		}
	}
	for _, a := range e.Close() {
		last = a
	}
	return last.Evidence
}

// digestOf returns the digest of the event of a line in a log.
func digestOf(t *testing.T, text, line string) (digest uint64) {
	t.Helper()
	l := newLocator("event:0000000000000000", io.Discard, io.Discard)
	for one := range strings.Lines(text) {
		one = strings.TrimRight(one, "\r\n")
		fields := []byte{0x81}
		fields = msgp.AppendString(msgp.AppendString(fields, "log"), one)
		l.events.Decode("t", &record.Record{Body: fields}, func(ev *event.Event) {
			if one == line {
				digest = ev.Digest()
			}
		})
	}
	return digest
}
