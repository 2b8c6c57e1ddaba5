package delivery

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/record"
)

// packedRecord packs a body as a V2 record dated 2026-05-10.
func packedRecord(t testing.TB, body any) []byte {
	t.Helper()
	packed, err := msgpack.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte("\x92\x92\xd7\x00\x6a\x00\x00\x00\x00\x00\x00\x00\x80"), packed...)
}

func jsonOf(t testing.TB, chunk []byte) string {
	t.Helper()
	var r record.Reader
	var rec record.Record
	if r.Reset(chunk); !r.Next(&rec) {
		t.Fatalf("% x: no record", chunk)
	}
	return string(appendRecord(nil, &rec))
}

func TestRecordJSON(t *testing.T) {
	const stamp = `{"@timestamp":"2026-05-10T03:48:16.000000Z"`
	for _, c := range []struct {
		body any
		want string
	}{
		{map[string]any{}, stamp + `}`},
		{map[string]any{"log": "a \"b\" \\ \n\x7f\xff <&>"}, stamp + `,"log":"a \"b\" \\ \u000a\u007f\ufffd <&>"}`},
		{map[string]any{"@timestamp": "own"}, `{"@timestamp":"own"}`},
		{map[string]any{"a": []any{1, -2, uint64(math.MaxUint64), 1.5, 1e300, true, nil, []byte("text"), map[string]any{}}}, stamp + `,"a":[1,-2,18446744073709551615,1.5,1e+300,true,null,"text",{}]}`},
		{map[string]any{"a": []any{math.NaN(), math.Inf(1), float32(0.25)}}, stamp + `,"a":[null,null,0.25]}`},
		{map[string]any{"bidi": "a\u202eb", "snow": "☃"}, ""},
		{map[any]any{7: "x"}, stamp + `,"":"x"}`},
		{map[string]any{"e": msgpack.RawMessage("\xd7\x00\x6a\x00\x00\x00\x00\x00\x00\x00")}, stamp + `,"e":"agAAAAAAAAA="}`},
		{map[string]any{"e": msgpack.RawMessage("\xc7\x03\x05abc")}, stamp + `,"e":"YWJj"}`},
	} {
		got := jsonOf(t, packedRecord(t, c.body))
		if !json.Valid([]byte(got)) || c.want != "" && got != c.want {
			t.Errorf("%v: %s, want %s", c.body, got, c.want)
		}
	}
}

func FuzzRecordJSON(f *testing.F) {
	f.Add(packedRecord(f, map[string]any{"a": []any{"x", 1.5}}))
	f.Add([]byte("\x92\xcb\x41\xd9\x00\x00\x00\x00\x00\x00\x81\xa3log\xc7\x01\x05y"))
	f.Fuzz(func(t *testing.T, chunk []byte) {
		var r record.Reader
		var rec record.Record
		for r.Reset(chunk); r.Next(&rec); {
			if line := appendRecord(nil, &rec); !json.Valid(line) || bytes.ContainsRune(line, '\n') {
				t.Fatalf("% x: %s", rec.Raw, line)
			}
		}
	})
}
