package analytics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/analytics/record"
	"redshank/test/extent"
)

// stripped removes the field redshank from every record of a chunk and returns
// the number of records that had the field. It is the inverse of record.AppendWith.
func stripped(t *testing.T, chunk []byte) (out []byte, enriched int) {
	t.Helper()
	var r record.Reader
	var rec record.Record
	done := 0
	for r.Reset(chunk); r.Next(&rec); done = r.At() {
		out = append(out, chunk[done:r.At()-len(rec.Raw)]...)
		field := rec.Body.Get(extraField)
		if !field.Present() {
			out = append(out, rec.Raw...)
			continue
		}
		enriched++
		if field.Size() != len(field) || !field.IsMap() || !bytes.HasSuffix(rec.Raw, field) {
			t.Fatalf("field % x is not the record's last", field)
		}
		out = append(out, rec.Raw[:len(rec.Raw)-len(rec.Body)]...)
		body := rec.Body[:len(rec.Body)-len(field)]
		grown := bytes.HasSuffix(body, []byte("\xd9\x08redshank"))
		n, header := rec.Body.Len()-1, map[byte]int{0xde: 3, 0xdf: 5}[body[0]]
		fields := body[max(header, 1) : len(body)-len("\xa8redshank")]
		form := body[0]
		if grown {
			fields = fields[:len(fields)-1]
			form = map[byte]byte{0xde: 0x80, 0xdf: 0xde}[form]
		}
		switch form {
		case 0xde:
			out = append(out, 0xde, byte(n>>8), byte(n))
		case 0xdf:
			out = append(out, 0xdf, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		default:
			out = append(out, 0x80|byte(n))
		}
		out = append(out, fields...)
	}
	return append(out, chunk[done:]...), enriched
}

// fieldsOf are the fields redshank of a chunk, nil for records without one.
func fieldsOf(t *testing.T, chunk []byte) (list []map[string]any) {
	t.Helper()
	var r record.Reader
	var rec record.Record
	for r.Reset(chunk); r.Next(&rec); {
		var m map[string]any
		if field := rec.Body.Get(extraField); field.Present() {
			if err := msgpack.Unmarshal(field, &m); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, m)
	}
	return list
}

// standard is the default policy, which no test changes.
var standard = sync.OnceValue(policy.Default)

func newEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Options{Policy: standard(), Source: "auto", MaxIPs: 1_000, MaxUsers: 1_000})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestEnrichFixtures enriches every fixture, as raw lines and as maps, or in one of
// these forms outside the full extent of tests. Enrichment
// adds one field and changes nothing else, a second enrichment is not counted
// again, and the alerts do not depend on enrichment.
func TestEnrichFixtures(t *testing.T) {
	root := filepath.Join("..", "..", "shared", "fixtures")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("SKIPPED: no fixtures beside this checkout: %v", err)
	}
	files, enriched := 0, map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "expected") || strings.HasSuffix(path, ".md") {
			return err
		}
		name := strings.TrimPrefix(path, root+"/")
		lines := fixture(t, name)
		files++
		for form, pack := range map[string]func([]byte) any{"lines": asLines, "maps": asMapOrLine} {
			if !extent.Full() && (form == "maps") != (files%2 == 0) {
				continue
			}
			n := enrichedEqually(t, name, chunked(lines, 50, pack))
			enriched[filepath.Dir(name)+" as "+form] += n
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(enriched) < 10 || slices.Max(slices.Collect(maps.Values(enriched))) < 100 {
		t.Errorf("hardly anything was enriched: %v", enriched)
	}
	t.Logf("%d files; records enriched: %v", files, enriched)
}

func asMapOrLine(line []byte) any {
	var m map[string]any
	if json.Unmarshal(line, &m) != nil || m == nil {
		return asLines(line)
	}
	return m
}

