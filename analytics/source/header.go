package source

import (
	"bytes"
	"fmt"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
	"redshank/analytics/timestamp"
)

// The headers that forwarders write before a line: syslog in the forms of RFC 3164
// and RFC 5424, with or without the priority, as rsyslog writes them into files, and
// the container runtime interface of Kubernetes.

// prefixHeader is a header of a forwarder, and what follows it.
type prefixHeader struct {
	time, host, app []byte
	data            []byte // structured data of RFC 5424, with its brackets; nil: none
	message         []byte
	id              []byte // of a Windows event; nil: not known
}

// forwarderHeader splits text into a header and the message. ok is false if text does
// not begin with the header of a forwarder.
func forwarderHeader(text []byte) (h prefixHeader, ok bool) {
	rest, priority := afterPriority(text)
	if after, found := bytes.CutPrefix(rest, syslogVersion); found && priority {
		return h.split5424(after)
	}
	if h.time, rest, ok = headerTime(rest); !ok {
		return h, false
	}
	h.host, rest = word(rest)
	if string(h.host) == "stdout" || string(h.host) == "stderr" {
		h.app, h.message = word(rest) // F or P: a full or a partial line
		return h, len(h.app) == 1
	}
	if tag, message := word(rest); len(tag) > 1 && tag[len(tag)-1] == ':' && tag[0] != '#' {
		h.app, rest = tag[:len(tag)-1], message
	}
	h.message = rest
	return h, len(h.host) > 0
}

var syslogVersion = []byte("1 ")

// afterPriority returns what follows the priority of syslog, such as <134>.
func afterPriority(text []byte) (rest []byte, ok bool) {
	if len(text) < 3 || text[0] != '<' {
		return text, false
	}
	end := bytes.IndexByte(text[:min(len(text), len("<191>"))], '>')
	if end < 2 || ascii.Number(text[1:end]) < 0 {
		return text, false
	}
	return text[end+1:], true
}

// headerTime splits the time off a header: "Mar 10 10:00:00" or a time with a T in it.
func headerTime(text []byte) (at, rest []byte, ok bool) {
	const stamp = len("Mar 10 10:00:00")
	if len(text) > stamp && text[3] == ' ' && text[6] == ' ' && timestamp.IsClock(text[7:stamp]) && text[stamp] == ' ' {
		return text[:stamp], text[stamp+1:], true
	}
	at, rest = word(text)
	return at, rest, len(at) > len("2026-03-10T10:00:00") && at[10] == 'T' && timestamp.IsDate(at[:10]) && timestamp.IsClock(at[11:19])
}

// word splits text after its first space.
func word(text []byte) (first, rest []byte) {
	first, rest, _ = bytes.Cut(text, []byte(" "))
	return first, rest
}

// split5424 fills the header from what follows the version in RFC 5424.
func (h prefixHeader) split5424(rest []byte) (prefixHeader, bool) {
	h.time, rest = word(rest)
	h.host, rest = word(rest)
	h.app, rest = word(rest)
	_, rest = word(rest) // process
	_, rest = word(rest) // message id
	if len(rest) == 0 {
		return h, false
	}
	end := structuredEnd(rest)
	if rest[0] == '[' {
		h.data = rest[:end]
	}
	h.message = bytes.TrimPrefix(bytes.TrimLeft(rest[end:], " "), byteOrderMark)
	return h, true
}

// structuredEnd returns the length of the structured data at the beginning of text.
func structuredEnd(text []byte) int {
	if text[0] == '-' {
		return 1
	}
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ']' && !quoted && (i+1 == len(text) || text[i+1] != '['):
			return i + 1
		}
	}
	return len(text)
}

// maxParams bounds the parameters of structured data that are read.
const maxParams = 128

