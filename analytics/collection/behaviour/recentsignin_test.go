package behaviour

import (
	"math/rand/v2"
	"testing"

	"redshank/analytics/event"
)

func TestLastSignInsKeepNoOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all []SignIn
		for n := range 40 {
			all = append(all, SignIn{At: int64(1000 + 10*n), Client: event.ClientKey{15: byte(random.IntN(3))}, Service: event.Service(random.IntN(3))})
		}
		var a, b SignIns
		for _, v := range all {
			a.Add(v)
		}
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, v := range all {
			b.Add(v)
			b.Add(v)
		}
		if a != b || a[0].At != 1390 {
			t.Fatalf("%v\n%v", a, b)
		}
	}
}
