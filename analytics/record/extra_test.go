package record

import (
	"bytes"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// packed returns a record of n fields with a body header of the form that begins
// with first, legacy or V2.
func packed(first byte, n int, legacy bool) []byte {
	var b bytes.Buffer
	stamp := []byte{0xd7, 0, 0x6a, 0, 0, 0, 0, 0, 0, 1}
	b.WriteByte(0x92)
	if legacy {
		b.Write(stamp)
	} else {
		b.WriteByte(0x92)
		b.Write(stamp)
		b.Write([]byte{0x81, 0xa1, 'm', 0x01})
	}
	switch first {
	case 0x80:
		b.WriteByte(0x80 | byte(n))
	case 0xde:
		b.Write([]byte{0xde, byte(n >> 8), byte(n)})
	case 0xdf:
		b.Write([]byte{0xdf, 0, byte(n >> 16), byte(n >> 8), byte(n)})
	}
	enc := msgpack.NewEncoder(&b)
	for i := range n {
		_ = enc.EncodeUint(uint64(i))
		_ = enc.EncodeString("value")
	}
	return b.Bytes()
}

// without takes the field out again, as a receiver would.
func without(t *testing.T, raw []byte, key string, value []byte) []byte {
	t.Helper()
	var rec Record
	if !rec.parse(raw) {
		t.Fatalf("% x: no record", raw)
	}
	n, first, _ := fieldCount(rec.Body)
	body := bytes.TrimSuffix([]byte(rec.Body[first:]), value)
	grown := bytes.HasSuffix(body, append([]byte{0xd9, byte(len(key))}, key...))
	body = bytes.TrimSuffix(body, []byte(key))
	body = body[:len(body)-1]
	form := rec.Body[0]
	if grown {
		body = body[:len(body)-1]
		form = map[byte]byte{0xde: 0x80, 0xdf: 0xde}[form]
	}
	out := bytes.Clone(raw[:len(raw)-len(rec.Body)])
	out, _ = appendMapHeader(out, form, n-1)
	return append(out, body...)
}

func TestAppendWith(t *testing.T) {
	const key = "redshank"
	value := []byte{0x81, 0xa4, 'r', 'i', 's', 'k', 0x07}
	for _, c := range []struct {
		form byte
		n    int
	}{
		{0x80, 0}, {0x80, 1}, {0x80, 14}, {0x80, 15}, {0xde, 0}, {0xde, 3}, {0xde, 15}, {0xde, 16}, {0xde, 65534}, {0xde, 65535},
		{0xdf, 0}, {0xdf, 1}, {0xdf, 15}, {0xdf, 65535}, {0xdf, 65536},
	} {
		for _, legacy := range []bool{true, false} {
			raw := packed(c.form, c.n, legacy)
			var rec, back Record
			if !rec.parse(raw) {
				t.Fatalf("%x %d: no record", c.form, c.n)
			}
			out := AppendWith([]byte("before"), &rec, key, value)[len("before"):]
			if !back.parse(out) || back.Body.Len() != c.n+1 || Value(out).Size() != len(out) {
				t.Fatalf("%x %d: not a record of one field more: % .40x", c.form, c.n, out)
			}
			if risk, ok := back.Body.Get(key).Get("risk").Int(); !ok || risk != 7 {
				t.Errorf("%x %d: field not found", c.form, c.n)
			}
			if got := without(t, out, key, value); !bytes.Equal(got, raw) {
				t.Errorf("%x %d: without it % .40x, was % .40x", c.form, c.n, got, raw)
			}
		}
	}
}

func TestWhole(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want int
	}{{nil, 0}, {[]byte{0xc1}, 0}, {[]byte{1, 2, 0x92, 1, 2, 0xc1, 3}, 5}, {[]byte{1, 0x92, 1}, 1}, {[]byte{0xdf, 255, 255, 255, 255}, 0}} {
		if got := Whole(c.b); got != c.want {
			t.Errorf("% x: %d, want %d", c.b, got, c.want)
		}
	}
}

func FuzzAppendWith(f *testing.F) {
	f.Add(packed(0x80, 15, false))
	f.Add(packed(0xde, 2, true))
	value := []byte{0x80}
	f.Fuzz(func(t *testing.T, chunk []byte) {
		var r Reader
		var rec Record
		for r.Reset(chunk); r.Next(&rec); {
			out := AppendWith(nil, &rec, "k", value)
			if Value(out).Size() != len(out) || !bytes.Equal(without(t, out, "k", value), rec.Raw) {
				t.Fatalf("% x -> % x", rec.Raw, out)
			}
		}
	})
}
