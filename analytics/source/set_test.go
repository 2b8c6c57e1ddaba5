package source

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

var testContent = policy.Default()

// probe is a format that takes maps with a "probe" field and lines that begin
// with "probe", and emits their text as the event's user.
type probe struct{}

func (probe) Source() event.Source { return event.EWS }

func (probe) Claims(in *format.Input) bool {
	return in.Fields.Get("probe").Present() || bytes.HasPrefix(in.Line, []byte("probe"))
}

func (probe) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	text := in.Fields.Get("probe").Bytes()
	if in.Line != nil {
		text = in.Line
	}
	if string(text) == "skip" {
		return format.Ignored
	}
	ev.RawUser = text
	emit(ev)
	return format.Understood
}

// native encodes one JSON text as the msgpack map that Fluent Bit would make
// of it, by encoding/json, in order.
func native(t testing.TB, text string) *record.Record {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	body, err := appendNative(nil, d)
	if err != nil {
		t.Fatalf("%.80s: %v", text, err)
	}
	return &record.Record{Time: time.Unix(1700000000, 0).UTC(), Body: body}
}

func appendNative(dst []byte, d *json.Decoder) ([]byte, error) {
	token, err := d.Token()
	if err != nil {
		return dst, err
	}
	open, is := token.(json.Delim)
	if !is {
		return appendScalar(dst, token)
	}
	var inner []byte
	n := uint32(0)
	for ; d.More(); n++ {
		if inner, err = appendNative(inner, d); err != nil {
			return dst, err
		}
	}
	if _, err = d.Token(); err != nil {
		return dst, err
	}
	if open == '{' {
		return append(msgp.AppendMapHeader(dst, n/2), inner...), nil
	}
	return append(msgp.AppendArrayHeader(dst, n), inner...), nil
}

func appendScalar(dst []byte, token json.Token) ([]byte, error) {
	number, is := token.(json.Number)
	if !is {
		return msgp.AppendIntf(dst, token)
	}
	if n, err := number.Int64(); err == nil {
		return msgp.AppendInt64(dst, n), nil
	}
	f, err := number.Float64()
	return msgp.AppendFloat64(dst, f), err
}

// tailed returns a record as in_tail makes it of a line.
func tailed(line string) *record.Record {
	body := msgp.AppendMapHeader(nil, 1)
	body = msgp.AppendString(body, "log")
	body = msgp.AppendString(body, line)
	return &record.Record{Time: time.Unix(1700000000, 0).UTC(), Body: body}
}

func probing() *Set {
	return &Set{readers: []*formatReader{{Format: probe{}}}, streams: newStreams()}
}

func TestSetUnwraps(t *testing.T) {
	quoted := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	wide := `"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1`
	for _, c := range []struct{ name, in, want string }{
		{"native", `{"probe":"1"}`, "1"},
		{"line", `{"log":"probe x\r"}`, "probe x"},
		{"padded line", `{"message":"\ufeffprobe x\u0000\u0000"}`, "probe x"},
		{"line with much else", `{"message":"probe x","host":"a","level":1,"facility":2}`, "probe x"},
		{"line beside a parsed record", `{"message":"probe text","probe":"1","a":1,"b":2}`, "1"},
		{"JSON in a line", `{"log":` + quoted(`{"probe":"1"}`) + `}`, "1"},
		{"JSON list in a line", `{"log":` + quoted(` [{"probe":"1"},{"probe":"2"}]`) + `}`, "1 2"},
		{"JSON values in a row", `{"log":` + quoted(`{"probe":"1"} {"probe":"2"}`) + `}`, "1 2"},
		{"Kafka text", `{"topic":"t","payload":` + quoted(`{"records":[{"probe":"1"},{"probe":"2"}]}`) + `}`, "1 2"},
		{"Kafka map", `{"topic":"t","payload":{"records":[{"probe":"1"},{"probe":"2"}]}}`, "1 2"},
		{"Graph page", `{"@odata.context":"x","value":[{"probe":"1"}]}`, "1"},
		{"AuditData text", `{"CreationDate":"x","AuditData":` + quoted(`{"probe":"1"}`) + `}`, "1"},
		{"auditData map", `{"id":"x","auditData":{"probe":"1"}}`, "1"},
		{"wazuh", `{"integration":"office365","office365":{"probe":"1"}}`, "1"},
		{"elastic", `{"event":{"original":"{}"},"o365audit":{"probe":"1"}}`, "1"},
		{"elastic original", `{"event":{"original":` + quoted(`{"probe":"1"}`) + `}}`, "1"},
		{"dotted original", `{"event.original":"probe x"}`, "probe x"},
		{"filebeat", `{"o365":{"audit":{"probe":"1"}}}`, "1"},
		{"azure", `{"azure":{"signinlogs":{"probe":"1"}}}`, "1"},
		{"limacharlie", `{"event":{"probe":"1"},"routing":{}}`, "1"},
		{"wide wrapper", `{"payload":{"probe":"1"},` + wide + `}`, "1"},
		{"wide native", `{"probe":"1","message":"probe x",` + wide + `}`, "1"},
		{"four deep", `{"log":` + quoted(`{"payload":`+quoted(`{"records":[{"AuditData":`+quoted(`{"probe":"1"}`)+`}]}`)+`}`) + `}`, "1"},
		{"CSV", `{"log":` + quoted("CreationDate,AuditData") + `}`, ""},
	} {
		var got []string
		s := probing()
		s.Decode("tag", native(t, c.in), func(ev *event.Event) { got = append(got, string(ev.RawUser)) })
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s: got %q, want %q", c.name, g, c.want)
		}
		counts := s.Counts()
		if want := uint64(len(got)); counts.Total(format.Understood) != want || counts.Read() != max(want, 1) {
			t.Errorf("%s: counts %v after %d events", c.name, counts, len(got))
		}
	}
}

