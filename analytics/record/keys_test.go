package record

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// slowFind returns what Find promises, written down plainly.
func slowFind(names []string, m Value, dst []Value, fold bool) (found int) {
	seen := map[string]bool{}
	clear(dst)
	for key, field := range m.All() {
		for i, name := range names {
			if key == nil || name != string(key) && !(fold && strings.EqualFold(name, string(key))) {
				continue
			}
			if !seen[name] {
				seen[name] = true
				dst[i] = field
				found++
			}
			break
		}
	}
	return found
}

// sameFound compares Find and FindFold with the model on one map.
func sameFound(t *testing.T, names []string, m Value) {
	t.Helper()
	k := NewKeys(names...)
	got, want := make([]Value, len(names)), make([]Value, len(names))
	for _, fold := range []bool{false, true} {
		n, model := k.find(m, got, fold), slowFind(names, m, want, fold)
		if n != model {
			t.Fatalf("fold %v: found %d, model %d in %x", fold, n, model, []byte(m))
		}
		for i := range names {
			if !bytes.Equal(got[i], want[i]) || (got[i] == nil) != (want[i] == nil) {
				t.Fatalf("fold %v: %q is %x, model %x in %x", fold, names[i], []byte(got[i]), []byte(want[i]), []byte(m))
			}
		}
	}
}

func TestFindAgainstModel(t *testing.T) {
	record := auditRecord(3)
	long := strings.Repeat("k", 40)
	m := join([]byte{0xde, 0, 9}, str("a"), []byte{1}, str("b"), []byte{0xc0}, []byte{0xc4, 1, 'c', 3}, str(""), []byte{4},
		str(long), []byte{5}, []byte{9}, []byte{6}, str("a"), []byte{7}, str("B"), []byte{0x91, 8}, str("z"), str(long))
	for name, names := range map[string][]string{
		"none":     {},
		"few":      {"a", "b", "c"},
		"all":      {"z", long, "", "c", "b", "a"},
		"cases":    {"B", "b", "A", "a"},
		"repeated": {"a", "b", "a", "a"},
		"missing":  {"x", "y", long + "k", long[1:]},
		"audit":    auditNames,
	} {
		t.Run(name, func(t *testing.T) {
			sameFound(t, names, m)
			sameFound(t, names, record)
			for cut := range m {
				sameFound(t, names, m[:cut])
			}
			sameFound(t, names, append(m[:len(m):len(m)], m...))
		})
	}
}

func TestKeysThatCollide(t *testing.T) {
	// No multiplier can part names of one length, first, middle and last letter.
	var names []string
	m := msgp.AppendMapHeader(nil, 300)
	for i := range 300 {
		names = append(names, fmt.Sprintf("x%03dmid%03dy", i, i))
		m = msgp.AppendInt(msgp.AppendString(m, names[i]), i)
	}
	sameFound(t, names, m)
	sameFound(t, names[100:120], m)
	if n := NewKeys(make([]string, 40000)...).unique; n != 1 {
		t.Errorf("%d unique names of 40,000 empty ones", n)
	}
}

func TestFindStopsWhenDone(t *testing.T) {
	m := join([]byte{0x83}, str("a"), []byte{1}, str("b"), []byte{2}, []byte{0xc1})
	var dst [2]Value
	if n := NewKeys("b", "a").Find(m, dst[:]); n != 2 || len(dst[0]) != 1 || dst[0][0] != 2 {
		t.Errorf("found %d: %x", n, dst)
	}
	if n := NewKeys("b", "a").FindFold(Value{0x93, 1, 2, 3}, dst[:]); n != 0 || dst[0] != nil || dst[1] != nil {
		t.Errorf("found %d in an array: %x", n, dst)
	}
}

func TestKeysIndex(t *testing.T) {
	k := NewKeys(auditNames...)
	for i, name := range auditNames {
		if got := k.Index([]byte(name)); got != i {
			t.Errorf("%s is at %d, want %d", name, got, i)
		}
	}
	for _, other := range []string{"", "id", "Idx", "operation", "OperationCount2"} {
		if got := k.Index([]byte(other)); got != -1 {
			t.Errorf("%q is at %d", other, got)
		}
	}
	if got := k.Index(nil); got != -1 {
		t.Errorf("no name is at %d", got)
	}
}

func TestFindAllocations(t *testing.T) {
	m, k, dst := auditRecord(1), NewKeys(auditNames...), make([]Value, len(auditNames))
	if n := testing.AllocsPerRun(100, func() { k.Find(m, dst); k.FindFold(m, dst) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add("Operation,UserId,operation,ClientIP", auditRecord(0))
	f.Add("a,b,,c", join([]byte{0x82}, str("A"), []byte{1}, str(""), []byte{2}))
	f.Add("a", []byte{0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 'a', 1})
	f.Fuzz(func(t *testing.T, list string, m []byte) {
		for _, c := range []byte(list + string(m)) {
			if c >= 0x80 && strings.IndexByte(list, c) >= 0 {
				return // the model folds all of Unicode
			}
		}
		sameFound(t, strings.Split(list, ","), m)
	})
}
