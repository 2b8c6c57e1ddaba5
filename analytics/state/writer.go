package state

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
)

// Entry is one saved entry of a table. An Entry without Value was deleted.
type Entry struct {
	Table      string
	Key, Value []byte
}

// Writer hands over entries, all from the same memory, and keeps the first error.
type Writer struct {
	Value []byte // of the next entry; the memory is reused
	put   func(Entry)
	key   [8]byte
	err   error
}

// NewWriter returns a Writer that calls put for every entry. The bytes of an
// entry are valid until put returns.
func NewWriter(put func(Entry)) *Writer { return &Writer{put: put} }

// Err returns the first error.
func (w *Writer) Err() error { return w.err }

// Fail keeps err if it is the first error.
func (w *Writer) Fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// Number returns the key of a number, valid until the next call.
func (w *Writer) Number(k uint64) []byte { return binary.BigEndian.AppendUint64(w.key[:0], k) }

// Put hands over the entry with the key: its Value, or that it was deleted.
func (w *Writer) Put(table string, key []byte, present bool) {
	e := Entry{Table: table, Key: key}
	if present {
		e.Value = w.Value
	}
	w.put(e)
}

// Pass returns a function that hands over entries of a table as they are; an
// entry without value was deleted.
func (w *Writer) Pass(table string) func(key, value []byte) {
	return func(key, value []byte) { w.put(Entry{table, key, value}) }
}

// Encode makes v, encoded, the Value. It serves what changes too rarely to be
// worth an encoder of its own.
func (w *Writer) Encode(table string, v any) {
	b, err := Marshal(v)
	if err != nil {
		w.Fail(fmt.Errorf("state: %s: %w", table, err))
	}
	w.Value = append(w.Value[:0], b...)
}

// Marshal encodes v with its structs as arrays.
func Marshal(v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := msgpack.NewEncoder(&buffer)
	encoder.UseArrayEncodedStructs(true)
	err := encoder.Encode(v)
	return buffer.Bytes(), err
}
