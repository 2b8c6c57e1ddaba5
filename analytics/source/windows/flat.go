package windows

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
)

// Some collectors flatten a record into one map, with the path of each field in its
// key: winlog.event_data.Status, data.win.eventdata.status, _Status.

// isFlat reports whether m is an event in which only the last part of each key is a
// name. isFlat is the last check of a record and walks its keys once.
func isFlat(m record.Value) bool {
	named, provided := false, false
	for key := range m.All() {
		name, path := lastPart(key)
		if len(path) == 0 {
			continue
		}
		switch flatHeads.Find(name) {
		case "EventID":
			named = named || !ascii.EqualFold(name, "code") || ascii.EqualFold(path, "event")
		case "ProviderName", "Channel":
			provided = true
		}
	}
	return named && provided
}

// lastPart splits a key into its name and the part before. Names that only say "the
// text of" or "the name of" keep the part before them.
func lastPart(key []byte) (name, path []byte) {
	cut := func(key []byte) (name, path []byte) {
		at := bytes.LastIndexByte(key, '.')
		if at < 0 {
			if len(key) > 1 && key[0] == '_' {
				return key[1:], key[:1]
			}
			if rest, ok := bytes.CutPrefix(key, graylogPrefix); ok {
				return rest, graylogPrefix
			}
			return key, nil
		}
		return key[at+1:], key[:at]
	}
	if name, path = cut(key); len(path) > 1 && valueNames.Find(bytes.TrimLeft(name, "@#$_")) {
		name, path = cut(path)
		if len(path) == 0 {
			path = name
		}
	}
	if rest, ok := bytes.CutPrefix(name, eventDataPrefix); ok {
		name = rest
	}
	return bytes.TrimLeft(name, "@#"), path
}

var (
	graylogPrefix   = []byte("winlogbeat_winlog_")
	eventDataPrefix = []byte("event_data_")
	valueNames      = ascii.NewNames(map[string]bool{"name": true, "text": true, "value": true, "id": true})
)

// flatHeads maps the names of the heads to those of event XML.
var flatHeads = ascii.NewNames(map[string]string{
	"eventid": "EventID", "event_id": "EventID", "code": "EventID",
	"provider_name": "ProviderName", "providername": "ProviderName", "sourcename": "ProviderName", "provider": "ProviderName",
	"channel":      "Channel",
	"time_created": "TimeCreated", "timecreated": "TimeCreated", "systemtime": "TimeCreated", "eventtime": "TimeCreated", "system_time": "TimeCreated",
	"computer_name": "Computer", "computer": "Computer", "hostname": "Computer",
	"record_id": "EventRecordID", "eventrecordid": "EventRecordID", "recordnumber": "EventRecordID",
	"version": "Version", "identifier": "UserID", "message": "Message",
})

// flatRecord is a flattened event.
type flatRecord struct{ record.Value }

// read fills the row. This form is rare, so a check of each key is acceptable.
func (m flatRecord) read(r *row) {
	for key, v := range m.All() {
		name, path := lastPart(key)
		switch string(key) {
		case "@timestamp", "timestamp":
			r.arrival = v
			continue
		case "message", "full_message":
			r.message = v.Bytes()
			continue
		case "winlog.event_data":
			r.byName(v)
			continue
		}
		if len(path) == 0 {
			continue
		}
		switch head := flatHeads.Find(name); head {
		case "":
		case "TimeCreated": // may be a number, or a map
			if r.clock == nil {
				r.clock = v
			}
			continue
		default:
			r.system([]byte(head), r.text(v))
			continue
		}
		r.put(fieldOf(name), r.text(v))
		if digits, ok := bytes.CutPrefix(name, paramPrefix); ok {
			if n, ok := smallNumber(digits); ok {
				r.insert(n-1, r.text(v))
			}
		}
	}
}
