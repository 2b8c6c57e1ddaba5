package day

import (
	"fmt"
	"strings"
	"time"
)

// iisFields are the columns that Exchange configures.
const iisFields = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"

// iisFlush is the interval at which the driver flushes lines; 30 s is common under load.
const iisFlush = 30 * time.Second

// iisReset is the time of a restart of the web server, which writes the header again
// in the middle of the file.
var iisReset = clock(12, 31)

// iisHeader returns the header at the start of the file and after a restart.
func iisHeader(at time.Time) []string {
	return []string{
		"#Software: Microsoft Internet Information Services 10.0",
		"#Version: 1.0",
		"#Date: " + at.Format(time.DateTime),
		"#Fields: " + iisFields,
	}
}

// iisFile returns the log of one web site: 1 is the front end, 2 the back end.
func (m *maker) iisFile(site int) *Stream {
	path := fmt.Sprintf("exchange/IIS/W3SVC%d/u_ex%s.log", site, Date.Format("060102"))
	if s := m.streams[path]; s != nil {
		return s
	}
	s := m.stream(fmt.Sprintf("exchange.iis.%d", site), path, Date, iisHeader(Date)...)
	for _, line := range iisHeader(iisReset) {
		m.add(s, iisReset, iisReset, line)
	}
	return s
}

func (m *maker) frontEnd(r request) {
	m.iis(1, r, 443)
}

// backEnd writes the row of a request in the log of the mailbox role.
func (m *maker) backEnd(r request) {
	r.client.ip, r.at = server, r.at.Add(2*time.Millisecond)
	m.iis(2, r, 444)
}

func (m *maker) iis(site int, r request, port int) {
	text := strings.Join([]string{
		r.at.Format(time.DateTime), server, r.method, r.stem, iisQuery(r), fmt.Sprint(port), dash(r.user), r.client.ip,
		plus(r.agent), dash(r.referer), fmt.Sprint(r.status), fmt.Sprint(r.sub), fmt.Sprint(r.win32), fmt.Sprint(3 + m.rng.IntN(90)),
	}, " ")
	at := r.at.Truncate(time.Second)
	m.add(m.iisFile(site), at, flushed(at, iisFlush), text)
}

// iisQuery returns the query with the parameters that Exchange appends; cafeReqId
// links the request to the proxy's log.
func iisQuery(r request) string {
	return r.query + "&CorrelationID=<empty>;&cafeReqId=" + r.id + ";&encoding=;"
}

// dash returns s, or "-" for an empty column.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// plus returns a user agent as IIS writes it, with + for spaces.
func plus(s string) string { return dash(strings.ReplaceAll(s, " ", "+")) }
