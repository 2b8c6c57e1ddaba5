package windows

import (
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/source/format"
)

func TestWinTime(t *testing.T) {
	arrival := "2026-07-10T11:00:05Z"
	for _, c := range []struct{ clock, weak, want string }{
		{"2026-07-10T10:59:14.5Z", "", "2026-07-10T10:59:14.5Z"},
		{"2026-07-10 19:59:14 +0900", "", "2026-07-10T10:59:14Z"},
		{"2026-07-10 06:29:14 -0430", "", "2026-07-10T10:59:14Z"},
		{"2026-07-10 10:59:14", "", "2026-07-10T10:59:14Z"},                     // UTC
		{"2026-07-10 12:59:14", "", "2026-07-10T10:59:14Z"},                     // +2
		{"2026-07-10 16:29:14", "", "2026-07-10T10:59:14Z"},                     // +5:30
		{"2026-07-10 03:59:14", "", "2026-07-10T10:59:14Z"},                     // -7
		{"2026-07-11 00:59:14", "", "2026-07-10T10:59:14Z"},                     // +14
		{"2026-07-09 22:59:14", "", "2026-07-10T10:59:14Z"},                     // -12
		{"2026-07-10 13:00:30", "", "2026-07-10T11:00:30Z"},                     // a clock ahead
		{"2026-07-01 13:00:30", "", "2026-07-01T13:00:30Z"},                     // read late
		{"2026-07-20 13:00:30", "", "2026-07-20T13:00:30Z"},                     // in the future
		{"2026-07-10 12:59:14", "2026-07-10T10:59:20Z", "2026-07-10T10:59:14Z"}, // @timestamp stands nearer
		{"", "2026-07-10T10:59:20Z", "2026-07-10T10:59:20Z"},
		{"yesterday", "2026-07-10T10:59:20Z", ""}, // no time that can be read
		{"", "", ""},
	} {
		fluent, _ := time.Parse(time.RFC3339, arrival)
		r := row{clockText: []byte(c.clock)}
		if c.weak != "" {
			r.arrival = msgp.AppendString(nil, c.weak)
		}
		got, why := r.eventTime(fluent)
		if (why == format.NoReason) != (c.want != "") || c.want != "" && got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q, %q: got %s (%s), want %s", c.clock, c.weak, got, why, c.want)
		}
	}
	r := row{clockText: []byte("2026-07-10 12:59:14")}
	if got, _ := r.eventTime(time.Time{}); got.Hour() != 12 {
		t.Errorf("without an arrival: %v", got)
	}
}
