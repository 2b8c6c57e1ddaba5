package windows

import (
	"bytes"
	"strconv"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// head fills the row's own heads out of those found.
func (r *row) head(h *headSet) {
	r.provider = r.text(h[headProvider])
	r.channel = r.text(h[headChannel])
	r.computer = r.text(h[headComputer])
	r.record = r.text(h[headRecord])
	r.clock = h[headClock].Bytes()
	r.arrival = h[headArrival].Bytes()
	r.message = h[headMessage].Bytes()
	r.user = userOf(h[headUser])
	if id, ok := h[headID].Int(); ok {
		r.setID(id)
	}
	if version, ok := h[headVersion].Int(); ok && version >= 0 && version < 256 {
		r.version = int(version)
	}
}

// setID takes an event id without the qualifiers that old APIs leave in its
// upper half.
func (r *row) setID(id int64) { r.id = int(id & 0xffff) }

// winUser is the account that the writing process ran under: a text, or Beats'
// map of it.
func userOf(v record.Value) []byte {
	if v.IsMap() {
		return v.Get("identifier").Bytes()
	}
	return v.Bytes()
}

// body fills the row's data: by name where there are names, and what stands
// in positions as it is.
//
// The order is one of trust: names given by the event's own manifest, then
// names that a collector has flattened, then positions. Later ones never
// overwrite what is set.
func (r *row) body(in *format.Input, h *headSet, m record.Value) {
	data := h[headData]
	if inner := in.Structured(data); inner.Present() {
		data = inner
	}
	switch {
	case data.IsMap():
		r.byName(data)
	case data.IsArray():
		r.byPairs(data)
	case data != nil && bytes.IndexByte(data.Bytes(), '<') >= 0:
		r.xml(&xmlReader{rest: data.Bytes()}, always)
	case h[headInserts] == nil:
		r.byName(m) // NXLog and Log Analytics put the data beside the heads
	}
	i := 0
	for item := range h[headInserts].Items() {
		if i == maxInserts {
			return
		}
		r.insert(i, r.text(item))
		i++
	}
}

// byName takes the fields of a map, and param1, param2, ..., which is how
// Beats names what has no name.
func (r *row) byName(m record.Value) {
	var found [len(fieldNames)]record.Value
	if fieldKeys.FindFold(m, found[:]) == 0 {
		r.byNumber(m)
		return
	}
	for i, v := range found {
		if v != nil {
			r.put(fieldNames[i].field, r.text(v))
		}
	}
}

// byPairs takes [{"@Name":..., "#text":...}], what JSON makes of event XML.
func (r *row) byPairs(list record.Value) {
	n := 0
	for item := range list.Items() {
		name, value := item.GetFold("@Name"), item.Get("#text")
		if !value.Present() {
			name, value = item.Get("Name"), item.Get("Value")
		}
		if name.Bytes() == nil {
			r.insert(n, r.text(value))
			n++
			continue
		}
		r.put(fieldByName[string(name.Bytes())], r.text(value))
	}
}

var paramPrefix = []byte("param")

// byNumber is its own walk because only events without names need it, and of
// those only Exchange's are decoded.
func (r *row) byNumber(m record.Value) {
	for key, v := range m.All() {
		if digits, ok := bytes.CutPrefix(key, paramPrefix); ok {
			if n, ok := smallNumber(digits); ok {
				r.insert(n-1, r.text(v))
			}
		}
	}
}

// winNumber reads a small decimal number.
func smallNumber(text []byte) (n int, ok bool) {
	if len(text) == 0 || len(text) > 9 {
		return 0, false
	}
	for _, c := range text {
		if !ascii.IsDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// flat fills the row from keys with dots in them: winlog.event_data.Status.
// This shape is rare, so it may cost a look at each key.
func (r *row) flat(m record.Value) {
	for key, v := range m.All() {
		if rest, ok := bytes.CutPrefix(key, beatsPrefix); ok {
			r.dotted(rest, v)
		} else if string(key) == "@timestamp" {
			r.arrival = v.Bytes()
		} else if string(key) == "event.code" && r.id == 0 {
			id, _ := v.Int()
			r.setID(id)
		} else if string(key) == "message" {
			r.message = v.Bytes()
		}
	}
}

var dataPrefix = []byte("event_data.")

// dotted sets the value of one key behind "winlog.".
func (r *row) dotted(key []byte, v record.Value) {
	if name, ok := bytes.CutPrefix(key, dataPrefix); ok {
		r.put(fieldByName[string(name)], r.text(v))
		if digits, ok := bytes.CutPrefix(name, paramPrefix); ok {
			if n, ok := smallNumber(digits); ok {
				r.insert(n-1, r.text(v))
			}
		}
		return
	}
	switch string(key) {
	case "provider_name":
		r.provider = v.Bytes()
	case "event_id":
		id, _ := v.Int()
		r.setID(id)
	case "time_created":
		r.clock = v.Bytes()
	case "channel":
		r.channel = v.Bytes()
	case "computer_name":
		r.computer = v.Bytes()
	case "record_id":
		r.record = r.text(v)
	case "user.identifier":
		r.user = v.Bytes()
	case "event_data":
		r.byName(v)
	}
}

// eventText fills the row's heads from the lines of render_event_as_text.
// Message is the last of them and may have lines of its own.
func (r *row) eventText(text []byte) {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, newline)
		key, value, _ := bytes.Cut(line, equals)
		if string(key) == "Message" {
			r.message = bytes.TrimPrefix(text[len(key):], equals)
			return
		}
		r.system(key, bytes.TrimRight(value, "\r"))
		text = rest
	}
}

var (
	newline = []byte("\n")
	equals  = []byte("=")
)

// system sets one of the heads by the name it has in event XML. The first
// counts: what RenderingInfo repeats is for people, and translated.
func (r *row) system(name, value []byte) {
	var dst *[]byte
	switch string(name) {
	case "EventID":
		if id, err := strconv.ParseUint(string(ascii.Clip(value, 10)), 10, 32); err == nil && r.id == 0 {
			r.setID(int64(id))
		}
		return
	case "Version":
		if n, ok := smallNumber(value); ok && r.version < 0 {
			r.version = n
		}
		return
	case "ProviderName":
		dst = &r.provider
	case "TimeCreated":
		dst = &r.clock
	case "EventRecordID":
		dst = &r.record
	case "Channel":
		dst = &r.channel
	case "Computer":
		dst = &r.computer
	case "UserID":
		dst = &r.user
	case "Message":
		dst = &r.message
	default:
		return
	}
	if *dst == nil {
		*dst = value
	}
}
