package windows

import (
	"bytes"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
)

// headField is one of the fields around an event's data.
type headField uint8

const (
	headProvider headField = iota
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
	headSystem // winlog, System: contains the other heads; or the whole event as XML
	headText   // render_event_as_text
	headCategory
	headCount // number of heads
)

// headNames are the spellings of each head, the best first: of several in a record
// the first counts. They are compared without regard to case.
//
//	Fluent Bit     in_winevtlog ProviderName, in_winlog SourceName
//	Beats          winlog.provider_name
//	Wazuh          win.system.providerName
//	NXLog          SourceName, EventTime, Hostname
//	Sentinel       EventSourceName, Provider, TimeGenerated, EventData_dynamic; table Event: Source, EventLog
//	fluentd        source_name, string_inserts
//	OpenTelemetry  provider, event_id, system_time, event_data
//	evtx tools     Provider_attributes, EventId
//	PowerShell     LogName, MachineName, ReplacementStrings
//	Log Parser     EventLog, Strings (a text with bars)
//	osquery        provider_name, eventid, datetime
var headNames = [headCount][]string{
	headProvider: {"ProviderName", "provider_name", "SourceName", "source_name", "EventSourceName", "Provider", "Provider_attributes", "Source"},
	headID:       {"EventID", "event_id", "EventCode", "event_code"},
	headClock: {"TimeCreated", "time_created", "systemTime", "system_time", "TimeCreated_attributes", "EventTime", "TimeGenerated",
		"time_generated", "datetime"},
	headArrival:  {"@timestamp", "timestamp", "time"},
	headChannel:  {"Channel", "LogName", "log_name", "EventLog", "Logfile"},
	headComputer: {"Computer", "computer_name", "ComputerName", "Hostname", "MachineName", "host"},
	headRecord:   {"EventRecordID", "record_id", "RecordNumber", "record_number", "RecordId"},
	headVersion:  {"Version"},
	headUser:     {"UserID", "user"},
	headMessage:  {"Message", "Description", "RenderedDescription"},
	headInserts:  {"StringInserts", "string_inserts", "ReplacementStrings", "insertion_strings", "InsertionStrings", "Strings"},
	headData:     {"EventData", "event_data", "EventData_dynamic", "EventData_string", "RawXml"},
	headSystem:   {"winlog", "win", "System", "data", "properties"},
	headText:     {"log"},
	headCategory: {"category"},
}

var headKeys, headOf = func() (*record.Keys, []headField) {
	var names []string
	var heads []headField
	for i, spellings := range headNames {
		for _, name := range spellings {
			names, heads = append(names, name), append(heads, headField(i))
		}
	}
	return record.NewKeys(names...), heads
}()

// maxHeadNames bounds the number of spellings, for an array on the stack.
const maxHeadNames = 64

const nilType = msgp.NilType

// headSet are the fields found around one event.
type headSet [headCount]record.Value

// look finds the heads of m that are not set yet. Values are stored unread, because
// most events are irrelevant, as provider and id show.
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

// find reports whether m is a Windows event, and finds its heads at any depth. It
// proceeds from the outside in, so that an inner map supplies only heads that are
// not set.
func (h *headSet) find(m record.Value) bool {
	h.look(m)
	inner := h[headSystem]
	if only := inner.Only(); only.IsMap() && only.GetFold("EventID").Present() {
		inner, h[headSystem] = only, only // xml2js
	}
	switch {
	case inner == nil:
	case isEventXML(inner.Bytes()):
		return true
	case !inner.IsMap():
		h.notSystem()
	case h.owns(), h.beats(m, inner), h.wazuh(inner), h.system(inner), h.azure(inner):
		return true
	}
	if h[headID] == nil && h[headProvider] != nil && (h[headChannel] != nil || h[headComputer] != nil) {
		h[headID] = m.GetFold("id") // Get-WinEvent
	}
	if isEventText(h[headText].Bytes()) || h.owns() {
		return true
	}
	return isFlat(m)
}

// notSystem undoes a wrong choice of the map of heads: in_winlog has a text named
// Data, osquery has the event's data there, Get-WinEvent a list of values.
func (h *headSet) notSystem() {
	v := h[headSystem]
	h[headSystem] = nil
	switch {
	case v.IsArray() && h[headInserts] == nil:
		h[headInserts] = v
	case h[headData] == nil && bytes.HasPrefix(v.Bytes(), openBrace):
		h[headData] = v
	}
}

// owns reports whether the heads of every collector are present.
func (h *headSet) owns() bool {
	// An id alone is not enough, because other formats have a field of that name.
	return h[headID] != nil && (h[headProvider] != nil || h[headChannel] != nil && h[headComputer] != nil)
}

// beats reads winlog. The record id, the channel and the name of the machine
// that Beats has at the top level are not the event's.
func (h *headSet) beats(m, inner record.Value) bool {
	var own headSet
	own.look(inner)
	if own[headID] == nil { // for pipelines that drop values that ECS has fields for
		own[headID], own[headProvider] = m.Path("event", "code"), m.Path("event", "provider")
	}
	if !own.owns() || own[headSystem].IsMap() {
		return false
	}
	if own[headData] == nil {
		own[headData] = h[headData] // event XML as JSON has the data beside System
	}
	own[headArrival], own[headMessage] = h[headArrival], h[headMessage]
	if own[headArrival] == nil {
		own[headArrival] = m.Path("event", "created") // when Beats read the event
	}
	own[headSystem] = inner // marks a record of Beats
	*h = own
	return true
}

// wazuh reads win.system and win.eventdata, with or without data around win.
func (h *headSet) wazuh(inner record.Value) bool {
	if win := inner.Get("win"); win.IsMap() {
		inner = win
	}
	var own headSet
	own.look(inner.GetFold("system"))
	if !own.owns() {
		return false
	}
	own[headData], own[headSystem] = inner.GetFold("eventdata"), nil
	*h = own
	return true
}

// system reads event XML as JSON. Heads that all collectors should have may be
// missing; the id identifies this form.
func (h *headSet) system(inner record.Value) bool {
	own := headSet{headData: h[headData], headMessage: h[headMessage], headArrival: h[headArrival]}
	own.look(inner)
	if own[headID] == nil || own[headProvider] == nil && own[headChannel] == nil {
		return false
	}
	own[headSystem] = nil
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

// Texts that identify forms.
var (
	eventXMLTag = []byte("<Event")
	viewerMark  = []byte("- ")
)

// isEventXML reports whether text is an event as XML: not <EventData, and with
// or without the minus sign that a copy out of Event Viewer begins with.
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
