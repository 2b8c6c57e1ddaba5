package windows

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
)

// winHead is one of the fields around an event's data.
type head uint8

const (
	headProvider head = iota
	headID
	headClock
	headArrival
	headChannel
	headComputer
	headRecord
	headVersion
	headUser
	headMessage
	headInserts
	headData   // a map of names and values, or event data as XML
	headSystem // winlog, System: the other heads stand in it; or the whole event as XML
	headText   // render_event_as_text
	headCategory
	headCount // how many there are
)

// winHeadNames are the spellings of each head, the best first: where a record
// has several, the first counts. They are compared without case.
//
//	Fluent Bit   in_winevtlog ProviderName, in_winlog SourceName
//	Beats        winlog.provider_name
//	Wazuh        win.system.providerName
//	NXLog        SourceName, EventTime, Hostname
//	Sentinel     EventSourceName, Provider, TimeGenerated, EventData_dynamic
//	fluentd      source_name, string_inserts
var headNames = [headCount][]string{
	headProvider: {"ProviderName", "provider_name", "SourceName", "source_name", "EventSourceName", "Provider"},
	headID:       {"EventID", "event_id"},
	headClock:    {"TimeCreated", "time_created", "systemTime", "EventTime", "TimeGenerated", "time_generated"},
	headArrival:  {"@timestamp", "time"},
	headChannel:  {"Channel", "LogName"},
	headComputer: {"Computer", "computer_name", "ComputerName", "Hostname", "MachineName"},
	headRecord:   {"EventRecordID", "record_id", "RecordNumber", "record_number"},
	headVersion:  {"Version"},
	headUser:     {"UserID", "user"},
	headMessage:  {"Message", "Description"},
	headInserts:  {"StringInserts", "string_inserts"},
	headData:     {"EventData", "event_data", "EventData_dynamic", "EventData_string", "RawXml"},
	headSystem:   {"winlog", "win", "System", "data", "properties"},
	headText:     {"log"},
	headCategory: {"category"},
}

var headKeys, headOf = func() (*record.Keys, []head) {
	var names []string
	var heads []head
	for i, spellings := range headNames {
		for _, name := range spellings {
			names, heads = append(names, name), append(heads, head(i))
		}
	}
	return record.NewKeys(names...), heads
}()

// maxHeadNames bounds how many spellings there may be, for the array on the
// stack that they are found in.
const maxHeadNames = 56

// winHeadSet are the fields found around one event.
type headSet [headCount]record.Value

// look finds the heads of m that are not set yet. Values are only noted: most
// events are of no interest, and that is told by provider and id.
func (h *headSet) look(m record.Value) {
	var found [maxHeadNames]record.Value
	if headKeys.FindFold(m, found[:len(headOf)]) == 0 {
		return
	}
	for i, slot := range headOf {
		if found[i] != nil && h[slot] == nil {
			h[slot] = found[i]
		}
	}
}

// winMap is what a map has to be to be a Windows event, and how deep its heads
// stand. The looks go from outside in, so that the inner ones find what the
// outer have left unset.
func (h *headSet) winMap(m record.Value) bool {
	h.look(m)
	inner := h[headSystem]
	switch {
	case inner == nil:
	case isEventXML(inner.Bytes()):
		return true
	case !inner.IsMap():
		h[headSystem] = nil // in_winlog has a text named Data
	case h.owns(headID), h.beats(m, inner), h.wazuh(inner), h.azure(inner):
		return true
	}
	if isEventText(h[headText].Bytes()) || h.owns(headID) {
		return true
	}
	return flattened(m)
}

// owns reports whether the heads that every writer has are there.
func (h *headSet) owns(id head) bool {
	// EventID alone is not enough: other formats have a field of that name.
	return h[id] != nil && (h[headProvider] != nil || h[headChannel] != nil && h[headComputer] != nil)
}

// beats reads winlog. The record id, the channel and the name of the machine
// that Beats has at the top level are not the event's.
func (h *headSet) beats(m, inner record.Value) bool {
	var own headSet
	own.look(inner)
	if own[headID] == nil { // pipelines that drop what ECS has a field for
		own[headID], own[headProvider] = m.Path("event", "code"), m.Path("event", "provider")
	}
	if !own.owns(headID) {
		return false
	}
	own[headArrival], own[headMessage] = h[headArrival], h[headMessage]
	own[headSystem] = inner // says that it is Beats
	*h = own
	return true
}

// wazuh reads win.system and win.eventdata, with or without data around win.
func (h *headSet) wazuh(inner record.Value) bool {
	if win := inner.Get("win"); win.IsMap() {
		inner = win
	}
	var own headSet
	own.look(inner.Get("system"))
	if !own.owns(headID) {
		return false
	}
	own[headData], own[headSystem] = inner.Get("eventdata"), nil
	*h = own
	return true
}

// azure reads the rows that the diagnostics agent writes.
func (h *headSet) azure(inner record.Value) bool {
	if string(h[headCategory].Bytes()) != "WindowsEventLogsTable" {
		return false
	}
	own := headSet{headArrival: h[headArrival]}
	own.look(inner)
	own[headSystem] = nil
	*h = own
	return own[headID] != nil
}

// Texts that shapes are known by.
var (
	eventXMLTag  = []byte("<Event")
	viewerMark   = []byte("- ")
	eventTextKey = []byte("ProviderName=")
	beatsPrefix  = []byte("winlog.")
)

// isEventXML reports whether text is an event as XML: not <EventData, and with
// or without the winMinus sign that a copy out of Event Viewer begins with.
func isEventXML(text []byte) bool {
	text = bytes.TrimLeft(ascii.Clip(text, 256), " \t\r\n")
	text = bytes.TrimLeft(bytes.TrimPrefix(text, viewerMark), " \t\r\n")
	if bytes.HasPrefix(text, xmlDeclaration) {
		return bytes.Contains(text, eventXMLTag)
	}
	if !bytes.HasPrefix(text, eventXMLTag) || len(text) == len(eventXMLTag) {
		return false
	}
	next := text[len(eventXMLTag)]
	return next == '>' || next == ' ' || next == '\t' || next == '\r' || next == '\n' || bytes.HasPrefix(text, eventsXMLTag)
}

var (
	xmlDeclaration = []byte("<?xml")
	eventsXMLTag   = []byte("<Events>")
)

// isEventText reports whether text is what render_event_as_text writes.
func isEventText(text []byte) bool { return bytes.HasPrefix(text, eventTextKey) }

// flattened reports whether m is a Beats event with dots in its keys. It is
// the last look that a record gets: one walk over its keys.
func flattened(m record.Value) bool {
	for key := range m.All() {
		if bytes.HasPrefix(key, beatsPrefix) {
			return true
		}
	}
	return false
}
