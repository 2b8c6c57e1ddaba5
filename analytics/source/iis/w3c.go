package iis

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/source/table"
)

// The W3C extended format as IIS writes it: columns between single spaces,
// spaces in values written as "+". Some values come with spaces after all,
// and some columns are missing or too many, so a line whose columns do not
// add up is read from both ends.

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
	w3cForwarded
	w3cLocation
)

var w3cColumns = table.NewColumns([][]string{
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
	w3cForwarded: {"xforwardedfor", "csxforwardedfor", "xrealip", "csxrealip", "originalip"},
	w3cLocation:  {"location", "sclocation", "cslocation"},
}, w3cStem, w3cStatus)

// maxTokens is how many pieces of a line are looked at: a user agent with
// spaces in it makes twenty.
const maxTokens = 96

// split cuts line into r as l says and tells how many columns it had. Runs of
// spaces count as one: a doubled space is a slip of the log, since an empty
// value is written as a dash.
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

// oddW3C fills r from a line that could not be cut from both ends. known is the
// layout of the header, nil where none was seen: after a restart Fluent Bit goes
// on in the middle of a file.
func oddW3C(line []byte, known table.Layout, r *table.Row) {
	if known != nil && splitW3C(known, line, r) == len(known) && plausibleW3C(r[w3cStatus], r[w3cStem], r[w3cPort]) {
		return
	}
	*r = table.Row{}
	guess(line, r)
}

// plausibleW3C tells whether the columns landed where they belong. It is the
// cheapest sign of a line that does not go with its header.
func plausibleW3C(status, stem, port []byte) bool {
	return len(status) == 3 && status[0]-'1' < 5 && ascii.IsDigit(status[1]) && ascii.IsDigit(status[2]) &&
		len(stem) > 0 && (port == nil || ascii.Number(port) >= 0)
}

// tokens cuts line at runs of spaces.
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
