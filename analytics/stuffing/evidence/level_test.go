package evidence

import (
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// fortnight returns the level of a tenant with a number of failures each hour of
// thirteen days, from the given day on.
func fortnight(perHour func(hour int32) int32) *Level {
	l := &Level{}
	for h := int32(24); h < 14*24; h++ {
		l.add(int64(h)*event.Hour, perHour(h))
	}
	return l
}

// A change is what exceeds the usual failures of these hours of the day, in a burst
// or over a day.
func TestChange(t *testing.T) {
	const now, prior, least = 14*24 + 9, 0.2, 30
	quiet := func(int32) int32 { return 0 }
	mornings := func(h int32) int32 { // 40 failures each morning at nine
		if h%24 == 9 {
			return 40
		}
		return 0
	}
	for _, c := range []struct {
		name     string
		usual    func(int32) int32
		add      map[int32]int32 // failures by hour
		signIns  int             // from new networks, in the last hour
		want     bool
		wantFrom int32
	}{
		{"nothing", quiet, nil, 0, false, 0},
		{"a burst", quiet, map[int32]int32{now: least + 2}, 0, true, now},
		{"a burst of too few", quiet, map[int32]int32{now: least - 1}, 0, false, 0},
		{"a burst over three hours", quiet, map[int32]int32{now - 2: 12, now - 1: 12, now: 12}, 0, true, now - 2},
		{"a morning as any other", mornings, map[int32]int32{now: 40}, 0, false, 0},
		{"a morning with twice the failures and more", mornings, map[int32]int32{now: 110}, 0, true, now},
		{"as much at another hour", mornings, map[int32]int32{now + 5: 40}, 0, true, now + 5},
		{"two an hour for a day", quiet, hourly(now, 24, 2), 0, true, now - 23},
		{"two an hour for a day, then none", quiet, hourly(now-1, 23, 2), 0, true, now - 23},
		{"one an hour for a day", quiet, hourly(now, 24, 1), 0, false, 0},
		{"people who move", quiet, map[int32]int32{now: least + 2}, 2 * least, false, 0},
	} {
		l := fortnight(c.usual)
		newest := int32(now)
		for h, n := range c.add {
			newest = max(newest, h)
			l.add(int64(h)*event.Hour, n)
		}
		for range c.signIns {
			l.AddSignIn(now * event.Hour)
		}
		from, _, changed := l.Change(newest, prior, least)
		if changed != c.want || changed && from != c.wantFrom {
			t.Errorf("%s: %v since %d, want %v since %d", c.name, changed, from, c.want, c.wantFrom)
		}
	}
}

func hourly(to int32, hours int, n int32) map[int32]int32 {
	m := map[int32]int32{}
	for h := range int32(hours) {
		m[to-h] = n
	}
	return m
}

// An explained failure no longer counts in the level, and one that is part of a
// campaign is taken out of it once.
func TestLevelFollowsTheList(t *testing.T) {
	var e List
	const at = 100 * event.Hour
	for n := range 4 {
		e.Add(Failure{Attempt: window.Attempt{At: at, Key: uint64(n + 1)}})
	}
	e.Add(Failure{Attempt: window.Attempt{At: at, Key: 9}, Repeated: true})
	e.Add(Failure{Attempt: window.Attempt{At: at, Key: 9}, Single: true})
	if n := e.web.count(100).failures; n != 4 {
		t.Fatalf("%d failures in the level, want 4 without the repeated one and that of a client with an incident", n)
	}
	all := e.Unexplained(0, func(*Failure) bool { return true })
	e.Explain(all[0])
	e.Explain(all[0])
	e.Take(all[1:3])
	e.Take(all[1:3])
	e.Explain(all[4])
	if n := e.web.count(100).failures; n != 1 {
		t.Errorf("%d failures in the level, want 1", n)
	}
	if n := len(e.Unexplained(0, func(*Failure) bool { return true })); n != 2 {
		t.Errorf("%d unexplained failures, want 2", n)
	}
}
