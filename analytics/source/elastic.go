package source

import (
	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// The pipelines of Elastic's integrations move fields of a log to those of the Elastic
// Common Schema, and remove them where they were: the address to source.ip, the agent to
// user_agent.original, the operation to event.action. Only what has no field there stays
// below the name of the log, partly in snake case. elasticLogs say where the fields are.

// movedField is a field that a log has under a name, and the places where it may be now, the
// best first.
type movedField struct {
	name string
	from [][]string
}

// elasticLog is one log of an integration.
type elasticLog struct {
	own     []string     // path of the fields that stayed
	outer   []movedField // fields beside
	wrapped []movedField // fields of properties; nil: the log has no properties
}

var (
	ecsTime   = [][]string{{"@timestamp"}}
	ecsClient = [][]string{{"source", "ip"}, {"client", "ip"}, {"source", "address"}, {"client", "address"}}
	ecsAgent  = [][]string{{"user_agent", "original"}}
	ecsStatus = [][]string{{"http", "response", "status_code"}}
	ecsMethod = [][]string{{"http", "request", "method"}}
)

var elasticLogs = []elasticLog{
	{own: []string{"azure", "signinlogs"},
		outer:   []movedField{{"time", ecsTime}, {"callerIpAddress", ecsClient}, {"location", [][]string{{"geo", "country_iso_code"}}}},
		wrapped: []movedField{{"createdDateTime", [][]string{{"azure", "signinlogs", "properties", "created_at"}}}, {"userAgent", ecsAgent}, {"userPrincipalName", [][]string{{"user", "email"}}}, {"userId", [][]string{{"user", "id"}}}}},
	{own: []string{"azure", "auditlogs"},
		outer:   []movedField{{"time", ecsTime}, {"callerIpAddress", ecsClient}},
		wrapped: []movedField{{"activityDisplayName", [][]string{{"event", "action"}}}}},
	{own: []string{"azure", "graphactivitylogs"},
		outer: []movedField{{"time", ecsTime}, {"callerIpAddress", ecsClient}},
		wrapped: []movedField{{"requestMethod", ecsMethod}, {"requestUri", [][]string{{"url", "original"}}}, {"responseStatusCode", ecsStatus},
			{"userAgent", ecsAgent}, {"userId", [][]string{{"user", "id"}}}}},
	{own: []string{"o365", "audit"}, outer: []movedField{{"CreationTime", ecsTime}, {"Operation", [][]string{{"event", "action"}}},
		{"Id", [][]string{{"event", "id"}}}, {"Workload", [][]string{{"event", "provider"}}}, {"UserId", [][]string{{"user", "id"}, {"user", "email"}, {"user", "name"}}},
		{"ClientIP", ecsClient}, {"UserAgent", ecsAgent}, {"ResultStatus", [][]string{{"event", "outcome"}}}, {"OriginatingServer", [][]string{{"server", "domain"}}}}},
	{own: []string{"iis", "access"}, outer: []movedField{{"timegenerated", ecsTime}, {"s-ip", [][]string{{"destination", "ip"}, {"destination", "address"}}},
		{"s-computername", [][]string{{"iis", "access", "server_name"}}}, {"cs-method", ecsMethod}, {"cs-uri-stem", [][]string{{"url", "path"}, {"url", "original"}}},
		{"cs-uri-query", [][]string{{"url", "query"}}}, {"s-port", [][]string{{"destination", "port"}}}, {"cs-username", [][]string{{"user", "name"}}},
		{"c-ip", ecsClient}, {"cs(User-Agent)", ecsAgent}, {"cs(Referer)", [][]string{{"http", "request", "referrer"}}}, {"sc-status", ecsStatus},
		{"sc-substatus", [][]string{{"iis", "access", "sub_status"}}}, {"sc-win32-status", [][]string{{"iis", "access", "win32_status"}}},
		{"x-forwarded-for", [][]string{{"network", "forwarded_ip"}}}}},
	{own: []string{"microsoft", "exchange"}, outer: []movedField{{"datetime", ecsTime}, {"cip", ecsClient}, {"clientipaddress", ecsClient}, {"useragent", ecsAgent},
		{"httpstatus", ecsStatus}, {"method", ecsMethod}, {"urlquery", [][]string{{"url", "query"}}}, {"serverhostname", [][]string{{"observer", "hostname"}}},
		{"authenticateduser", [][]string{{"user", "name"}}}}},
}

// elasticOf returns the log of an integration that a map holds, nil for none. found are
// the fields of the map.
func elasticOf(m record.Value, found []record.Value) *elasticLog {
	if !found[slotAzure].IsMap() && !found[slotO365].IsMap() && !found[slotIIS].IsMap() && !found[slotMicrosoft].IsMap() {
		return nil
	}
	for i := range elasticLogs {
		if m.Path(elasticLogs[i].own...).IsMap() {
			return &elasticLogs[i]
		}
	}
	return nil
}

// record returns the record that a document of an integration was before its pipeline.
func (l *elasticLog) record(b *format.Scratch, m record.Value) record.Value {
	own := m.Path(l.own...)
	start, n := beginMap(b), uint32(0)
	for key, value := range own.All() {
		if l.wrapped == nil || string(key) != "properties" {
			b.Buf = appendSquashed(appendSquashedKey(b.Buf, key), value, 1)
			n++
		}
	}
	n += appendMoved(b, m, l.outer)
	if l.wrapped != nil {
		b.Buf = msgp.AppendString(b.Buf, "properties")
		appendProperties(b, own.Get("properties"), m, l.wrapped)
		n++
	}
	putCount(b.Buf[start:], n)
	return record.Value(b.Buf[start:])
}

// appendProperties appends the properties that stayed, and those that were moved.
func appendProperties(b *format.Scratch, own, m record.Value, fields []movedField) {
	start, n := beginMap(b), uint32(0)
	for key, value := range own.All() {
		b.Buf = appendSquashed(appendSquashedKey(b.Buf, key), value, 2)
		n++
	}
	n += appendMoved(b, m, fields)
	putCount(b.Buf[start:], n)
}

// appendMoved appends the moved fields that m has, and returns how many. A field that is
// still in its old place comes first there and counts.
func appendMoved(b *format.Scratch, m record.Value, fields []movedField) (n uint32) {
	for _, f := range fields {
		for _, path := range f.from {
			if value := m.Path(path...); value.Present() && !value.IsMap() {
				b.Buf = appendSquashed(msgp.AppendString(b.Buf, f.name), value, 1)
				n++
				break
			}
		}
	}
	return n
}

// beginMap appends a map header of five bytes, for putCount, and returns its offset.
func beginMap(b *format.Scratch) (start int) {
	start = len(b.Buf)
	b.Buf = append(b.Buf, 0xdf, 0, 0, 0, 0)
	return start
}

// putCount writes the number of fields into a map header of five bytes.
func putCount(header []byte, n uint32) {
	header[1], header[2], header[3], header[4] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
}
