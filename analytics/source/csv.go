package source

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
	"redshank/analytics/source/table"
)

// CSV exports of Purview, Log Analytics, Entra's portal and evtx tools, tailed
// line by line: the header line is remembered for its stream, and each row is
// opened as a map of its cells. A cell with line breaks in it comes as several
// lines, none of which is a row: the first and the rest are malformed. Such
// exports have to be read whole by the collector.

const (
	maxColumns   = 512
	maxCSVHeader = 32 << 10 // bytes
)

// csvColumns are the columns of a CSV export; names is nil for any other file.
type csvColumns struct {
	names     []string
	separator byte
	audit     bool // of the directory audit
}

// csvHeaders are column names, each of which only one kind of export has.
var csvHeaders = [...]string{
	"auditdata", "officeworkload", "userprincipalname", "signinactivityid", "sign-in error code", "auditlogrecordtype",
	"eventid", "eventrecordid", "eventdata", "requesturi", auditHeader,
	"targetusername", "keywordsdisplaynames", "_raw", "raweventdata", "targetresources", viewerHeader, "lastaccessed", "cmdletparameters",
	"workload", "creationtime", "calleripaddress", "accountupn", "accountobjectid", "cs-uri-stem", "csuristem", "cs_uri_stem",
}

// quotedHeaders are columns of the text logs of Exchange. The logs do not quote the names of
// their columns, and Export-Csv does.
var quotedHeaders = [...]string{"authenticateduser", "remote-endpoint", "cip"}

// auditHeader is a column that only the directory audit of Entra's portal has.
const auditHeader = "actoruserprincipalname"

// viewerHeader is a column that only the export of the Windows event viewer has. The
// rendered message follows the columns, without a name of its own.
const viewerHeader = "task category"

// separators separate the cells of a row: a comma, a semicolon where the comma is the
// decimal sign, or a tab.
const separators = ",;\t"

// csvHeader returns the columns that line names, and none if line is no header.
// Most lines are rows that begin with a digit, which is checked first.
func csvHeader(line []byte) csvColumns {
	if len(line) > maxCSVHeader || line[0] < 'A' && line[0] != '"' && line[0] != '@' || bytes.IndexByte(line, '{') >= 0 {
		return csvColumns{}
	}
	for _, separator := range []byte(separators) {
		if bytes.Count(line, []byte{separator}) < 1 {
			continue
		}
		names, known := columnNames(line, separator)
		if known {
			audit := slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, auditHeader) })
			return csvColumns{names, separator, audit}
		}
	}
	return csvColumns{}
}

// columnNames copies the names, which are kept for the life of the stream, and
// reports whether one of them is that of an export. Names lose the time zone that
// exports write behind them.
func columnNames(line []byte, separator byte) (names []string, known bool) {
	portal, viewer := false, false
	for rest, more := line, true; more && len(names) < maxColumns; {
		var c table.Cell
		if c, rest, more = table.NextCell(rest, separator); !c.Whole {
			return nil, false
		}
		name := strings.TrimSpace(string(ascii.UpTo(c.Text, "[")))
		name = strings.TrimSuffix(name, " (UTC)")
		leaf := name[strings.LastIndexByte(name, '.')+1:] // of a flattened record
		known = known || isHeader(csvHeaders[:], leaf) || line[0] == '"' && isHeader(quotedHeaders[:], leaf)
		portal = portal || strings.EqualFold(name, "sign-in error code")
		viewer = viewer || strings.EqualFold(name, viewerHeader)
		names = append(names, name)
	}
	for i, name := range names {
		if field, ok := portalColumns[strings.ToLower(name)]; ok && portal {
			names[i] = field
		}
		if field, ok := viewerColumns[strings.ToLower(name)]; ok && viewer {
			names[i] = field
		}
	}
	if viewer {
		names = append(names, "Message")
	}
	return names, known
}

func isHeader(headers []string, name string) bool {
	return slices.ContainsFunc(headers, func(header string) bool { return strings.EqualFold(name, header) })
}

// portalColumns are the columns of the sign-ins that Entra's portal exports, by
// the names that the same fields have everywhere else.
var portalColumns = map[string]string{
	"date":                       "createdDateTime",
	"request id":                 "id",
	"user agent":                 "userAgent",
	"user id":                    "userId",
	"username":                   "userPrincipalName",
	"application id":             "appId",
	"ip address":                 "ipAddress",
	"sign-in error code":         "resultType",
	"failure reason":             "resultDescription",
	"client app":                 "clientAppUsed",
	"device id":                  "deviceId",
	"authentication protocol":    "authenticationProtocol",
	"original transfer method":   "originalTransferMethod",
	"unique token identifier":    "uniqueTokenIdentifier",
	"session id":                 "sessionId",
	"conditional access":         "conditionalAccessStatus",
	"authentication requirement": "authenticationRequirement",
	"service principal id":       "servicePrincipalId",
}

// viewerColumns are the columns of the event viewer, by the names of event XML.
var viewerColumns = map[string]string{
	"date and time": "TimeCreated",
	"source":        "ProviderName",
	"event id":      "EventID",
}

// row transcodes a CSV row into a map of its filled cells by column name, or into a record
// of the directory audit. It fails if the row has not exactly the columns of the header.
func (c *csvColumns) row(s *format.Scratch, line []byte) (record.Value, bool) {
	names := c.names
	filled, cells := 0, 0
	for rest, more := line, true; more; cells++ {
		var cell table.Cell
		if cell, rest, more = table.NextCell(rest, c.separator); !cell.Whole || cells == len(names) {
			return nil, false
		}
		if len(cell.Text) > 0 {
			filled++
		}
	}
	if cells != len(names) {
		return nil, false
	}
	start := len(s.Buf)
	s.Buf = msgp.AppendMapHeader(s.Buf, uint32(filled))
	for i, rest := 0, line; i < cells; i++ {
		var cell table.Cell
		if cell, rest, _ = table.NextCell(rest, c.separator); len(cell.Text) > 0 {
			s.Buf = msgp.AppendString(s.Buf, names[i])
			s.Buf = table.AppendCell(s.Buf, cell)
		}
	}
	row := record.Value(s.Buf[start:])
	if c.audit {
		row = auditRow(s, row)
	}
	return row, true
}
