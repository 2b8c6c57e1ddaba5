package analytics

import (
	"bytes"
	"testing"

	"redshank/analytics/policy"
	"redshank/test/bench/iis"
)

// chunkRecords of IIS lines make a chunk of the 2 MB at which Fluent Bit
// closes one.
const chunkRecords = 8000

// iisChunks are about n IIS lines as in_tail packs them.
func iisChunks(tb testing.TB, n int) (chunks [][]byte, size int) {
	tb.Helper()
	var text bytes.Buffer
	if err := iis.Write(&text, n); err != nil {
		tb.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text.Bytes()), []byte("\n"))
	return chunked(lines, chunkRecords, asLines), text.Len()
}

func newBenchEngine(tb testing.TB, maxIPs int) *Engine {
	tb.Helper()
	e, err := New(Options{Policy: policy.Default(), Source: "auto", MaxIPs: maxIPs, MaxUsers: maxIPs})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// BenchmarkEngineIIS is what an agent on a front end does from its start on:
// source, policy and analytics over chunks of raw lines.
func BenchmarkEngineIIS(b *testing.B) {
	const lines = 200_000
	chunks, size := iisChunks(b, lines)
	b.SetBytes(int64(size))
	b.ReportAllocs()

	for b.Loop() {
		b.StopTimer()
		e := newBenchEngine(b, 200_000)
		b.StartTimer()
		for _, c := range chunks {
			e.Observe("iis", c)
		}
	}
	perRecord(b, lines)
}

func perRecord(b *testing.B, records int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(records), "ns/record")
}
