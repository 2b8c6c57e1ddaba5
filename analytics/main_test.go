package analytics

import (
	"flag"
	"runtime/debug"
	"testing"
)

// TestMain lets the tests collect garbage less often, as they make hundreds of engines
// with tables of megabytes. Benchmarks measure what an agent has.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		debug.SetGCPercent(300)
	}
	m.Run()
}
