package sorted

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
)

// derived are the fields of an event that the engine fills in from the policy.
var derived = []string{"Pair", "IP", "IPFrom", "User", "UserKind", "Family"}

// TestEntryKeepsEveryField fails where event.Event gets a field that an entry
// does not keep.
func TestEntryKeepsEveryField(t *testing.T) {
	var ev, back event.Event
	v := reflect.ValueOf(&ev).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || slices.Contains(derived, f.Name) {
			continue
		}
		switch field := v.Field(i); {
		case f.Type == reflect.TypeFor[time.Time]():
			ev.Time = time.Date(2026, 3, 10, 1, 2, 3, 4, time.UTC)
		case f.Name == "Mails":
			ev.Mails = someMails{{ID: []byte("<1@contoso.com>"), Folder: []byte("Inbox")}, {Subject: []byte("invoice")}}
		case f.Name == "ID": // a record that has one does not need its origin
		case field.Kind() == reflect.Pointer:
			ev.Origin = &event.Origin{File: "u_ex260310.log", Offset: 1 << 40, Placed: true, Digest: 1 << 63}
		case field.Kind() == reflect.Slice:
			field.SetBytes([]byte("of " + f.Name))
		case field.Kind() == reflect.Bool:
			field.SetBool(true)
		case field.CanUint():
			field.SetUint(uint64(i%5 + 1))
		case field.CanInt():
			field.SetInt(-int64(i))
		default:
			t.Fatalf("%s: a kind of field that this test does not know", f.Name)
		}
	}
	if err := readEntry(appendEntry(nil, Key{1, 2}, &ev), &back); err != nil {
		t.Fatal(err)
	}
	got := reflect.ValueOf(&back).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Name == "Mails" {
			if list := listed(back.Mails); !reflect.DeepEqual(list, ev.Mails) {
				t.Errorf("mails %v, want %v", list, ev.Mails)
			}
		} else if f.IsExported() && !reflect.DeepEqual(got.Field(i).Interface(), v.Field(i).Interface()) {
			t.Errorf("%s: %v, want %v", f.Name, got.Field(i), v.Field(i))
		}
	}
}

// someMails is a list of mails.
type someMails []event.Mail

func (l someMails) Mails(take func(*event.Mail) bool) {
	for i := range l {
		if !take(&l[i]) {
			return
		}
	}
}

func listed(list event.MailList) (all someMails) {
	list.Mails(func(m *event.Mail) bool {
		all = append(all, *m)
		return true
	})
	return all
}

// TestMailsAreCapped has more mails, and longer texts, than an entry keeps.
func TestMailsAreCapped(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 1000)
	ev, back := event.Event{Mails: make(someMails, 100)}, event.Event{}
	for i := range ev.Mails.(someMails) {
		ev.Mails.(someMails)[i] = event.Mail{ID: long, Subject: long, Folder: long}
	}
	entry := appendEntry(nil, Key{}, &ev)
	if err := readEntry(entry, &back); err != nil || len(entry) > sizeOf(&ev) {
		t.Fatalf("%v, %d bytes of %d", err, len(entry), sizeOf(&ev))
	}
	if got := listed(back.Mails); len(got) != event.MaxMails || len(got[0].Folder) != event.MaxMailText {
		t.Errorf("%d mails", len(got))
	}
}

func TestDamagedEntry(t *testing.T) {
	ev := event.Event{Time: time.Unix(1, 0), RawUser: []byte("alice"), Mails: someMails{{ID: []byte("1")}}, Origin: &event.Origin{Offset: 3, Placed: true}}
	whole := appendEntry(nil, Key{}, &ev)
	for n := range whole {
		if err := readEntry(whole[:n], &event.Event{}); err == nil {
			t.Errorf("the first %d of %d bytes: no error", n, len(whole))
		}
	}
}

