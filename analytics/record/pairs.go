package record

// Pairs walks a list of {Name, Value} or {Name, NewValue, OldValue}, in which
// the audit logs of Microsoft 365 keep most of what matters. An element that is
// written in just that way is read while it is walked over; any other is handed
// over whole.
type Pairs struct {
	list     Value
	at, left int
}

// Pairs is a cursor before the first element of a list.
func (v Value) Pairs() Pairs {
	n, at, ok := elements(v, 0)
	if !ok {
		n = 0
	}
	return Pairs{v, at, n}
}

// Next is the name and the value of the next element, or where that has another
// form name is nil and value the whole of it; not ok behind the last one, and at
// damage.
func (p *Pairs) Next() (name []byte, value Value, ok bool) {
	if p.left == 0 {
		return nil, nil, false
	}
	p.left--
	if name, from, to, end := pair(p.list, p.at); end > 0 {
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

// pair reads the element at b[at:]: its name, where the value that counts begins
// and ends, and where the whole does; end is 0 where it has another form.
func pair(b []byte, at int) (name []byte, from, to, end int) {
	n, at, ok := fields(b, at)
	if !ok || n != 2 && n != 3 || !hasKey(b, at, "\xa4Name") {
		return nil, 0, 0, 0
	}
	if name, at, ok = text(b, at+len("\xa4Name")); !ok || name == nil {
		return nil, 0, 0, 0
	}
	switch {
	case n == 2 && hasKey(b, at, "\xa5Value"):
		from = at + len("\xa5Value")
		to, _, ok = skip(b, from)
		end = to
	case n == 3 && hasKey(b, at, "\xa8NewValue"):
		from = at + len("\xa8NewValue")
		if to, _, ok = skip(b, from); ok && hasKey(b, to, "\xa8OldValue") {
			end, _, ok = skip(b, to+len("\xa8OldValue"))
		}
	}
	if !ok {
		return nil, 0, 0, 0
	}
	return name, from, to, end
}

// hasKey tells whether a key as encoded stands at b[at:].
func hasKey(b []byte, at int, key string) bool {
	return len(b)-at >= len(key) && string(b[at:at+len(key)]) == key
}
