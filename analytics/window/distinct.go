package window

import (
	"encoding/binary"
	"fmt"

	"github.com/axiomhq/hyperloglog"
)

// exactDistinct is the number of keys that Distinct counts exactly.
const exactDistinct = 1024

// Distinct counts distinct 64-bit keys: exactly up to 1,024, beyond that by a
// HyperLogLog of 16,384 registers (standard error 0.8 %, at most 16 KiB). The zero
// value is empty. The order of the keys does not matter.
type Distinct struct {
	exact  map[uint64]struct{}
	sketch *hyperloglog.Sketch
	count  int // estimate of the sketch; 0: none yet
	since  int // keys added since, known or not
}

// Add counts key and reports whether the key is known to be new. Above the exact
// range Add returns false.
func (d *Distinct) Add(key uint64) bool {
	if d.sketch != nil {
		d.sketch.InsertHash(key)
		d.since++
		return false
	}
	if _, ok := d.exact[key]; ok {
		return false
	}
	if d.exact == nil {
		d.exact = make(map[uint64]struct{}, 8)
	}
	d.exact[key] = struct{}{}
	if len(d.exact) > exactDistinct {
		d.overflow()
		return false
	}
	return true
}

func (d *Distinct) overflow() {
	// The sparse form would be smaller for the next few thousand keys, but sorts
	// them repeatedly, which is a tenth of the cost of a flood.
	d.sketch = hyperloglog.NewNoSparse()
	for key := range d.exact {
		d.sketch.InsertHash(key)
	}
	d.exact = nil
}

// Count returns the number of distinct keys. Above the exact range Count reads the
// whole sketch, which takes as long as recording some ten failures.
func (d *Distinct) Count() int {
	if d.sketch == nil {
		return len(d.exact)
	}
	if d.count == 0 || d.since > 0 {
		d.count, d.since = int(d.sketch.Estimate()), 0
	}
	return d.count
}

// Estimate is Count for frequent use: above the exact range the sketch is read
// only after enough new keys for a growth of an eighth.
func (d *Distinct) Estimate() int {
	if d.sketch != nil && d.count > 0 && 8*d.since <= d.count {
		return d.count
	}
	return d.Count()
}

// Has reports whether key was added. Above the exact range Has returns false.
func (d *Distinct) Has(key uint64) bool {
	_, ok := d.exact[key]
	return ok
}

// Replace counts the key to instead of from, and reports whether from was counted.
// Above the exact range Replace does nothing.
func (d *Distinct) Replace(from, to uint64) bool {
	if !d.Has(from) {
		return false
	}
	delete(d.exact, from)
	d.exact[to] = struct{}{}
	return true
}

// Remove no longer counts key, and reports whether it was counted. Above the exact range Remove does
// nothing.
func (d *Distinct) Remove(key uint64) bool {
	had := d.Has(key)
	delete(d.exact, key)
	return had
}

// MarshalBinary returns the saved form: one byte for the kind, then keys or sketch.
func (d *Distinct) MarshalBinary() ([]byte, error) {
	if d.sketch != nil {
		sketch, err := d.sketch.MarshalBinary()
		return append([]byte{1}, sketch...), err
	}
	out := make([]byte, 1, 1+8*len(d.exact))
	for key := range d.exact {
		out = binary.LittleEndian.AppendUint64(out, key)
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary returned.
func (d *Distinct) UnmarshalBinary(b []byte) error {
	*d = Distinct{}
	switch {
	case len(b) > 0 && b[0] == 1:
		d.sketch = hyperloglog.New14()
		return d.sketch.UnmarshalBinary(b[1:])
	case len(b) == 0 || b[0] != 0 || len(b)%8 != 1 || len(b) > 1+8*exactDistinct:
		return fmt.Errorf("distinct: %d bytes: not a saved count", len(b))
	}
	for b = b[1:]; len(b) > 0; b = b[8:] {
		d.Add(binary.LittleEndian.Uint64(b))
	}
	return nil
}
