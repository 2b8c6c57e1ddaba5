package main

import (
	"crypto/md5"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode"
)

const debianControl = `Package: redshank
Version: %s
Architecture: %s
Maintainer: Redshank maintainers
Installed-Size: %d
Depends: libc6 (>= 2.%d)
Section: admin
Priority: optional
Description: Fluent Bit output plugin that detects attacks on mail
 It runs inside the agents that read the logs of Exchange servers and of
 Microsoft 365, and tells of credential attacks and of mail collected with
 stolen accounts. Name /etc/redshank/plugins.conf as plugins_file of Fluent Bit.
`

// writeDeb lets dpkg-deb make a package in the folder out and returns its
// path. dpkg-deb takes times from SOURCE_DATE_EPOCH.
func writeDeb(out, version, goarch string, entries []entry) (string, error) {
	tree, err := os.MkdirTemp("", "redshank-deb")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tree)
	if err := os.Chmod(tree, 0o755); err != nil { // it becomes the package's own root
		return "", err
	}
	version = debianVersion(version)
	for _, e := range append(entries, control(version, goarch, entries)...) {
		path := filepath.Join(tree, e.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, e.data, e.mode); err != nil {
			return "", err
		}
		if err := os.Chmod(path, e.mode); err != nil { // whatever the umask
			return "", err
		}
	}
	path := filepath.Join(out, fmt.Sprintf("redshank_%s_%s.deb", version, goarch))
	cmd := exec.Command("dpkg-deb", "--root-owner-group", "-Zxz", "--threads-max=1", "--build", tree, path)
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("dpkg-deb: %w: %s", err, text)
	}
	return path, nil
}

// control is what dpkg reads. What lies in /etc is the administrator's: dpkg
// asks before it replaces what was changed.
func control(version, goarch string, entries []entry) []entry {
	var conffiles, sums strings.Builder
	size := 0
	for _, e := range entries {
		size += len(e.data)
		if strings.HasPrefix(e.name, "etc/") {
			conffiles.WriteString("/" + e.name + "\n")
		}
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(e.data), e.name)
	}
	head := fmt.Sprintf(debianControl, version, goarch, size/1024, glibcFloor)
	return []entry{
		{"DEBIAN/control", 0o644, []byte(head)},
		{"DEBIAN/conffiles", 0o644, []byte(conffiles.String())},
		{"DEBIAN/md5sums", 0o644, []byte(sums.String())},
	}
}

// debianVersion is what git describes, in a form that dpkg sorts rightly:
// v1.2.0-3-gabc is 1.2.0+3.gabc and comes after 1.2.0, v1.2.0-rc1 is 1.2.0~rc1
// and comes before it; a bare commit comes before every version.
func debianVersion(version string) string {
	v := strings.TrimPrefix(version, "v")
	if base, rest, _ := strings.Cut(v, "-"); rest != "" && strings.Contains(base, ".") {
		sign := "~"
		if unicode.IsDigit(rune(rest[0])) {
			sign = "+"
		}
		return base + sign + strings.ReplaceAll(rest, "-", ".")
	}
	if strings.Contains(v, ".") {
		return v
	}
	return "0~" + strings.ReplaceAll(v, "-", ".")
}
