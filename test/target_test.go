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

// onWindows reports whether the suites run the DLL in Wine. They start every
// program with command, which translates names and paths.
func onWindows() bool { return *target == "windows" }

// systemText returns the error text of the target's system; the Windows text is Wine's.
func systemText(linux, windows string) string {
	if onWindows() {
		return windows
	}
	return linux
}

// TestMain keeps one Windows program running until the suites have finished: Wine's
// services stop with the last program, and starting them takes seconds.
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
	// The first line of the program shows that the services run. A program that is
	// started earlier would start them itself, and they would keep its output open.
	if _, err := log.Read(make([]byte, 1)); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = stdin.Close() // the program exits at the end of its input
	_ = idle.Wait()
	os.Exit(code)
}

// linuxOnly skips the test on Windows.
func linuxOnly(t *testing.T, why string) {
	t.Helper()
	if onWindows() {
		t.Skip("not on Windows: " + why)
	}
}

// built returns the file name of an artefact on the target.
func built(name string) string {
	if !onWindows() {
		return name
	}
	if base, shared := strings.CutSuffix(name, ".so"); shared {
		return base + ".dll"
	}
	return name + ".exe"
}

// native returns path in the syntax of the target. Wine maps the whole file system
// to drive Z.
func native(path string) string {
	if onWindows() && filepath.IsAbs(path) {
		return `Z:` + strings.ReplaceAll(path, "/", `\`)
	}
	return path
}

// command returns the command that runs a program of the target. Paths in arguments
// and in their values (sink_path=/tmp/x) are translated.
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
