package otherworld_test

import (
	"encoding/json"
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"redshank/test/otherworld"
	"redshank/test/world"
	"redshank/test/world/lines"
)

// small is a world of a kind that takes little time.
func small(name string, seed uint64) otherworld.Options {
	return otherworld.Options{Organisation: name, Options: world.Options{Seed: seed, Days: 8, People: 30}}
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
	one := digest(t, small("lawfirm", 1))
	if digest(t, small("lawfirm", 1)) != one {
		t.Error("two worlds of one seed differ")
	}
	if digest(t, small("lawfirm", 2)) == one {
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
	late := small("multinational", 3)
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
			w := newWorld(t, small(name, 5))
			var before time.Time
			seen := map[string]bool{}
			w.Play(func(l lines.Line) bool {
				if l.Arrives.Before(before) || l.Arrives.Before(l.At) {
					t.Fatalf("%s: arrives at %v, happened at %v, after a line of %v", l.Path, l.Arrives, l.At, before)
				}
				before = l.Arrives
				if strings.ContainsAny(string(l.Text), "\r\n\x00") || l.JSON && !json.Valid(l.Text) {
					t.Fatalf("%s: not one whole line: %q", l.Path, l.Text)
				}
				for _, word := range strings.FieldsFunc(string(l.Text), notOfAddress) {
					seen[strings.Trim(word, ":.")] = true
				}
				return true
			})
			if len(w.Truth.Attacks) < 4 || len(w.Truth.Noise) < 20 {
				t.Fatalf("%d attacks, %d situations", len(w.Truth.Attacks), len(w.Truth.Noise))
			}
			for _, a := range w.Truth.Attacks {
				if a.End.Before(a.Start) || len(a.Accounts) == 0 || len(a.Classes) == 0 || len(a.Addresses) == 0 && a.Host == "" {
					t.Errorf("%s %s: %+v", a.Rule, a.Kind, a)
				}
				for _, ip := range a.Addresses {
					if !seen[ip.String()] && !seenWithPort(seen, ip.String()) {
						t.Errorf("%s: %s is in no line", a.Kind, ip)
					}
				}
			}
		})
	}
}

func TestUnknownOrganisation(t *testing.T) {
	if _, err := otherworld.New(otherworld.Options{Organisation: "abbey"}); err == nil || !strings.Contains(err.Error(), "abbey") {
		t.Errorf("error %v, want one with the name", err)
	}
}

func notOfAddress(r rune) bool { return !strings.ContainsRune("0123456789abcdef.:", r) }

// seenWithPort reports whether an address stands in a line with a port behind it.
func seenWithPort(seen map[string]bool, address string) bool {
	for word := range seen {
		if strings.HasPrefix(word, address+":") {
			return true
		}
	}
	return false
}
