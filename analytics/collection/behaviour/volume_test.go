package behaviour

import (
	"math/rand/v2"
	"testing"

	"redshank/analytics/event"
)

// slowVolume counts every item by its hour, and forgets none.
type slowVolume struct {
	hours  map[int64]int
	newest int64
}

func (v *slowVolume) Between(from, to int64) (sum int) {
	for h := max(from, v.newest-hoursKept+1); h <= min(to, v.newest); h++ {
		sum += v.hours[h]
	}
	return sum
}

func (v *slowVolume) read(h int64, items int) (most int) {
	if v.newest = max(v.newest, h); h <= v.newest-hoursKept {
		return 0
	}
	v.hours[h] += items
	for end := h; end <= min(h+23, v.newest); end++ {
		most = max(most, v.Between(end-23, end))
	}
	return most
}

func TestVolumeOfLateReads(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		v, slow := new(Volume), slowVolume{hours: map[int64]int{}}
		now := int64(24 + random.IntN(100))
		for range 500 {
			now += int64(random.IntN(4)) * int64(random.IntN(3))
			if random.IntN(50) == 0 {
				now += int64(random.IntN(200))
			}
			h, items := max(24, now-int64(random.IntN(100))*int64(random.IntN(2))), 1+random.IntN(9)
			if got, want := v.Read(h*event.Hour+int64(random.IntN(event.Hour)), items), slow.read(h, items); got != want {
				t.Fatalf("%d at hour %d of %d: %d, want %d", items, h, now, got, want)
			}
			from := now - int64(random.IntN(100))
			if to := from + int64(random.IntN(60)) - 5; from >= 0 && v.Between(from, to) != slow.Between(from, to) {
				t.Fatalf("from %d to %d of %d: %d, want %d", from, to, now, v.Between(from, to), slow.Between(from, to))
			}
		}
	}
}
