package behaviour

import (
	"testing"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

func TestKilometres(t *testing.T) {
	for _, tc := range []struct {
		lat1, lon1, lat2, lon2 float32
		least, most            float64
	}{
		{52.1, 5.1, 52.1, 5.1, 0, 0.1},
		{52.37, 4.9, 48.85, 2.35, 425, 435},      // Amsterdam to Paris
		{0, 0, 0, 180, 20000, 20030},             // half around
		{-33.9, 151.2, 51.5, -0.1, 16900, 17050}, // Sydney to London
	} {
		a, b := Point{Lat: tc.lat1, Lon: tc.lon1}, Point{Lat: tc.lat2, Lon: tc.lon2}
		if got := a.Kilometres(&b); got < tc.least || got > tc.most {
			t.Errorf("%v: %.0f km", tc, got)
		}
	}
}

// A sign-in that an earlier one of its client moves back stays in the order of time.
func TestPointsNewestFirst(t *testing.T) {
	const start = 100 * event.Day
	here, there := event.ClientKey{15: 1}, event.ClientKey{15: 2}
	var p Points
	for _, v := range []Point{{At: start, Client: there}, {At: start + 1, Client: here}} {
		p.Add(v, func(*Point) {})
	}
	kept := p.Add(Point{At: start - baseline.SignInSpan/2, Client: here}, func(*Point) {})
	if kept != &p[1] || kept.Client != here || p[0].Client != there || p[0].At != start || p[1].At != start-baseline.SignInSpan/2 {
		t.Errorf("%v, kept %v", p, kept)
	}
}
