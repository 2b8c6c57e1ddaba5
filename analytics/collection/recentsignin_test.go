package collection

import (
	"math/rand/v2"
	"testing"

	"redshank/analytics/event"
)

func TestLastSignInsKeepNoOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all []recentSignIn
		for n := range 40 {
			all = append(all, recentSignIn{at: int64(1000 + 10*n), client: event.ClientKey{15: byte(random.IntN(3))}, service: event.Service(random.IntN(3))})
		}
		var a, b behaviour
		for _, v := range all {
			a.addSignIn(v)
		}
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, v := range all {
			b.addSignIn(v)
			b.addSignIn(v)
		}
		if a.recentSignIns != b.recentSignIns || a.recentSignIns[0].at != 1390 {
			t.Fatalf("%v\n%v", a.recentSignIns, b.recentSignIns)
		}
	}
}
