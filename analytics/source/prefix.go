package source

import (
	"bytes"
)

// maxPrefix is how many bytes a forwarder may put before a record: a syslog
// header with its structured data, the agent and the place of Wazuh.
const maxPrefix = 1024

// What a JSON object and an event as XML begin with.
var (
	objectMark = []byte(`{"`)
	spacedMark = []byte(`{ "`)
	singleMark = []byte(`{'`)
	eventMark  = []byte("<Event")
)

// padding is what stands around a line and is not part of it: NULs that IIS
// allocates ahead, and line ends.
const padding = "\x00\r\n"

var byteOrderMark = []byte("\xef\xbb\xbf")

// trim cuts padding and a byte order mark off. White space before a line is
// kept, since some formats have it, but not before JSON and XML.
func trim(text []byte) []byte {
	if n := len(text); n > 0 && text[0] > '\r' && text[n-1] > '\r' && text[0] != byteOrderMark[0] && text[0] != ' ' {
		return text // nearly every line: bytes.Trim makes a set of its own each time
	}
	text = bytes.Trim(text, padding)
	text = bytes.TrimPrefix(text, byteOrderMark)
	if len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
		if inner := bytes.TrimLeft(text, " \t"); len(inner) > 0 && bytes.IndexByte(opening, inner[0]) >= 0 {
			return inner
		}
	}
	return text
}

// opening are the bytes that JSON and XML begin with.
var opening = []byte(`{["<`)
