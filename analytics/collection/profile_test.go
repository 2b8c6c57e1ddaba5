package collection

import (
	"testing"

	"redshank/analytics/event"
)

// Signals of one kind do not push out those of others.
func TestObservationsUnderFlood(t *testing.T) {
	d := profile{}
	d.keep(observation{kind: signInROPC, first: tuesday, last: tuesday}, nil, event.Hour)
	for n := range int64(1000) {
		d.keep(observation{kind: accessNewApp, first: tuesday + n*event.Hour, last: tuesday + n*event.Hour}, []byte("x"), event.Hour)
	}
	if len(d.observations) != maxObservations || !d.has(signInROPC) {
		t.Errorf("%d observations", len(d.observations))
	}
}
