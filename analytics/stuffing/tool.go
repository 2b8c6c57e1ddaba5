package stuffing

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// toolCache is the number of agents whose kind is remembered: a power of two.
const toolCache = 1024

// tools returns what a sign-in was made with, as one number: the user agent
// without its version numbers, and the application. A new build of a browser is
// the same tool as the old one. Where the log has neither, the service stands
// for them.
type tools struct {
	agents [toolCache]struct{ exact, kind uint32 }
}

func (t *tools) of(ev *event.Event) uint32 {
	kind := uint32(0)
	if exact := ev.AgentHash(); exact != 0 {
		slot := &t.agents[exact/2%toolCache]
		if slot.exact != exact {
			slot.exact, slot.kind = exact, agentKind(ev.AgentText())
		}
		kind = slot.kind
	}
	if kind == 0 && len(ev.App) == 0 {
		return uint32(ev.Service)<<1 | 1
	}
	h := uint64(kind)
	if len(ev.App) > 0 {
		h ^= xxhash.Sum64(ev.App)
	}
	return uint32(h^h>>32) | window.ToolNamed
}

// agentKind is a hash of an agent without its digits (FNV-1a).
func agentKind(agent []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range agent[:min(len(agent), 256)] {
		if c < '0' || c > '9' {
			h = (h ^ uint32(c)) * 16777619
		}
	}
	return h | 1
}

// appOf is the application of an event, or its service where the log names no
// application.
func appOf(ev *event.Event) uint32 {
	if len(ev.App) == 0 {
		return uint32(ev.Service)<<1 | 1
	}
	return uint32(xxhash.Sum64(ev.App)) | 1
}
