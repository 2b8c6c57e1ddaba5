package collect

import (
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

// Whenever the process ends or its disk fails, the next one loses nothing.
func TestRestartLosesNothing(t *testing.T) {
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

// The same process goes on after its disk was full.
func TestFullDiskLosesNothing(t *testing.T) {
	for steps := range 40 {
		s := newTenant(t)
		want := some(s)
		o := testOptions(t, s)
		o.Since = 4 * time.Hour
		p := newPoller(t, s, o)
		p.disk.left = steps
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
