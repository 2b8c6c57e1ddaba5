package otherworld_test

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/test/otherworld"
	"redshank/test/world"
	"redshank/test/world/lines"
)

// small is a world of a kind that takes little time.
func small(name string, seed uint64, days int) otherworld.Options {
	return otherworld.Options{Organisation: name, Options: world.Options{Seed: seed, Days: days, People: 30}}
}

func newWorld(t *testing.T, o otherworld.Options) *otherworld.World {
	t.Helper()
	w, err := otherworld.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// digest sums up the lines of a world.
func digest(t *testing.T, o otherworld.Options) uint64 {
	h := fnv.New64a()
	newWorld(t, o).Play(func(l lines.Line) bool {
		h.Write([]byte(l.Tag + l.Path + l.Arrives.String()))
		h.Write(l.Text)
		return true
	})
	return h.Sum64()
}

func TestSameOptionsSameWorld(t *testing.T) {
	one := digest(t, small("lawfirm", 1, 3))
	if digest(t, small("lawfirm", 1, 3)) != one {
		t.Error("two worlds of one seed differ")
	}
	if digest(t, small("lawfirm", 2, 3)) == one {
		t.Error("the seed changes nothing")
	}
}

// How lines are delivered does not change what happens.
func TestDelivery(t *testing.T) {
	truth := func(o otherworld.Options) string {
		w := newWorld(t, o)
		w.Play(func(lines.Line) bool { return true })
		text, err := json.Marshal(w.Truth)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	late := small("multinational", 3, 5)
	want := truth(late)
	late.Late, late.Double = 12*time.Hour, true
	if truth(late) != want {
		t.Error("a late or a doubled delivery changes the truth")
	}
}

// Every organisation has attacks and situations, with what is needed to find them, in
// lines that are complete and arrive in order.
func TestOrganisations(t *testing.T) {
	for _, name := range otherworld.Names() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, small(name, 5, 7))
			var before time.Time
			var all bytes.Buffer
			w.Play(func(l lines.Line) bool {
				if l.Arrives.Before(before) || l.Arrives.Before(l.At) {
					t.Fatalf("%s: arrives at %v, happened at %v, after a line of %v", l.Path, l.Arrives, l.At, before)
				}
				before = l.Arrives
				if strings.ContainsAny(string(l.Text), "\r\n\x00") || l.JSON && !json.Valid(l.Text) {
					t.Fatalf("%s: not one whole line: %q", l.Path, l.Text)
				}
				all.Write(l.Text)
				all.WriteByte('\n')
				return true
			})
			if len(w.Truth.Attacks) < 4 || len(w.Truth.Noise) < 20 {
				t.Fatalf("%d attacks, %d situations", len(w.Truth.Attacks), len(w.Truth.Noise))
			}
			wanted := map[string]bool{}
			for _, a := range w.Truth.Attacks {
				if a.End.Before(a.Start) || len(a.Accounts) == 0 || len(a.Classes) == 0 || len(a.Addresses) == 0 && a.Host == "" {
					t.Errorf("%s %s: %+v", a.Rule, a.Kind, a)
				}
				for _, ip := range a.Addresses {
					wanted[ip.String()] = true
				}
			}
			if remove(wanted, all.Bytes()); len(wanted) > 0 {
				t.Errorf("attackers' addresses in no line: %v", slices.Collect(maps.Keys(wanted)))
			}
		})
	}
}

func TestUnknownOrganisation(t *testing.T) {
	if _, err := otherworld.New(otherworld.Options{Organisation: "abbey"}); err == nil || !strings.Contains(err.Error(), "abbey") {
		t.Errorf("error %v, want one with the name", err)
	}
}

// remove deletes the addresses that are in a text, with a port behind them or
// without.
func remove(wanted map[string]bool, text []byte) {
	for len(text) > 0 {
		n := 0
		for n < len(text) && ofAddress[text[n]] {
			n++
		}
		if word := bytes.Trim(text[:n], ":."); len(word) > 0 {
			delete(wanted, string(word))
			if port := bytes.LastIndexByte(word, ':'); port > 0 {
				delete(wanted, string(word[:port]))
			}
		}
		text = text[min(n+1, len(text)):]
	}
}

// ofAddress are the bytes of an address.
var ofAddress = func() (of [256]bool) {
	for _, c := range "0123456789abcdef.:" {
		of[c] = true
	}
	return of
}()
