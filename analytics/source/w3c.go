package source

import (
	"bytes"
	"time"

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
	w3cForwarded: {"xforwardedfor", "csxforwardedfor", "originalip"},
	w3cLocation:  {"location", "sclocation", "cslocation"},
}, w3cStem, w3cStatus)

// maxTokens is how many pieces of a line are looked at: a user agent with
// spaces in it makes twenty.
const maxTokens = 96

// split cuts line into r as l says and tells how many columns it had. Runs of
// spaces count as one: a doubled space is a slip of the log, since an empty
// value is written as a dash.
func (l layout) split(line []byte, r *row) (n int) {
	for len(line) > 0 {
		end := bytes.IndexByte(line, ' ')
		if end == 0 {
			line = line[1:]
			continue
		}
		if end < 0 {
			end = len(line)
		}
		if n < len(l) && l[n] < slots {
			r[l[n]] = line[:end:end]
		}
		n++
		line = line[min(end+1, len(line)):]
	}
	return n
}

// readW3C fills r from a line. known is the layout of the header, nil where
// none was seen: after a restart Fluent Bit goes on in the middle of a file.
func readW3C(line []byte, known layout, r *row) bool {
	if known != nil {
		if known.split(line, r) == len(known) && plausible(r) {
			return true
		}
		*r = row{}
		if known.stretch(line, r) && plausible(r) {
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

// stretch reads a line that has more columns than its header: what is too
// much belongs to the user agent, the only value that clients fill with
// spaces and that some proxy modules log unescaped. Before it columns are
// counted from the left, behind it from the right.
func (l layout) stretch(line []byte, r *row) bool {
	agent := bytes.IndexByte(l, w3cAgent)
	var t [maxTokens]span
	n := tokens(line, &t)
	surplus := n - len(l)
	if agent < 0 || surplus <= 0 || n == maxTokens {
		return false
	}
	for i, slot := range l {
		first, last := i, i
		if i >= agent {
			last += surplus
		}
		if i > agent {
			first += surplus
		}
		if slot < slots {
			r[slot] = line[t[first].from:t[last].to]
		}
	}
	return true
}

// guess reads a line without a header by what its columns look like: site and
// server before the method, a fixed run from the method to the client, then
// protocol version and agent, and three numbers behind them.
func guess(line []byte, r *row) bool {
	var t [maxTokens]span
	n := tokens(line, &t)
	at := func(i int) []byte {
		if i < 0 || i >= n {
			return nil
		}
		return line[t[i].from:t[i].to]
	}
	i := 0
	if isDate(at(i)) {
		r[w3cDate], i = at(i), i+1
	}
	if isClock(at(i)) {
		r[w3cTime], i = at(i), i+1
	}
	for ; i < n && !(isMethod(at(i)) && isPath(at(i+1))); i++ {
		if isAddress(at(i)) {
			r[w3cServerIP] = at(i)
		} else if !begins(at(i), "w3svc") {
			r[w3cComputer] = at(i)
		}
	}
	for _, slot := range [...]int{w3cMethod, w3cStem, w3cQuery, w3cPort, w3cUser, w3cClientIP} {
		r[slot], i = at(i), i+1
	}
	if begins(at(i), "http/") {
		i++
	}
	return guessTail(line, t[:n], i, r)
}

// guessTail reads from the user agent on. The status is the first of three
// digits before two more numbers; bytes and durations come behind.
func guessTail(line []byte, t []span, agent int, r *row) bool {
	status := -1
	for i := agent + 1; i+2 < len(t) && status < 0; i++ {
		if isStatus(line, t[i:]) {
			status = i
		}
	}
	if status < 0 {
		return guessBare(line, t, agent, r)
	}
	at := func(i int) []byte { return line[t[i].from:t[i].to] }
	r[w3cStatus], r[w3cSubstatus], r[w3cWin32] = at(status), at(status+1), at(status+2)
	last := agent
	switch between := status - agent; {
	case between == 1:
	case between <= 3: // referer, or cookie and referer, or referer and host
		r[w3cReferer] = at(agent + 1)
	case between == 4: // cookie, referer, host
		r[w3cReferer] = at(agent + 2)
	default: // an agent with spaces in it
		last = status - 2
		r[w3cReferer] = at(status - 1)
	}
	r[w3cAgent] = line[t[agent].from:t[last].to]
	for i := status + 3; i < len(t); i++ {
		if isAddress(at(i)) {
			r[w3cForwarded] = at(i)
		}
	}
	return true
}

// guessBare reads a line without an agent, or without sub-status.
func guessBare(line []byte, t []span, i int, r *row) bool {
	for ; i < len(t); i++ {
		if b := line[t[i].from:t[i].to]; len(b) == 3 && number(b) >= 100 {
			r[w3cStatus] = b
			return true
		}
	}
	return false
}

func isStatus(line []byte, t []span) bool {
	status := line[t[0].from:t[0].to]
	return len(status) == 3 && number(status) >= 100 && number(status) < 600 &&
		number(line[t[1].from:t[1].to]) >= 0 && number(line[t[2].from:t[2].to]) >= 0
}

func isDate(b []byte) bool {
	return len(b) == 10 && b[4] == '-' && b[7] == '-' && digit(b[0]) && digit(b[9])
}

func isClock(b []byte) bool {
	return len(b) >= 8 && b[2] == ':' && b[5] == ':' && digit(b[0]) && digit(b[7])
}

func isMethod(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && c != '_' {
			return false
		}
	}
	return len(b) >= 3
}

func isPath(b []byte) bool { return len(b) > 0 && (b[0] == '/' || b[0] == '*') }

// isAddress tells an address, or a list of them, from a name and a number.
func isAddress(b []byte) bool {
	dots, colons := 0, 0
	for _, c := range b {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c == '%':
			return colons >= 2
		case !digit(c) && (c|0x20 < 'a' || c|0x20 > 'f') && c != ',' && c != '[' && c != ']':
			return false
		}
	}
	return dots >= 3 || colons >= 2
}

// w3cClock gives the lines of a stream their time. Where they have no date
// column, the day is that of the file's #Date line and the midnights since.
type w3cClock struct {
	day    int64 // of the last line, in days since 1970; 0: not known
	second int64 // of the last line, within its day
}

const secondsOfDay = 24 * 60 * 60

// read is the time of r; fallback is that of the record.
func (c *w3cClock) read(r *row, fallback time.Time) time.Time {
	if r[w3cDate] == nil && !isClock(r[w3cTime]) {
		if t, ok := parseTime(r[w3cTime]); ok {
			return t
		}
		return fallback
	}
	second, ok := secondsOf(r[w3cTime])
	if !ok {
		return fallback
	}
	if r[w3cDate] != nil {
		if c.day, ok = daysOf(r[w3cDate]); !ok {
			return fallback
		}
	} else if c.day == 0 {
		c.day = nearestDay(fallback, second)
	} else if second < c.second-secondsOfDay/2 {
		c.day++
	}
	c.second = second
	return time.Unix(c.day*secondsOfDay+second, 0).UTC()
}

// nearestDay is the day on which second came last before now.
func nearestDay(now time.Time, second int64) int64 {
	day := now.Unix() / secondsOfDay
	if second > now.Unix()%secondsOfDay {
		day--
	}
	return day
}

// secondsOf reads hh:mm:ss.
func secondsOf(b []byte) (int64, bool) {
	if !isClock(b) {
		return 0, false
	}
	h, m, s := pair(b), pair(b[3:]), pair(b[6:])
	return h*3600 + m*60 + s, h < 24 && m < 60 && s <= 60
}

// daysOf reads yyyy-mm-dd as days since 1970, by the civil calendar's own
// arithmetic: time.Date costs ten times as much.
func daysOf(b []byte) (int64, bool) {
	if !isDate(b) {
		return 0, false
	}
	y, m, d := pair(b)*100+pair(b[2:]), pair(b[5:]), pair(b[8:])
	if y < 1970 || y > 2261 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	if m <= 2 { // the year begins in March, so that leap days end it
		y, m = y-1, m+12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468, true
}

// pair is a number of two digits, out of any range where they are none.
func pair(b []byte) int64 {
	if !digit(b[0]) || !digit(b[1]) {
		return 10000
	}
	return int64(b[0]-'0')*10 + int64(b[1]-'0')
}

// spaced is b with the spaces that W3C logs write as "+", in ev's own memory.
func spaced(b []byte, ev *event.Event) []byte {
	plus := bytes.IndexByte(b, '+')
	if plus < 0 {
		return b
	}
	b = ev.Hold(capped(b, maxAgent))
	for rest := b; ; rest = rest[plus+1:] {
		if plus = bytes.IndexByte(rest, '+'); plus < 0 {
			return b
		}
		rest[plus] = ' '
	}
}

// maxAgent is the longest user agent that is rewritten, in bytes; what is
// behind it tells no client from another.
const maxAgent = 512
