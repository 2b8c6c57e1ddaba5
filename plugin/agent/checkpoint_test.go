package agent

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"go.uber.org/goleak"

	"redshank/analytics"
	"redshank/analytics/policy"
	"redshank/plugin/delivery"
	"redshank/plugin/store"
	"redshank/plugin/store/storetest"
)

// chunkOf packs lines as in_tail does.
func chunkOf(lines ...string) []byte {
	var b bytes.Buffer
	enc := msgpack.NewEncoder(&b)
	for n, line := range lines {
		b.WriteString("\x92\x92\xd7\x00")
		b.Write([]byte{0x69, 0xa5, 0, 0, 0, 0, byte(n >> 8), byte(n)})
		b.WriteByte(0x80)
		if err := enc.Encode(map[string]string{"log": line}); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// failure is one of an attack's: its n-th, on its n-th account.
func failure(attacker, n int) string {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Add(time.Duration(n) * 30 * time.Second)
	return fmt.Sprintf(`{"CreationTime":%q,"Id":"%d-%d","Operation":"UserLoginFailed","RecordType":15,"ResultStatus":"Failed",`+
		`"Workload":"AzureActiveDirectory","ClientIP":"203.0.113.%d","UserId":"user%d-%d@contoso.com","ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword"}`,
		at.Format("2006-01-02T15:04:05"), attacker, n, attacker, attacker, n)
}

// crash ends an instance as SIGKILL does, and releases the descriptors and locks
// that the kernel would release.
func crash(i *Instance) {
	close(i.stop)
	i.stopped.Wait()
	_ = i.sender.Stop(0)
	_, _ = i.spool.Close()
	_ = i.saved.store.Close()
}

func TestKilledInstanceGoesOn(t *testing.T) {
	defer goleak.VerifyNone(t)
	play := func(kill bool) string {
		var raised []string
		given := map[string]string{"state_path": t.TempDir()}
		for n := 0; n < 40; n++ {
			sink := &brokenSink{}
			i, q := started(t, sink, given)
			for _, chunk := range [][]byte{chunkOf(failure(1, n)), chunkOf(failure(1, n-1)), chunkOf(failure(1, n))} { // two come again
				if err := i.Flush("tenant", chunk); err != nil {
					t.Error(err)
				}
			}
			if kill {
				crash(i)
			} else {
				i.Close()
			}
			if log := strings.Join(drained(q), "\n"); strings.Contains(log, "set aside") || strings.Contains(log, "cannot") {
				t.Fatal(log)
			}
			raised = append(raised, sink.incidents()...)
		}
		return strings.Join(raised, " ")
	}
	without := func() string {
		sink := &brokenSink{}
		i, _ := started(t, sink, nil)
		for n := range 40 {
			if err := i.Flush("tenant", chunkOf(failure(1, n))); err != nil {
				t.Error(err)
			}
		}
		if err := i.sender.Stop(delivery.StopGrace); err != nil { // before the last figures
			t.Error(err)
		}
		i.Close()
		return strings.Join(sink.incidents(), " ")
	}()
	for _, kill := range []bool{false, true} {
		// A message that was on its way to the sink at the kill comes again.
		if got := play(kill); uniq(got) != uniq(without) || !kill && got != without {
			t.Errorf("killed %t: %s\nwant %s", kill, got, without)
		}
	}
}

// incidents returns what the sink got, without health records.
func (s *brokenSink) incidents() []string {
	return slices.DeleteFunc(slices.Clone(s.got), func(id string) bool { return !strings.HasPrefix(id, "AN") })
}

func uniq(words string) string {
	seen := map[string]bool{}
	var list []string
	for _, w := range strings.Fields(words) {
		if !seen[w] {
			list = append(list, w)
		}
		seen[w] = true
	}
	return strings.Join(list, " ")
}

// A disk that fails after the start costs one log line, no chunk and no crash.
// When it works again, the whole state is written.
func TestCheckpointOnFullDisk(t *testing.T) {
	defer goleak.VerifyNone(t)
	given := map[string]string{"state_path": t.TempDir()}
	i, q := started(t, &brokenSink{}, given)
	i.saved.store.SetLimit(64 << 10)
	flush := func(n int) {
		var lines []string
		for k := range 100 {
			lines = append(lines, failure(1, 100*n+k))
		}
		if err := i.Flush("tenant", chunkOf(lines...)); err != nil {
			t.Error(err)
		}
	}
	for n := range 6 {
		flush(n)
		if !i.saved.retryAt.IsZero() {
			i.saved.retryAt = time.Unix(0, 0)
		}
	}
	if i.saved.unsaved.Len() == 0 {
		t.Error("nothing waits for the disk")
	}
	i.saved.store.SetLimit(0)
	flush(6)
	before := i.engine.Stats()
	crash(i)
	log := strings.Join(drained(q), "\n")
	if strings.Count(log, "checkpoint cannot be written") != 1 || strings.Count(log, "checkpoint can be written again") != 1 {
		t.Error(log)
	}
	i, _ = started(t, &brokenSink{}, given)
	for n := range 7 {
		flush(n)
	}
	if s := i.engine.Stats(); s.RepeatedChunks != 7 || s.Clients != 1 || s.Accounts != before.Accounts || s.Accounts == 0 {
		t.Errorf("%+v", s)
	}
	i.Close()
}

// Changes that cannot be compacted stay in the write-ahead log. The error is
// logged once and nothing is lost.
func TestCheckpointThatCannotBeCompacted(t *testing.T) {
	folder := t.TempDir()
	var log bytes.Buffer
	c, engine := checkpointIn(t, folder, slog.New(slog.NewTextHandler(&log, nil)))
	for n := range smallState {
		engine.Observe("tenant", chunkOf(failure(1, n)))
		c.save(engine)
	}
	before := engine.Stats()
	c.store.SetLimit(1)
	c.synced(c.compact())
	c.synced(c.compact())
	_ = c.store.Close()
	if strings.Count(log.String(), "checkpoint cannot be synced to disk") != 1 || c.compactAfter.IsZero() {
		t.Error(log.String())
	}
	c, engine = checkpointIn(t, folder, slog.New(slog.DiscardHandler))
	if s := engine.Stats(); s.Accounts != before.Accounts || s.Accounts == 0 {
		t.Errorf("%+v", s)
	}
	c.close(engine)
}

// A failed sync is tried again without another change, until it succeeds.
func TestCheckpointSyncsAgainAfterAnError(t *testing.T) {
	var log bytes.Buffer
	c, engine := checkpointIn(t, t.TempDir(), slog.New(slog.NewTextHandler(&log, nil)))
	engine.Observe("tenant", chunkOf(failure(1, 1)))
	c.save(engine)
	_ = c.store.Close() // a file that cannot be synced
	c.sync()
	if !c.dirty.Load() || strings.Count(log.String(), "checkpoint cannot be synced to disk") != 1 {
		t.Errorf("dirty is %t\n%s", c.dirty.Load(), log.String())
	}
}

// A small state: six failures in six chunks. The fifth opens an incident, and
// accounts that fail later get no entry of their own.
const (
	smallState    = 6
	smallAccounts = 4
)

// kept holds the files of a checkpoint: the store and its write-ahead log.
type kept map[string][]byte

const walFile = checkpointFile + "-wal0"

// smallCheckpoint returns a checkpoint that is all in the store or, for a process
// that was killed, all in the write-ahead log.
func smallCheckpoint(t *testing.T, killed bool) kept {
	t.Helper()
	folder := t.TempDir()
	c, engine := checkpointIn(t, folder, slog.New(slog.DiscardHandler))
	for n := range smallState {
		engine.Observe("tenant", chunkOf(failure(1, n)))
		c.save(engine)
	}
	if killed {
		_ = c.store.Close()
	} else {
		c.close(engine)
	}
	files := kept{}
	for _, name := range []string{checkpointFile, walFile} {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || len(b) > 0 != (killed || name == checkpointFile) {
			t.Fatal(name, len(b), err)
		}
		files[name] = b
	}
	return files
}

func (k kept) writeTo(t *testing.T, folder string) {
	t.Helper()
	for name, b := range k {
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// with returns the files with other contents of one.
func (k kept) with(name string, b []byte) kept {
	k = maps.Clone(k)
	k[name] = b
	return k
}

func checkpointIn(t *testing.T, folder string, log *slog.Logger) (*checkpoint, *analytics.Engine) {
	t.Helper()
	c, engine, err := openCheckpoint(folder, func() (*analytics.Engine, error) {
		return analytics.New(analytics.Options{Policy: testPolicy, MaxIPs: 100, MaxUsers: 100})
	}, log)
	if err != nil {
		t.Fatal(err)
	}
	return c, engine
}

var testPolicy = policy.Default()

// taken returns how many chunks of the small state an engine restores from
// files: all, all but those of the last transaction (damage to the later meta
// page), or none, with one log line. Anything in between is an error, unless the
// write-ahead log was cut short.
func taken(t *testing.T, folder string, files kept, at int) (chunks int) {
	t.Helper()
	files.writeTo(t, folder)
	var log bytes.Buffer
	c, engine := checkpointIn(t, folder, slog.New(slog.NewTextHandler(&log, nil)))
	for n := range smallState {
		engine.Observe("tenant", chunkOf(failure(1, n)))
		if engine.Stats().RepeatedChunks == uint64(n+1) {
			chunks++
		}
	}
	raised := 0
	for n := smallState; n < smallState+8; n++ {
		raised += len(engine.Observe("tenant", chunkOf(failure(1, n))))
	}
	c.save(engine)
	asides := strings.Count(log.String(), "set aside")
	s := engine.Stats()
	empty := len(files[checkpointFile]) == 0 || len(files[walFile]) == at
	if asides != 1 && !empty && chunks == 0 || asides == 1 && chunks > 0 || s.Accounts != smallAccounts || s.Clients != 1 || raised == 0 || strings.Contains(log.String(), "cannot") {
		t.Fatalf("at %d: %d chunks known, %+v, %d alerts\n%s", at, chunks, s, raised, log.String())
	}
	c.close(engine)
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		t.Fatal(err)
	}
	return chunks
}

func TestCheckpointOfFlippedBytes(t *testing.T) {
	for name, files := range map[string]kept{checkpointFile: smallCheckpoint(t, false), walFile: smallCheckpoint(t, true)} {
		folder := t.TempDir()
		if n := taken(t, folder, files, -1); n != smallState {
			t.Fatalf("%s: %d chunks known of the sound file", name, n)
		}
		file, counts := files[name], map[int]int{}
		for at := range storetest.Offsets(len(file), 1021) {
			flipped := bytes.Clone(file)
			flipped[at] ^= 1 << (at % 8)
			n := taken(t, folder, files.with(name, flipped), -1)
			if counts[n]++; n != smallState && n != 0 {
				t.Errorf("%s, byte %d: %d chunks known", name, at, n)
			}
		}
		t.Logf("%s, %d bytes: chunks known -> how often: %v", name, len(file), counts)
	}
}

func TestCheckpointCutShort(t *testing.T) {
	for name, files := range map[string]kept{checkpointFile: smallCheckpoint(t, false), walFile: smallCheckpoint(t, true)} {
		folder, counts, last := t.TempDir(), map[int]int{}, 0
		for size := range storetest.Offsets(len(files[name]), 4093) {
			n := taken(t, folder, files.with(name, files[name][:size]), size)
			ends := name == walFile && n >= last // with a whole frame, which is a chunk
			if counts[n]++; n != smallState && n != 0 && !ends {
				t.Errorf("%s, %d bytes: %d chunks known", name, size, n)
			}
			last = n
		}
		t.Logf("%s, %d bytes: chunks known -> how often: %v", name, len(files[name]), counts)
	}
}

// An intact file with an invalid state is set aside with one log line, and no part of the
// state is in the engine.
func TestCheckpointOfNonsense(t *testing.T) {
	for _, table := range analytics.Tables() {
		folder := t.TempDir()
		smallCheckpoint(t, false).writeTo(t, folder)
		c, engine := checkpointIn(t, folder, slog.New(slog.DiscardHandler))
		if err := c.store.Update(func(tx *store.Tx) error { return tx.Put(table, []byte("nonsense"), []byte{0xc1}) }); err != nil {
			t.Fatal(err)
		}
		c.close(engine)
		var log bytes.Buffer
		c, engine = checkpointIn(t, folder, slog.New(slog.NewTextHandler(&log, nil)))
		if s := engine.Stats(); s.Clients+s.Accounts > 0 || strings.Count(log.String(), "set aside") != 1 || !strings.Contains(log.String(), "damaged-1") {
			t.Errorf("%s: %+v\n%s", table, s, log.String())
		}
		c.close(engine)
	}
}

// signInAt is a sign-in at a place, some minutes after midnight.
func signInAt(ip string, minutes int, user, operation, agent, result string) string {
	return fmt.Sprintf(`{"CreationTime":"2026-03-02T%02d:%02d:00","Id":%q,"Operation":%q,"RecordType":15,"ResultStatus":"Success",`+
		`"ExtendedProperties":[{"Name":"UserAgent","Value":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) %s/126.0"}],`+
		`"Workload":"AzureActiveDirectory","ClientIP":%q,"UserId":"%s@contoso.com","ErrorNumber":%q}`, minutes/60, minutes%60, user, operation, agent, ip, user, result)
}

// TestStopBeforeADecision checks that an agent that stops without a state sends the incident of
// an attack on the first day, about which the decision waits for an hour. With a state, the
// next run decides, once and in time.
func TestStopBeforeADecision(t *testing.T) {
	defer goleak.VerifyNone(t)
	run := func(given map[string]string, lines ...string) []string {
		sink := &brokenSink{}
		i, _ := started(t, sink, given)
		if err := i.Flush("tenant", chunkOf(lines...)); err != nil {
			t.Error(err)
		}
		i.Close()
		return strings.Fields(uniq(strings.Join(sink.incidents(), " "))) // the list of all accounts has the id of its incident
	}
	var lines []string
	for n := range 8 {
		lines = append(lines, signInAt("203.0.113.1", n, fmt.Sprintf("office%d", n), "UserLoggedIn", "Chrome", "0"))
	}
	for n := range 60 { // from 00:30 to 01:00
		lines = append(lines, signInAt("203.0.113.1", 30+n/2, fmt.Sprintf("tried%d", n), "UserLoginFailed", "Firefox", "50126"))
	}
	if got := run(nil, lines...); len(got) != 1 {
		t.Errorf("without a state: %q, want one incident", got)
	}
	given := map[string]string{"state_path": t.TempDir()}
	for n, want := range []int{0, 0, 1, 0} {
		if n > 0 {
			lines = []string{signInAt("100.64.0.1", 40+40*n, fmt.Sprintf("later%d", n), "UserLoggedIn", "Chrome", "0")}
		}
		if got := run(given, lines...); len(got) != want {
			t.Errorf("run %d with a state: %q, want %d", n, got, want)
		}
	}
}
