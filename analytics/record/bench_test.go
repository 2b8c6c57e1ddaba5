package record

import (
	"bytes"
	"encoding/json"
	"testing"
)

const chunkSize = 2 << 20 // about what one flush brings at most

func eachChunk(b *testing.B, bench func(b *testing.B, chunk []byte)) {
	b.Run("synthetic", func(b *testing.B) { bench(b, auditChunk(chunkSize/1100)) })
	b.Run("real", func(b *testing.B) {
		bench(b, jsonChunk(b, fixture(b, "m365_ual/invictus__ual_2021-03_to_05.ndjson"), chunkSize))
	})
}

// perRecord reports the cost of one record, by which it is compared.
func perRecord(b *testing.B, records int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(records), "ns/record")
}

func BenchmarkReader(b *testing.B) {
	eachChunk(b, func(b *testing.B, chunk []byte) {
		b.SetBytes(int64(len(chunk)))
		b.ReportAllocs()
		var r Reader
		var rec Record
		n := 0
		for b.Loop() {
			r.Reset(chunk)
			for n = 0; r.Next(&rec); n++ {
			}
		}
		perRecord(b, n)
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	src := fixture(b, "m365_ual/invictus__ual_2021-03_to_05.ndjson")
	lines := bytes.Split(bytes.TrimSpace(src), []byte("\n"))
	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		var dst []byte
		for b.Loop() {
			for _, line := range lines {
				dst, _ = AppendJSON(dst[:0], line)
			}
		}
	})
	b.Run("encoding", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		for b.Loop() {
			for _, line := range lines {
				var m map[string]any
				if err := json.Unmarshal(line, &m); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
