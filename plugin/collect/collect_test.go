package collect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCollects(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	p.exactly(want...)
	if n := s.count("subscriptions/start"); n != 1 {
		t.Errorf("%d subscriptions started", n)
	}
	// New records are fetched; old ones are not fetched again.
	want = append(want, s.add("blob8", s.now.Add(-time.Second), 2)...)
	s.signIn("signin8", s.now.Add(-time.Second))
	p.mustPass()
	p.mustPass()
	p.exactly(append(want, "signin8")...)
	if n := s.count("audit/blob3"); n != 1 {
		t.Errorf("blob3 fetched %d times", n)
	}
}

// Pages overlap, since records are added while they are read.
func TestCollectsDuplicates(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	s.blobs = append(s.blobs, s.blobs[0], s.blobs[7], s.blobs[3])
	s.signIns = append(s.signIns, s.signIns[0], s.signIns[7], s.signIns[3])
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	p.mustPass()
	p.exactly(want...)
}

// Both services publish records late.
func TestCollectsLate(t *testing.T) {
	s := newTenant(t)
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	soon := s.add("soon", noon.Add(-30*time.Minute), 1)
	s.signIn("signin-soon", noon.Add(-20*time.Minute))
	p.mustPass()
	p.exactly(append(soon, "signin-soon")...)
	late := s.add("late", noon.Add(-10*time.Hour), 1)
	s.signIn("signin-late", noon.Add(-4*time.Hour))
	s.now = noon.Add(time.Hour)
	p.mustPass()
	p.exactly(append(slices.Concat(soon, late), "signin-soon", "signin-late")...)
}

// A sign-in that appears up to a day late is collected, and once, whenever it
// appears between two passes.
func TestCollectsADayLate(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	o := testOptions(t, s)
	p := newPoller(t, s, o)
	p.mustPass()
	lines, requests := []string(nil), s.count("signIns")
	for minute := 7; minute < 30*60; minute += 23 {
		s.now = noon.Add(time.Duration(minute) * time.Minute)
		if minute%5 == 0 {
			s.signIn(fmt.Sprint("a day late, at ", minute), s.now.Add(-24*time.Hour))
			s.signIn(fmt.Sprint("an hour late, at ", minute), s.now.Add(-time.Hour))
		}
		p.mustPass()
		if minute%7 == 0 { // a restart keeps the schedule
			lines = append(lines, p.disk.synced...)
			p = newPoller(t, s, o)
		}
	}
	s.signIn("two days late", s.now.Add(-48*time.Hour))
	s.now = noon.Add(37 * time.Hour)
	p.mustPass()
	got := ids(t, append(lines, p.disk.synced...))
	for id, times := range got {
		if times != 1 || id == "two days late" {
			t.Errorf("%s: %d times", id, times)
		}
	}
	if len(got) != len(s.signIns)-1 || len(got) < 30 {
		t.Errorf("%d of %d sign-ins", len(got), len(s.signIns))
	}
	// 80 passes of 3 listings, 30 sweeps of 28, 6 of 15, and the further pages.
	if n := s.count("signIns") - requests; n > 80*3+30*28+6*15+200 {
		t.Errorf("%d requests", n)
	}
}

// A pass that looks back less far than wanted, because of what it cannot remember,
// says so, and collects nothing older twice.
func TestCollectsLateAmongMany(t *testing.T) {
	s := newTenant(t)
	p := newPoller(t, s, testOptions(t, s))
	p.mustPass()
	state := p.feeds[1].state
	state.Known = newKnown(5)
	for i := range 8 {
		s.signIn(fmt.Sprint("busy-", i), noon.Add(time.Duration(i)*time.Minute-10*time.Minute))
	}
	p.mustPass()
	s.now = noon.Add(7 * time.Hour)
	p.mustPass()
	got := ids(t, p.disk.synced)
	for id, times := range got {
		if times != 1 && id != "busy-7" { // of the second with which the memory begins
			t.Errorf("%s: %d times", id, times)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d sign-ins of 8", len(got))
	}
	p.logged("too many to remember")
}

// Whenever the process ends or its disk fails, the next one loses nothing.
func TestRestartLosesNothing(t *testing.T) {
	t.Parallel()
	for steps := 0; ; steps++ {
		s := newTenant(t)
		want := some(s)
		s.spoil("blob6", 1, cut(60, "["+strings.Join(s.blobs[6].records, ",")+"]"))
		o := testOptions(t, s)
		o.Since = 4 * time.Hour
		p := newPoller(t, s, o)
		p.disk.left = steps
		died := p.pass() != nil
		safe := ids(t, p.disk.synced)
		p = newPoller(t, s, o)
		p.mustPass()
		p.mustPass()
		maps.Copy(safe, ids(t, p.disk.synced))
		for _, id := range want {
			if safe[id] == 0 {
				t.Errorf("end after %d steps: %s is lost", steps, id)
			}
		}
		if s.Close(); !died {
			if steps < len(want) {
				t.Errorf("only %d steps", steps)
			}
			return
		}
	}
}

// The same process goes on after its disk was full, or failed once.
func TestFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	for steps := range 80 {
		s := newTenant(t)
		want := some(s)
		o := testOptions(t, s)
		o.Since = 4 * time.Hour
		p := newPoller(t, s, o)
		p.disk.left, p.disk.once = steps/2, steps%2 == 1
		_ = p.pass()
		p.disk.left = -1
		p.mustPass()
		got := ids(t, p.disk.synced)
		for _, id := range want {
			if got[id] == 0 {
				t.Errorf("full after %d steps: %s is lost", steps, id)
			}
		}
		s.Close()
	}
}