func TestOrderOfTime(t *testing.T) {
	times := []time.Time{{}, time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(-1, 5), time.Unix(0, 0), time.Unix(1773136829, 999999999), time.Unix(1773136830, 0),
		time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	for i, later := range times[1:] {
		if orderOf(times[i]) > orderOf(later) {
			t.Errorf("%v sorts behind %v", times[i], later)
		}
	}
}

// fill adds n events of two logs in the order of perm.
func fill(s *Sorter, perm []int) {
	w := [...]*Writer{s.NewWriter(), s.NewWriter()}
	for i, n := range perm {
		ev := event.Event{Time: time.Unix(int64(n/10), 0), RawUser: fmt.Appendf(nil, "user%d", n)}
		w[i%2].Add(Key{Log: uint64(n % 2), Position: uint64(n)}, &ev)
		if i%1000 == 999 {
			w[i%2].Flush()
		}
	}
	w[0].Flush()
	w[1].Flush()
}

func users(t *testing.T, s *Sorter) (all []byte, repeated int64) {
	t.Helper()
	last := time.Time{}
	repeated, err := s.Each(func(ev *event.Event) error {
		if ev.Time.Before(last) && !last.IsZero() {
			t.Fatalf("%v after %v", ev.Time, last)
		}
		last = ev.Time
		all = append(append(all, ev.RawUser...), '\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, repeated
}

// TestOrderOfArrivalChangesNothing also compares memory with temporary files.
func TestOrderOfArrivalChangesNothing(t *testing.T) {
	const n = 20000
	var want []byte
	for seed := range uint64(3) {
		s := New(t.TempDir())
		if seed > 0 {
			s.limit = 100_000 // bytes: most runs go to files
		}
		fill(s, rand.New(rand.NewPCG(seed, 1)).Perm(n))
		got, _ := users(t, s)
		if again, _ := users(t, s); !bytes.Equal(got, again) {
			t.Error("a second walk differs")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if bytes.Count(got, []byte("\n")) != n {
			t.Fatalf("%d of %d events", bytes.Count(got, []byte("\n")), n)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("seed %d: another order", seed)
		}
	}
}

func TestCopyOfALogCountsOnce(t *testing.T) {
	s := New("")
	perm := rand.New(rand.NewPCG(1, 1)).Perm(100)
	fill(s, perm)
	fill(s, perm)
	got, repeated := users(t, s)
	if bytes.Count(got, []byte("\n")) != 100 || repeated != 100 {
		t.Errorf("%d events and %d repeated, want 100 and 100", bytes.Count(got, []byte("\n")), repeated)
	}
}

func TestErrorEndsTheWalk(t *testing.T) {
	s := New("")
	fill(s, rand.New(rand.NewPCG(1, 1)).Perm(50000))
	calls := 0
	_, err := s.Each(func(*event.Event) error { calls++; return fmt.Errorf("enough") })
	if err == nil || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
}

func TestUnwritableFolder(t *testing.T) {
	s := New("/nowhere/at/all")
	s.limit = 0
	fill(s, []int{1, 2, 3})
	if _, err := s.Each(func(*event.Event) error { return nil }); err == nil {
		t.Error("no error")
	}
}

func TestRecords(t *testing.T) {
	s := NewRecords("")
	w := s.NewWriter()
	for n := range 100 {
		at := time.Unix(int64(n*7%100), 0)
		var events [][]byte
		for i := range n % 3 {
			events = append(events, AppendEvent(nil, &event.Event{Time: at, RawUser: fmt.Appendf(nil, "%d.%d", n, i)}))
		}
		w.AddRecord(Key{Position: uint64(n)}, at, events, bytes.Repeat([]byte{byte(n)}, n*1000))
	}
	w.Flush()
	records, events := 0, 0
	_, err := s.EachRecord(func(of iter.Seq[*event.Event], body []byte) error {
		n := len(body) / 1000
		if n*7%100 != records || bytes.Count(body, []byte{byte(n)}) != len(body) {
			t.Fatalf("record %d in place %d", n, records)
		}
		records++
		for ev := range of {
			events++
			if !strings.HasPrefix(string(ev.RawUser), fmt.Sprint(n, ".")) {
				t.Errorf("record %d has the event %s", n, ev.RawUser)
			}
		}
		return nil
	})
	if err != nil || records != 100 || events != 99 {
		t.Errorf("%d records with %d events, error %v", records, events, err)
	}
	alone := 0
	if _, err := s.Each(func(*event.Event) error { alone++; return nil }); err != nil || alone != 99 {
		t.Errorf("%d events, error %v", alone, err)
	}
}
