package record

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// slowJSON is AppendJSON for one value of strict JSON, by encoding/json's
// tokens and with exact container headers.
func slowJSON(d *json.Decoder) ([]byte, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case string:
		return msgp.AppendString(nil, v), nil
	case bool:
		return msgp.AppendBool(nil, v), nil
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return msgp.AppendInt64(nil, n), nil
		}
		f, _ := strconv.ParseFloat(string(v), 64)
		return msgp.AppendFloat64(nil, max(-math.MaxFloat64, min(f, math.MaxFloat64))), nil
	case json.Delim:
		return slowMembers(d, v)
	}
	return msgp.AppendNil(nil), nil
}

func slowMembers(d *json.Decoder, open json.Delim) (out []byte, err error) {
	n := uint32(0)
	for ; d.More(); n++ {
		member, err := slowJSON(d)
		if err != nil {
			return nil, err
		}
		out = append(out, member...)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if open == '[' {
		return append(msgp.AppendArrayHeader(nil, n), out...), nil
	}
	return append(msgp.AppendMapHeader(nil, n/2), out...), nil
}

// canonical rewrites msgpack with the shortest headers of containers and
// strings, for comparison with the model.
func canonical(v Value) (out []byte) {
	switch {
	case v.IsMap():
		out = msgp.AppendMapHeader(nil, uint32(v.Len()))
		for key, field := range v.All() {
			out = append(msgp.AppendStringFromBytes(out, key), canonical(field)...)
		}
	case v.IsArray():
		out = msgp.AppendArrayHeader(nil, uint32(v.Len()))
		for item := range v.Items() {
			out = append(out, canonical(item)...)
		}
	case v.Type() == msgp.StrType:
		return msgp.AppendStringFromBytes(nil, v.Bytes())
	default:
		return v[:v.Size()]
	}
	return out
}

// sameJSON compares AppendJSON with the model, where the text is one that the
// model takes, and reports whether it is.
func sameJSON(t testing.TB, src []byte) bool {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	want, err := slowJSON(d)
	if err != nil || !json.Valid(src) { // tokens alone are laxer
		return false
	}
	got, err := AppendJSON([]byte("x"), src)
	if err != nil {
		if err == ErrJSONDepth && within(want, 0, maxDepth) < 0 {
			return true
		}
		t.Fatalf("%v: %.300q", err, src)
	}
	if v := Value(got[1:]); v.Size() != len(v) || !bytes.Equal(canonical(v), want) {
		t.Fatalf("%.300q\n got %.300x\nwant %.300x", src, canonical(v), want)
	}
	return true
}

var soundJSON = []string{
	`null`, `true`, `false`, `0`, `-0`, `1`, `-1`, `127`, `128`, `-32`, `-33`, `65536`,
	`9223372036854775807`, `9223372036854775808`, `-9223372036854775808`, `-9223372036854775809`,
	`18446744073709551615`, `123456789012345678901234567890`, `1.5`, `-0.0`, `1e3`, `1E+2`, `2.5e-3`, `0.1e1`,
	`""`, `"a"`, `"é"`, `"日本"`, `"\u0041\u00e9\u65e5"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`,
	`"\ud83d\u0041"`, `"\ud83dx"`, `"\"\\\/\b\f\n\r\t"`, `"` + strings.Repeat("x", 31) + `"`, `"` + strings.Repeat("x", 32) + `"`,
	`"` + strings.Repeat("\\n", 31) + `"`, `"` + strings.Repeat("\\n", 200) + `"`, `"` + strings.Repeat("y", 300) + `\n"`,
	`"` + strings.Repeat("z", 70000) + `"`, `"` + strings.Repeat("\\u0041", 20000) + `"`,
	`{}`, `[]`, `[[],{},[[]]]`, ` { "a" : 1 , "b" : [ 1 , 2 ] } `, "{\r\n\t\"a\": \"b\"\r\n}\r\n",
	`{"a":1,"a":2}`, `{"":{"":""}}`, `{"AuditData":"{\"Id\":\"1\",\"p\":\"C:\\\\x\"}"}`,
	"[" + strings.Repeat("1,", 70000) + "1]", strings.Repeat("[", 64) + strings.Repeat("]", 64),
	strings.Repeat("[", 65) + strings.Repeat("]", 65), strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64),
}

