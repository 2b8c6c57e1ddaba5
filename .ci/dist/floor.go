package main

import (
	"debug/elf"
	"fmt"
	"strconv"
	"strings"
)

// glibcFloor is the oldest glibc, as 2.x, that the packages promise to load
// on: Debian 12, Ubuntu 22.04, Red Hat 9, Amazon Linux 2023. The README states
// it. What is built on an older system needs less.
const glibcFloor = 34

// checkFloor fails where a shared object wants a newer glibc than promised, or
// a library besides it.
func checkFloor(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	needs, err := f.DynamicVersionNeeds()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, library := range needs {
		for _, need := range library.Needs {
			if minor, is := glibcMinor(need.Dep); is && minor > glibcFloor {
				return fmt.Errorf("%s: needs %s of %s (want at most GLIBC_2.%d)", path, need.Dep, library.Name, glibcFloor)
			}
		}
	}
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return err
	}
	for _, name := range libraries {
		if name != "libc.so.6" && !strings.HasPrefix(name, "ld-linux") {
			return fmt.Errorf("%s: needs %s (want libc.so.6 alone)", path, name)
		}
	}
	return nil
}

// glibcMinor returns the 34 of GLIBC_2.34.
func glibcMinor(version string) (int, bool) {
	text, is := strings.CutPrefix(version, "GLIBC_2.")
	if !is {
		return 0, false
	}
	minor, err := strconv.Atoi(strings.SplitN(text, ".", 2)[0])
	return minor, err == nil
}
