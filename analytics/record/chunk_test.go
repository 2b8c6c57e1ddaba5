package record

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// walk reads a whole chunk and checks that everything handed out lies in it.
func walk(t testing.TB, chunk []byte) (recs []Record, r *Reader) {
	t.Helper()
	r = new(Reader)
	r.Reset(chunk)
	var rec Record
	for r.Next(&rec) {
		if !rec.Body.IsMap() || rec.Body.Size() != len(rec.Body) || !bytes.HasSuffix(rec.Raw, rec.Body) {
			t.Fatalf("record %d: body %x of %x", len(recs), []byte(rec.Body), rec.Raw)
		}
		if rec.Metadata.Present() && (!rec.Metadata.IsMap() || rec.Metadata.Size() != len(rec.Metadata)) {
			t.Fatalf("record %d: metadata %x", len(recs), []byte(rec.Metadata))
		}
		checkLine(t, &rec, recs)
		recs = append(recs, rec)
	}
	if rec.Raw != nil || r.Next(&rec) {
		t.Fatal("a record behind the last")
	}
	return recs, r
}

// checkLine holds what is said of a record's line against a plain walk of its
// fields, and of those of the record before it.
func checkLine(t testing.TB, rec *Record, before []Record) {
	t.Helper()
	lead, last := lastField(rec.Body)
	if rec.Line != nil && !bytes.Equal(rec.Line, last) || rec.Line == nil && rec.Again {
		t.Fatalf("line %q of %x, again %t", rec.Line, []byte(rec.Body), rec.Again)
	}
	if !rec.Again {
		return
	}
	if old, _ := lastField(before[len(before)-1].Body); !bytes.Equal(lead, old) {
		t.Fatalf("%x is no line of the same file as %x", []byte(rec.Body), []byte(before[len(before)-1].Body))
	}
}

// lastField is all that stands before the value of a map's last field, and its
// text.
func lastField(m Value) (lead, text []byte) {
	for _, field := range m.All() {
		lead, text = m[:cap(m)-cap(field)], field.Bytes()
	}
	return lead, text
}

// Records that differ in their line only are marked as following each other. Another
// path, a field of a filter, the first line, and a damaged record in between are not.
func TestLines(t *testing.T) {
	file := func(path, line string) []byte {
		b := msgp.AppendMapHeader(nil, 2)
		b = msgp.AppendString(msgp.AppendString(b, "path"), path)
		return msgp.AppendString(msgp.AppendString(b, "log"), line)
	}
	turned := msgp.AppendString(msgp.AppendString(msgp.AppendMapHeader(nil, 2), "log"), "a line")
	turned = msgp.AppendString(msgp.AppendString(turned, "path"), "/a")
	var chunk []byte
	for _, body := range [][]byte{
		file("/a", "first"), file("/a", "second"), file("/a", ""), file("/a", strings.Repeat("long", 20_000)), file("/a", "after"),
		file("/b", "first"), file("/b", "second"), turned, turned, {0x80}, file("/b", "third"), body, body,
	} {
		chunk = append(append(append(chunk, 0x92, 0x92), now...), 0x80)
		chunk = append(chunk, body...)
	}
	recs, _ := walk(t, chunk)
	var got strings.Builder
	for _, rec := range recs {
		fmt.Fprintf(&got, "%.6s:%t ", rec.Line, rec.Again)
	}
	const want = "first:false second:true :false longlo:false after:true first:false second:true /a:false /a:true :false third:false x:false x:true "
	if got.String() != want {
		t.Errorf("got  %s\nwant %s", got.String(), want)
	}
}

var (
	meta = []byte{0x81, 0xa1, 'm', 1}
	body = []byte{0x81, 0xa3, 'l', 'o', 'g', 0xa1, 'x'}
	now  = stamp(1700000000, 123456789)
)

