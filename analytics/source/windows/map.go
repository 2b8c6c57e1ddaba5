package windows

import (
	"bytes"
	"strconv"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// head fills the heads of the row.
func (r *row) head(h *headSet) {
	r.provider = r.text(h[headProvider].Unwrap("name"))
	r.channel = r.text(h[headChannel].Unwrap("name", "text", ""))
	r.computer = r.text(h[headComputer].Unwrap("name", "text", "", "hostname"))
	r.record = r.text(h[headRecord].Unwrap("value", "text", ""))
	r.clock = h[headClock]
	r.arrival = h[headArrival]
	r.message = h[headMessage].Unwrap("message", "text", "").Bytes()
	r.user, r.sid = r.userOf(h[headUser])
	if id, ok := h[headID].Unwrap("value", "text", "id", "").Int(); ok {
		r.setID(id)
	}
	if version, ok := h[headVersion].Unwrap("value", "text", "").Int(); ok && version >= 0 && version < 256 {
		r.version = int(version)
	}
}

// setID sets the event id without the qualifiers that old APIs leave in its upper
// half.
func (r *row) setID(id int64) { r.id, r.hasID = int(id&0xffff), true }

// userOf returns the account of the process that wrote the event, a text or the map
// of Beats, and the account's SID where the record has it beside a name.
func (r *row) userOf(v record.Value) (user, sid []byte) {
	if !v.IsMap() {
		return v.Bytes(), nil
	}
	sid = v.Get("identifier").Bytes()
	name, domain := v.Get("name").Bytes(), v.Get("domain").Bytes()
	switch {
	case len(name) == 0:
		return sid, nil
	case len(domain) == 0:
		return name, sid
	}
	return r.join(domain, '\\', name), sid
}

// body fills the data of the row: named values, and positional values as they are.
//
// The order is that of reliability: names from the event's own manifest, then names
// that a collector has flattened, then positions. Later sources never overwrite a
// value.
func (r *row) body(in *format.Input, h *headSet, m record.Value) {
	data := eventData(in, h[headData])
	if !data.Present() {
		data = eventData(in, m.GetFold("payload")) // EvtxECmd
	}
	switch {
	case data.IsMap():
		r.byName(data)
	case data.IsArray():
		r.byList(data)
	case data != nil && bytes.IndexByte(data.Bytes(), '<') >= 0:
		(&xmlReader{rest: data.Bytes()}).event(r, always)
	case h[headInserts] == nil:
		r.byName(m) // NXLog and Log Analytics put the data beside the heads
	}
	r.byList(in.Structured(h[headInserts]))
	r.byBars(h[headInserts].Bytes())
	if !r.who() && r.count == 0 && r.message == nil && r.act().kind == security {
		labelledRecord{m}.read(r)
	}
}

// eventData unwraps the maps around the values in JSON that was made from event
// XML, and JSON in a text. A text that is not JSON is returned unchanged.
func eventData(in *format.Input, v record.Value) record.Value {
	for range maxDataWraps {
		if inner := in.Structured(v); inner.Present() {
			v = inner
		}
		if only := v.Only(); only.IsMap() && (only.Len() > pairFields || only.GetFold("Data").Present()) {
			v = only
		}
		if !v.IsMap() {
			break
		}
		inner := v.GetFold("EventData")
		if !inner.Present() {
			inner = v.GetFold("Data")
		}
		if !inner.IsMap() && !inner.IsArray() {
			if inner = v.Get("#text"); !inner.IsArray() {
				break
			}
		}
		v = inner
	}
	return v
}

// pairFields is how many fields the map of one name and its value has at most.
const pairFields = 3

// maxDataWraps bounds the maps around the values: {"Event": {"EventData": {"Data":
// {"#text": [...]}}}} has four.
const maxDataWraps = 4

// byName reads the fields of a map, and param1, param2, ..., the names of Beats for
// unnamed values.
func (r *row) byName(m record.Value) {
	var found [len(fieldNames)]record.Value
	n := fieldKeys.FindFold(m, found[:])
	for i, v := range found {
		if v != nil {
			r.put(fieldNames[i].field, r.text(v))
		}
	}
	if n <= fewFields {
		r.bySnakeCase(m)
	}
	if n == 0 {
		r.byNumber(m)
	}
}

// fewFields is how many fields are found at most in data whose names are in snake case: a
// name of one word is the same in both.
const fewFields = 3

// bySnakeCase reads the fields of a map whose names are in snake case.
func (r *row) bySnakeCase(m record.Value) {
	for key, value := range m.All() {
		if bytes.IndexByte(key, '_') > 0 {
			r.put(fieldOf(key), r.text(value))
		}
	}
}

// byList reads a list of values: of pairs of a name and a value, of maps of one
// name, or of positional values.
//
//	[{"@Name": "Status", "#text": "0x0"}]               JSON made of event XML
//	[{"#attributes": {"Name": "Status"}, "#text": ...}]
//	[{"Name": "Status", "Value": "0x0"}], [{"Status": "0x0"}]
//	["0x0", ...], [{"Value": "0x0"}, ...]
func (r *row) byList(list record.Value) {
	n := 0
	for item := range list.Items() {
		if !item.IsMap() {
			r.insert(n, r.text(item))
			n++
			continue
		}
		name := item.Unwrap("name", "key").Bytes()
		value := item.Unwrap("text", "value", "", "content")
		if name == nil && item.Len() == 1 && !value.Present() {
			name, value = onlyField(item)
		}
		if len(name) == 0 {
			r.insert(n, r.text(value))
			n++
			continue
		}
		r.put(fieldOf(name), r.text(value))
	}
}

// byBars reads positional values with bars between them, as Log Parser writes them.
func (r *row) byBars(text []byte) {
	if bytes.IndexByte(text, '|') < 0 {
		return
	}
	n := 0
	for value := range bytes.SplitSeq(text, bar) {
		r.insert(n, value)
		n++
	}
}

var bar = []byte("|")

// onlyField returns the only field of a map.
func onlyField(m record.Value) (name []byte, value record.Value) {
	for key, field := range m.All() {
		return key, field
	}
	return nil, nil
}

var paramPrefix = []byte("param")

// byNumber is a separate walk because only events without names need it, which are
// those of Exchange.
func (r *row) byNumber(m record.Value) {
	for key, v := range m.All() {
		if digits, ok := bytes.CutPrefix(key, paramPrefix); ok {
			if n, ok := smallNumber(digits); ok {
				r.insert(n-1, r.text(v))
			}
		}
	}
}

// smallNumber reads a decimal number of at most nine digits.
func smallNumber(text []byte) (n int, ok bool) {
	if len(text) > 9 {
		return 0, false
	}
	number := ascii.Number(text)
	return int(max(number, 0)), number >= 0
}

// system sets a head by its name in event XML. The first value counts, because
// RenderingInfo repeats heads in translated form.
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
		dst = &r.clockText
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
