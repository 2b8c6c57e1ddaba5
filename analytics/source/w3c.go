package source

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"redshank/analytics/event"
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

var w3cColumns = newColumns([][]string{
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

// around cuts line into r from both ends, up to the user agent, and tells
// whether that worked out. The agent, often half of the line, is not looked at:
// it is the only value that clients fill with spaces and that some proxy
// modules log unescaped, so that what is too much belongs to it.
func (l layout) around(line []byte, r *row) bool {
	agent := bytes.IndexByte(l, w3cAgent)
	if agent < 0 {
		return false
	}
	end := len(line)
	for column := len(l) - 1; column > agent; {
		at := bytes.LastIndexByte(line[:end], ' ')
		if at < 0 {
			return false
		}
		if at+1 < end {
			if slot := l[column]; slot < slots {
				r[slot] = line[at+1 : end : end]
			}
			column--
		}
		end = at
	}
	start := l[:agent].front(line, r)
	if start < 0 || start >= end {
		return false
	}
	r[w3cAgent] = bytes.Trim(line[start:end], " ")
	return len(r[w3cAgent]) > 0
}

// front cuts as many columns from the front of line as l has, and tells where
// the rest begins; -1 where there are not so many. Eight bytes are looked at in
// one step: a search for each space costs more in calls than in looking.
func (l layout) front(line []byte, r *row) (start int) {
	n, at := 0, 0
	for rest := line; len(rest) >= 8 && n < len(l); rest, at = rest[8:], at+8 {
		for found := equal(binary.LittleEndian.Uint64(rest), ' '); found != 0 && n < len(l); found &= found - 1 {
			end := at + bits.TrailingZeros64(found)>>3
			if end > start {
				if slot := l[n]; slot < slots {
					r[slot] = line[start:end:end]
				}
				n++
			}
			start = end + 1
		}
	}
	if n < len(l) {
		return -1
	}
	return start
}

// split cuts line into r as l says and tells how many columns it had. Runs of
// spaces count as one: a doubled space is a slip of the log, since an empty
// value is written as a dash.
func (l layout) split(line []byte, r *row) int {
	var t [maxTokens]span
	n := tokens(line, &t)
	for i, slot := range l[:min(n, len(l))] {
		if slot < slots {
			r[slot] = line[t[i].from:t[i].to]
		}
	}
	return n
}

// equal has the top bit set of each of eight bytes that is c.
func equal(word uint64, c uint64) uint64 {
	const each, low = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	word ^= each * c // what was c is now 0
	return ^((word&low + low) | word | low)
}

// readW3C fills r from a line. known is the layout of the header, nil where
// none was seen: after a restart Fluent Bit goes on in the middle of a file.
func readW3C(line []byte, known layout, r *row) bool {
	if known != nil {
		if known.around(line, r) && plausible(r) {
			return true
		}
		*r = row{}
		if known.split(line, r) == len(known) && plausible(r) {
			return true
		}
	}
	*r = row{}
	return guess(line, r) && plausible(r)
}

// plausible tells whether the columns landed where they belong. It is the
// cheapest sign of a line that does not go with its header.
func plausible(r *row) bool {
	status := r[w3cStatus]
	return len(status) == 3 && status[0]-'1' < 5 && digit(status[1]) && digit(status[2]) &&
		len(r[w3cStem]) > 0 && (r[w3cPort] == nil || number(r[w3cPort]) >= 0)
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
		into[n] = span{at, at + end}
		at += end
	}
	return n
}

type span struct{ from, to int }

// spaced is b with the spaces that W3C logs write as "+", in ev's own memory.
func spaced(b []byte, ev *event.Event) []byte {
	if bytes.IndexByte(b, '+') < 0 {
		return b
	}
	b = ev.Hold(capped(b, maxAgent))
	rest := b
	for ; len(rest) >= 8; rest = rest[8:] {
		word := binary.LittleEndian.Uint64(rest)
		binary.LittleEndian.PutUint64(rest, word^equal(word, '+')>>7*('+'^' '))
	}
	for i, c := range rest {
		if c == '+' {
			rest[i] = ' '
		}
	}
	return b
}

// maxAgent is the longest user agent that is rewritten, in bytes; what is
// behind it tells no client from another.
const maxAgent = 512
