package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

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
	for _, e := range events {
		doc, err := json.Marshal(eventFields(e.Event))
		if err != nil {
			ok = false
			continue
		}
		r.to.JSON(doc)
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
	system := at(event, "Event", "System")
	fields := map[string]any{
		"ProviderName":  at(system, "Provider", "Name"),
		"EventID":       at(system, "EventID", "Value"),
		"Version":       at(system, "Version"),
		"EventRecordID": at(system, "EventRecordID"),
		"Channel":       at(system, "Channel"),
		"Computer":      at(system, "Computer"),
		"UserID":        at(system, "Security", "UserID"),
	}
	if seconds, ok := at(system, "TimeCreated", "SystemTime").(float64); ok {
		whole := math.Floor(seconds)
		fields["TimeCreated"] = time.Unix(int64(whole), int64((seconds-whole)*1e6)*1000).UTC().Format(time.RFC3339Nano)
	}
	data, named := at(event, "Event", "EventData").(dict)
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

// at returns what stands in maps under keys, nil where there is nothing.
func at(v any, keys ...string) any {
	for _, key := range keys {
		m, ok := v.(dict)
		if !ok {
			return nil
		}
		v, _ = m.Get(key)
	}
	return v
}
