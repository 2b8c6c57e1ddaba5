package record

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// sameIndexed compares an index of m with skip and with the model of Find.
func sameIndexed(t *testing.T, x *Index, k *Keys, m Value) {
	t.Helper()
	end, opened, ok := x.walk(m)
	if wantEnd, wantOpened, sound := skip(m, 0); m.IsMap() && (ok != sound || ok && (end != wantEnd || opened != wantOpened)) {
		t.Fatalf("walk ends at %d, %d opened, %v; skip at %d, %d opened, %v in %.300x", end, opened, ok, wantEnd, wantOpened, sound, []byte(m))
	}
	n := 0
	for _, field := range m.All() {
		if n++; !bytes.Equal(field, x.Field(uint32(n))) {
			t.Fatalf("field %d is %.300x, want %.300x in %.300x", n, []byte(x.Field(uint32(n))), []byte(field), []byte(m))
		}
	}
	if x.fields != n || x.Field(0) != nil || x.Field(uint32(n+1)) != nil {
		t.Fatalf("%d fields, want %d in %.300x", x.fields, n, []byte(m))
	}
	at, want := make([]uint32, len(k.names)), make([]Value, len(k.names))
	for _, fold := range []bool{false, true} {
		x.Find(k, fold, at)
		slowFind(k.names, m, want, fold)
		for i := range at {
			if got := x.Field(at[i]); !bytes.Equal(got, want[i]) || (at[i] > 0) != (want[i] != nil) {
				t.Fatalf("fold %v: %q is %.300x, model %.300x in %.300x", fold, k.names[i], []byte(got), []byte(want[i]), []byte(m))
			}
		}
	}
}

// manyKeys returns a map with keys of every length and form, some of them twice.
func manyKeys(seed int) Value {
	m := msgp.AppendMapHeader(nil, 120)
	for i := range 40 {
		key := strings.Repeat(string(rune('a'+(i+seed)%26)), i)
		m = append(m, str(key)...)
		m = append(m, str(strings.Repeat("v", 8*i))...)
		m = append(m, 0xd9, byte(len(key))) // longer than it has to be
		m = append(append(m, key...), byte(i))
		m = append(append(m, 0xc4, byte(len(key))), key...)
		m = append(m, 0x92, 0x81, byte(i), 0xc0, 0x90) // a list is a key
	}
	return m
}

func TestIndexAgainstModel(t *testing.T) {
	k, x := NewKeys(append([]string{"", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, auditNames...)...), new(Index)
	long := NewKeys(strings.Repeat("d", 29), strings.Repeat("e", 30), strings.Repeat("f", 31), "BB", "cc")
	doubled := Value("\x83\xa2cc\x01\xa2dd\x02\xa2cc\x03")
	for n := range 3 {
		record := auditRecord(n)
		for _, m := range []Value{record, manyKeys(n), doubled, append(bytes.Clone(record), record...), {0x80}, {0x93, 1, 2, 3}, {0xdf, 0xff, 0xff, 0xff, 0xff}, {}} {
			sameIndexed(t, x, k, m)
			sameIndexed(t, x, long, m)
			for cut := 0; cut < len(m); cut += 1 + len(m)/2000 {
				sameIndexed(t, x, k, m[:cut])
			}
		}
	}
}

// Keys that differ only behind their first 16 bytes, in any order.
func TestIndexOfLongKeys(t *testing.T) {
	names := []string{"sixteen bytes or more", "sixteen bytes or less", "sixteen bytes or with", "sixteen bytes or without any"}
	k, x := NewKeys(names[:2]...), new(Index)
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		m := msgp.AppendMapHeader(nil, 4)
		for _, i := range random.Perm(4) {
			m = msgp.AppendInt(msgp.AppendString(m, names[i]), i)
		}
		sameIndexed(t, x, k, m)
	}
}

func TestIndexOfManyFields(t *testing.T) {
	k, x := NewKeys("k0", "k9999", "k4097"), new(Index)
	m := msgp.AppendMapHeader(nil, 10_000)
	for i := range 10_000 {
		m = msgp.AppendInt(msgp.AppendString(m, fmt.Sprint("k", i)), i)
	}
	sameIndexed(t, x, k, m)
	sameIndexed(t, x, k, auditRecord(0))
	if len(x.places) > maxPlaces {
		t.Errorf("room for %d fields is kept", len(x.places))
	}
	for i := range 2 * maxSets { // more sets than there is room for
		sameIndexed(t, x, NewKeys("Id", "Operation", fmt.Sprint("x", i)), auditRecord(0))
		sameIndexed(t, x, k, m)
	}
}

// Keys that are invented fill the dictionary, again and again.
func TestIndexForgetsWords(t *testing.T) {
	k, x := NewKeys(auditNames...), new(Index)
	for i := range 200 {
		m := msgp.AppendMapHeader(nil, 31)
		for n := range 30 {
			m = msgp.AppendInt(msgp.AppendString(m, fmt.Sprint("key-", i*30+n)), n)
		}
		m = msgp.AppendInt(msgp.AppendString(m, "Id"), i)
		sameIndexed(t, x, k, m)
		sameIndexed(t, x, k, auditRecord(i))
	}
	if x.keys.known > maxEntries {
		t.Errorf("%d entries", x.keys.known)
	}
}

// TestIndexOf: an index belongs to a map until it is reset.
func TestIndexOf(t *testing.T) {
	m, other, x := Value(auditRecord(0)), Value(auditRecord(0)), new(Index)
	if x.Of(m) || x.Of(nil) {
		t.Error("an empty index is of a map")
	}
	if x.Read(m); !x.Of(m) || x.Of(other) || x.Of(m[1:]) || x.Of(nil) {
		t.Error("an index is not of its map, or of another")
	}
	if x.Forget(); x.Of(m) || x.Field(1) != nil {
		t.Error("a map was not forgotten")
	}
}

func TestIndexAllocations(t *testing.T) {
	m, k, dst, x := Value(auditRecord(1)), NewKeys(auditNames...), make([]uint32, len(auditNames)), new(Index)
	if n := testing.AllocsPerRun(100, func() { x.Read(m); x.Find(k, true, dst) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Containers that are keys count, too, for the depth that a record may have.
func TestIndexOfKeysThatNest(t *testing.T) {
	k, x := NewKeys("a"), new(Index)
	for _, m := range []Value{{0x81, 0x91, 0x91, 0x81, 1, 2, 3}, {0x82, 0xa1, 'a', 1, 0xdc, 0, 1, 0x91, 5, 0x91, 6}, {0x81, 0x90, 0x80}} {
		sameIndexed(t, x, k, m)
	}
}

func FuzzIndex(f *testing.F) {
	f.Add(auditRecord(0), auditRecord(1))
	f.Add([]byte(manyKeys(0)), []byte(manyKeys(1)))
	f.Add([]byte{0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 'a', 1}, []byte{0x81, 0xa1, 'a', 0xdd, 0, 0, 0, 1, 0xcb})
	k := NewKeys(auditNames...)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, c := range string(a) + string(b) {
			if c == 0x212a || c == 0x17f { // the model folds all of Unicode: Kelvin sign, long s
				return
			}
		}
		x := new(Index)
		for _, m := range []Value{a, b, a, auditRecord(0)} {
			sameIndexed(t, x, k, m)
		}
	})
}
