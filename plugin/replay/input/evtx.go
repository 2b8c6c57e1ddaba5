package input

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"

	"www.velocidex.com/golang/evtx"
)

const evtxMagic = "ElfFile\x00"

// A log is a header and chunks of 64 KB, each with a header of its own.
const (
	evtxHeader   = 4096
	evtxFlags    = 120 // where the flags of the log stand
	evtxDirty    = 1   // it was in use when it was copied
	chunkSize    = 64 << 10
	chunkRecords = 512 // where the records of a chunk begin
	chunkFree    = 48  // where the end of the records stands
	chunkSum     = 52  // where the checksum of the records stands
)

// readEvtx passes the events of a Windows event log to a handler, as JSON.
func readEvtx(ctx context.Context, to Handler, name string, from io.ReadSeeker) {
	head := make([]byte, evtxHeader+chunkSize)
	n, _ := io.ReadFull(from, head)
	chunks, err := chunksOf(from)
	if err != nil {
		fail(to, name, err)
		return
	}
	to.Begin(name, head[:n])
	dirty := head[evtxFlags]&evtxDirty != 0
	records, bad := int64(0), 0
	for _, chunk := range chunks {
		if err = ctx.Err(); err != nil {
			break
		}
		if !isSound(chunk, dirty) || !readChunk(chunk, to, &records) {
			bad++
		}
	}
	if bad > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d chunks damaged", bad, len(chunks)))
	}
	to.End(err)
}

// isSound reports whether the records of a chunk are as they were written. The
// parser must not see others: it believes every length. In a log that was in use
// the checksum may be older than the records, so that their chain has to do.
func isSound(c *evtx.Chunk, dirty bool) bool {
	b := make([]byte, chunkSize)
	if _, err := c.Fd.Seek(c.Offset, io.SeekStart); err != nil {
		return false
	}
	if _, err := io.ReadFull(c.Fd, b); err != nil {
		return false
	}
	free := binary.LittleEndian.Uint32(b[chunkFree:])
	if free >= chunkRecords && free <= chunkSize && crc32.ChecksumIEEE(b[chunkRecords:free]) == binary.LittleEndian.Uint32(b[chunkSum:]) {
		return true
	}
	return dirty && isChain(b, c.Header.FirstEventRecNumber, c.Header.LastEventRecNumber)
}

// isChain reports whether a chunk has the records from first to last, each with its
// size at both of its ends.
func isChain(b []byte, first, last uint64) bool {
	const smallest = 28
	at := uint64(chunkRecords)
	for n := first; n <= last; n++ {
		if at+smallest > uint64(len(b)) || string(b[at:at+4]) != "**\x00\x00" {
			return false
		}
		size := uint64(binary.LittleEndian.Uint32(b[at+4:]))
		if size < smallest || at+size > uint64(len(b)) || uint64(binary.LittleEndian.Uint32(b[at+size-4:])) != size {
			return false
		}
		at += size
	}
	return true
}

// chunksOf returns the chunks of an event log. The parser panics on some damage.
func chunksOf(from io.ReadSeeker) (chunks []*evtx.Chunk, err error) {
	defer func() {
		if failed := recover(); failed != nil {
			err = fmt.Errorf("event log: %v", failed)
		}
	}()
	return evtx.GetChunks(from)
}

// readChunk passes on the events of one chunk of 64 KB and counts them; ok is false if
// some of them could not be read.
func readChunk(chunk *evtx.Chunk, to Handler, records *int64) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	events, err := chunk.Parse(0)
	ok = err == nil && uint64(len(events)) > chunk.Header.LastEventRecNumber-chunk.Header.FirstEventRecNumber
	for _, e := range events {
		doc, err := json.Marshal(eventFields(e.Event))
		if err != nil {
			ok = false
			continue
		}
		*records++
		to.JSON(*records, doc)
	}
	return ok
}

// dict is a map as the parser returns it.
type dict interface {
	Get(string) (any, bool)
	Keys() []string
}

// eventFields returns an event as the agent's winevtlog input would hand it over.
func eventFields(event any) map[string]any {
	system := fieldAt(event, "Event", "System")
	fields := map[string]any{
		"ProviderName":  fieldAt(system, "Provider", "Name"),
		"EventID":       fieldAt(system, "EventID", "Value"),
		"Version":       fieldAt(system, "Version"),
		"EventRecordID": fieldAt(system, "EventRecordID"),
		"Channel":       fieldAt(system, "Channel"),
		"Computer":      fieldAt(system, "Computer"),
		"UserID":        fieldAt(system, "Security", "UserID"),
	}
	if seconds, ok := fieldAt(system, "TimeCreated", "SystemTime").(float64); ok {
		whole := math.Floor(seconds)
		fields["TimeCreated"] = time.Unix(int64(whole), int64(math.Round((seconds-whole)*1e6))*1000).UTC().Format(time.RFC3339Nano)
	}
	data, named := fieldAt(event, "Event", "EventData").(dict)
	if !named {
		return fields
	}
	values := map[string]any{}
	for _, key := range data.Keys() {
		v, _ := data.Get(key)
		if key == "Data" { // without names, as those of MSExchange Management
			fields["StringInserts"] = v
			continue
		}
		values[key] = hexStatus(key, v)
	}
	if len(values) > 0 {
		fields["EventData"] = values
	}
	return fields
}

// hexStatus returns the NTSTATUS codes of an event as they are usually written.
func hexStatus(key string, v any) any {
	if key != "Status" && key != "SubStatus" {
		return v
	}
	switch n := v.(type) {
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprintf("0x%08x", n)
	}
	return v
}

// fieldAt returns the value below keys in nested maps, or nil.
func fieldAt(v any, keys ...string) any {
	for _, key := range keys {
		m, ok := v.(dict)
		if !ok {
			return nil
		}
		v, _ = m.Get(key)
	}
	return v
}
