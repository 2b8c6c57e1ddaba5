package main

import "testing"

func TestGrowthOfTheHeap(t *testing.T) {
	for live, want := range map[uint64]int{
		0:         mostPercent,
		4 << 20:   800,
		16 << 20:  200,
		32 << 20:  100,
		64 << 20:  50,
		128 << 20: 25,
		400 << 20: 25,
	} {
		if got := collectAt(live); got != want {
			t.Errorf("%d MB live: %d %%, want %d", live>>20, got, want)
		}
	}
}
