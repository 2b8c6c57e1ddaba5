package window

import (
	"fmt"
	"testing"
)

// BenchmarkTable is what a look at a table costs as it grows: the long way, by
// what is held, and as a newcomer that pushes out another.
func BenchmarkTable(b *testing.B) {
	for _, size := range []int{1_000, 100_000, 1_000_000} {
		table := NewTable[uint64, *int](size, Spread)
		value := new(int)
		for k := range uint64(size) {
			table.Add(Spread(k), value)
		}
		b.Run(fmt.Sprintf("get/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for k := uint64(0); b.Loop(); k++ {
				table.Get(Spread(k % uint64(size)))
			}
		})
		b.Run(fmt.Sprintf("recall/%d", size), func(b *testing.B) {
			held := table.Handle(value)
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := table.StillValid(&held); !ok {
					b.Fatal("not held any more")
				}
			}
		})
		b.Run(fmt.Sprintf("evict/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for k := uint64(size); b.Loop(); k++ {
				table.Add(Spread(k), value)
			}
		})
	}
}

// BenchmarkTries adds to a full list, in order and late.
func BenchmarkTries(b *testing.B) {
	for _, limit := range []int{16, 128, 512} {
		for name, late := range map[string]int64{"in order": 0, "late": 60_000} {
			b.Run(fmt.Sprintf("%s/%d", name, limit), func(b *testing.B) {
				var list Attempts
				b.ReportAllocs()
				for n := int64(0); b.Loop(); n++ {
					at := n * 10_000
					if n%2 == 1 {
						at -= late
					}
					list.Add(Attempt{At: at, Key: uint64(n), Sources: 1}, limit)
				}
			})
		}
	}
}

func BenchmarkDistinct(b *testing.B) {
	for _, keys := range []uint64{100, 1_000, 1_000_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			var d Distinct
			b.ReportAllocs()
			for k := uint64(0); b.Loop(); k++ {
				d.Add(Spread(k % keys))
			}
		})
	}
}

// BenchmarkSeen asks for ids of which every second has come before, in a full
// table.
func BenchmarkSeen(b *testing.B) {
	seen := NewSeen(100_000)
	b.ReportAllocs()
	for n := uint64(0); b.Loop(); n++ {
		seen.Before(Spread(n / 2))
	}
}

func BenchmarkRecent(b *testing.B) {
	kept := NewRecent[uint64](100_000)
	b.ReportAllocs()
	for n := uint64(0); b.Loop(); n++ {
		if _, ok := kept.Get(Spread(n % 200_000)); !ok {
			kept.Add(Spread(n%200_000), n)
		}
	}
}