func TestAppendJSONAgainstModel(t *testing.T) {
	for _, src := range soundJSON {
		if !sameJSON(t, []byte(src)) {
			t.Errorf("not sound: %.80q", src)
		}
	}
}

func TestAppendJSONOnFixtures(t *testing.T) {
	texts, odd := 0, 0
	each := func(b []byte) {
		if sameJSON(t, b) {
			texts++
		} else if len(bytes.TrimSpace(b)) > 0 {
			odd++
		}
	}
	err := filepath.WalkDir(fixtures(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b := fixture(t, path[len(fixtures(t)):])
		if ext := filepath.Ext(path); ext == ".json" {
			each(b)
		} else if ext == ".ndjson" || ext == ".log" && bytes.HasPrefix(b, []byte("{")) {
			for _, line := range bytes.Split(b, []byte("\n")) {
				each(line)
			}
		}
		return nil
	})
	if err != nil || texts < 100 {
		t.Fatalf("%d texts, %v", texts, err)
	}
	t.Logf("%d texts compared, %d lines that are no JSON", texts, odd)
}

func TestAppendJSONTolerates(t *testing.T) {
	for src, want := range map[string]string{
		"\xef\xbb\xbf{\"a\":1}":                `{"a":1}`,
		"\x00\x00\xef\xbb\xbf \x00[1]":         `[1]`,
		"{\"a\":1}\r\n\x00\x00\x00":            `{"a":1}`,
		"{\"a\":\"line\nbreak\r\n\ttab\x01\"}": `{"a":"line\nbreak\r\n\ttab\u0001"}`,
		`{'a':'it "is"','b':'it\'s'}`:          `{"a":"it \"is\"","b":"it's"}`,
		`{"a":'x',"b":"it's"}`:                 `{"a":"x","b":"it's"}`,
		`"C:\Users\x\ud"`:                      `"C:\\Users\\x\\ud"`,
		`"\u12"`:                               `"\\u12"`,
		`"\uzzzz\u00e9"`:                       `"\\uzzzz\u00e9"`,
		`1e999`:                                `1.7976931348623157e308`,
		`[True,False,None,NaN]`:                `[true,false,null,null]`,
		`-1e999`:                               `-1.7976931348623157e308`,
	} {
		got, err := AppendJSON(nil, []byte(src))
		d := json.NewDecoder(strings.NewReader(want))
		d.UseNumber()
		model, _ := slowJSON(d)
		if err != nil || !bytes.Equal(canonical(got), model) {
			t.Errorf("%q: %v, %x, want %s", src, err, got, want)
		}
	}
	if got, err := AppendJSON(nil, []byte("\"a\xff\xfe\xc3\"")); err != nil || string(got) != "\xa4a\xff\xfe\xc3" {
		t.Errorf("invalid UTF-8: %q, %v", got, err)
	}
}

