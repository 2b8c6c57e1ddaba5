package main

import (
	"os"
	"runtime/debug"
)

// collectAt is how much the heap may grow between two collections, in percent
// of what lives. What the engine remembers lives long and reading records
// allocates nothing, so that collections are rare anyhow; Go's own 100 would
// only let an agent hold twice the memory that its tables take.
const collectAt = 25

// boundMemory sets it, unless the administrator has set something of his own.
// It concerns this library alone: each has a Go runtime to itself.
func boundMemory() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(collectAt)
	}
}