// audits reports whether the message is a rendered event of the Security log, as evtsys and
// NXLog's to_syslog_bsd send it. h.id is then the number of the event, which evtsys writes
// before the message.
func (h *prefixHeader) audits() bool {
	if !bytes.Contains(h.app, securityAuditing) {
		return false
	}
	h.app = ascii.UpTo(h.app, "[") // the process
	if id, _, found := bytes.Cut(h.message, []byte(": ")); found && ascii.Number(id) >= 0 {
		h.id = id
	}
	for _, sentence := range auditSentences {
		if h.id == nil && bytes.HasPrefix(h.message, []byte(sentence.text)) {
			h.id = []byte(sentence.id)
		}
	}
	return h.id != nil
}

var securityAuditing = []byte("Security-Auditing")

// auditSentences are the first sentences of the messages of the events that are decoded.
var auditSentences = [...]struct{ text, id string }{
	{"An account failed to log on.", "4625"},
	{"An account was successfully logged on.", "4624"},
	{"A user account was locked out.", "4740"},
	{"A Kerberos authentication ticket (TGT) was requested.", "4768"},
	{"Kerberos pre-authentication failed.", "4771"},
	{"The computer attempted to validate the credentials for an account.", "4776"},
}

// withYear returns the time of a header, "Mar 10 10:00:00", with the latest year in which it is
// at most a day after now: clocks and zones may differ.
func withYear(at []byte, now time.Time) []byte {
	if now.IsZero() || len(at) != len(time.Stamp) {
		return at
	}
	year := now.Year()
	if t, err := time.Parse(time.Stamp, string(at)); err == nil && t.AddDate(year-t.Year(), 0, -1).After(now) {
		year--
	}
	return fmt.Appendf(nil, "%s %d %s", at[:6], year, at[7:])
}

// record returns the parameters of the structured data as a map, with the fields of
// the header under the names that NXLog gives them.
func (h *prefixHeader) record(s *format.Scratch) record.Value {
	b := objects{s}
	fields := make([]objectField, 0, 32)
	for rest := h.data; len(rest) > 0 && len(fields) < maxParams; {
		var name, value []byte
		if name, value, rest = nextParam(rest); name != nil {
			fields = append(fields, objectField{string(name), b.unescaped(value)})
		}
	}
	app := b.unescaped(bytes.ReplaceAll(h.app, []byte("_"), []byte(" ")))
	fields = append(fields, objectField{"EventTime", b.unescaped(h.time)}, objectField{"Hostname", b.unescaped(h.host)},
		objectField{"SourceName", app}, objectField{"Message", b.unescaped(h.message)})
	if h.id != nil {
		fields = append(fields, objectField{"EventID", b.unescaped(h.id)})
	}
	return b.object(fields...)
}

// nextParam returns the first parameter of structured data, without quotes but with
// its escapes. name is nil if none is left.
func nextParam(data []byte) (name, value, rest []byte) {
	at := bytes.Index(data, []byte(`="`))
	if at < 0 {
		return nil, nil, nil
	}
	name = data[bytes.LastIndexByte(data[:at], ' ')+1 : at]
	rest = data[at+2:]
	for end := 0; end < len(rest); end++ {
		switch rest[end] {
		case '\\':
			end++
		case '"':
			return name, rest[:end], rest[end+1:]
		}
	}
	return name, rest, nil
}

// unescaped returns text as a value, without the backslashes that RFC 5424 puts
// before quotes, backslashes and closing brackets.
func (b objects) unescaped(text []byte) record.Value {
	start := len(b.Buf)
	b.Buf = msgp.AppendStringFromBytes(b.Buf, text)
	if bytes.IndexByte(text, '\\') < 0 {
		return record.Value(b.Buf[start:])
	}
	b.Buf = b.Buf[:start]
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && bytes.IndexByte([]byte(`"\]`), text[i+1]) >= 0 {
			i++
		}
		plain = append(plain, text[i])
	}
	b.Buf = msgp.AppendStringFromBytes(b.Buf, plain)
	return record.Value(b.Buf[start:])
}
