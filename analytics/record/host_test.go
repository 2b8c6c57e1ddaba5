//go:build cgo

package record

import (
	"testing"
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"
)

// The host's own decoder is what every other Go plugin reads with. It needs
// cgo, and is therefore named in tests only.

func TestReaderAgainstHost(t *testing.T) {
	chunk := join(auditChunk(20), legacy(now, body), event(now, []byte{0x80}, body))
	recs, _ := walk(t, chunk)
	dec := output.NewDecoder(unsafe.Pointer(&chunk[0]), len(chunk))
	for i, rec := range recs {
		ret, ts, fields := output.GetRecord(dec)
		if ret != 0 || len(fields) != rec.Body.Len() {
			t.Fatalf("record %d: %d, %d fields, want %d", i, ret, len(fields), rec.Body.Len())
		}
		at, ok := ts.(output.FLBTime)
		if !ok || !at.Equal(rec.Time) {
			t.Fatalf("record %d: %v, want %v", i, ts, rec.Time.Format(time.RFC3339Nano))
		}
		for key, field := range rec.Body.All() {
			if text, ok := fields[string(key)].([]byte); ok && string(text) != string(field.Bytes()) {
				t.Fatalf("record %d: %s is %q, want %q", i, key, field.Bytes(), text)
			}
		}
	}
	if ret, _, _ := output.GetRecord(dec); ret != -1 {
		t.Errorf("more than %d records: %d", len(recs), ret)
	}
}
