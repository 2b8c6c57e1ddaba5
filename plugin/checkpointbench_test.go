package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics"
	"redshank/test/day"
)

// packed is one chunk of a tag.
type packed struct {
	tag   string
	chunk []byte
}

// dayChunks are the demo day as an agent hands it over: all tags together
// every thousand lines.
func dayChunks(tb testing.TB) (chunks []packed, lines int) {
	tb.Helper()
	open := map[string]*packed{}
	for _, a := range day.Arrivals(day.New(day.Options{}).Streams) {
		if lines%1000 == 999 {
			chunks = closed(chunks, open)
		}
		p := open[a.Stream.Tag]
		if p == nil {
			p = &packed{tag: a.Stream.Tag}
			open[a.Stream.Tag] = p
		}
		body := any(map[string]string{"log": a.Text, "path": a.Stream.Path})
		if a.Stream.JSON {
			var m map[string]any
			if err := json.Unmarshal([]byte(a.Text), &m); err != nil {
				tb.Fatal(err)
			}
			body = m
		}
		b, err := msgpack.Marshal(body)
		if err != nil {
			tb.Fatal(err)
		}
		read := day.Date.AddDate(0, 0, 2).Unix()
		p.chunk = append(p.chunk, 0x92, 0x92, 0xd7, 0x00, byte(read>>24), byte(read>>16), byte(read>>8), byte(read), 0, 0, 0, 0, 0x80)
		p.chunk = append(p.chunk, b...)
		lines++
	}
	return closed(chunks, open), lines
}

func closed(chunks []packed, open map[string]*packed) []packed {
	for tag, p := range open {
		chunks = append(chunks, *p)
		delete(open, tag)
	}
	return chunks
}

// The day with and without a state_path: flushes a second, and what a flush
// takes.
func BenchmarkFlushDay(b *testing.B) {
	chunks, lines := dayChunks(b)
	for _, disk := range []bool{false, true} {
		b.Run(fmt.Sprintf("state=%t", disk), func(b *testing.B) {
			var took []time.Duration
			var written checkpointStats
			for b.Loop() {
				given := map[string]string{}
				if disk {
					given["state_path"] = b.TempDir()
				}
				s, p, err := configure(from(given))
				if err != nil {
					b.Fatal(err)
				}
				i, err := startWith(s, p, &brokenSink{}, slog.New(slog.DiscardHandler))
				if err != nil {
					b.Fatal(err)
				}
				for _, c := range chunks {
					begin := time.Now()
					if err := i.flush(c.tag, c.chunk); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begin))
				}
				if disk {
					written = i.saved.stats
				}
				i.close()
			}
			slices.Sort(took)
			at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))].Microseconds()) }
			b.ReportMetric(at(0.5), "p50-us")
			b.ReportMetric(at(0.99), "p99-us")
			b.ReportMetric(at(1), "max-us")
			b.ReportMetric(float64(lines)/float64(len(chunks)), "records/chunk")
			if n := float64(max(written.saves, 1)); disk {
				b.ReportMetric(float64(written.entries)/n, "entries/chunk")
				b.ReportMetric(float64(written.bytes)/n, "bytes/chunk")
			}
		})
	}
}

// A state of 100,000 clients and as many accounts: to write it at once, to
// load it, and its size.
func BenchmarkLargeCheckpoint(b *testing.B) {
	var write, load time.Duration
	var size int64
	fresh := func() (*analytics.Engine, error) {
		return analytics.New(analytics.Options{Policy: testPolicy, MaxIPs: 200_000, MaxUsers: 200_000})
	}
	for b.Loop() {
		folder := b.TempDir()
		c, engine, err := openCheckpoint(folder, fresh, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		for n := range 100 {
			var lines []string
			for k := range 1000 {
				at := 1000*n + k
				lines = append(lines, fmt.Sprintf(`{"CreationTime":"2026-03-02T08:00:00","Id":"%d","Operation":"UserLoggedIn","RecordType":15,"ResultStatus":"Success",`+
					`"Workload":"AzureActiveDirectory","ClientIP":"10.%d.%d.%d","UserId":"user%d@contoso.com"}`, at, at>>16, at>>8&255, at&255, at))
			}
			engine.Observe("tenant", chunkOf(lines...))
		}
		begin := time.Now()
		c.save(engine)
		write += time.Since(begin)
		stats := engine.Stats()
		c.close(engine)
		info, err := os.Stat(filepath.Join(folder, checkpointFile))
		if err != nil {
			b.Fatal(err)
		}
		size = info.Size()
		begin = time.Now()
		c, engine, err = openCheckpoint(folder, fresh, slog.New(slog.DiscardHandler))
		load += time.Since(begin)
		if err != nil || engine.Stats().Clients != stats.Clients || stats.Accounts != 100_000 {
			b.Fatal(err, stats)
		}
		b.ReportMetric(float64(c.store.Len()), "entries")
		c.close(engine)
	}
	b.ReportMetric(float64(write.Milliseconds())/float64(b.N), "write-ms")
	b.ReportMetric(float64(load.Milliseconds())/float64(b.N), "load-ms")
	b.ReportMetric(float64(size)/1e6, "MB")
}
