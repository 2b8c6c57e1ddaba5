package window

import (
	"math"
	"slices"
	"testing"
)

func TestDeadlines(t *testing.T) {
	d := NewDeadlines[string, int](4)
	const s = 2 * deadlineGrain
	d.Set("b", 20*s, 1)
	d.Set("a", 20*s, 2)
	d.Set("c", 10*s, 3)
	d.Set("later", 30*s, 4)
	d.Set("too many", 5*s, 5)
	d.Set("c", 15*s, 6)
	due := func(now int64) (got []any) {
		d.Due(now, func(k string, v int) {
			got = append(got, k, v)
			if k == "a" {
				d.Set("again", now, 7)
			}
		})
		return got
	}
	for _, c := range []struct {
		now  int64
		want []any
	}{
		{14 * s, nil},
		{29 * s, []any{"c", 6, "b", 1, "a", 2}},
		{29 * s, []any{"again", 7}},
		{29 * s, nil},
		{30 * s, []any{"later", 4}},
		{99 * s, nil},
	} {
		if got := due(c.now); !slices.Equal(got, c.want) {
			t.Errorf("at %d: %v, want %v", c.now, got, c.want)
		}
	}
}

func TestWaitingDeadline(t *testing.T) {
	d := NewDeadlines[string, int](4)
	if d.Next() != math.MaxInt64 {
		t.Error("an empty set has a deadline")
	}
	d.Set("a", 30_000, 1)
	d.Set("b", 50_000, 2)
	v, ok := d.Get("b")
	if _, other := d.Get("c"); d.Next() != 30_000 || v != 2 || !ok || other {
		t.Errorf("next %d, of b %d %v, of c %v; want 30000, 2 and none", d.Next(), v, ok, other)
	}
	var got []int
	for n := 0; n < 10 && d.Next() < math.MaxInt64; n++ {
		d.Due(d.Next(), func(_ string, v int) { got = append(got, v) })
	}
	if !slices.Equal(got, []int{1, 2}) || d.Next() != math.MaxInt64 {
		t.Errorf("decided %v, next %d", got, d.Next())
	}
}

func TestSavedDeadlines(t *testing.T) {
	from, to := NewDeadlines[string, int](4), NewDeadlines[string, int](4)
	from.Track()
	save := func() {
		from.Changes(func(k string, d Deadline[int], present bool) {
			if present {
				to.Load(k, d)
			} else {
				delete(to.list, k)
			}
		})
	}
	from.Set("a", 20, 1)
	from.Set("b", 10, 2)
	save()
	from.Set("c", 20, 3)
	from.Set("d", 20, 4)
	from.Due(10, func(string, int) {})
	from.Set("a", 20, 5)
	save()
	var got []int
	to.Set("later", 20, 6)
	to.Due(20, func(_ string, v int) { got = append(got, v) })
	if want := []int{3, 4, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("due after a restart: %v, want %v", got, want)
	}
	from.Changes(func(k string, _ Deadline[int], _ bool) { t.Errorf("%s was saved twice", k) })
}
