package agent

import (
	"math"
	"os"
	"runtime/debug"
	"sync"
)

// Sizes, in bytes, from which the memory limit is computed: an instance with
// empty tables and a busy spool, and the usual size of a table entry with room
// for busy ones (conf/README.md, Sizing).
const (
	baseMemory    = 256 << 20
	clientMemory  = 1 << 10
	accountMemory = 3 << 10
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

// limitMemory adds need, in bytes, to the soft memory limit of the Go runtime;
// a negative need takes it back. Far below the limit the runtime lets the heap
// double between two collections; close to the limit the runtime collects more
// often. Without a limit full tables would occupy up to twice their size.
//
// The limit concerns this library alone: the host does not use the Go runtime,
// and every other plugin written in Go has a runtime of its own. The limit is
// soft: no allocation fails because of it. GOMEMLIMIT in the environment of the
// host takes precedence, and GOGC works as usual.
func limitMemory(need int64) {
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
