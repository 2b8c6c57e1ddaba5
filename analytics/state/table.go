package state

import (
	"encoding/binary"
	"errors"

	"redshank/analytics/window"
)

// Table is one table of an engine's state: how its entries are saved and restored
// and, for the tables that an operator bounds, how full it is. Functions that a
// table does not need are nil.
type Table struct {
	Name    string
	Track   func()                        // starts remembering what changes
	Changes func(w *Writer)               // writes every entry that changed since the last call
	Restore func(key, value []byte) error // takes one saved entry
	Loaded  func()                        // follows the last entry of the table
	Size    func() (entries int, evicted uint64)
}

// SeenTable returns the table of a set of keys that were seen.
func SeenTable(name string, keys *window.Seen) Table {
	return Table{
		Name:  name,
		Track: keys.Track,
		Changes: func(w *Writer) {
			keys.Changes(func(d window.Dated[struct{}], present bool) {
				w.Value = binary.BigEndian.AppendUint64(w.Value[:0], d.At)
				w.Put(name, w.Number(d.Key), present)
			})
		},
		Restore: func(key, value []byte) error {
			k, err := Number(key)
			at, err2 := Number(value)
			if err = errors.Join(err, err2); err == nil {
				keys.Load(window.Dated[struct{}]{Key: k, At: at})
			}
			return err
		},
		Loaded: keys.Loaded,
	}
}
