package source

import (
	"bytes"
)

// maxPrefix is how many bytes a forwarder may put before a record: a syslog
// header with its structured data, the agent and the place of Wazuh.
const maxPrefix = 1024

// openBehindPrefix decodes the JSON or the event XML that follows a prefix of any
// kind, and the structured data or the line that follows the header of a forwarder.
func openBehindPrefix(s *Set, text []byte, depth int) bool {
	if depth >= maxNesting {
		return false
	}
	for _, mark := range [...][]byte{objectMark, spacedMark, singleMark} {
		at := bytes.Index(text[:min(len(text), maxPrefix)], mark)
		if at <= 0 {
			continue
		}
		if v, _, err := s.scratch.JSON(text[at:]); err == nil && s.open(v, depth+1) {
			return true
		}
	}
	if at := bytes.Index(text[:min(len(text), maxPrefix)], eventMark); at > 0 {
		return s.offerLine(text[at:])
	}
	h, ok := forwarderHeader(text)
	if !ok {
		return false
	}
	if len(h.data) > 0 && s.open(h.record(&s.scratch), depth+1) {
		return true
	}
	h.message = trim(h.message)
	return len(h.message) > 0 && s.openLine(h.message, depth+1)
}

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
