package main

import (
	"bytes"
	"fmt"
	"log/slog"
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

// kill ends an instance as SIGKILL does, but for the descriptors and locks,
// which the kernel would take.
func (i *instance) kill() {
	close(i.stop)
	i.stopped.Wait()
	_ = i.sender.Stop(0)
	_, _ = i.spool.Close()
	_ = i.saved.store.Close()
}

func TestKilledInstanceGoesOn(t *testing.T) {
	defer goleak.VerifyNone(t)
	tell := func(kill bool) string {
		var told []string
		given := map[string]string{"state_path": t.TempDir()}
		for n := 0; n < 40; n++ {
			sink := &brokenSink{}
			i, q := started(t, sink, given)
			for _, chunk := range [][]byte{chunkOf(failure(1, n)), chunkOf(failure(1, n-1)), chunkOf(failure(1, n))} { // two come again
				if err := i.flush("tenant", chunk); err != nil {
					t.Error(err)
				}
			}
			if kill {
				i.kill()
			} else {
				i.close()
			}
			if log := strings.Join(drained(q), "\n"); strings.Contains(log, "set aside") || strings.Contains(log, "cannot") {
				t.Fatal(log)
			}
			told = append(told, sink.incidents()...)
		}
		return strings.Join(told, " ")
	}
	without := func() string {
		sink := &brokenSink{}
		i, _ := started(t, sink, nil)
		for n := range 40 {
			if err := i.flush("tenant", chunkOf(failure(1, n))); err != nil {
				t.Error(err)
			}
		}
		if err := i.sender.Stop(delivery.StopGrace); err != nil { // before the last figures
			t.Error(err)
		}
		i.close()
		return strings.Join(sink.incidents(), " ")
	}()
	for _, kill := range []bool{false, true} {
		// A message that was on its way to the sink at the kill comes again.
		if got := tell(kill); uniq(got) != uniq(without) || !kill && got != without {
			t.Errorf("killed %t: %s\nwant %s", kill, got, without)
		}
	}
}

// incidents are what it got but for the plugin's own health.
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

// A disk that fails after the start costs one log line, no chunk and no crash;
// when it works again all of the state is written.
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
		if err := i.flush("tenant", chunkOf(lines...)); err != nil {
			t.Error(err)
		}
	}
	for n := range 6 {
		flush(n)
		if !i.saved.retryAt.IsZero() {
			i.saved.retryAt = time.Unix(0, 0)
		}
	}
	if len(i.saved.unsaved) == 0 {
		t.Error("nothing waits for the disk")
	}
	i.saved.store.SetLimit(0)
	flush(6)
	i.kill()
	log := strings.Join(drained(q), "\n")
	if strings.Count(log, "checkpoint cannot be written") != 1 || strings.Count(log, "checkpoint can be written again") != 1 {
		t.Error(log)
	}
	i, _ = started(t, &brokenSink{}, given)
	for n := range 7 {
		flush(n)
	}
	if s := i.engine.Stats(); s.RepeatedChunks != 7 || s.Clients != 1 || s.Accounts != 700 {
		t.Errorf("%+v", s)
	}
	i.close()
}

// A small state: six failures in six chunks. Two more make an incident.
const smallState = 6

func smallCheckpoint(t *testing.T) []byte {
	t.Helper()
	folder := t.TempDir()
	c, engine := checkpointIn(t, folder, slog.New(slog.DiscardHandler))
	for n := range smallState {
		engine.Observe("tenant", chunkOf(failure(1, n)))
		c.save(engine)
	}
	c.close(engine)
	file, err := os.ReadFile(filepath.Join(folder, checkpointFile))
	if err != nil {
		t.Fatal(err)
	}
	return file
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

// taken is how much of the small state there is in a file: all, all but what
// the last transaction wrote (as after damage to the later meta page), or
// nothing, which is told in one message. Less than all and more than nothing
// is what must never be.
func taken(t *testing.T, folder string, file []byte, at int) (chunks int) {
	t.Helper()
	path := filepath.Join(folder, checkpointFile)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
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
	if asides != 1 && len(file) > 0 && chunks == 0 || asides == 1 && chunks > 0 || s.Accounts != smallState+8 || s.Clients != 1 || raised == 0 || strings.Contains(log.String(), "cannot") {
		t.Fatalf("at %d: %d chunks known, %+v, %d alerts\n%s", at, chunks, s, raised, log.String())
	}
	c.close(engine)
	_ = os.Remove(path)
	_ = os.Remove(path + ".damaged-1")
	return chunks
}

// stepped is every number below size with soak, else those where a page's
// structure is, and some of the rest.
func stepped(size, step int, do func(at int)) {
	soak := os.Getenv("REDSHANK_SOAK") != ""
	for at := range size {
		if soak || at%4096 < 32 && at%3 == 0 || at%step == 0 {
			do(at)
		}
	}
}

func TestCheckpointOfFlippedBytes(t *testing.T) {
	file, folder := smallCheckpoint(t), t.TempDir()
	if n := taken(t, folder, file, -1); n != smallState {
		t.Fatalf("%d chunks known of the sound file", n)
	}
	counts := map[int]int{}
	stepped(len(file), 131, func(at int) {
		file[at] ^= 1 << (at % 8)
		n := taken(t, folder, file, at)
		if counts[n]++; n != smallState && n != 0 && !(n == smallState-1 && at < 2*4096) {
			t.Errorf("byte %d: %d chunks known", at, n)
		}
		file[at] ^= 1 << (at % 8)
	})
	t.Logf("%d bytes: chunks known -> how often: %v", len(file), counts)
}

func TestCheckpointCutShort(t *testing.T) {
	file, folder := smallCheckpoint(t), t.TempDir()
	counts := map[int]int{}
	stepped(len(file), 509, func(size int) {
		n := taken(t, folder, file[:size], size)
		if counts[n]++; n != smallState && n != 0 {
			t.Errorf("%d bytes: %d chunks known", size, n)
		}
	})
	t.Logf("%d bytes: chunks known -> how often: %v", len(file), counts)
}

// What is sound as a file and senseless as a state begins anew, with one
// message, and leaves nothing of it in the engine.
func TestCheckpointOfNonsense(t *testing.T) {
	for _, table := range analytics.Tables() {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, checkpointFile), smallCheckpoint(t), 0o600); err != nil {
			t.Fatal(err)
		}
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
