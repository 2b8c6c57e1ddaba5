package world_test

import (
	"encoding/json"
	"hash/fnv"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"redshank/test/world"
	"redshank/test/world/lines"
)

// small is the size of the worlds here.
func small(seed uint64) world.Options { return world.Options{Seed: seed, Days: 2, People: 40} }

// digest plays a world and sums it up.
func digest(o world.Options) uint64 {
	h := fnv.New64a()
	world.New(o).Play(func(l lines.Line) bool {
		h.Write([]byte(l.Tag + l.Path + l.Arrives.String()))
		h.Write(l.Text)
		return true
	})
	return h.Sum64()
}

func TestSameOptionsSameWorld(t *testing.T) {
	first := digest(small(1))
	if again := digest(small(1)); again != first {
		t.Error("two worlds of one seed differ")
	}
	if digest(small(2)) == first {
		t.Error("the seed changes nothing")
	}
}

// How lines are delivered does not change what happens.
func TestDeliveryChangesNothing(t *testing.T) {
	truth := func(o world.Options) string {
		w := world.New(o)
		n := 0
		w.Play(func(lines.Line) bool { n++; return true })
		text, err := json.Marshal(w.Truth)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		return string(text)
	}
	want := truth(small(3))
	late := small(3)
	late.Late, late.Double = 12*time.Hour, true
	if truth(late) != want {
		t.Error("a late or a doubled delivery changes the truth")
	}
}

// TestLines: every line is complete, in order of arrival, follows a header of its
// format, and contains no public address and no real domain.
func TestLines(t *testing.T) {
	quoted := regexp.MustCompile(`"(?:[^"]|"")*"`)
	address := regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)
	domain := regexp.MustCompile(`@[a-zA-Z0-9.-]+\.[a-z]+`)
	columns := map[string]int{}
	var before time.Time
	world.New(small(4)).Play(func(l lines.Line) bool {
		text := string(l.Text)
		if l.Arrives.Before(before) || l.Arrives.Before(l.At) {
			t.Fatalf("%s: arrives at %v, happened at %v, after a line of %v", l.Path, l.Arrives, l.At, before)
		}
		before = l.Arrives
		if strings.ContainsAny(text, "\r\n\x00") || l.JSON && !json.Valid(l.Text) {
			t.Fatalf("%s: not one whole line: %q", l.Path, text)
		}
		if fields, ok := strings.CutPrefix(text, "#Fields: "); ok {
			columns[l.Path] = len(strings.FieldsFunc(fields, func(r rune) bool { return r == ' ' || r == ',' }))
		} else if !l.JSON && text[0] != '#' {
			separator := ","
			if strings.HasPrefix(l.Tag, "exchange.iis") {
				separator = " "
			}
			if n := strings.Count(quoted.ReplaceAllString(text, ""), separator) + 1; n != columns[l.Path] {
				t.Fatalf("%s: %d columns, want %d: %q", l.Path, n, columns[l.Path], text)
			}
		}
		for _, a := range address.FindAllString(text, -1) {
			if addr, err := netip.ParseAddr(a); err == nil && !unassigned(addr) && !strings.HasSuffix(a, ".0.0") {
				t.Fatalf("%s: %s is somebody's address: %q", l.Path, a, text)
			}
		}
		for _, d := range domain.FindAllString(text, -1) {
			if !strings.HasSuffix(d, ".example") && !strings.HasSuffix(d, ".invalid") {
				t.Fatalf("%s: %s is a real domain", l.Path, d)
			}
		}
		return true
	})
}

// unassigned reports whether an address is from a reserved or private range.
func unassigned(a netip.Addr) bool {
	return a.IsPrivate() || netip.MustParsePrefix("240.0.0.0/4").Contains(a) || a.IsLoopback() || a.As4()[0] < 20
}

// Every attack of a world has a beginning, an end and something to find it by.
func TestTruth(t *testing.T) {
	w := world.New(world.Options{Seed: 5, Days: 6, People: 40})
	w.Play(func(lines.Line) bool { return true })
	if len(w.Truth.Attacks) < 10 || len(w.Truth.Noise) < 20 {
		t.Fatalf("%d attacks, %d honest situations", len(w.Truth.Attacks), len(w.Truth.Noise))
	}
	for _, a := range w.Truth.Attacks {
		if a.Start.IsZero() || a.End.Before(a.Start) || len(a.Accounts) == 0 || len(a.Classes) == 0 || len(a.Addresses) == 0 && a.Host == "" {
			t.Errorf("%s %s: %+v", a.Rule, a.Kind, a)
		}
		for _, v := range a.Valid {
			if !v.Address.IsValid() || v.Account == "" {
				t.Errorf("%s: credential %+v", a.Kind, v)
			}
		}
	}
}
