package record

// Pairs walks a list of {Name, Value} or {Name, NewValue, OldValue}, the form of
// most details in the audit logs of Microsoft 365. An element of exactly that form
// with a name of less than 256 bytes is read in the same pass; any other element is
// returned as a whole.
type Pairs struct {
	list     Value
	at, left int
}

// Pairs returns a cursor before the first element of a list.
func (v Value) Pairs() Pairs {
	n, at, ok := elements(v, 0)
	if !ok {
		n = 0
	}
	return Pairs{v, at, n}
}

// Next returns the name and the value of the next element. For an element of
// another form, name is nil and value is the element. ok is false after the last
// element and at damage.
func (p *Pairs) Next() (name []byte, value Value, ok bool) {
	if p.left == 0 {
		return nil, nil, false
	}
	p.left--
	if name, from, to, end := pairOf(p.list, p.at); end > 0 {
		p.at = end
		return name, p.list[from:to:to], true
	}
	start := p.at
	if p.at, _, ok = skip(p.list, start); !ok {
		p.left = 0
		return nil, nil, false
	}
	return nil, p.list[start:p.at:p.at], true
}

// pairOf reads the element at b[at:] and returns its name, the bounds of its value,
// and its end; end is 0 for an element of another form.
func pairOf(b []byte, at int) (name []byte, from, to, end int) {
	n, at := pairFields(b, at)
	if n == 0 || !isName(b, at) {
		return nil, 0, 0, 0
	}
	start, at := shortText(b, at+len(nameKey))
	switch {
	case at == 0:
		return nil, 0, 0, 0
	case n == 2 && isValue(b, at):
		from = at + len(valueKey)
		to = valueEnd(b, from)
		end = to
	case n == 3 && isNewValue(b, at):
		from = at + len(newValueKey)
		if to = valueEnd(b, from); to > 0 && isOldValue(b, to) {
			end = valueEnd(b, to+len(oldValueKey))
		}
	}
	return b[start:at:at], from, to, end
}

// shortText returns the bounds of the text of a str of less than 256 bytes at
// b[at:]; 0, 0 for any other value.
func shortText(b []byte, at int) (start, end int) {
	if at+1 >= len(b) {
		return 0, 0
	}
	switch c := b[at]; {
	case c-0xa0 < 0x20:
		start = at + 1
		end = start + int(c&0x1f)
	case c == 0xd9:
		start = at + 2
		end = start + int(b[at+1])
	}
	if end > len(b) {
		return 0, 0
	}
	return start, end
}

// pairFields returns the number of fields of a map of two or three, and the offset
// of the first one; 0 for any other value. JSON in strings has long headers.
func pairFields(b []byte, at int) (n, first int) {
	switch {
	case at < len(b) && (b[at] == 0x82 || b[at] == 0x83):
		return int(b[at] & 0x0f), at + 1
	case at+5 <= len(b) && string(b[at:at+4]) == "\xdf\x00\x00\x00" && (b[at+4] == 2 || b[at+4] == 3):
		return int(b[at+4]), at + 5
	}
	return 0, at
}

// The encoded keys of a pair.
const (
	nameKey     = "\xa4Name"
	valueKey    = "\xa5Value"
	newValueKey = "\xa8NewValue"
	oldValueKey = "\xa8OldValue"
)

// One function for each key, since only the comparison with a constant is inlined.
func isName(b []byte, at int) bool {
	return at+len(nameKey) <= len(b) && string(b[at:at+len(nameKey)]) == nameKey
}

func isValue(b []byte, at int) bool {
	return at+len(valueKey) <= len(b) && string(b[at:at+len(valueKey)]) == valueKey
}

func isNewValue(b []byte, at int) bool {
	return at+len(newValueKey) <= len(b) && string(b[at:at+len(newValueKey)]) == newValueKey
}

func isOldValue(b []byte, at int) bool {
	return at+len(oldValueKey) <= len(b) && string(b[at:at+len(oldValueKey)]) == oldValueKey
}

// valueEnd returns the end of the value at b[at:], 0 if it is damaged.
func valueEnd(b []byte, at int) int {
	if end := shortEnd(b, at); end > 0 {
		return end
	}
	end, _, ok := skip(b, at)
	if !ok {
		return 0
	}
	return end
}

// shortEnd returns the end of a number, a short text or similar at b[at:], 0 for
// the few other values.
func shortEnd(b []byte, at int) (end int) {
	if at+1 >= len(b) {
		return 0
	}
	if end = at + int(sizes[b[at]]); end == at && b[at] == 0xd9 {
		end = at + 2 + int(b[at+1])
	}
	if end == at || end > len(b) {
		return 0
	}
	return end
}
