package spelling

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"campaign", "failure_threshold", "forgiveness", "quiet", "slow", "burst"}
	for word, want := range map[string]string{
		"campain":                 "campaign",
		"failure_treshold":        "failure_threshold",
		"faliure_threshold":       "failure_threshold",
		"qiuet":                   "quiet",
		"slwo":                    "slow",
		"brust":                   "burst",
		"burst":                   "burst",
		"cooldown":                "",
		"xy":                      "",
		"":                        "",
		strings.Repeat("x", 1000): "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := Nearest("bust", []string{"bust" + strings.Repeat("t", 1000), "burst"}); got != "burst" {
		t.Errorf("got %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abd", 1}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
