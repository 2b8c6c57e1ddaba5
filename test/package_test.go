package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"redshank/test/agent"
	"redshank/test/extent"
)

// installed unpacks the Debian package for this machine and returns the root
// folder of its files.
func installed(t *testing.T) string {
	t.Helper()
	linuxOnly(t, "packages are looked at once")
	extent.NeedsFull(t)
	packages, err := filepath.Glob(filepath.Join(buildDir, "dist", "*_amd64.deb"))
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) != 1 {
		t.Skip("SKIPPED: no package in build/dist; make test-dist makes it")
	}
	root := t.TempDir()
	if out, err := exec.Command("dpkg-deb", "-x", packages[0], root).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	return root
}

// TestPackageInstalled: the installed files work together: the command, the policy,
// and a Fluent Bit that is configured with plugins.conf only.
func TestPackageInstalled(t *testing.T) {
	root := installed(t)
	policy := filepath.Join(root, "etc/redshank/policy.yaml")
	execute(t, "", filepath.Join(root, "usr/bin/redshank"), "check", "-p", policy).quiet(t)

	plugins := filepath.Join(root, "etc/redshank/plugins.conf")
	text, err := os.ReadFile(plugins)
	if err != nil {
		t.Fatal(err)
	}
	const object = "/usr/lib/redshank/out_redshank.so"
	if _, err := os.Stat(root + object); err != nil || !strings.Contains(string(text), "Path "+object+"\n") {
		t.Fatalf("%v; plugins.conf: %s", err, text)
	}
	if _, err := agent.Find(); err != nil {
		t.Skip("SKIPPED: no fluent-bit on PATH; the package was not loaded")
	}
	write(t, plugins, strings.Replace(string(text), object, root+object, 1))
	config := filepath.Join(root, "agent.conf")
	write(t, config, "[SERVICE]\n    Plugins_File "+plugins+"\n[INPUT]\n    Name dummy\n[OUTPUT]\n    Name redshank\n    Match *\n    policy "+policy+"\n")
	if err := agent.DryRun("", config); err != nil {
		t.Error(err)
	}
}

// TestPackageContents: every package has a checksum, an SBOM and its licences.
func TestPackageContents(t *testing.T) {
	installed(t)
	dist := filepath.Join(buildDir, "dist")
	cmd := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
	cmd.Dir = dist
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	sums, err := os.ReadFile(filepath.Join(dist, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"linux-amd64.tar.gz", "linux-arm64.tar.gz", "windows-amd64.zip", "linux-amd64.cdx.json", "windows-amd64.cdx.json", "_amd64.deb", "_arm64.deb", "x86_64.rpm", "aarch64.rpm"} {
		if !slices.ContainsFunc(strings.Split(string(sums), "\n"), func(line string) bool { return strings.HasSuffix(line, end) }) {
			t.Errorf("no file name ends in %s among\n%s", end, sums)
		}
	}
}

// TestPackageRPM: the rpm has the same files as the deb, and an upgrade keeps a
// configuration file that an administrator has changed.
func TestPackageRPM(t *testing.T) {
	installed(t)
	if _, err := exec.LookPath("rpm"); err != nil {
		t.Skip("SKIPPED: no rpm; the rpm packages were not checked")
	}
	packages, err := filepath.Glob(filepath.Join(buildDir, "dist", "*.x86_64.rpm"))
	if err != nil || len(packages) != 1 {
		t.Fatalf("%v %v", packages, err)
	}
	query := func(args ...string) string {
		out, err := exec.Command("rpm", append(append([]string{"-qp"}, args...), packages[0])...).Output()
		if err != nil {
			t.Fatalf("rpm -qp %v: %v", args, err)
		}
		return string(out)
	}
	files := query("-l")
	for _, want := range []string{"/usr/bin/redshank\n", "/usr/lib/redshank/out_redshank.so\n", "/usr/share/man/man1/redshank.1\n", "/usr/share/bash-completion/completions/redshank\n"} {
		if !strings.Contains(files, want) {
			t.Errorf("no %s in\n%s", want, files)
		}
	}
	if kept := query("--configfiles"); !strings.Contains(kept, "/etc/redshank/policy.yaml\n") {
		t.Errorf("policy.yaml is not a configuration file:\n%s", kept)
	}
	if needs := query("--requires"); !strings.Contains(needs, "glibc >= 2.") {
		t.Errorf("no glibc in\n%s", needs)
	}
}
