package test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var target = flag.String("target", "linux", "`system` the suites run on: linux, or windows, which is Wine here")

// onWindows tells whether the suites drive the DLL in Wine. All they start
// goes through command, which translates names and paths.
func onWindows() bool { return *target == "windows" }

// told is how the target's system words an error; Windows' words are Wine's.
func told(linux, windows string) string {
	if onWindows() {
		return windows
	}
	return linux
}

// TestMain keeps one Windows program alive until the suites are through: with
// the last one Wine's services go, and to start them costs seconds each time.
func TestMain(m *testing.M) {
	flag.Parse()
	if !onWindows() {
		os.Exit(m.Run())
	}
	idle := command(context.Background(), filepath.Join(buildDir, "host.exe"), "-e", filepath.Join(buildDir, "out_redshank.dll"), "-")
	stdin, err := idle.StdinPipe()
	if err != nil {
		panic(err)
	}
	log, err := idle.StderrPipe()
	if err != nil {
		panic(err)
	}
	if err := idle.Start(); err != nil {
		panic(err)
	}
	// Its first line tells that the services run. A program that came before
	// them would start them itself, and they would keep its output open.
	if _, err := log.Read(make([]byte, 1)); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = stdin.Close() // it ends at the end of its input
	_ = idle.Wait()
	os.Exit(code)
}

// linuxOnly skips what does not exist on Windows.
func linuxOnly(t *testing.T, why string) {
	t.Helper()
	if onWindows() {
		t.Skip("not on Windows: " + why)
	}
}

// built is the name that the artefact name has on the target.
func built(name string) string {
	if !onWindows() {
		return name
	}
	if base, shared := strings.CutSuffix(name, ".so"); shared {
		return base + ".dll"
	}
	return name + ".exe"
}

// native is path as programs of the target write it. Wine shows the whole
// file system as drive Z.
func native(path string) string {
	if onWindows() && filepath.IsAbs(path) {
		return `Z:` + strings.ReplaceAll(path, "/", `\`)
	}
	return path
}

// command starts a program of the target. Arguments that are paths, and values
// that are (sink_path=/tmp/x), are translated.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if !strings.HasSuffix(name, ".exe") {
		return exec.CommandContext(ctx, name, args...)
	}
	translated := []string{native(name)}
	for _, arg := range args {
		if key, value, ok := strings.Cut(arg, "="); ok {
			translated = append(translated, key+"="+native(value))
		} else {
			translated = append(translated, native(arg))
		}
	}
	return exec.CommandContext(ctx, os.Getenv("WINE"), translated...) // make test-windows sets it, and the rest of Wine's environment
}
