// Package storetest runs the tests of packages that write durable files.
package storetest

import (
	"os"
	"testing"
)

// memoryFolder is a file system without a disk on Linux.
const memoryFolder = "/dev/shm"

// Main runs the tests of a package with temporary folders in memory where the
// system has them, since thousands of damaged files would otherwise wait for
// the disk. Soak tests (REDSHANK_SOAK is set) use the disk.
func Main(m *testing.M) {
	if os.Getenv("REDSHANK_SOAK") == "" {
		if folder, err := os.MkdirTemp(memoryFolder, "redshank"); err == nil {
			os.Exit(runIn(folder, m))
		}
	}
	os.Exit(m.Run())
}

func runIn(folder string, m *testing.M) int {
	defer os.RemoveAll(folder)
	if err := os.Setenv("TMPDIR", folder); err != nil {
		return 1
	}
	return m.Run()
}

// Soak reports whether tests should try every case instead of a sample.
func Soak() bool { return os.Getenv("REDSHANK_SOAK") != "" }
