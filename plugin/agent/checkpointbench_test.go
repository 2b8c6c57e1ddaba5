package agent

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics"
	"redshank/test/bench/iis"
	"redshank/test/day"
)

// packed is one chunk of a tag.
type packed struct {
	tag   string
	chunk []byte
}

// dayChunks are the demo day as an agent hands it over.
func dayChunks() (chunks []packed) {
	for tag, chunk := range day.Chunks(day.Arrivals(day.New(day.Options{}).Streams), 1<<20) {
		chunks = append(chunks, packed{tag, bytes.Clone(chunk)})
	}
	return chunks
}

// BenchmarkFlush plays chunks to an instance whose sink is down, without and
// with a state_path: the demo's day in small chunks of many tags, and a million
// IIS lines in chunks of the 2 MB at which Fluent Bit closes one.
func BenchmarkFlush(b *testing.B) {
	for name, chunks := range map[string][]packed{"day": dayChunks(), "iis": iisChunks(b)} {
		for _, disk := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/state=%t", name, disk), func(b *testing.B) {
				var took []time.Duration
				size := 0
				for _, c := range chunks {
					size += len(c.chunk)
				}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					given := map[string]string{}
					if disk {
						given["state_path"] = b.TempDir()
					}
					took = append(took, flushAll(b, given, chunks)...)
				}
				slices.Sort(took)
				at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))].Microseconds()) }
				b.ReportMetric(at(0.5), "p50-us")
				b.ReportMetric(at(0.99), "p99-us")
				b.ReportMetric(at(1), "max-us")
			})
		}
	}
}

// flushAll is what each flush took.
func flushAll(b *testing.B, given map[string]string, chunks []packed) (took []time.Duration) {
	b.Helper()
	s, p, err := configure(from(given))
	if err != nil {
		b.Fatal(err)
	}
	i, err := startWith(s, p, &brokenSink{}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer i.Close()
	for _, c := range chunks {
		begin := time.Now()
		if err := i.Flush(c.tag, c.chunk); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	return took
}

// iisChunks are a million lines, each chunk as in_tail fills it.
func iisChunks(tb testing.TB) (chunks []packed) {
	tb.Helper()
	var text bytes.Buffer
	if err := iis.Write(&text, 1_000_000); err != nil {
		tb.Fatal(err)
	}
	p := packed{tag: "exchange.iis"}
	for line := range bytes.Lines(text.Bytes()) {
		p.chunk = append(p.chunk, "\x92\x92\xd7\x00"...)
		p.chunk = binary.BigEndian.AppendUint64(p.chunk, 0x6a00_0000_0000_0000+uint64(len(chunks)<<20+len(p.chunk)))
		p.chunk = append(p.chunk, "\xdf\x00\x00\x00\x00\xdf\x00\x00\x00\x01\xa3log"...)
		p.chunk = msgp.AppendStringFromBytes(p.chunk, bytes.TrimSpace(line))
		if len(p.chunk) >= 2_000_000 {
			chunks = append(chunks, p)
			p = packed{tag: p.tag}
		}
	}
	return append(chunks, p)
}

// fullTables is what an engine of the default options holds of clients, and of
// accounts.
const fullTables = 200_000

// BenchmarkLargeCheckpoint fills the tables and keeps them as an agent does: by
// chunks, compacting concurrently. Then the file is loaded, as after an orderly end.
func BenchmarkLargeCheckpoint(b *testing.B) {
	var write, compact, load time.Duration
	var size int64
	fresh := func() (*analytics.Engine, error) {
		return analytics.New(analytics.Options{Policy: testPolicy, MaxIPs: fullTables, MaxUsers: fullTables})
	}
	reopened := func(folder string) (*checkpoint, *analytics.Engine, time.Duration) {
		begin := time.Now()
		c, engine, err := openCheckpoint(folder, fresh, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		return c, engine, time.Since(begin)
	}
	for b.Loop() {
		folder := b.TempDir()
		c, engine, _ := reopened(folder)
		for n := range fullTables / 1000 {
			engine.Observe("tenant", strangers(1000*n))
			write += timed(func() { c.save(engine) })
			compact += timed(c.sync)
		}
		compact += timed(func() { c.close(engine) })
		info, err := os.Stat(filepath.Join(folder, checkpointFile))
		if err != nil {
			b.Fatal(err)
		}
		size = info.Size()
		c, engine, took := reopened(folder)
		load += took
		if s := engine.Stats(); s.Clients != fullTables || s.Accounts != fullTables {
			b.Fatalf("%+v", s)
		}
		b.ReportMetric(float64(c.store.Len()), "entries")
		c.close(engine)
	}
	each := float64(b.N) * 1e6
	b.ReportMetric(float64(write)/each, "write-ms")
	b.ReportMetric(float64(compact)/each, "compact-ms")
	b.ReportMetric(float64(load)/each, "load-ms")
	b.ReportMetric(float64(size)/1e6, "MB")
}

func timed(do func()) time.Duration {
	begin := time.Now()
	do()
	return time.Since(begin)
}

// strangers are a thousand sign-ins, each of another account from another
// address.
func strangers(first int) []byte {
	lines := make([]string, 1000)
	for k := range lines {
		at := first + k
		lines[k] = fmt.Sprintf(`{"CreationTime":"2026-03-02T08:00:00","Id":"%d","Operation":"UserLoggedIn","RecordType":15,"ResultStatus":"Success",`+
			`"Workload":"AzureActiveDirectory","ClientIP":"10.%d.%d.%d","UserId":"user%d@contoso.com"}`, at, at>>16, at>>8&255, at&255, at)
	}
	return chunkOf(lines...)
}
