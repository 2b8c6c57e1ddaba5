//go:build cgo && linux

package analytics

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"
	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/record"
)

// BenchmarkAuditAgainst is how many times faster than others Redshank is on
// real audit records, from the chunk to both analytics: than the decoder that
// every other Go plugin has, without anything behind it, where the records come
// as maps; than encoding/json where they come as JSON in strings. Both read the
// same bytes, in turns, so that a busy machine slows both down.
func BenchmarkAuditAgainst(b *testing.B) {
	lines := fixture(b, "m365_ual/invictus__ual_2021-03_to_05.ndjson")
	b.Run("GetRecord", func(b *testing.B) {
		maps := hostChunk(lines, func(dst, line []byte) []byte {
			v, _ := record.AppendJSON(nil, line)
			return appendCompact(dst, v)
		})
		against(b, len(lines), maps, func() { getRecords(maps) })
	})
	b.Run("encoding", func(b *testing.B) {
		texts := hostChunk(lines, func(dst, line []byte) []byte {
			return msgp.AppendStringFromBytes(append(dst, "\xdf\x00\x00\x00\x01\xa3log"...), line)
		})
		against(b, len(lines), texts, func() {
			for _, line := range lines {
				var m map[string]any
				if err := json.Unmarshal(line, &m); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// against reports the medians of rounds in which ours and theirs take turns, by
// the clock, and by the processors' time, which others on the machine change
// less.
func against(b *testing.B, records int, chunk []byte, theirs func()) {
	e, n := newBenchEngine(b, 200_000), uint32(0)
	ours := func() {
		n++
		binary.BigEndian.PutUint32(chunk[8:], n) // no chunk that was read before
		e.Observe("ual", chunk)
	}
	var own, other, faster, cheaper []float64
	ours() // what is met the first time is remembered
	for b.Loop() {
		o, oCPU := timed(20, ours)
		t, tCPU := timed(4, theirs)
		own, other = append(own, o/float64(records)), append(other, t/float64(records))
		faster, cheaper = append(faster, t/o), append(cheaper, tCPU/oCPU)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(own), "own-ns/record")
	b.ReportMetric(median(other), "other-ns/record")
	b.ReportMetric(median(faster), "times-faster")
	b.ReportMetric(median(cheaper), "times-less-cpu")
}

// timed is the nanoseconds one of so many calls takes.
func timed(calls int, f func()) (clock, cpu float64) {
	start, busy := time.Now(), cpuTime()
	for range calls {
		f()
	}
	return float64(time.Since(start).Nanoseconds()) / float64(calls), float64(cpuTime()-busy) / float64(calls)
}

// cpuTime is what this process has used so far, in nanoseconds.
func cpuTime() int64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return r.Utime.Nano() + r.Stime.Nano()
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func getRecords(chunk []byte) (n int) {
	dec := output.NewDecoder(unsafe.Pointer(&chunk[0]), len(chunk))
	for ret, _, _ := output.GetRecord(dec); ret == 0; ret, _, _ = output.GetRecord(dec) {
		n++
	}
	return n
}

// hostChunk packs records as the host does: its head, and keys in their order.
func hostChunk(lines [][]byte, pack func(dst, line []byte) []byte) (chunk []byte) {
	for n, line := range lines {
		chunk = append(chunk, "\x92\x92\xd7\x00"...)
		chunk = binary.BigEndian.AppendUint64(chunk, 0x6a00_0000_0000_0000+uint64(n))
		chunk = pack(append(chunk, "\xdf\x00\x00\x00\x00"...), line)
	}
	return chunk
}

// appendCompact writes the headers of maps and lists as short as they go, as
// the host's JSON parser does.
func appendCompact(dst []byte, v record.Value) []byte {
	switch {
	case v.IsMap():
		dst = msgp.AppendMapHeader(dst, uint32(v.Len()))
		for key, field := range v.All() {
			dst = appendCompact(msgp.AppendStringFromBytes(dst, key), field)
		}
	case v.IsArray():
		dst = msgp.AppendArrayHeader(dst, uint32(v.Len()))
		for item := range v.Items() {
			dst = appendCompact(dst, item)
		}
	default:
		dst = append(dst, v[:v.Size()]...)
	}
	return dst
}
