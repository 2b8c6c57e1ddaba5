package analytics

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/tinylib/msgp/msgp"

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
	e, err := New(Options{Policy: standard(), Source: "auto", MaxIPs: maxIPs, MaxUsers: maxIPs})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}
