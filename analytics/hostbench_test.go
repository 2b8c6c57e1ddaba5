//go:build cgo && linux

package analytics

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
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
//
// The file is three months of a company that is attacked, the dull time mostly
// left out. Of the same records again, 277 of 621 events are known by their ids
// and go no further, as when a collector delivers twice. With new ids all go into
// the windows of one and the same spring; with new times as well, the company is
// attacked anew each time, and every 918 records open four incidents.
func BenchmarkAuditAgainst(b *testing.B) {
	lines := fixture(b, "m365_ual/invictus__ual_2021-03_to_05.ndjson")
	for _, what := range []renewal{again, newIDs, newTimes} {
		b.Run("GetRecord/"+string(what), func(b *testing.B) {
			maps := hostChunk(lines, func(dst, line []byte) []byte {
				v, _ := record.AppendJSON(nil, line)
				return appendCompact(dst, v)
			})
			against(b, renewer(b, maps, len(lines), what), len(lines), maps, func() { getRecords(maps) })
		})
		b.Run("encoding/"+string(what), func(b *testing.B) {
			texts := hostChunk(lines, func(dst, line []byte) []byte {
				return msgp.AppendStringFromBytes(append(dst, "\xdf\x00\x00\x00\x01\xa3log"...), line)
			})
			against(b, renewer(b, texts, len(lines), what), len(lines), texts, func() { unmarshal(lines) })
		})
	}
}

func unmarshal(lines [][]byte) {
	for _, line := range lines {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			panic(err)
		}
	}
}

// renewal is what of a chunk is new each time it is read.
type renewal string

const (
	again    renewal = "again" // but for a digit of Fluent Bit's time
	newIDs   renewal = "new ids"
	newTimes renewal = "new ids and times"
)

// against reports the medians of rounds in which ours and theirs take turns, by
// the clock, and by the processors' time, which others on the machine change
// less.
func against(b *testing.B, renew func(), records int, chunk []byte, theirs func()) {
	e := newBenchEngine(b, 200_000)
	ours := func() { e.Observe("ual", chunk) }
	var own, other, faster, cheaper []float64
	timed(2, renew, ours) // what is met the first time is remembered
	for b.Loop() {
		o, oCPU := timed(20, renew, ours)
		t, tCPU := timed(4, func() {}, theirs)
		own, other = append(own, o/float64(records)), append(other, t/float64(records))
		faster, cheaper = append(faster, t/o), append(cheaper, tCPU/oCPU)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(own), "own-ns/record")
	b.ReportMetric(median(other), "other-ns/record")
	b.ReportMetric(median(faster), "times-faster")
	b.ReportMetric(median(cheaper), "times-less-cpu")
}

// renewer makes a chunk one that was not read before. New times are four months
// later than the last ones.
func renewer(tb testing.TB, chunk []byte, records int, what renewal) func() {
	ids := slices.Concat(behind(chunk, "\xa2Id\xd9\x24"), behind(chunk, "\xadIntraSystemId\xd9\x24"),
		behind(chunk, `"Id": "`), behind(chunk, `"IntraSystemId": "`))
	times := slices.Concat(behind(chunk, "\xacCreationTime\xb3"), behind(chunk, `"CreationTime": "`))
	stamps := behind(chunk, "\x92\x92\xd7\x00")
	if len(ids) < records || len(times) != records || len(stamps) != records {
		tb.Fatalf("%d ids, %d times and %d stamps in %d records", len(ids), len(times), len(stamps), records)
	}
	for _, stamp := range stamps {
		binary.BigEndian.PutUint32(stamp, 0xfff0_0000) // the year 2106: nothing is in the future
	}
	months := make([]int, records)
	for i, at := range times {
		months[i] = int(at[6] - '1') // March to May have one digit
	}
	round := 0
	return func() {
		round++
		binary.BigEndian.PutUint32(stamps[0][4:], uint32(round))
		for i := 0; i < len(ids) && what != again; i++ {
			copy(ids[i], fmt.Sprintf("%08x", round))
		}
		for i := 0; i < records && what == newTimes; i++ {
			month := months[i] + 4*round
			copy(times[i], fmt.Sprintf("%04d-%02d", 1971+month/12%135, month%12+1))
		}
	}
}

// behind are the places behind a text in a chunk.
func behind(chunk []byte, text string) (places [][]byte) {
	for at := 0; ; {
		next := bytes.Index(chunk[at:], []byte(text))
		if next < 0 {
			return places
		}
		at += next + len(text)
		places = append(places, chunk[at:])
	}
}

// timed returns the average time of one call of f in nanoseconds.
func timed(calls int, before, f func()) (clock, cpu float64) {
	for range calls {
		before()
		start, busy := time.Now(), cpuTime()
		f()
		clock += float64(time.Since(start).Nanoseconds())
		cpu += float64(cpuTime() - busy)
	}
	return clock / float64(calls), cpu / float64(calls)
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
