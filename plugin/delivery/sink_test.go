package delivery

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func messages(texts ...string) []Message {
	var out []Message
	for _, text := range texts {
		out = append(out, Message{ID: "id", JSON: []byte(text)})
	}
	return out
}

// fillingDisk takes room bytes and then fails, as a full disk does.
type fillingDisk struct {
	bytes.Buffer
	room   int
	writes int
}

func (d *fillingDisk) Write(b []byte) (int, error) {
	d.writes++
	n := min(len(b), d.room)
	d.room -= n
	d.Buffer.Write(b[:n])
	if n < len(b) {
		return n, errors.New("no space")
	}
	return n, nil
}

func TestLines(t *testing.T) {
	d := &fillingDisk{room: 100}
	l := lineWriter{w: d}
	if n, err := l.Deliver(messages("{1}", "{2}")); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if d.String() != "{1}\n{2}\n" || d.writes != 2 {
		t.Errorf("%q in %d writes", d.String(), d.writes)
	}
}

// What a full disk cut off must not spoil the line after it.
func TestTornLine(t *testing.T) {
	d := &fillingDisk{room: 6}
	l := lineWriter{w: d}
	if n, err := l.Deliver(messages("{1}", "{2}", "{3}")); n != 1 || err == nil {
		t.Fatal(n, err)
	}
	if n, err := l.Deliver(messages("{2}", "{3}")); n != 0 || err == nil {
		t.Fatal(n, err)
	}
	d.room = 100
	if n, err := l.Deliver(messages("{2}", "{3}")); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if d.String() != "{1}\n{2\n{2}\n{3}\n" {
		t.Errorf("%q", d.String())
	}
}

func TestStdoutWritesOn(t *testing.T) {
	var got []byte
	interrupted := false
	o := stdout{func(b []byte) (int, error) {
		if !interrupted {
			interrupted = true
			return -1, syscall.EINTR
		}
		got = append(got, b[0])
		return 1, nil
	}}
	if n, err := o.Write([]byte("abc")); n != 3 || err != nil || string(got) != "abc" {
		t.Error(n, err, got)
	}
	gone := stdout{func(b []byte) (int, error) { return -1, syscall.EPIPE }}
	if n, err := gone.Write([]byte("abc")); n != 0 || !errors.Is(err, syscall.EPIPE) {
		t.Error(n, err)
	}
}

func TestFile(t *testing.T) {
	defer goleak.VerifyNone(t)
	path := filepath.Join(t.TempDir(), "alerts.ndjson")
	for _, text := range []string{"{1}", "{2}"} { // appended to over a restart
		f, err := NewFile(path, 1, 3)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Deliver(messages(text)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := os.ReadFile(path)
	if string(got) != "{1}\n{2}\n" {
		t.Errorf("%q", got)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != fileMode {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestFileRotates(t *testing.T) {
	defer goleak.VerifyNone(t)
	folder := t.TempDir()
	f, err := NewFile(filepath.Join(folder, "alerts.ndjson"), 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	line := `"` + strings.Repeat("x", 200<<10) + `"`
	for range 40 { // 8 MiB
		if _, err := f.Deliver(messages(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil { // waits for the housekeeping
		t.Fatal(err)
	}
	files, _ := os.ReadDir(folder)
	// The housekeeping is behind by what was rotated while it ran; without it
	// there would be eight.
	if len(files) < 2 || len(files) > 6 {
		t.Errorf("%d files, want the open one and about 2", len(files))
	}
	for _, file := range files {
		info, _ := file.Info()
		if info.Mode().Perm() != fileMode || info.Size() > 1<<20 {
			t.Errorf("%s: %v, %d bytes", file.Name(), info.Mode(), info.Size())
		}
		content, _ := os.ReadFile(filepath.Join(folder, file.Name()))
		if !strings.HasSuffix(string(content), "\"\n") {
			t.Errorf("%s ends in half a line", file.Name())
		}
	}
}

func TestFileRefusesAtStart(t *testing.T) {
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "absent", "alerts.ndjson")} {
		if _, err := NewFile(path, 1, 1); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
