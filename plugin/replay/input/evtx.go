package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"www.velocidex.com/golang/evtx"
)

const evtxMagic = "ElfFile\x00"

// evtx hands on the events of a Windows event log, as JSON.
func (r *reader) evtx(name string, from io.ReadSeeker) {
	head := make([]byte, 64<<10)
	n, _ := io.ReadFull(from, head)
	chunks, err := chunksOf(from)
	if err != nil {
		r.fail(name, err)
		return
	}
	r.to.Begin(name, head[:n])
	bad := 0
	for _, chunk := range chunks {
		if err = r.ctx.Err(); err != nil {
			break
		}
		if !r.chunk(chunk) {
			bad++
		}
	}
	if bad > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d chunks damaged", bad, len(chunks)))
	}
	r.to.End(err)
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

// chunk hands on the events of one chunk of 64 KB; ok is false where some of them
// could not be read.
func (r *reader) chunk(chunk *evtx.Chunk) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	events, err := chunk.Parse(0)
	ok = err == nil && uint64(len(events)) > chunk.Header.LastEventRecNumber-chunk.Header.FirstEventRecNumber
	for _, event := range events {
		fields, isMap := event.Event.(interface{ Get(string) (any, bool) })
		if !isMap {
			ok = false
			continue
		}
		inner, _ := fields.Get("Event")
		doc, err := json.Marshal(inner)
		if err != nil {
			ok = false
			continue
		}
		r.to.JSON(doc)
	}
	return ok
}
