package agent

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// maxCrashKinds bounds how many kinds of crash are logged with their stack.
const maxCrashKinds = 16

// crashes counts recovered panics by what they said. A panic that a record
// causes would else fill the log.
type crashes struct {
	mu    sync.Mutex
	kinds map[string]uint64
	all   uint64
}

// first counts one and reports whether it is the first of its kind.
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

// crashed logs what was recovered, once for each kind with the stack, which is
// what a report needs and too much to repeat. The total is in the summary. It
// takes the value and not the panic itself, because recover works only in the
// deferred function. It reports whether anything was recovered.
func (i *Instance) Crashed(where string, recovered any) bool {
	if recovered == nil {
		return false
	}
	kind := where + ": " + fmt.Sprint(recovered)
	if i.crashes.first(kind) {
		i.log.Error("recovered from a crash, please report it", "crash", kind, "stack", string(debug.Stack()))
	}
	return true
}
