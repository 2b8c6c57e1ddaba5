package source

import "redshank/analytics/record"

const (
	// maxLine is the longest raw line that is read, in bytes.
	maxLine = 256 << 10
	// fewFields is how many fields a wrapper has at most. A record with more is
	// offered to the formats first: it is most likely the log record itself, and
	// one look at its fields is saved.
	fewFields = 16
	// bareFields is how many fields a raw line's record has if no filter has
	// added any: the line, its path, its offset.
	bareFields = 3
)

// The fields that may hold a record, or the place it came from. The order of
// the first ones is the order of preference: parsed content goes before text.
const (
	slotOffice365 = iota
	slotO365Audit
	slotO365
	slotAzure
	slotIIS
	slotMicrosoft
	slotAuditData
	slotAuditDataCamel
	slotRecords
	slotEvents
	slotList
	slotPayload
	slotJSON
	slotEvent
	slotRouting
	slotSourcetype
	slotLog
	slotMessage
	slotRaw
	slotOriginal
	slotString
	slotPath
	slotFile
	slotFilename
	slotLogFile
	slotOffset
	slotLogOffset
)

var wrapperNames = [...]string{
	slotOffice365:      "office365",      // Wazuh
	slotO365Audit:      "o365audit",      // Elastic Agent before its pipeline
	slotO365:           "o365",           // Filebeat: o365.audit
	slotAzure:          "azure",          // Filebeat: azure.signinlogs and its like
	slotIIS:            "iis",            // Filebeat: iis.access
	slotMicrosoft:      "microsoft",      // Elastic Agent: microsoft.exchange
	slotAuditData:      "AuditData",      // Purview search and export
	slotAuditDataCamel: "auditData",      // Graph audit log query
	slotRecords:        "records",        // Event Hub batch
	slotEvents:         "events",         // collectors
	slotList:           "value",          // Graph page
	slotPayload:        "payload",        // in_kafka
	slotJSON:           "json",           // Filebeat
	slotEvent:          "event",          // ECS event.original, HEC, LimaCharlie
	slotRouting:        "routing",        // LimaCharlie
	slotSourcetype:     "sourcetype",     // HEC
	slotLog:            "log",            // in_tail; Filebeat's log.file.path
	slotMessage:        "message",        // syslog, Beats
	slotRaw:            "_raw",           // Cribl
	slotOriginal:       "event.original", // ECS, dotted
	slotString:         "stringValue",    // OpenTelemetry's JSON
	slotPath:           "path",
	slotFile:           "file",
	slotFilename:       "filename",
	slotLogFile:        "log.file.path",
	slotOffset:         "offset", // in_tail with Offset_Key offset
	slotLogOffset:      "log.offset",
}

var wrapperKeys = record.NewKeys(wrapperNames[:]...)

var pathSlots = [...]int{slotPath, slotFile, slotFilename, slotLogFile}

// innerRecord returns the record or records that the fields wrap, absent if they wrap
// none, and reports whether a list of them is a batch of records for certain.
func innerRecord(found []record.Value) (inner record.Value, batch bool) {
	for slot := slotOffice365; slot <= slotEvent; slot++ {
		if v := found[slot]; v.Present() {
			if v = enclosed(slot, v, found); v.Present() {
				return v, slot == slotRecords || slot == slotEvents || slot == slotList
			}
		}
	}
	return nil, false
}

func enclosed(slot int, v record.Value, found []record.Value) record.Value {
	switch slot {
	case slotOffice365, slotO365Audit:
		return provided(v, v.IsMap())
	case slotEvent:
		return provided(v, found[slotRouting].Present() || found[slotSourcetype].Present())
	case slotO365:
		return provided(v.Get("audit"), true)
	case slotAzure:
		return azure(v)
	case slotIIS, slotMicrosoft:
		return nil
	case slotRecords, slotEvents, slotList:
		return provided(v, v.IsArray())
	}
	return provided(v, v.IsMap() || v.IsArray() || v.Bytes() != nil) // payload, AuditData, json
}

// azure steps into the one log that Filebeat names below azure.
func azure(v record.Value) record.Value {
	for _, log := range [...]string{"signinlogs", "auditlogs", "graphactivitylogs"} {
		if inner := v.Get(log); inner.IsMap() {
			return inner
		}
	}
	return provided(v, v.IsMap())
}

func provided(v record.Value, ok bool) record.Value {
	if ok {
		return v
	}
	return nil
}

// rawLine returns the text that may be the record itself, nil if none exists.
func rawLine(found []record.Value) []byte {
	if text := found[slotEvent].Get("original").Bytes(); text != nil {
		return text
	}
	for _, slot := range [...]int{slotLog, slotMessage, slotRaw, slotOriginal, slotString} {
		if text := found[slot].Bytes(); text != nil {
			return text
		}
	}
	return nil
}

// placeOf returns the place that the fields around a record name.
func placeOf(found []record.Value) (at place) {
	for _, slot := range pathSlots {
		if named := found[slot].Bytes(); len(named) > 0 {
			at.path = named
		}
	}
	if at.offset = found[slotOffset]; !at.offset.Present() {
		at.offset = found[slotLogOffset]
	}
	if file := found[slotLog].Get("file"); file.Present() {
		at = place{file.Get("path").Bytes(), found[slotLog].Get("offset")}
	}
	return at
}

// place is the file and the offset that a record names as its own. Either may be absent.
type place struct {
	path   []byte // of the file
	offset record.Value
}

// plainLine returns the line of a record as in_tail makes it, and its place: the common
// case, at half the cost of looking for all wrappers. line is nil if there is any other
// field.
func plainLine(m record.Value) (line []byte, at place) {
	c := m.Fields()
	for key, field, ok := c.Next(); ok; key, field, ok = c.Next() {
		text := field.Bytes()
		switch {
		case string(key) == "log" && line == nil && len(text) > 0:
			line = text
		case string(key) == "path" && at.path == nil && text != nil:
			at.path = text
		case string(key) == "offset" && text == nil:
			at.offset = field
		default:
			return nil, place{}
		}
	}
	return line, at
}
