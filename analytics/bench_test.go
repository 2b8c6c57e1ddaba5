package analytics

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/policy"
	"redshank/test/bench/iis"
	"redshank/test/bench/smtp"
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
	return tailed(lines, chunkRecords), text.Len()
}

// tailed packs lines byte for byte as in_tail of Fluent Bit 5.1 does, with the
// path of the file: {"path": ..., "log": line}, maps with long headers.
func tailed(lines [][]byte, size int) (chunks [][]byte) {
	const head, path = "\x92\x92\xd7\x00", "\xdf\x00\x00\x00\x00\xdf\x00\x00\x00\x02\xa4path\xb4/logs/u_ex260310.log\xa3log"
	for part := range slices.Chunk(lines, size) {
		var b []byte
		for n, line := range part {
			b = append(b, head...)
			b = binary.BigEndian.AppendUint64(b, 0x6a00_0000_0000_0000+uint64(len(chunks)*size+n))
			b = append(b, path...)
			b = msgp.AppendStringFromBytes(b, line)
		}
		chunks = append(chunks, b)
	}
	return chunks
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
	benchFromStart(b, chunks, size, lines)
}

// BenchmarkEngineKinds reads the inputs that an attacker chooses.
func BenchmarkEngineKinds(b *testing.B) {
	const lines = 1_000_000
	for _, kind := range []string{iis.Hostile, iis.Flood} {
		b.Run(kind, func(b *testing.B) {
			var text bytes.Buffer
			if err := iis.WriteKind(&text, kind, lines); err != nil {
				b.Fatal(err)
			}
			chunks := tailed(bytes.Split(bytes.TrimSpace(text.Bytes()), []byte("\n")), chunkRecords)
			benchFromStart(b, chunks, text.Len(), lines)
		})
	}
}

// benchFromStart decodes chunks with a new engine. size and lines are the bytes
// and lines of all chunks together.
func benchFromStart(b *testing.B, chunks [][]byte, size, lines int) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		e := newBenchEngine(b, 200_000)
		b.StartTimer()
		for _, c := range chunks {
			e.Observe("lines", c)
		}
	}
	perRecord(b, lines)
}

// BenchmarkEngineSMTP is a botnet at the receive connector: 20,000 failures of
// 19,400 addresses, four rows each.
func BenchmarkEngineSMTP(b *testing.B) {
	const failures = 20_000
	var text bytes.Buffer
	if err := smtp.Write(&text, failures); err != nil {
		b.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text.Bytes()), []byte("\n"))
	chunks := tailed(lines, chunkRecords)
	benchFromStart(b, chunks, text.Len(), len(lines))
}

func perRecord(b *testing.B, records int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(records), "ns/record")
}

// BenchmarkEngineAudit reads real audit records, as maps and as JSON in
// strings; encoding/json into a map is what the strings have to beat, and
// BenchmarkHostGetRecord of package record the maps.
func BenchmarkEngineAudit(b *testing.B) {
	lines := fixture(b, "m365_ual/invictus__ual_2021-03_to_05.ndjson")
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	for name, pack := range map[string]func([]byte) any{"map": asMap, "string": asLines} {
		b.Run(name, func(b *testing.B) {
			e, chunks := newBenchEngine(b, 200_000), chunked(lines, len(lines), pack)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for n := uint32(0); b.Loop(); n++ {
				binary.BigEndian.PutUint32(chunks[0][8:], n) // no chunk that was read before
				e.Observe("ual", chunks[0])
			}
			perRecord(b, len(lines))
		})
	}
	b.Run("encoding", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			for _, line := range lines {
				asMap(line)
			}
		}
		perRecord(b, len(lines))
	})
}
