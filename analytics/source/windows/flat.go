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
		case flatID:
			named = true
		case flatProvider, flatChannel:
			provided = true
		case flatCode:
			named = named || ascii.EqualFold(path, "event")
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

// flatHead is a head of a flattened event.
type flatHead uint8

const (
	flatNone flatHead = iota
	flatID
	flatCode
	flatProvider
	flatChannel
	flatClock
	flatComputer
	flatRecord
	flatVersion
	flatUser
	flatMessage
)

var flatHeads = ascii.NewNames(map[string]flatHead{
	"eventid": flatID, "event_id": flatID, "code": flatCode,
	"provider_name": flatProvider, "providername": flatProvider, "sourcename": flatProvider, "provider": flatProvider,
	"channel":      flatChannel,
	"time_created": flatClock, "timecreated": flatClock, "systemtime": flatClock, "eventtime": flatClock, "system_time": flatClock,
	"computer_name": flatComputer, "computer": flatComputer, "hostname": flatComputer,
	"record_id": flatRecord, "eventrecordid": flatRecord, "recordnumber": flatRecord,
	"version": flatVersion, "identifier": flatUser, "message": flatMessage,
})

// readFlat fills the row from a flattened record. This form is rare, so a check of each
// key is acceptable.
func readFlat(r *row, m record.Value) {
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
		if head := flatHeads.Find(name); head != flatNone {
			readFlatHead(r, head, v)
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

// readFlatHead sets a head; the first of a kind counts.
func readFlatHead(r *row, head flatHead, v record.Value) {
	var dst *[]byte
	switch head {
	case flatID, flatCode:
		if id, ok := v.Int(); ok && r.id == 0 {
			r.setID(id)
		}
		return
	case flatClock:
		if r.clock == nil {
			r.clock = v
		}
		return
	case flatProvider:
		dst = &r.provider
	case flatChannel:
		dst = &r.channel
	case flatComputer:
		dst = &r.computer
	case flatRecord:
		dst = &r.record
	case flatUser:
		dst = &r.user
	case flatMessage:
		dst = &r.message
	default:
		return
	}
	if *dst == nil {
		*dst = r.text(v)
	}
}