func enrichedEqually(t *testing.T, name string, chunks [][]byte) (count int) {
	t.Helper()
	plain, rich := newEngine(t), newEngine(t)
	for n, chunk := range chunks {
		want := plain.Observe(name, chunk)
		out, got := rich.Enrich([]byte("kept"), name, chunk)
		if !bytes.HasPrefix(out, []byte("kept")) {
			t.Fatalf("%s: what stood before is gone", name)
		}
		back, found := stripped(t, out[4:])
		if count += found; !bytes.Equal(back, chunk) {
			t.Fatalf("%s, chunk %d: not as it came", name, n)
		}
		if fmt.Sprint(ids(got)) != fmt.Sprint(ids(want)) {
			t.Errorf("%s: raised %v, want %v", name, ids(got), ids(want))
		}
		before := rich.Stats()
		again, none := rich.Enrich(nil, name, chunk)
		after := rich.Stats()
		after.Chunks, after.RepeatedChunks = before.Chunks, before.RepeatedChunks
		if back, _ := stripped(t, again); !bytes.Equal(back, chunk) || len(none) > 0 || fmt.Sprint(after) != fmt.Sprint(before) {
			t.Fatalf("%s: the second time\n%+v\n%+v", name, after, before)
		}
	}
	a, b := plain.Stats(), rich.Stats()
	b.Chunks, b.RepeatedChunks = a.Chunks, a.RepeatedChunks
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%s: counted\n%+v, want\n%+v", name, b, a)
	}
	return count
}

func ids(alerts []*alert.Alert) (list []string) {
	for _, a := range alerts {
		list = append(list, fmt.Sprint(a.ID, a.Sequence, a.Severity))
	}
	return list
}

// What an enriched record says, over the life of an attack.
func TestEnrichSays(t *testing.T) {
	e := newEngine(t)
	var lines [][]byte
	for n := range 12 {
		lines = append(lines, fmt.Appendf(nil, `{"CreationTime":"2026-05-01T10:00:%02d","Id":"id-%d","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"ResultStatus":"Failed","LogonError":"InvalidUserNameOrPassword","UserId":"user%d@contoso.com","ClientIP":"203.0.113.7","ErrorNumber":"50126"}`, n, n, n))
	}
	lines = append(lines, []byte(`{"unheard":"of"}`))
	out, _ := e.Enrich(nil, "m365", chunked(lines, 100, asMap)[0])
	fields := fieldsOf(t, out)
	first, last := fields[0], fields[11]
	if fields[12] != nil {
		t.Errorf("an unknown record has %v", fields[12])
	}
	for key, want := range map[string]any{"source": "ual", "action": "sign_in", "outcome": "failure", "reason": "wrong_password", "ip": "203.0.113.7", "user": "user0@contoso.com", "risk": int8(0)} {
		if first[key] != want {
			t.Errorf("first: %s is %#v, want %#v in %v", key, first[key], want, first)
		}
	}
	open, _ := last["incidents"].([]any)
	if len(open) != 1 || !strings.HasPrefix(fmt.Sprint(open[0]), "AN1269-20260501-") || last["risk"].(int8) < 47 || first["incidents"] != nil {
		t.Errorf("last: %v", last)
	}
}

// A wrapper around several events lists them, and has the worst one on top.
func TestEnrichSeveral(t *testing.T) {
	e := newEngine(t)
	event := `{"CreationTime":"2026-05-01T10:00:00","Id":"%s","Operation":"UserLoggedIn","Workload":"AzureActiveDirectory","RecordType":15,"ResultStatus":"Success","UserId":"%s@contoso.com","ClientIP":"203.0.113.7"}`
	line := `{"records":[` + fmt.Sprintf(event, "a", "alice") + "," + fmt.Sprintf(event, "b", "bob") + `]}`
	out, _ := e.Enrich(nil, "m365", chunked([][]byte{[]byte(line)}, 1, asMap)[0])
	got := fieldsOf(t, out)[0]
	list, _ := got["events"].([]any)
	if got["event_count"] != int8(2) || len(list) != 2 || got["user"] != "alice@contoso.com" || list[1].(map[string]any)["user"] != "bob@contoso.com" {
		t.Errorf("%v", got)
	}
}

