package behaviour

import "testing"

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
