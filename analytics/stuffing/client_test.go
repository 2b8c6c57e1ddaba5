package stuffing

import (
	"testing"
	"unsafe"
)

// TestCacheLines holds what a million addresses and a routine sign-in cost
// memory: a client is a cache line, and so is an admission.
func TestCacheLines(t *testing.T) {
	if c, a := unsafe.Sizeof(client{}), unsafe.Sizeof(logon{}); c > 64 || a > 64 {
		t.Errorf("a client takes %d bytes and an admission %d, want at most 64", c, a)
	}
}
