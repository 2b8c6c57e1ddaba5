package windows

import (
	"bytes"

	"redshank/analytics/ascii"
)

// Windows events as text: render_event_as_text of Fluent Bit, Splunk's classic
// form, WinCollect of QRadar, and Snare. All but Snare are lists of Key=Value, one
// on each line or separated by tabs, and end with the rendered message.

// snareMark precedes the columns of a Snare event.
var snareMark = []byte("MSWinEventLog")

// isEventText reports whether text is an event in one of these forms.
func isEventText(text []byte) bool {
	start := ascii.Clip(text, 512)
	switch {
	case bytes.HasPrefix(start, []byte("ProviderName=")):
		return true
	case bytes.Contains(start, snareMark):
		return true
	case bytes.Contains(start, []byte("EventIDCode=")) || bytes.Contains(start, []byte("AgentDevice=WindowsLog")):
		return true
	}
	return bytes.Contains(start, []byte("EventCode=")) && bytes.Contains(start, []byte("LogName="))
}

// textKeys maps the keys of these forms to the names of event XML.
var textKeys = map[string]string{
	"ProviderName": "ProviderName", "SourceName": "ProviderName", "Source": "ProviderName",
	"EventID": "EventID", "EventCode": "EventID", "EventIDCode": "EventID",
	"Channel": "Channel", "LogName": "Channel", "AgentLogFile": "Channel",
	"Computer": "Computer", "ComputerName": "Computer",
	"EventRecordID": "EventRecordID", "RecordNumber": "EventRecordID",
	"TimeCreated": "TimeCreated", "TimeGenerated": "TimeCreated",
	"Version": "Version", "UserID": "UserID",
}

// eventText is an event as text.
type eventText []byte

// read fills the row.
func (text eventText) read(r *row) {
	if at := bytes.Index(ascii.Clip(text, 512), snareMark); at >= 0 {
		text[at+len(snareMark):].readSnare(r)
		return
	}
	for len(text) > 0 {
		part, rest := cutPart(text)
		key, value, pair := bytes.Cut(part, equals)
		if at := bytes.LastIndexByte(key, ' '); at >= 0 {
			key = key[at+1:] // a syslog header precedes the first key
		}
		switch name := textKeys[string(key)]; {
		case pair && string(key) == "Message":
			r.message = bytes.TrimPrefix(text[bytes.Index(text, equals):], equals)
			return
		case pair && name != "":
			r.system([]byte(name), bytes.TrimSpace(value))
		case !pair && r.clockText == nil && len(part) < 64:
			r.clockText = bytes.TrimSpace(part) // Splunk's first line
		}
		text = rest
	}
}

// cutPart splits off the first part of a text: at a line break, a tab, or a tab
// that a syslog daemon has escaped.
func cutPart(text []byte) (part, rest []byte) {
	end, size := len(text), 0
	if at := bytes.IndexAny(text, "\t\n"); at >= 0 {
		end, size = at, 1
	}
	if at := bytes.Index(text[:end], escapedTab); at >= 0 {
		end, size = at, len(escapedTab)
	}
	return bytes.TrimRight(text[:end], "\r"), text[end+size:]
}

var escapedTab = []byte("#011")

// The columns of a Snare event after its mark.
const (
	snareChannel  = 2
	snareTime     = 4
	snareID       = 5
	snareProvider = 6
	snareComputer = 10
	snareMessage  = 13
)

// readSnare fills the row from the tab-separated columns that follow the mark of Snare.
func (text eventText) readSnare(r *row) {
	for i := 0; len(text) > 0 && i <= snareMessage; i++ {
		part, rest := cutPart(text)
		switch i {
		case snareChannel:
			r.channel = part
		case snareTime:
			r.clockText = bytes.TrimSpace(part)
		case snareID:
			r.system([]byte("EventID"), bytes.TrimSpace(part))
		case snareProvider:
			r.provider = part
		case snareComputer:
			r.computer = part
		case snareMessage:
			r.message = text
		}
		text = rest
	}
}

var (
	newline = []byte("\n")
	equals  = []byte("=")
)
