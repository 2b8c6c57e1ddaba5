package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goreleaser/nfpm/v2/files"
)

func TestPackageVersion(t *testing.T) {
	for git, want := range map[string]string{
		"v1.2.0":               "1.2.0",
		"1.2.0":                "1.2.0",
		"v1.2.0-3-gabc1234":    "1.2.0+3.gabc1234",
		"abc1234":              "0~abc1234",
		"abc1234-dirty":        "0~abc1234.dirty",
		"v1.2.0-rc1-2-gabcdef": "1.2.0~rc1.2.gabcdef",
	} {
		if got := packageVersion(git); got != want {
			t.Errorf("%s: %s, want %s", git, got, want)
		}
	}
}

func TestFloor(t *testing.T) {
	for version, want := range map[string]string{
		"GLIBC_2.34": "", "GLIBC_2.2.5": "", "GLIBC_PRIVATE": "", "GCC_3.0": "", "GLIBC_2.x": "",
		"GLIBC_2.35": "GLIBC_2.35 of libc.so.6 (want at most GLIBC_2.34)", "GLIBC_2.41.1": "GLIBC_2.41.1",
	} {
		needs := []elf.DynamicVersionNeed{{Name: "libc.so.6", Needs: []elf.DynamicVersionDep{{Dep: "GLIBC_2.2.5"}, {Dep: version}}}}
		if err := floorError(needs, nil); fmt.Sprint(err) != "<nil>" && want == "" || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: got %v, want %q", version, err, want)
		}
	}
	for name, ok := range map[string]bool{"libc.so.6": true, "ld-linux-x86-64.so.2": true, "libpthread.so.0": false} {
		if err := floorError(nil, []string{"libc.so.6", name}); err == nil != ok {
			t.Errorf("%s: %v", name, err)
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

// testRelease returns a release with small files in place of what make builds.
func testRelease(t *testing.T) (*release, target) {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"README.md", "LICENSE", "CHANGELOG.md", "docs/m365.md", "conf/policy.yaml", "conf/exchange-windows.conf",
		"stage/share/man1/redshank.1", "stage/share/redshank.bash", "stage/share/redshank.fish", "stage/share/_redshank",
		"stage/linux-amd64/out_redshank.so", "stage/linux-amd64/redshank", "stage/linux-amd64/" + noticesName} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	r := &release{root: folder, stage: filepath.Join(folder, "stage"), out: t.TempDir(), version: "v1.2.0", date: time.Unix(1_700_000_000, 0).UTC()}
	return r, newTarget(filepath.Join(r.stage, "linux-amd64"))
}

// Two folders with files of other ages give the same bytes.
func TestPackagesRepeat(t *testing.T) {
	make := map[string]func(*release, target) (string, error){
		"deb": func(r *release, t target) (string, error) { return r.writePackage(t, "deb") },
		"rpm": func(r *release, t target) (string, error) { return r.writePackage(t, "rpm") },
		"tar": func(r *release, t target) (string, error) { return r.writeArchive(t, filepath.Join(r.out, "a")) },
		"zip": func(r *release, t target) (string, error) {
			t.goos = "windows"
			return r.writeArchive(t, filepath.Join(r.out, "a"))
		},
	}
	for name, write := range make {
		var made [2][]byte
		for i := range made {
			path, err := write(testRelease(t))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			made[i], _ = os.ReadFile(path)
		}
		if len(made[0]) == 0 || !bytes.Equal(made[0], made[1]) {
			t.Errorf("%s: %d and %d bytes, not the same", name, len(made[0]), len(made[1]))
		}
	}
}

func TestContents(t *testing.T) {
	for format, want := range map[string]string{
		"deb":   "/usr/bin/redshank 755, /usr/lib/redshank/out_redshank.so 644, /etc/redshank/policy.yaml 644, /usr/share/zsh/vendor-completions/_redshank 644",
		"rpm":   "/usr/bin/redshank 755, /usr/share/man/man1/redshank.1 644, /usr/share/zsh/site-functions/_redshank 644",
		archive: "/usr/bin/redshank 755, /usr/share/doc/redshank/LICENSE 644, /usr/share/doc/redshank/docs/m365.md 644",
	} {
		r, made := testRelease(t)
		info, err := r.info(made, format)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, c := range info.Contents {
			all = append(all, fmt.Sprintf("%s %o", c.Destination, c.FileInfo.Mode))
			if strings.HasPrefix(c.Destination, "/etc/redshank/p") && c.Type != files.TypeConfigNoReplace || strings.Contains(c.Destination, "windows") {
				t.Errorf("%s: %s: %s", format, c.Destination, c.Type)
			}
		}
		for entry := range strings.SplitSeq(want, ", ") {
			if !slices.Contains(all, entry) {
				t.Errorf("%s: no %s in %v", format, entry, all)
			}
		}
	}
}