func TestTimestamps(t *testing.T) {
	at := func(sec, nsec int64) time.Time { return time.Unix(sec, nsec).UTC() }
	for name, c := range map[string]struct {
		ts   []byte
		want time.Time
		bad  bool
	}{
		"fixext8":           {ts: now, want: at(1700000000, 123456789)},
		"ext8":              {ts: append([]byte{0xc7, 8, 0}, now[2:]...), want: at(1700000000, 123456789)},
		"fixint":            {ts: []byte{5}, want: at(5, 0)},
		"uint32":            {ts: msgp.AppendUint32(nil, 1700000000), want: at(1700000000, 0)},
		"uint64":            {ts: join([]byte{0xcf, 0, 0, 0, 0}, now[2:6]), want: at(1700000000, 0)},
		"int64":             {ts: join([]byte{0xd3, 0, 0, 0, 0}, now[2:6]), want: at(1700000000, 0)},
		"float64":           {ts: msgp.AppendFloat64(nil, 1700000000.5), want: at(1700000000, 5e8)},
		"float32":           {ts: msgp.AppendFloat32(nil, 1024.5), want: at(1024, 5e8)},
		"nil":               {ts: []byte{0xc0}},
		"negative":          {ts: []byte{0xff}},
		"NaN":               {ts: msgp.AppendFloat64(nil, math.NaN())},
		"infinite":          {ts: msgp.AppendFloat64(nil, math.Inf(1))},
		"year 10000":        {ts: msgp.AppendUint64(nil, lastSecond+1)},
		"milliseconds":      {ts: msgp.AppendUint64(nil, math.MaxUint64)},
		"almost a marker":   {ts: stamp(0xffffffff, 1), want: at(0xffffffff, 1)},
		"before the marker": {ts: stamp(0xfffffffd, 0), want: at(0xfffffffd, 0)},
		"text":              {ts: str("1700000000"), bad: true},
		"bool":              {ts: []byte{0xc3}, bad: true},
		"map":               {ts: []byte{0x80}, bad: true},
		"array":             {ts: []byte{0x91, 0x00}, bad: true},
		"other ext type":    {ts: append([]byte{0xd7, 1}, now[2:]...), bad: true},
		"short ext":         {ts: []byte{0xd6, 0, 1, 2, 3, 4}, bad: true},
		"ext8 of 4":         {ts: []byte{0xc7, 4, 0, 1, 2, 3, 4}, bad: true},
		"fixext16":          {ts: append([]byte{0xd8, 0}, make([]byte, 16)...), bad: true},
	} {
		for form, chunk := range map[string][]byte{"V2": event(c.ts, meta, body), "legacy": legacy(c.ts, body)} {
			recs, r := walk(t, append(chunk, event(now, meta, body)...))
			if c.bad {
				if len(recs) != 1 || r.Bad != 1 || r.Lost != 0 {
					t.Errorf("%s %s: %d records, %d bad, %d lost", form, name, len(recs), r.Bad, r.Lost)
				}
			} else if len(recs) != 2 || r.Bad != 0 || !recs[0].Time.Equal(c.want) || recs[0].Time.IsZero() != c.want.IsZero() {
				t.Errorf("%s %s: %d records, %d bad, %v", form, name, len(recs), r.Bad, recs)
			}
		}
	}
}

