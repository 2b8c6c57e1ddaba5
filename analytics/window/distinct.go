package window

import "github.com/axiomhq/hyperloglog"

// exactDistinct is how many keys Distinct counts exactly.
const exactDistinct = 1024

// Distinct counts distinct 64-bit keys: exactly up to 1,024, beyond that by a
// HyperLogLog of 16,384 registers (standard error 0.8 %, at most 16 KiB). The
// zero value counts from nothing. The order of the keys does not matter.
type Distinct struct {
	exact  map[uint64]struct{}
	sketch *hyperloglog.Sketch
}

// Add counts key and reports whether it is known to be new; above the exact
// range it answers false.
func (d *Distinct) Add(key uint64) bool {
	if d.sketch != nil {
		d.sketch.InsertHash(key)
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
	d.sketch = hyperloglog.New14()
	for key := range d.exact {
		d.sketch.InsertHash(key)
	}
	d.exact = nil
}

// Count is the number of distinct keys.
func (d *Distinct) Count() int {
	if d.sketch != nil {
		return int(d.sketch.Estimate())
	}
	return len(d.exact)
}

// Has reports whether key was added; it answers false above the exact range.
func (d *Distinct) Has(key uint64) bool {
	_, ok := d.exact[key]
	return ok
}
