package window

import (
	"fmt"
	"testing"
)

// BenchmarkTable is what a look at a table costs as it grows: the long way, by
// what is held, and as a new entry that evicts another.
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