// Markers of groups, legacy records and what is no record stay in place;
// damage does not go on.
func TestEnrichKeepsWhatStandsBetween(t *testing.T) {
	e := newEngine(t)
	line := chunked([][]byte{[]byte("x")}, 1, asLines)[0]
	marker := []byte("\x92\x92\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00\x80\x81\xa1a\x01")
	legacy := []byte("\x92\xcb\x41\xd9\x00\x00\x00\x00\x00\x00\x81\xa3log\xa1y")
	sound := bytes.Join([][]byte{marker, line, {0x93, 1, 2, 3}, legacy, {0xc0}, marker}, nil)
	for _, damage := range []string{"", "\xc1\xc1", "\xdd\xff"} {
		out, _ := e.Enrich(nil, "tag", append(bytes.Clone(sound), damage...))
		if !bytes.Equal(out, sound) {
			t.Errorf("behind % x: % x, want % x", damage, out, sound)
		}
	}
	again, _ := e.Enrich(nil, "tag", []byte("\x92\xd7\x00\x6a\x00\x00\x00\x00\x00\x00\x01\x81\xa8redshank\x80"))
	if back, _ := stripped(t, again); len(back) == len(again) {
		t.Error("the field is not seen as one")
	}
}

// signIns is a chunk of sign-ins of 20 accounts, as maps. Its bytes 6 to 9 are
// of its first timestamp: another number makes it another chunk.
func signIns(n int) []byte {
	var lines [][]byte
	for n := range n {
		lines = append(lines, fmt.Appendf(nil, `{"CreationTime":"2026-05-01T10:%02d:00","Id":"id-%d","Operation":"UserLoggedIn","Workload":"AzureActiveDirectory","RecordType":15,"ResultStatus":"Success","UserId":"user%d@contoso.com","ClientIP":"203.0.113.%d"}`, n%60, n, n%20, n%20))
	}
	return chunked(lines, len(lines), asMap)[0]
}

func TestEnrichAllocatesNothing(t *testing.T) {
	chunk := signIns(200)
	allocations := func(read func(e *Engine)) float64 {
		e := newEngine(t)
		read(e)
		return testing.AllocsPerRun(20, func() {
			chunk[9]++
			read(e)
		})
	}
	var dst []byte
	plain := allocations(func(e *Engine) { e.Observe("m365", chunk) })
	rich := allocations(func(e *Engine) { dst, _ = e.Enrich(dst[:0], "m365", chunk) })
	if rich > plain+5 {
		t.Errorf("%.0f allocations a chunk, %.0f without enriching", rich, plain)
	}
}

func BenchmarkEnrich(b *testing.B) {
	chunk := signIns(1000)
	for _, enriched := range []bool{false, true} {
		b.Run(fmt.Sprint("enriched=", enriched), func(b *testing.B) {
			e := newEngine(b)
			var dst []byte
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				chunk[6], chunk[7], chunk[8], chunk[9] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
				if enriched {
					dst, _ = e.Enrich(dst[:0], "m365", chunk)
				} else {
					e.Observe("m365", chunk)
				}
			}
		})
	}
}

// Whatever the bytes: as many records come out as were read, and the second
// time is like the first.
func FuzzEnrich(f *testing.F) {
	f.Add(signIns(2))
	f.Add(chunked([][]byte{[]byte(`2026-05-01 10:00:00 POST /ews/exchange.asmx CONTOSO\a 192.0.2.1 401 1 1326`)}, 1, asLines)[0])
	e := newEngine(f)
	f.Fuzz(func(t *testing.T, chunk []byte) {
		count := func(b []byte) (n int) {
			var r record.Reader
			var rec record.Record
			for r.Reset(b); r.Next(&rec); n++ {
			}
			return n
		}
		for range 2 {
			if out, _ := e.Enrich(nil, "tag", chunk); count(out) != count(chunk) {
				t.Fatalf("% x: %d records of %d", chunk, count(out), count(chunk))
			}
		}
	})
}
