package m365

import (
	"bytes"
	"strconv"

	"redshank/analytics/record"
)

// Audit logs have many lists of pairs: {Name, Value}, {Name, NewValue}, {Key,
// Value}, {displayName, newValue}. Some collectors convert them to maps.

const (
	pairName = iota
	pairKey
	pairDisplayName
	pairValue
	pairNewValue
)

var pairKeys = record.NewKeys("Name", "Key", "displayName", "Value", "NewValue")

// pairs walks a list of pairs, or the map that a collector has made of it.
type pairs struct {
	cursor record.Pairs
	fields record.Cursor
	isMap  bool
}

// walk returns a cursor before the first pair of a list or a map.
func walk(v record.Value) pairs {
	if v.IsMap() {
		return pairs{fields: v.Fields(), isMap: true}
	}
	return pairs{cursor: v.Pairs()}
}

func (p *pairs) next() (name []byte, value record.Value, ok bool) {
	if p.isMap {
		return p.fields.Next()
	}
	if name, value, ok = p.cursor.Next(); ok && name == nil {
		name, value = namedValue(value)
	}
	return name, value, ok
}

// namedValue returns the name and the value of one element of a list of pairs. An
// element with a single field of any other name is itself the pair.
func namedValue(item record.Value) (name []byte, value record.Value) {
	var found [5]record.Value
	pairKeys.FindFold(item, found[:])
	for _, slot := range [...]int{pairName, pairKey, pairDisplayName} {
		if name = found[slot].Bytes(); name != nil {
			break
		}
	}
	if value = found[pairValue]; !value.Present() {
		value = found[pairNewValue]
	}
	if name == nil && !value.Present() && item.Len() == 1 {
		for key, field := range item.All() {
			return key, field
		}
	}
	return name, value
}

// pick sets dst[i] to the value of the pair with names[i], in any case. dst must be
// absent values; an element without a pair stays absent.
func pick(list record.Value, names []string, dst []record.Value) {
	missing, p := len(names), walk(list)
	for name, value, ok := p.next(); ok && missing > 0; name, value, ok = p.next() {
		for i, want := range names {
			if dst[i] == nil && (string(name) == want || len(name) == len(want) && bytes.EqualFold(name, []byte(want))) {
				dst[i] = value
				missing--
			}
		}
	}
}

// maxParameterText bounds Event.Detail, in bytes.
const maxParameterText = 8 << 10

// leastValue is the length to which a value of Event.Detail is cut at most, in bytes.
const leastValue = 64

// detail writes parameters as one text, "Name=Value; Name=Value". Its memory is
// reused: the result is valid until the next call.
type detail struct {
	buf   []byte
	limit int // of one value, in bytes
}

func (d *detail) reset() {
	if d.buf == nil {
		d.buf = make([]byte, 0, maxParameterText)
	}
	d.buf, d.limit = d.buf[:0], maxParameterText
}

// pairs appends a list of pairs or a map, without empty values. If there is no room
// for all of them, the longest values are cut, so that a long value does not hide the
// parameters behind it.
func (d *detail) pairs(list record.Value) {
	start := len(d.buf)
	for !d.all(list) && d.limit > leastValue {
		d.buf, d.limit = d.buf[:start], d.limit/2
	}
	d.limit = maxParameterText
}

// all appends a list of pairs or a map, and reports whether there was room for it.
func (d *detail) all(list record.Value) bool {
	p := walk(list)
	for name, value, ok := p.next(); ok && len(d.buf) < maxParameterText; name, value, ok = p.next() {
		d.add(name, value)
	}
	return len(d.buf) < maxParameterText
}

func (d *detail) add(name []byte, value record.Value) {
	text := value.Bytes()
	if len(name) == 0 || !value.Present() || value.IsMap() || value.IsArray() || text != nil && len(text) == 0 {
		return
	}
	if text == nil {
		var number [32]byte
		text = value.AppendText(number[:0])
	}
	d.name(name)
	if d.bytes(text[:min(len(text), d.limit)]); len(text) > d.limit {
		d.text("...")
	}
}

func (d *detail) number(name []byte, n int64) {
	var digits [20]byte
	d.name(name)
	d.bytes(strconv.AppendInt(digits[:0], n, 10))
}

func (d *detail) name(name []byte) {
	if len(d.buf) > 0 {
		d.text("; ")
	}
	d.bytes(name)
	d.text("=")
}

func (d *detail) bytes(b []byte) {
	d.buf = append(d.buf, b[:min(len(b), maxParameterText-len(d.buf))]...)
}

func (d *detail) text(s string) {
	d.buf = append(d.buf, s[:min(len(s), maxParameterText-len(d.buf))]...)
}
