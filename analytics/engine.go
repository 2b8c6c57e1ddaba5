package analytics

import (
	"sync"

	"redshank/analytics/policy"
)

// Options configure an Engine.
type Options struct {
	Policy   *policy.Policy
	Source   string // "auto" or the name of one format
	MaxIPs   int    // bound of the client table, in entries
	MaxUsers int    // bound of the account table, in entries
}

// Engine is where the parts meet: records in, alerts out. It is safe for
// concurrent use; one lock covers a whole chunk.
type Engine struct {
	mu sync.Mutex
}

// New makes an engine. Nothing runs until Observe is called.
func New(opts Options) (*Engine, error) { return &Engine{}, nil }

// Observe reads one chunk and returns the alerts it caused, in the order of
// the records. The alerts are the caller's; nothing in them points into chunk.
// A chunk seen before, byte for byte, changes nothing.
func (e *Engine) Observe(tag string, chunk []byte) []*Alert { return nil }

// Stats are the engine's counters since New.
type Stats struct {
	Chunks, RepeatedChunks                  uint64
	Records                                 uint64 // leaf records, after wrappers were opened
	Understood, Ignored, Unknown, Malformed uint64
	Events, Duplicates, Late, Future        uint64
	Clients, Accounts                       int // entries now
	ClientsEvicted, AccountsEvicted         uint64
	Incidents, Alerts, Suppressed           uint64
}

// Stats returns the counters.
func (e *Engine) Stats() Stats { return Stats{} }
