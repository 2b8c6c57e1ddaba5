package delivery

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redshank/plugin/store"
	"redshank/plugin/store/storetest"
)

// spoolBytes is a spool file with a tree of two levels, overflow pages, free
// pages and dead letters.
func spoolBytes(t testing.TB, n int) []byte {
	t.Helper()
	folder := t.TempDir()
	s, err := OpenSpool(SpoolConfig{Folder: folder, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		messages := numbered(i*2, 2)
		messages[0].JSON = bytes.Repeat([]byte{'x'}, 300*i)
		if err := s.Put(messages); err != nil {
			t.Fatal(err)
		}
	}
	s.take()
	s.acknowledge(1)
	s.reject()
	_, _ = s.Close()
	b, err := os.ReadFile(filepath.Join(folder, spoolFile))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// opened opens a spool with the content file. The spool must never crash, and must
// either return all messages or set the file aside with one clear message.
func opened(t testing.TB, folder string, file []byte, at, want int) {
	t.Helper()
	path := filepath.Join(folder, spoolFile)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	var log logged
	s, err := OpenSpool(SpoolConfig{Folder: folder, Log: log.log()})
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	found, aside := int(s.Stats().Recovered), strings.Count(log.String(), "set aside")
	if aside > 1 || aside == 1 && found != 0 || aside == 0 && found != want {
		t.Fatalf("%d of %d found, set aside %d times at %d:\n%s", found, want, aside, at, log.String())
	}
	for batch := s.take(); len(batch) > 0; batch = s.take() {
		s.acknowledge(len(batch))
	}
	if err := s.Put(numbered(1, 2)); err != nil || s.Stats().Unread > 0 || strings.Contains(log.String(), "cannot be") {
		t.Fatal(at, err, s.Stats(), log.String())
	}
	if lost, err := s.Close(); lost > 0 || err != nil {
		t.Fatal(lost, err)
	}
	_ = os.Remove(path)
	_ = os.Remove(path + ".damaged-1")
}

const spoolMessages = 20

func TestSpoolOfFlippedBytes(t *testing.T) {
	file, folder := spoolBytes(t, spoolMessages/2), t.TempDir()
	opened(t, folder, file, -1, spoolMessages-2)
	for at := range storetest.Offsets(len(file), 509) {
		file[at] ^= 1 << (at % 8)
		openedDamaged(t, folder, file, at)
		file[at] ^= 1 << (at % 8)
	}
}

// openedDamaged allows for a flip that goes back to the state before the last
// transaction, as one in the later meta page does: one bbolt design keeps both.
func openedDamaged(t *testing.T, folder string, file []byte, at int) {
	t.Helper()
	want := spoolMessages - 2
	if at < 2*4096 {
		path := filepath.Join(folder, spoolFile)
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if l, aside, err := openSpoolStore(folder, 0); err == nil {
			if aside == nil {
				want = len(l.found)
			}
			_ = l.Close()
			_ = os.Remove(path + ".damaged-1")
		}
	}
	opened(t, folder, file, at, want)
}

func TestSpoolCutShort(t *testing.T) {
	file, folder := spoolBytes(t, spoolMessages/2), t.TempDir()
	for size := 0; size < len(file); size += 2039 {
		want := spoolMessages - 2
		if size == 0 {
			want = 0
		}
		opened(t, folder, file[:size], size, want)
	}
}

func TestSpoolOfANewerVersion(t *testing.T) {
	folder := t.TempDir()
	s := openSpool(t, folder, 0)
	put(t, s, numbered(1, 1))
	_, _ = s.Close()
	path := filepath.Join(folder, spoolFile)
	newer := spoolOptions(0)
	newer.Format++
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	file, aside, err := store.Open(path, newer, nil)
	if err != nil || aside != nil {
		t.Fatal(err, aside)
	}
	_ = file.Close()
	for n := 1; n <= 2; n++ {
		if n == 2 {
			if err := os.WriteFile(path, []byte("garbage"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var log logged
		s, err := OpenSpool(SpoolConfig{Folder: folder, Log: log.log()})
		if err != nil {
			t.Fatal(err)
		}
		aside := fmt.Sprintf("%s.damaged-%d", spoolFile, n)
		if _, err := os.Stat(filepath.Join(folder, aside)); err != nil || !strings.Contains(log.String(), aside) {
			t.Error(err, log.String())
		}
		_, _ = s.Close()
	}
}
