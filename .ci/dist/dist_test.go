package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDebianVersion(t *testing.T) {
	for git, want := range map[string]string{
		"v1.2.0":               "1.2.0",
		"1.2.0":                "1.2.0",
		"v1.2.0-3-gabc1234":    "1.2.0+3.gabc1234",
		"abc1234":              "0~abc1234",
		"abc1234-dirty":        "0~abc1234.dirty",
		"v1.2.0-rc1-2-gabcdef": "1.2.0~rc1.2.gabcdef",
	} {
		if got := debianVersion(git); got != want {
			t.Errorf("%s: %s, want %s", git, got, want)
		}
	}
}

func TestGlibcMinor(t *testing.T) {
	for _, c := range []struct {
		version string
		minor   int
		is      bool
	}{{"GLIBC_2.34", 34, true}, {"GLIBC_2.2.5", 2, true}, {"GLIBC_PRIVATE", 0, false}, {"GCC_3.0", 0, false}, {"GLIBC_2.x", 0, false}} {
		if minor, is := glibcMinor(c.version); minor != c.minor || is != c.is {
			t.Errorf("%s: %d %v", c.version, minor, is)
		}
	}
}

func TestIdentify(t *testing.T) {
	const (
		mit  = "Permission is hereby\n  granted, free of charge, to any person"
		bsd2 = "Redistributions in binary form must reproduce the above"
		bsd3 = bsd2 + " ... Neither the name of"
	)
	for text, want := range map[string][]string{
		mit:               {"MIT"},
		bsd2:              {"BSD-2-Clause"},
		bsd3:              {"BSD-3-Clause"},
		mit + "\n" + bsd3: {"MIT", "BSD-3-Clause"},
		"all rights":      nil,
	} {
		if got := identify(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// The same entries make the same bytes, at whatever hour.
func TestArchivesRepeat(t *testing.T) {
	entries := []entry{{"a", 0o755, []byte("program")}, {"conf/b", 0o644, []byte("text")}}
	date := time.Unix(1_700_000_000, 0).UTC()
	for name, write := range map[string]func(string, string, []entry, time.Time) error{"tar": writeTar, "zip": writeZip} {
		var made [2][]byte
		for i := range made {
			path := filepath.Join(t.TempDir(), strings.Repeat("x", i+1))
			if err := write(path, "top", entries, date); err != nil {
				t.Fatal(err)
			}
			made[i], _ = os.ReadFile(path)
		}
		if len(made[0]) == 0 || !bytes.Equal(made[0], made[1]) {
			t.Errorf("%s: %d and %d bytes, not the same", name, len(made[0]), len(made[1]))
		}
	}
}
