package collect

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/plugin/delivery/sinktest"
)

func newFolder(t *testing.T) (*logFolder, *time.Time) {
	now := noon
	return &logFolder{dir: t.TempDir(), prefix: "signin.x", maxSize: 100, maxFiles: 5, keep: 72 * time.Hour, now: func() time.Time { return now }}, &now
}

func (f *logFolder) files(t *testing.T) (names []string, text string) {
	t.Helper()
	paths, err := filepath.Glob(f.dir + "/*.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		names, text = append(names, filepath.Base(path)), text+string(content)
	}
	return names, text
}

func put(t *testing.T, f *logFolder, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if err := f.write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.sync(); err != nil {
		t.Fatal(err)
	}
}

func TestFolderRotates(t *testing.T) {
	f, now := newFolder(t)
	put(t, f, "a", strings.Repeat("b", 97)) // 100 bytes with both ends
	put(t, f, "c")                          // too much for the first file
	*now = noon.Add(12 * time.Hour)
	put(t, f, "d", "e") // another day
	want := []string{"signin.x-20260310T120000Z-0001.ndjson", "signin.x-20260310T120000Z-0002.ndjson", "signin.x-20260311T000000Z-0003.ndjson"}
	if names, text := f.files(t); !slices.Equal(names, want) || text != "a\n"+strings.Repeat("b", 97)+"\nc\nd\ne\n" {
		t.Errorf("%q %q", names, text)
	}
	for range 20 {
		put(t, f, strings.Repeat("f", 90))
	}
	if names, _ := f.files(t); len(names) != f.maxFiles || names[4] != "signin.x-20260311T000000Z-0022.ndjson" {
		t.Errorf("kept %q", names)
	}
}

func TestFolderDeletesWhatIsOld(t *testing.T) {
	f, now := newFolder(t)
	put(t, f, "a")
	old := f.file.Name()
	foreign := filepath.Join(f.dir, "signin.xy-20200101T000000Z-0001.ndjson")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{old, foreign} {
		if err := os.Chtimes(path, noon, noon); err != nil {
			t.Fatal(err)
		}
	}
	*now = noon.Add(73 * time.Hour)
	put(t, f, "b")
	if names, text := f.files(t); len(names) != 2 || text != "b\n" || !slices.Contains(names, filepath.Base(foreign)) {
		t.Errorf("%q %q", names, text)
	}
}

// Two runs in one second do not write to one file.
func TestFolderBesideAnother(t *testing.T) {
	f, _ := newFolder(t)
	put(t, f, "a")
	second := &logFolder{dir: f.dir, prefix: f.prefix, maxSize: 100, maxFiles: 5, keep: f.keep, now: f.now}
	put(t, second, "b")
	if names, text := f.files(t); len(names) != 2 || text != "a\nb\n" {
		t.Errorf("%q %q", names, text)
	}
}

// After a failed write the file, which may end in part of a line, is left alone.
func TestFolderAfterAFailure(t *testing.T) {
	f, _ := newFolder(t)
	put(t, f, "a")
	_ = f.file.Close()
	if err := f.write([]byte("lost\n")); err == nil {
		err = f.sync()
		if err == nil {
			t.Fatal("no error from a closed file")
		}
	}
	put(t, f, "b")
	if names, text := f.files(t); len(names) != 2 || text != "a\nb\n" {
		t.Errorf("%q %q", names, text)
	}
	f.dir = filepath.Join(f.dir, "absent")
	_ = f.close()
	if err := f.write([]byte("x\n")); err == nil {
		t.Error("no error for a folder that is not there")
	}
}

func TestRunWritesFiles(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	s.now = time.Now() // Run has the real clock
	want := some(s)
	o := testOptions(t, s)
	o.Out, o.Once = filepath.Join(t.TempDir(), "logs"), true
	if err := Run(t.Context(), o, nil, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	names, text := (&logFolder{dir: o.Out}).files(t)
	got := ids(t, slices.Collect(strings.Lines(text)))
	if len(names) != 2 || len(got) != len(want) || !strings.HasPrefix(names[0], "audit.exchange-") || !strings.HasPrefix(names[1], "signin.interactiveuser-") {
		t.Errorf("%q, %d records", names, len(got))
	}
	if info, err := os.Stat(filepath.Join(o.Out, names[0])); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("everybody may read %v: %v", info.Mode(), err)
	}
}

