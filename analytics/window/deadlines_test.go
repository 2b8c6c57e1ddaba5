package window

import (
	"slices"
	"testing"
)

func TestDeadlines(t *testing.T) {
	d := NewDeadlines[string, int](4)
	d.Set("b", 20, 1)
	d.Set("a", 20, 2)
	d.Set("c", 10, 3)
	d.Set("later", 30, 4)
	d.Set("too many", 5, 5)
	d.Set("c", 15, 6)
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
		{14, nil},
		{29, []any{"c", 6, "b", 1, "a", 2}},
		{29, []any{"again", 7}},
		{29, nil},
		{30, []any{"later", 4}},
		{99, nil},
	} {
		if got := due(c.now); !slices.Equal(got, c.want) {
			t.Errorf("at %d: %v, want %v", c.now, got, c.want)
		}
	}
}
