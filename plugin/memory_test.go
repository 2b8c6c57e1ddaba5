package main

import "testing"

func TestGrowthOfTheHeap(t *testing.T) {
	for live, want := range map[uint64]int{
		0:         mostPercent,
		4 << 20:   400,
		16 << 20:  100,
		32 << 20:  50,
		64 << 20:  25,
		400 << 20: 25,
	} {
		if got := collectAt(live); got != want {
			t.Errorf("%d MB live: %d %%, want %d", live>>20, got, want)
		}
	}
}
