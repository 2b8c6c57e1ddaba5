package agent

import (
	"math"
	"os"
	"runtime/debug"
	"sync"

	"redshank/analytics/incident"
)

// Bounds, in bytes, from which the memory limit is computed: an instance with
// empty tables, a busy spool and as many incidents as can be open, and a table
// entry at its largest (conf/README.md, Sizing). A limit below what lives would
// keep the collector running all the time.
const (
	baseMemory    = 256<<20 + incident.MaxIncidents*incident.MaxMemory
	clientMemory  = 9 << 10
	accountMemory = 15 << 10
)

// memory is the sum of what the instances of this process need.
var memory struct {
	sync.Mutex
	need int64
}

// memoryNeed returns the memory that an instance with tables of this many
// entries needs, in bytes.
func memoryNeed(maxIPs, maxUsers int) int64 {
	return baseMemory + int64(maxIPs)*clientMemory + int64(maxUsers)*accountMemory
}

// gcPercent is how much the heap may grow between two collections, in percent of what
// lives. With the usual 100 a hostile input takes 5 % more CPU and 6 % less memory, a
// flood of new addresses as much CPU and a fifth less memory.
const gcPercent = 200

// limitMemory adds need, in bytes, to the soft memory limit of the Go runtime; a
// negative need takes it back. Close to the limit the runtime collects more
// often, so the heap stays within the documented bound of the tables.
//
// The limit concerns this library alone: the host does not use the
// Go runtime, and every other plugin written in Go has a runtime of its own. The
// limit is soft: no allocation fails because of it. GOMEMLIMIT and GOGC in the
// environment of the host take precedence.
func limitMemory(need int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	memory.Lock()
	defer memory.Unlock()
	memory.need += need
	limit := int64(math.MaxInt64)
	if memory.need > 0 {
		limit = memory.need
	}
	debug.SetMemoryLimit(limit)
}