// Run goes on after a pass that failed, and ends without error when asked to.
func TestRunUntilStopped(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	s.now = time.Now()
	want := some(s)
	s.spoil("subscriptions/list", 1, func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "AF10001", "permissions")
	})
	o := testOptions(t, s)
	var log bytes.Buffer
	var out sinktest.Log
	c, err := newCollector(o, &out, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	c.options.Interval = 10 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() { ended <- c.run(ctx) }()
	for deadline := time.Now().Add(10 * time.Second); len(ids(t, slices.Collect(strings.Lines(out.String())))) < len(want); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not all: %s", out.String())
		}
	}
	cancel()
	if err := <-ended; err != nil || !strings.Contains(log.String(), "AF10001 permissions") {
		t.Errorf("%v %s", err, log.String())
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }

// A standard output that nobody reads ends the process.
func TestRunEndsWithItsReader(t *testing.T) {
	s := newTenant(t)
	s.now = time.Now()
	some(s)
	err := Run(t.Context(), testOptions(t, s), closedPipe{}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "standard output") {
		t.Error(err)
	}
}

// A stop in the middle of a pass is no error, and does not wait.
func TestRunStopsSoon(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	s.now = time.Now()
	some(s)
	o := testOptions(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	s.spoil("blob3", 5, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "200")
		refuse(w, http.StatusTooManyRequests, "AF429", "")
		cancel()
	})
	begun := time.Now()
	if err := Run(ctx, o, &bytes.Buffer{}, slog.New(slog.DiscardHandler)); err != nil || time.Since(begun) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
	if _, err := os.Stat(filepath.Join(o.State, "audit.exchange.json")); err != nil {
		t.Errorf("what was collected is forgotten: %v", err)
	}
}

func TestCheckpointSetAside(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	o := testOptions(t, s)
	o.SignIns = nil
	path := filepath.Join(o.State, "audit.exchange.json")
	for n, text := range []string{"", "{", `{"version":2}`, `{"version":1,"known":"AAA"}`, "\x00\x00"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p := newPoller(t, s, o)
		s.now = noon
		p.mustPass()
		p.exactly(slices.DeleteFunc(slices.Clone(want), func(id string) bool { return strings.HasPrefix(id, "signin") })...)
		p.logged("set aside as damaged")
		if content, err := os.ReadFile(path + ".damaged"); err != nil || string(content) != text {
			t.Errorf("%d: %q %v", n, content, err)
		}
	}
	o.Tenant = "00000000-0000-0000-0000-000000000001"
	if err := newPoller(t, s, o).pass(); err == nil || !strings.Contains(err.Error(), "want another state folder") {
		t.Error(err)
	}
}

func TestKnownForgetsTheOldest(t *testing.T) {
	k := newKnown(3)
	for i := range 5 {
		k.add(fmt.Sprint(i), noon.Add(time.Duration(i)*time.Minute))
	}
	text, err := k.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var again knownSet
	if err := again.UnmarshalText(text); err != nil {
		t.Fatal(err)
	}
	for _, each := range []*knownSet{k, &again} {
		if each.has("0") || each.has("1") || !each.has("2") || !each.has("4") || !each.since().Equal(noon.Add(time.Minute)) {
			t.Errorf("known since %s", each.since())
		}
	}
}

func TestRunAloneInItsFolder(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	o := testOptions(t, s)
	o.Once = true
	lock, err := lockState(o.State)
	if err != nil {
		t.Fatal(err)
	}
	run := func() error { return Run(t.Context(), o, &bytes.Buffer{}, slog.New(slog.DiscardHandler)) }
	if err := run(); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Error(err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	s.now = time.Now()
	if err := run(); err != nil {
		t.Error(err)
	}
}
