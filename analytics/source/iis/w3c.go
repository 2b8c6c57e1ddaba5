package iis

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/source/table"
)

// The W3C extended format as IIS writes it: columns between single spaces, spaces
// in most values written as "+". Account names come with their spaces, some agents
// do, and lists of addresses; align.go reads such lines.

// The columns that are read.
const (
	w3cDate = iota
	w3cTime
	w3cServerIP
	w3cComputer
	w3cMethod
	w3cStem
	w3cQuery
	w3cPort
	w3cUser
	w3cClientIP
	w3cAgent
	w3cReferer
	w3cStatus
	w3cSubstatus
	w3cWin32
	w3cLocation
	w3cStamp     // date and time in one
	w3cForwarded // the first of the client headers, and the others behind it
)

// maxHeaders bounds the number of client headers.
const maxHeaders = 4

var w3cNames = [][]string{
	w3cDate:      {"date"},
	w3cTime:      {"time", "datetime", "timestamp", "eventtime"},
	w3cServerIP:  {"sip", "serverip"},
	w3cComputer:  {"scomputername", "computername"},
	w3cMethod:    {"csmethod", "method"},
	w3cStem:      {"csuristem", "uristem", "uripath"},
	w3cQuery:     {"csuriquery", "uriquery"},
	w3cPort:      {"sport", "serverport", "port"},
	w3cUser:      {"csusername", "username", "user"},
	w3cClientIP:  {"cip", "clientip"},
	w3cAgent:     {"csuseragent", "useragent"},
	w3cReferer:   {"csreferer", "csreferrer", "referer", "referrer"},
	w3cStatus:    {"scstatus", "status", "statuscode"},
	w3cSubstatus: {"scsubstatus", "substatus"},
	w3cWin32:     {"scwin32status", "win32status"},
	w3cLocation:  {"location", "sclocation", "cslocation"},
	w3cStamp:     {"timegenerated"},
}

// defaultHeader is the header that a reverse proxy sets unless the policy names
// others. If that header is not logged, the logged one of otherHeaders is used: an
// administrator who logs such a header has a proxy that sets it.
const defaultHeader = "X-Forwarded-For"

var otherHeaders = []string{"X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Original-Forwarded-For", "Original-IP",
	"X-Cluster-Client-IP", "X-Azure-ClientIP", "Fastly-Client-IP", "Forwarded"}

// columnsOf returns the columns of a log whose client headers have these names, in
// order of preference; nil means the default.
func columnsOf(headers []string) *table.Columns {
	names := append([][]string(nil), w3cNames...)
	if len(headers) == 0 {
		names = append(names, spellings(defaultHeader), spellings(otherHeaders...))
	}
	for _, header := range headers[:min(len(headers), maxHeaders)] {
		names = append(names, spellings(header))
	}
	return table.NewColumns(names, w3cStem, w3cStatus)
}

// spellings returns the column names of headers in the form used for comparison. IIS
// writes X-Real-IP or cs(X-Real-IP).
func spellings(headers ...string) (names []string) {
	for _, header := range headers {
		name := table.FoldName(header)
		names = append(names, name, "cs"+name)
	}
	return names
}

// forwarded returns the client header of a row, or nil if the row has none.
func (f *iis) forwarded(r *w3cRow) []byte {
	for i := range maxHeaders {
		cell := r.get(w3cForwarded + i)
		if table.Given(cell) != nil {
			return cell
		}
		if cell != nil && f.onlyDefault {
			return nil // logged, and not set: other headers do not count
		}
	}
	return nil
}

// maxTokens bounds the pieces of a line. A user agent with spaces has about twenty.
const maxTokens = 96

// splitW3C splits line into r by the layout l and returns the number of columns. A run
// of spaces counts as one space, since an empty value is written as a dash.
func splitW3C(l table.Layout, line []byte, r *table.Row) int {
	var t [maxTokens]span
	n := tokens(line, &t)
	for i, slot := range l[:min(n, len(l))] {
		if slot < table.Slots {
			r[slot] = line[t[i].from:t[i].to]
		}
	}
	return n
}

// splitQuoted splits a line of Advanced Logging into r, and reports whether it has as
// many columns as the header. Spaces within quotes belong to a value.
func splitQuoted(l table.Layout, line []byte, r *table.Row) bool {
	n := 0
	for ; len(line) > 0; n++ {
		end := bytes.IndexByte(line, ' ')
		if line[0] == '"' {
			if end = bytes.Index(line, []byte(`" `)); end >= 0 {
				end++
			}
		}
		if end < 0 {
			end = len(line)
		}
		if n < len(l) && l[n] < table.Slots {
			r[l[n]] = unquoted(line[:end])
		}
		line = bytes.TrimLeft(line[end:], " ")
	}
	return n == len(l)
}

// odd fills r from a line that neither fits its header nor can be aligned to it. known
// is the layout of the header, or nil if no header was seen: after a restart, Fluent
// Bit continues in the middle of a file.
func odd(line []byte, known table.Layout, r *table.Row) {
	if known != nil && splitW3C(known, line, r) == len(known) && plausibleW3C(r[w3cStatus], r[w3cStem], r[w3cPort]) {
		return
	}
	*r = table.Row{}
	guess(line, r)
}

// plausibleW3C reports whether status, path and port have valid values. It is the
// cheapest check that a line matches its header.
func plausibleW3C(status, stem, port []byte) bool {
	return len(status) == 3 && status[0]-'1' < 5 && ascii.IsDigit(status[1]) && ascii.IsDigit(status[2]) &&
		len(stem) > 0 && (port == nil || ascii.Number(port) >= 0)
}

// tokens splits line at runs of spaces.
func tokens(line []byte, into *[maxTokens]span) (n int) {
	for at := 0; at < len(line) && n < maxTokens; n++ {
		for at < len(line) && line[at] == ' ' {
			at++
		}
		end := bytes.IndexByte(line[at:], ' ')
		if end < 0 {
			end = len(line) - at
		}
		if end == 0 {
			break
		}
		into[n] = span{uint32(at), uint32(at + end)}
		at += end
	}
	return n
}
