// Package extent tells tests how much to do: as much as a developer waits for after
// every change, or all of it.
package extent

import (
	"os"
	"testing"
)

// Full reports whether tests are to play every world and every variant and to run what
// has been built. The environment variable REDSHANK_TESTS=full asks for it, as make test
// does; without it, go test takes half a minute.
func Full() bool { return os.Getenv("REDSHANK_TESTS") == "full" }

// NeedsFull skips a test that is not worth its time after every change.
func NeedsFull(t *testing.T) {
	t.Helper()
	if !Full() {
		t.Skip("SKIPPED: only with REDSHANK_TESTS=full, as in make test")
	}
}
