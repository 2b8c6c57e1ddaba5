package baseline

import (
	"strings"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/policy"
)

var usual = policy.LearningPeriod{Days: 3, SignIns: 20}

const tuesday = 20522 * int64(event.Day) // 2026-03-10

func TestBaselineMatures(t *testing.T) {
	t.Run("by days", func(t *testing.T) {
		var b Baseline
		for d := range int64(3) {
			if b.Mature != 0 {
				t.Errorf("mature on day %d", d)
			}
			b.SignIn(tuesday+d*event.Day, usual, false)
		}
		if !b.IsMature(tuesday+2*event.Day) || !strings.HasPrefix(b.Describe(usual), "mature since 2026-03-12: 3 days, 3 sign-ins") {
			t.Errorf("%+v %s", b, b.Describe(usual))
		}
	})
	t.Run("by sign-ins, of requests one an hour", func(t *testing.T) {
		var signIns, requests Baseline
		for n := range int64(20) {
			signIns.SignIn(tuesday+n*SignInSpan, usual, false)
			requests.SignIn(tuesday+n*SignInSpan, usual, true)
		}
		if signIns.Mature == 0 || requests.Mature != 0 || requests.SignIns != 4 {
			t.Errorf("mature %d and %d", signIns.Mature, requests.Mature)
		}
	})
	t.Run("anew after a long silence", func(t *testing.T) {
		var b Baseline
		for d := range int64(4) {
			b.SignIn(tuesday+d*event.Day, usual, false)
		}
		b.SignIn(tuesday+100*event.Day, usual, false)
		if b.Mature != 0 || b.Days != 1 {
			t.Errorf("%+v", b)
		}
	})
}

func TestFeatures(t *testing.T) {
	var b Baseline
	for d := range int64(4) {
		b.Use(1, tuesday+d*event.Day, MaxFeatures)
		b.SignIn(tuesday+d*event.Day, usual, false)
	}
	now := tuesday + 4*event.Day
	b.Use(2, now, MaxFeatures)
	for _, tc := range []struct {
		name string
		key  uint64
		at   int64
		want bool
	}{
		{"the usual one", 1, now, false},
		{"an unknown feature", 3, now, true},
		{"one used before, once", 2, now + 2*event.Hour, true},
		{"the usual one, months later", 1, now + 90*event.Day, true},
		{"any feature in the learning period", 3, tuesday, false},
	} {
		if got := b.IsNew(tc.key, tc.at, usual); got != tc.want {
			t.Errorf("%s: new %v", tc.name, got)
		}
	}
	if b.KnewBefore(1, tuesday, usual) || !b.KnewBefore(1, now, usual) {
		t.Error("a feature was known at its first use, or not after it")
	}
	b.Use(2, now+event.Day, MaxFeatures)
	b.Use(2, now+2*event.Day, MaxFeatures)
	if b.IsNew(2, now+2*event.Day, usual) {
		t.Error("new after three days")
	}
	for key := range uint64(1000) {
		b.Use(100+key, now+int64(key), MaxFeatures)
	}
	if len(b.Features) != MaxFeatures {
		t.Errorf("%d features", len(b.Features))
	}
}

// An hour is usual from the learning period on, and later once it is as many days old.
func TestNewHour(t *testing.T) {
	var b Baseline
	for d := range int64(3) {
		b.SignIn(tuesday+d*event.Day+9*event.Hour, usual, false)
	}
	b.SignIn(tuesday+5*event.Day+20*event.Hour, usual, false)
	for _, c := range []struct {
		day, hour int64
		want      bool
	}{{6, 9, false}, {6, 8, false}, {6, 10, false}, {6, 7, true}, {6, 11, true}, {7, 20, true}, {8, 20, false}, {1, 15, false}} {
		if got := b.IsNewHour(tuesday+c.day*event.Day+c.hour*event.Hour, usual); got != c.want {
			t.Errorf("day %d, %d h: new %v, want %v", c.day, c.hour, got, c.want)
		}
	}
}
