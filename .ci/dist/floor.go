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
	libraries, err := f.ImportedLibraries()
	if err == nil {
		err = floorError(needs, libraries)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// floorError reports the first version or library that is not promised.
func floorError(needs []elf.DynamicVersionNeed, libraries []string) error {
	for _, library := range needs {
		for _, need := range library.Needs {
			if glibcMinor(need.Dep) > glibcFloor {
				return fmt.Errorf("needs %s of %s (want at most GLIBC_2.%d)", need.Dep, library.Name, glibcFloor)
			}
		}
	}
	for _, name := range libraries {
		if name != "libc.so.6" && !strings.HasPrefix(name, "ld-linux") {
			return fmt.Errorf("needs %s (want libc.so.6 alone)", name)
		}
	}
	return nil
}

// glibcMinor returns the 34 of GLIBC_2.34, and 0 for other versions.
func glibcMinor(version string) int {
	text, _ := strings.CutPrefix(version, "GLIBC_2.")
	text, _, _ = strings.Cut(text, ".")
	minor, _ := strconv.Atoi(text)
	return minor
}