func TestSetCountsEveryLeafOnce(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	for _, c := range []struct {
		name string
		rec  *record.Record
		want format.Outcome
	}{
		{"unknown map", native(t, `{"a":1}`), format.Unknown},
		{"unknown line", tailed("hello"), format.Unknown},
		{"unknown line with much else", native(t, `{"message":"hello","a":1,"b":2,"c":3}`), format.Unknown},
		{"ignored", native(t, `{"probe":"skip"}`), format.Ignored},
		{"blank", tailed(" \r\n"[1:]), format.Ignored},
		{"empty list", native(t, `{"records":[]}`), format.Ignored},
		{"broken JSON", tailed(`{"a":`), format.Malformed},
		{"bracketed text", tailed(`[2026] hello`), format.Unknown},
		{"long line", tailed(long), format.Malformed},
		{"long JSON", tailed(`{"a":"` + strings.Repeat("x", format.MaxJSON) + `"}`), format.Malformed},
		{"deep", native(t, strings.Repeat(`{"payload":`, 12)+`{"probe":"1"}`+strings.Repeat("}", 12)), format.Malformed},
		{"nothing", &record.Record{}, format.Unknown},
		{"no map", &record.Record{Body: msgp.AppendInt(nil, 4)}, format.Unknown},
		{"cut map", &record.Record{Body: []byte{0xdf, 0xff, 0xff}}, format.Unknown},
	} {
		s := probing()
		s.Decode("tag", c.rec, func(*event.Event) {})
		if counts := s.Counts(); counts.Read() != 1 || counts.Total(c.want) != 1 {
			t.Errorf("%s: counts %v, want one of outcome %d", c.name, counts, c.want)
		}
	}
}

func TestSetNames(t *testing.T) {
	if _, err := New("nonsense", testContent); err == nil || !strings.Contains(err.Error(), `"nonsense"`) || !strings.Contains(err.Error(), Auto) {
		t.Errorf("error %v does not name the value and what is wanted", err)
	}
	for _, f := range formats(testContent) {
		if int(f.Source()) >= event.Sources {
			t.Errorf("%v: no place in Counts", f.Source())
		}
		if s, err := New(f.Source().String(), testContent); err != nil || len(s.readers) != 1 {
			t.Errorf("New(%q): %v", f.Source(), err)
		}
	}
	for _, name := range []string{"", Auto} {
		if s, err := New(name, testContent); err != nil || len(s.readers) != len(readers(testContent)) {
			t.Errorf("New(%q): %v", name, err)
		}
	}
}

func TestCSVRows(t *testing.T) {
	var got []string
	s := probing()
	keep := func(ev *event.Event) { got = append(got, string(ev.RawUser)) }
	for _, line := range []string{
		"\ufeffCreationDate,UserIds,AuditData\r",
		`1,a,"{""probe"":""1""}"`,
		`1,"a,b","{""probe"":""2, with \""quotes\""""}"`,
		`1,a,"{""probe"":""3`,
		`""}"`,
		`1,a`,
		`1,a,,`,
	} {
		s.Decode("tag", tailed(line), keep)
	}
	if g, want := strings.Join(got, "|"), `1|2, with "quotes"`; g != want {
		t.Errorf("got %q, want %q", g, want)
	}
	if counts := s.Counts(); counts.Total(format.Malformed) != 4 || counts.Read() != 7 {
		t.Errorf("counts %v", counts)
	}
}

func TestStreamsKeepFilesApart(t *testing.T) {
	s := probing()
	none := func(*event.Event) {}
	s.Decode("tag", native(t, `{"log":"CreationDate,AuditData","path":"/a.csv"}`), none)
	if s.streams.get("tag", []byte("/a.csv")).csv.names == nil {
		t.Error("header forgotten")
	}
	for _, other := range []string{"", "/b.csv"} {
		if s.streams.get("tag", []byte(other)).csv.names != nil {
			t.Errorf("header of /a.csv holds for %q", other)
		}
	}
	for i := range 3 * maxStreams {
		s.streams.get("tag", []byte{byte(i), byte(i >> 8), 1})
	}
	if n := s.streams.table.Len(); n > maxStreams {
		t.Errorf("%d streams remembered", n)
	}
}
