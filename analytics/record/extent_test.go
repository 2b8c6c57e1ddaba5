package record

import (
	"bytes"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// nested is n arrays of one element inside each other, around a nil.
func nested(n int) []byte {
	return append(bytes.Repeat([]byte{0x91}, n), 0xc0)
}

func TestSkipEveryLead(t *testing.T) {
	// Behind each first byte 300 zeroes: whatever the count says, it is small
	// or made so, and zeroes are numbers.
	for c := range 256 {
		b := append([]byte{byte(c)}, make([]byte, 300)...)
		for _, count := range []byte{0, 3} {
			if l := leads[(c-0xc0)&31]; c >= 0xc0 && c < 0xe0 && l.width > 0 {
				b[l.width] = count
			}
			end, _, ok := skip(b, 0)
			rest, err := msgp.Skip(b)
			if ok != (err == nil) || ok && end != len(b)-len(rest) {
				t.Errorf("%#x count %d: end %d, %v; msgp %d, %v", c, count, end, ok, len(b)-len(rest), err)
			}
			for cut := range end {
				if _, _, ok := skip(b[:cut], 0); ok {
					t.Errorf("%#x count %d: sound when cut to %d of %d", c, count, cut, end)
				}
			}
		}
	}
}

func TestSkipHostile(t *testing.T) {
	deep := nested(1 << 20)
	if end, opened, ok := skip(deep, 0); !ok || end != len(deep) || opened != 1<<20 {
		t.Errorf("deep nesting: %d, %d, %v", end, opened, ok)
	}
	for name, b := range map[string][]byte{
		"nothing":             {},
		"array of 4 billion":  {0xdd, 0xff, 0xff, 0xff, 0xff},
		"map of 4 billion":    {0xdf, 0xff, 0xff, 0xff, 0xff, 0, 0},
		"text of 4 GB":        {0xdb, 0xff, 0xff, 0xff, 0xff, 'a'},
		"ext of 4 GB":         {0xc9, 0xff, 0xff, 0xff, 0xff, 0},
		"headers only":        bytes.Repeat([]byte{0xdd, 0x00, 0x00, 0x00, 0x05}, 1000),
		"never used":          {0xc1},
		"never used, inside":  {0x92, 0x00, 0xc1},
		"cut inside a number": {0xcf, 0, 0},
	} {
		if end, _, ok := skip(b, 0); ok || end > len(b) {
			t.Errorf("%s: end %d, ok %v", name, end, ok)
		}
		for range Value(b).All() {
			if name != "map of 4 billion" {
				t.Errorf("%s: a field", name)
			}
		}
		if n := Value(b).Len(); n > len(b) {
			t.Errorf("%s: %d members in %d bytes", name, n, len(b))
		}
	}
}

// fields and elements say of every header what enter says.
func TestHeadersAgainstEnter(t *testing.T) {
	for c := range 256 {
		for _, count := range []byte{0, 1, 3, 15, 16, 200} {
			for more := range 35 {
				b := append([]byte{byte(c)}, make([]byte, more)...)
				if l := leads[(c-0xc0)&31]; c >= 0xc0 && c < 0xe0 && more >= int(l.width) && l.width > 0 {
					b[l.width] = count
				}
				first, members, ok := enter(b, 0)
				if n, at, sound := fieldCount(b); sound != (ok && isMap(b[0])) || sound && (n != members/2 || at != first) {
					t.Fatalf("map %x: %d from %d, %v", b, n, at, sound)
				}
				if n, at, sound := elements(b, 0); sound != (ok && isArray(b[0])) || sound && (n != members || at != first) {
					t.Fatalf("array %x: %d from %d, %v", b, n, at, sound)
				}
			}
		}
	}
}

func TestWithin(t *testing.T) {
	for levels, deep := range map[int]bool{0: false, 1: false, 63: false, 64: false, 65: true, 5000: true} {
		b := nested(levels)
		if end := within(b, 0, maxDepth); (end < 0) != deep || !deep && end != len(b) {
			t.Errorf("%d levels: end %d", levels, end)
		}
	}
	wide := append([]byte{0xdc, 0x10, 0x00}, bytes.Repeat([]byte{0x91, 0x80}, 4096)...)
	if end := within(wide, 0, 3); end != len(wide) || within(wide, 0, 2) >= 0 {
		t.Errorf("wide: end %d of %d", end, len(wide))
	}
}

func FuzzSkip(f *testing.F) {
	f.Add(auditRecord(0))
	f.Add(nested(300))
	f.Add([]byte{0xdf, 0, 0, 0, 1, 0xa1, 'a', 0xdd, 0, 0, 0, 1, 0xcb})
	f.Fuzz(func(t *testing.T, b []byte) {
		end, _, ok := skip(b, 0)
		rest, err := msgp.Skip(b)
		if err == msgp.ErrRecursion {
			return
		}
		if ok != (err == nil) || ok && end != len(b)-len(rest) {
			t.Fatalf("end %d, %v; msgp %d, %v", end, ok, len(b)-len(rest), err)
		}
		if got := within(b, 0, maxDepth); got >= 0 && got != end {
			t.Fatalf("within ends at %d, skip at %d", got, end)
		}
	})
}
