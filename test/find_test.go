package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"redshank/analytics/event"
)

// TestFindInShell runs the command line of the operator's guide that finds a line
// without redshank.
func TestFindInShell(t *testing.T) {
	if _, err := exec.LookPath("sha256sum"); err != nil {
		t.Skip("SKIPPED: no sha256sum")
	}
	command := regexp.MustCompile("(?m)^grep .*sha256sum.*$").FindString(read(t, confDir+"/README.md"))
	const line = `2026-03-10 08:15:30 10.0.0.1 GET /owa \a%s - 443`
	text := "2026-03-10 08:15:30 other\r\n" + line + "\r\n"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "u_ex260310.log"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sh := exec.Command("sh", "-c", strings.ReplaceAll(command, "0123456789abcdef", fmt.Sprintf("%016x", event.LineDigest([]byte(line)))))
	sh.Dir = dir
	if out, err := sh.CombinedOutput(); strings.TrimSuffix(string(out), "\n") != line {
		t.Errorf("%s: %v %q", command, err, out)
	}
}
