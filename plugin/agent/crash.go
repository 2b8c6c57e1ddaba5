package agent

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

// maxCrashKinds is how many kinds of panic are logged with their stack.
const maxCrashKinds = 16

// crashes counts recovered panics by their message, so that a panic caused by
// every record of a kind does not fill the log.
type crashes struct {
	mu    sync.Mutex
	kinds map[string]uint64
	all   uint64
}

// first counts a panic and reports whether it is the first of its kind.
func (c *crashes) first(kind string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all++
	if c.kinds[kind] == 0 && len(c.kinds) >= maxCrashKinds {
		return false
	}
	if c.kinds == nil {
		c.kinds = map[string]uint64{}
	}
	c.kinds[kind]++
	return c.kinds[kind] == 1
}

func (c *crashes) total() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// take counts a panic, logs the first of each kind with its stack, and reports whether
// there was one. recovered is the result of recover.
func (c *crashes) take(log *slog.Logger, where string, recovered any) bool {
	if recovered == nil {
		return false
	}
	kind := where + ": " + fmt.Sprint(recovered)
	if c.first(kind) {
		log.Error("recovered from a crash, please report it", "crash", kind, "stack", string(debug.Stack()))
	}
	return true
}
