package behaviour

import (
	"math/rand/v2"
	"testing"

	"redshank/analytics/event"
)

// A model that remembers every read and sums it the slow way.
func TestVolumeAgainstModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var v Volume
		reads := map[int64]int{}
		newest := int64(0)
		at := tuesday
		for range 300 {
			at += random.Int64N(2 * event.Hour)
			when := at - random.Int64N(30*event.Hour)
			n := random.IntN(50)
			newest = max(newest, when/event.Hour)
			reads[when/event.Hour] += n
			want := 0
			for end := when / event.Hour; end <= min(when/event.Hour+23, newest); end++ {
				sum := 0
				for h := end - 23; h <= end; h++ {
					if h > newest-hoursKept {
						sum += reads[h]
					}
				}
				want = max(want, sum)
			}
			if got := v.Read(when, n); got != want {
				t.Fatalf("read %d at %d: %d, want %d", n, when/event.Hour, got, want)
			}
		}
	}
}

func TestVolumeMeanLeavesFloodsOut(t *testing.T) {
	var v Volume
	for d := range int64(10) {
		v.Read(tuesday+d*event.Day, 100)
	}
	v.Read(tuesday+10*event.Day, 100_000)
	v.Read(tuesday+11*event.Day, 1)
	if v.mean < 99 || v.mean > 101 || v.Much(LeastVolume) != 500 {
		t.Errorf("mean %v", v.mean)
	}
}
