package main

import (
	"os"
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"sync"
)

// How much the heap may grow between two collections: by a quarter of what
// lives, since tables live long and Go's own double would let an agent hold
// twice what they take; and by 32 MB at any rate, since it is small heaps that
// are collected over and over while they fill.
const (
	growthPercent = 25
	growthBytes   = 32 << 20
	mostPercent   = 800
)

// boundMemory sets it, unless the administrator has set something of his own.
// It concerns this library alone: each has a Go runtime to itself.
var boundMemory = sync.OnceFunc(func() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		followHeap()
	}
})

// followHeap sets the percentage by what lives now, and again after each
// collection, which is when Go cleans up what was dropped here.
func followHeap() {
	live := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	runtimemetrics.Read(live)
	debug.SetGCPercent(collectAt(live[0].Value.Uint64()))
	runtime.AddCleanup(new([16]byte), func(int) { followHeap() }, 0)
}

// collectAt is the growth, in percent, for so many bytes that live.
func collectAt(live uint64) int {
	return int(min(max(growthPercent, growthBytes*100/max(live, 1)), mostPercent))
}
