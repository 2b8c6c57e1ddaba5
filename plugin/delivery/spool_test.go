package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
)

// numbered are n alerts from first on, each with its number in it.
func numbered(first, n int) []Message {
	var out []Message
	for i := first; i < first+n; i++ {
		out = append(out, Message{ID: fmt.Sprintf("rs-%06d", i), Severity: alert.High, Time: time.Unix(1772439304, int64(i)),
			JSON: fmt.Appendf(nil, `{"event":{"id":"rs-%06d"},"n":%d}`, i, i)})
	}
	return out
}

func ids(messages []Message) string {
	var out []string
	for _, m := range messages {
		out = append(out, strings.TrimLeft(strings.TrimPrefix(m.ID, "rs-"), "0"))
	}
	return strings.Join(out, " ")
}

type logged struct{ bytes.Buffer }

func (l *logged) log() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func openSpool(t *testing.T, folder string, size int64) *Spool {
	t.Helper()
	s, err := OpenSpool(SpoolConfig{Folder: folder, MaxSize: size, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// each kind of spool must do the same.
func spools(t *testing.T, do func(t *testing.T, folder string)) {
	t.Run("memory", func(t *testing.T) { do(t, "") })
	t.Run("disk", func(t *testing.T) { do(t, t.TempDir()) })
}

func put(t *testing.T, s *Spool, messages []Message) {
	t.Helper()
	if err := s.Put(messages); err != nil {
		t.Fatal(err)
	}
}

func TestSpoolKeepsOrder(t *testing.T) {
	spools(t, func(t *testing.T, folder string) {
		s := openSpool(t, folder, 0)
		put(t, s, numbered(1, 3))
		put(t, s, numbered(4, 2))
		if got := ids(s.take()); got != "1 2 3 4 5" {
			t.Fatal(got)
		}
		put(t, s, numbered(6, 1))
		if got := ids(s.take()); got != "1 2 3 4 5" {
			t.Errorf("a batch that was given out became %s", got)
		}
		s.acknowledge(2)
		if got := ids(s.take()); got != "3 4 5" {
			t.Error(got)
		}
		if n, bytes, oldest := s.Depth(); n != 4 || bytes <= 0 || time.Since(oldest) > time.Minute {
			t.Error(n, bytes, oldest)
		}
		s.acknowledge(3)
		if got := ids(s.take()); got != "6" {
			t.Error(got)
		}
		s.acknowledge(1)
		if n, bytes, oldest := s.Depth(); n != 0 || bytes != 0 || !oldest.IsZero() || s.take() != nil {
			t.Error(n, bytes, oldest)
		}
		if lost, err := s.Close(); lost > 0 || err != nil {
			t.Error(lost, err)
		}
		if err := s.Put(numbered(1, 1)); !errors.Is(err, errSpoolClosed) {
			t.Error(err)
		}
	})
}

func TestSpoolBatchIsBounded(t *testing.T) {
	spools(t, func(t *testing.T, folder string) {
		s := openSpool(t, folder, 16<<20)
		large := Message{ID: "large", JSON: bytes.Repeat([]byte{'x'}, maxBatchBytes+1)}
		put(t, s, append(append(numbered(1, MaxBatch+1), large), numbered(200, 1)...))
		for _, want := range []int{MaxBatch, 1, 1, 1} {
			if got := len(s.take()); got != want {
				t.Errorf("batch of %d, want %d", got, want)
			}
			s.acknowledge(want)
		}
		if lost, err := s.Close(); lost > 0 || err != nil {
			t.Error(lost, err)
		}
	})
}

func TestSpoolSurvivesRestart(t *testing.T) {
	folder := t.TempDir()
	s := openSpool(t, folder, 0)
	put(t, s, numbered(1, 300))
	s.take()
	s.acknowledge(10)
	// As after SIGKILL: nothing is closed in order, only the lock goes.
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s = openSpool(t, folder, 0)
	if s.Stats().Recovered != 290 {
		t.Error(s.Stats())
	}
	put(t, s, numbered(301, 1))
	for next := 11; next <= 301; {
		batch := s.take()
		for _, m := range batch {
			want := numbered(next, 1)[0]
			if m.ID != want.ID || string(m.JSON) != string(want.JSON) || m.Severity != want.Severity || !m.Time.Equal(want.Time) {
				t.Fatalf("%+v, want %+v", m, want)
			}
			next++
		}
		s.acknowledge(len(batch))
	}
	if lost, err := s.Close(); lost > 0 || err != nil {
		t.Error(lost, err)
	}
	if s = openSpool(t, folder, 0); s.Stats().Recovered != 0 {
		t.Errorf("%d come again", s.Stats().Recovered)
	}
	_, _ = s.Close()
	info, err := os.Stat(filepath.Join(folder, spoolFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
}

// TestSpoolDropsLeastSevereFirst: a full spool drops the least severe messages,
// oldest first, but none that is in flight, and logs their number.
func TestSpoolDropsLeastSevereFirst(t *testing.T) {
	spools(t, func(t *testing.T, folder string) {
		var log logged
		s, err := OpenSpool(SpoolConfig{Folder: folder, MaxSize: minSpool, Log: log.log()})
		if err != nil {
			t.Fatal(err)
		}
		sized := func(id string, severity alert.Severity) []Message {
			return []Message{{ID: id, Severity: severity, JSON: bytes.Repeat([]byte{'x'}, minSpool/5)}}
		}
		put(t, s, sized("1", alert.Low))
		s.take() // the message is now in flight
		for i, severity := range []alert.Severity{alert.High, alert.Low, alert.Medium, alert.Low, alert.Critical, alert.High} {
			put(t, s, sized(fmt.Sprint(i+2), severity))
		}
		put(t, s, sized("8", alert.Low)) // less than all that wait: goes itself
		var left []string
		for batch := s.take(); len(batch) > 0; batch = s.take() {
			left = append(left, ids(batch))
			s.acknowledge(len(batch))
		}
		if got := strings.Join(left, " "); got != "1 2 6 7" {
			t.Errorf("left are %s", got)
		}
		if s.Stats().Dropped != 4 || strings.Count(log.String(), "spool full") != 1 {
			t.Error(s.Stats(), log.String())
		}
		if lost, err := s.Close(); lost > 0 || err != nil {
			t.Error(lost, err)
		}
	})
}

func TestSpoolIsOneInstances(t *testing.T) {
	folder := t.TempDir()
	s := openSpool(t, folder, 0)
	_, err := OpenSpool(SpoolConfig{Folder: folder, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "in use by another instance") || !strings.Contains(err.Error(), folder) {
		t.Error(err)
	}
	if lost, err := s.Close(); lost > 0 || err != nil {
		t.Fatal(lost, err)
	}
	if _, err := openSpool(t, folder, 0).Close(); err != nil {
		t.Error(err)
	}
}

func TestSpoolRefusesAtStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{filepath.Join(t.TempDir(), "absent", "state"), file, "/proc/self"} {
		_, err := OpenSpool(SpoolConfig{Folder: folder, Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), folder) {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

// A disk that fills up while the agent runs costs no alert and no crash; what
// came meanwhile is saved when there is room again.
func TestSpoolOnFullDisk(t *testing.T) {
	var log logged
	folder := t.TempDir()
	s, err := OpenSpool(SpoolConfig{Folder: folder, MaxSize: 32 << 20, Log: log.log()})
	if err != nil {
		t.Fatal(err)
	}
	s.store.SetLimit(64 << 10)
	large := func(first int) []Message {
		out := numbered(first, 4)
		for i := range out {
			out[i].JSON = bytes.Repeat([]byte{'x'}, 50<<10)
		}
		return out
	}
	put(t, s, large(1))
	put(t, s, large(5))
	if strings.Count(log.String(), "spool cannot be written") != 1 {
		t.Error(log.String())
	}
	if got := ids(s.take()); got != "1 2 3 4 5 6 7 8" {
		t.Error(got)
	}
	s.acknowledge(1)
	s.store.SetLimit(0)
	s.retryAt = time.Unix(0, 1)
	s.acknowledge(1)
	if !strings.Contains(log.String(), "can be written again") {
		t.Error(log.String())
	}
	if lost, err := s.Close(); lost > 0 || err != nil {
		t.Error(lost, err)
	}
	s = openSpool(t, folder, 0)
	if got := ids(s.take()); got != "3 4 5 6 7 8" {
		t.Errorf("after a restart: %s", got)
	}
	_, _ = s.Close()
}

func TestSpoolSaysWhatMemoryLoses(t *testing.T) {
	s := openSpool(t, "", 0)
	put(t, s, numbered(1, 3))
	s.take()
	s.acknowledge(1)
	if lost, err := s.Close(); lost != 2 || err != nil {
		t.Error(lost, err)
	}
}

func TestDeadLetters(t *testing.T) {
	folder := t.TempDir()
	s := openSpool(t, folder, 0)
	dead := func() (found []Message) {
		if err := s.DeadLetters(func(m Message) { found = append(found, m) }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	put(t, s, numbered(1, 3))
	s.take()
	if id := s.reject(); id != "rs-000001" {
		t.Error(id)
	}
	if got := ids(s.take()); got != "2 3" {
		t.Error(got)
	}
	_, _ = s.Close()
	s = openSpool(t, folder, 0)
	if got := dead(); ids(got) != "1" || !bytes.Equal(got[0].JSON, numbered(1, 1)[0].JSON) || ids(s.take()) != "2 3" {
		t.Error(got, ids(s.take()))
	}
	// Bounded: the oldest goes.
	put(t, s, []Message{{ID: "a", JSON: make([]byte, maxDead/2)}, {ID: "b", JSON: make([]byte, maxDead/2)}})
	for range 4 {
		s.take()
		s.reject()
	}
	if got := ids(dead()); got != "b" {
		t.Error(got)
	}
	_, _ = s.Close()
}

// A message that is refused while the disk fails is among the dead letters once
// the disk works, whether it was in the store before or not, and is not sent again.
func TestDeadLettersOnFailingDisk(t *testing.T) {
	folder := t.TempDir()
	s := openSpool(t, folder, 0)
	put(t, s, numbered(1, 2))
	s.retryAt = time.Now().Add(storeRetry) // the disk fails
	put(t, s, numbered(3, 2))
	s.take()
	s.reject()
	s.acknowledge(1)
	s.take() // 3 and 4 were never saved
	s.reject()
	if lost, err := s.Close(); lost > 0 || err != nil {
		t.Error(lost, err)
	}
	s = openSpool(t, folder, 0)
	var dead []Message
	if err := s.DeadLetters(func(m Message) { dead = append(dead, m) }); err != nil {
		t.Fatal(err)
	}
	if ids(dead) != "1 3" || ids(s.take()) != "4" {
		t.Errorf("dead letters %s, sent again %s", ids(dead), ids(s.take()))
	}
	_, _ = s.Close()
}

// Dead letters that wait for the disk are bounded: the oldest is dropped, also
// from the messages that are sent after a restart.
func TestDeadLettersOnFailingDiskAreBounded(t *testing.T) {
	folder := t.TempDir()
	s := openSpool(t, folder, 0)
	put(t, s, []Message{{ID: "a", JSON: make([]byte, maxDead/2)}, {ID: "b", JSON: make([]byte, maxDead/2)}})
	s.retryAt = time.Now().Add(storeRetry)
	for range 2 {
		s.take()
		s.reject()
	}
	if len(s.dead) != 1 || s.deadSize > maxDead {
		t.Error(len(s.dead), s.deadSize)
	}
	_, _ = s.Close()
	s = openSpool(t, folder, 0)
	if got := s.take(); len(got) > 0 {
		t.Errorf("sent again: %s", ids(got))
	}
	_, _ = s.Close()
}