func TestAppendJSONRefuses(t *testing.T) {
	for src, want := range map[string]error{
		"": ErrJSONTruncated, " \r\n\x00": ErrJSONTruncated, "\xef\xbb\xbf": ErrJSONTruncated, "\xef\xbb": ErrJSONSyntax,
		"{": ErrJSONTruncated, "[": ErrJSONTruncated, `{"a`: ErrJSONTruncated, `{"a"`: ErrJSONTruncated, `{"a":`: ErrJSONTruncated,
		`{"a":1`: ErrJSONTruncated, `{"a":1,`: ErrJSONTruncated, `[1,`: ErrJSONTruncated, `"a\`: ErrJSONTruncated, `"a\"`: ErrJSONTruncated,
		`'a`: ErrJSONTruncated, "tru": ErrJSONTruncated, "-": ErrJSONTruncated, "1.": ErrJSONTruncated, "1e": ErrJSONTruncated, "1e+": ErrJSONTruncated,
		"}": ErrJSONSyntax, "]": ErrJSONSyntax, "{]": ErrJSONSyntax, "[}": ErrJSONSyntax, "{,}": ErrJSONSyntax, "[,]": ErrJSONSyntax,
		"[1,]": ErrJSONSyntax, `{"a":1,}`: ErrJSONSyntax, `{"a" 1}`: ErrJSONSyntax, `{a:1}`: ErrJSONSyntax, `{1:1}`: ErrJSONSyntax,
		`[1 2]`: ErrJSONSyntax, `{"a":1 "b":2}`: ErrJSONSyntax, "trux": ErrJSONSyntax, "nil": ErrJSONSyntax, "none": ErrJSONSyntax, "TRUE": ErrJSONSyntax, "Nul": ErrJSONSyntax, "Tru": ErrJSONTruncated,
		"01": ErrJSONSyntax, "-01": ErrJSONSyntax, "+1": ErrJSONSyntax, ".5": ErrJSONSyntax, "-x": ErrJSONSyntax, "1.x": ErrJSONSyntax,
		"Nan": ErrJSONSyntax, "{}{}": ErrJSONSyntax, "1 2": ErrJSONSyntax, "[1]x": ErrJSONSyntax, "[\x00]": ErrJSONSyntax,
		"2024-01-01 GET /": ErrJSONSyntax, strings.Repeat("[", 1<<20): ErrJSONDepth, strings.Repeat(`{"a":`, 65): ErrJSONDepth,
	} {
		if out, err := AppendJSON([]byte("kept"), []byte(src)); err != want || string(out) != "kept" {
			t.Errorf("%.40q: %v, want %v; %q", src, err, want, out)
		}
	}
	// No text that is cut short reads as whole, but for numbers.
	src := []byte(`{"a":[true,null,{"b":"\u00e9\n"}],"c":-1.5e3}`)
	for cut := range src {
		if _, err := AppendJSON(nil, src[:cut]); err != ErrJSONTruncated {
			t.Errorf("%s: %v", src[:cut], err)
		}
	}
}

func TestAppendFirstJSON(t *testing.T) {
	src, values := []byte("{\"a\":1}\r\n[2]\x00\"x\" 4 5true "), 0
	for len(src) > 0 {
		out, rest, err := AppendFirstJSON(nil, src)
		if err != nil || Value(out).Size() != len(out) {
			t.Fatalf("%q: %x, %v", src, out, err)
		}
		src = rest
		values++
	}
	if values != 6 {
		t.Errorf("%d values", values)
	}
	if _, rest, err := AppendFirstJSON(nil, []byte(`{"a":1,"b":x}`)); err != ErrJSONSyntax || string(rest) != "x}" {
		t.Errorf("%v at %q", err, rest)
	}
}

func TestAppendJSONAllocations(t *testing.T) {
	texts := [][]byte{[]byte(`{"a":[1,-2,3.25,1e3,123456789012345678901234567890],"b":"x\n\u00e9","c":{'d':null}}`), []byte(`{"a":`), []byte(`{"a":-}`)}
	dst := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() {
		for _, text := range texts {
			dst, _ = AppendJSON(dst[:0], text)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, src := range soundJSON {
		if len(src) < 1000 {
			f.Add([]byte(src))
		}
	}
	f.Add([]byte("\xef\xbb\xbf{'a':\"\n\\q\"}\x00"))
	f.Fuzz(func(t *testing.T, src []byte) {
		dst := []byte("kept")
		out, rest, err := AppendFirstJSON(dst, src)
		if err != nil {
			if string(out) != "kept" || len(rest) > len(src) {
				t.Fatalf("%v, %q", err, out)
			}
		} else if v := Value(out[4:]); v.Size() != len(v) || len(v) > 3*len(src) || within(v, 0, maxDepth) < 0 {
			t.Fatalf("%d bytes of %d, sound up to %d", len(v), len(src), v.Size())
		}
		if utf8.Valid(src) {
			sameJSON(t, src)
		}
	})
}