func TestShapes(t *testing.T) {
	wide := []byte{0xdf, 0, 0, 0, 1, 0xda, 0, 3, 'l', 'o', 'g', 0xdb, 0, 0, 0, 1, 'x'}
	for name, c := range map[string]struct {
		chunk []byte
		ok    bool
		meta  bool
	}{
		"V2":                     {event(now, meta, body), true, true},
		"legacy":                 {legacy(now, body), true, false},
		"wide headers":           {join([]byte{0xdd, 0, 0, 0, 2, 0xdc, 0, 2}, now, []byte{0xde, 0, 0}, wide), true, true},
		"empty body":             {event(now, meta, []byte{0x80}), true, true},
		"bin key":                {event(now, meta, []byte{0x81, 0xc4, 3, 'l', 'o', 'g', 0xa1, 'x'}), true, true},
		"metadata nil":           {event(now, []byte{0xc0}, body), true, false},
		"metadata text":          {event(now, str("m"), body), false, false},
		"64 levels":              {event(now, meta, join([]byte{0x81, 0xa1, 'a'}, nested(62))), true, true},
		"65 levels":              {event(now, meta, join([]byte{0x81, 0xa1, 'a'}, nested(63))), false, false},
		"a million levels":       {event(now, meta, join([]byte{0x81, 0xa1, 'a'}, nested(1<<20))), false, false},
		"body array":             {event(now, meta, []byte{0x91, 1}), false, false},
		"body text":              {event(now, meta, str("x")), false, false},
		"body nil":               {legacy(now, []byte{0xc0}), false, false},
		"no body":                {join([]byte{0x91}, now), false, false},
		"three":                  {join([]byte{0x93}, now, body, body), false, false},
		"header of one":          {join([]byte{0x92, 0x91}, now, body), false, false},
		"header of three":        {join([]byte{0x92, 0x93}, now, meta, meta, body), false, false},
		"header empty":           {join([]byte{0x92, 0x90}, body), false, false},
		"empty array":            {[]byte{0x90}, false, false},
		"map":                    {body, false, false},
		"text":                   {str("[[0,{}],{}]"), false, false},
		"nil":                    {[]byte{0xc0}, false, false},
		"marker without a body":  {event(stamp(0xffffffff, 0), meta, []byte{0xc0}), false, false},
		"metadata of 3 thousand": {event(now, append([]byte{0x81, 0xa1, 'm'}, msgp.AppendString(nil, string(make([]byte, 3000)))...), body), true, true},
	} {
		recs, r := walk(t, join(event(now, meta, body), c.chunk, legacy(now, body)))
		if want := 2 + btoi(c.ok); len(recs) != want || r.Bad != 3-want || r.Lost != 0 || r.Markers != 0 {
			t.Errorf("%s: %d records, %d bad, %d lost, %d markers", name, len(recs), r.Bad, r.Lost, r.Markers)
		} else if c.ok && (recs[1].Metadata.Present() != c.meta || !bytes.Equal(recs[1].Raw, c.chunk)) {
			t.Errorf("%s: %+v", name, recs[1])
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestMarkers(t *testing.T) {
	group := join(event(stamp(0xffffffff, 0), meta, body), event(now, meta, body), event(now, meta, body),
		event(stamp(0xfffffffe, 0), []byte{0x80}, []byte{0x80}))
	recs, r := walk(t, join(group, legacy(now, body), group))
	if len(recs) != 5 || r.Markers != 4 || r.Bad != 0 {
		t.Errorf("%d records, %d markers, %d bad", len(recs), r.Markers, r.Bad)
	}
}

func TestResync(t *testing.T) {
	good := event(now, meta, auditRecord(1))
	n := len(good)
	noise := bytes.Repeat([]byte{0xc1}, 1000)
	forged := event(now, meta, body)
	for name, c := range map[string]struct {
		chunk     []byte
		recs, bad int
		lost      int
	}{
		"empty":                   {nil, 0, 0, 0},
		"cut at the end":          {join(good, good, good[:n-1]), 2, 1, n - 1},
		"noise at the start":      {join(noise, good, good), 2, 1, 1000},
		"noise between":           {join(good, noise, good), 2, 1, 1000},
		"noise only":              {noise, 0, 1, 1000},
		"three bytes of a record": {join([]byte{0xc1}, []byte{0x92, 0, 0x80}, []byte{0xc1}, good), 1, 1, 5},
		"no date in noise":        {join([]byte{0xc1}, legacy([]byte{0xc0}, body), []byte{0xc1}), 0, 1, 2 + len(legacy([]byte{0xc0}, body))},
		"wide record after noise": {join(noise, []byte{0xdd, 0, 0, 0, 2, 0xdc, 0, 2}, now, meta, body), 1, 1, 1000},
		"array16 after noise":     {join(noise, []byte{0xdc, 0, 2}, msgp.AppendUint32(nil, 1700000000), body), 1, 1, 1000},
		"record in a record":      {event(now, meta, join([]byte{0x81, 0xa1, 'a', 0xc4, byte(len(forged))}, forged)), 1, 0, 0},
		"nearly too much noise":   {join(good, bytes.Repeat([]byte{0xc1}, resyncScan-1), good), 2, 1, resyncScan - 1},
		"too much noise":          {join(good, bytes.Repeat([]byte{0xc1}, resyncScan), good), 1, 1, resyncScan + n},
	} {
		recs, r := walk(t, c.chunk)
		if len(recs) != c.recs || r.Bad != c.bad || r.Lost != c.lost {
			t.Errorf("%s: %d records, %d bad, %d lost; want %d, %d, %d", name, len(recs), r.Bad, r.Lost, c.recs, c.bad, c.lost)
		}
	}
}

func TestTornRecord(t *testing.T) {
	// A torn record swallows of the next ones what its headers still expect.
	// Torn in its first half it expects too much for that to be sound; the
	// last of four is always read, and no metadata as a record.
	good := event(now, meta, auditRecord(1))
	for cut := 1; cut < len(good)/2; cut++ {
		recs, r := walk(t, join(good, good[:cut], good, good, good, good))
		n := len(recs)
		if n < 2 || n > 6 || !bytes.Equal(recs[0].Raw, good) || !bytes.Equal(recs[n-1].Raw, good) {
			t.Fatalf("torn at %d: %d records, %d bad, %d lost", cut, n, r.Bad, r.Lost)
		}
		for _, rec := range recs {
			if bytes.Equal(rec.Body, meta) {
				t.Fatalf("torn at %d: metadata taken for a record", cut)
			}
		}
	}
}

func TestResyncIsLinear(t *testing.T) {
	// Each of these is only found out far behind where it starts. Were that
	// read again for each, the test would run for minutes.
	for name, candidate := range map[string][]byte{
		"long arrays":      join([]byte{0x92, 0x92}, now, []byte{0x80, 0xdd, 0, 0, 0x20, 0}),
		"long arrays, old": join([]byte{0x92}, now, []byte{0xdc, 0xff, 0xff}),
		"maps as time":     {0x92, 0xde, 0xff, 0xff},
		"maps as header":   {0x92, 0x92, 0xdf, 0, 1, 0, 0},
		"between records":  join([]byte{0xdd, 0, 0x0f, 0, 0}, event(now, meta, body)),
	} {
		chunk := append([]byte{0xc1}, bytes.Repeat(candidate, 2<<20/len(candidate))...)
		_, r := walk(t, chunk)
		if r.Lost < len(chunk)-3*resyncScan || r.scan < -resyncScan || r.work < -2*len(chunk) {
			t.Errorf("%s: lost %d of %d, scan left %d, work left %d", name, r.Lost, len(chunk), r.scan, r.work)
		}
	}
}

func TestReaderAllocations(t *testing.T) {
	noise := join([]byte{0xc1}, nested(1000)[:900])
	chunk := join(auditChunk(3), noise, auditChunk(2), []byte{0xc0}, auditChunk(1), auditChunk(1)[:700])
	var r Reader
	var rec Record
	records := 0
	if n := testing.AllocsPerRun(100, func() {
		r.Reset(chunk)
		for records = 0; r.Next(&rec); records++ {
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if records != 6 {
		t.Errorf("%d records, %+v", records, r)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(auditChunk(2))
	f.Add(join(event(now, meta, body), legacy(msgp.AppendFloat64(nil, 1.5e9), body), event(stamp(0xfffffffe, 0), meta, body)))
	f.Add(join(event(now, meta, body), []byte{0xc1, 0xdd, 0xff, 0xff, 0xff, 0xff}, event(now, meta, body)))
	f.Add(event(now, meta, join([]byte{0x81, 0xa1, 'a'}, nested(100))))
	keys, dst := NewKeys(auditNames...), make([]Value, len(auditNames))
	f.Fuzz(func(t *testing.T, chunk []byte) {
		recs, r := walk(t, chunk)
		total := r.Lost
		for _, rec := range recs {
			total += len(rec.Raw)
			keys.Find(rec.Body, dst)
			for _, v := range rec.Body.All() {
				v.AppendText(nil)
				v.Bool()
				v.Float()
				for range v.Items() {
				}
			}
			if within(rec.Raw, 0, maxDepth) < 0 {
				t.Fatal("too deep")
			}
		}
		if total > len(chunk) || r.Bad == 0 && r.Markers == 0 && total != len(chunk) {
			t.Fatalf("%d of %d bytes accounted for, %+v", total, len(chunk), r)
		}
	})
}
