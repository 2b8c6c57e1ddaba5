package windows

import (
	"bytes"

	"redshank/analytics/ascii"
)

// Some collectors and exports keep only the rendered message of an event. Messages of the
// Security log are in message.go; those of Sysmon and PowerShell have forms
// of their own.

// nameByForm sets the fields of an event of Sysmon or PowerShell.
func (m renderedMessage) nameByForm(r *row, act eventType) {
	switch {
	case act.kind == sysmon:
		m.nameBySysmonLines(r)
	case act.id == 4104:
		m.nameByScript(r)
	case act.id == 4103:
		r.put(fieldPayload, m) // begins with the payload
		r.put(fieldContextInfo, lastAssignments(m))
	}
}

// nameBySysmonLines reads lines of a name, a colon and a value. Names are not translated.
func (m renderedMessage) nameBySysmonLines(r *row) {
	for rest := []byte(m); len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, newline)
		if name, value, found := bytes.Cut(line, colon); found {
			r.put(fieldOf(bytes.TrimSpace(name)), present(value))
		}
	}
}

// nameByScript reads "Creating Scriptblock text (1 of 2):", the text, and the id of the
// block on a line of its own behind it. The words are translated.
func (m renderedMessage) nameByScript(r *row) {
	head, text, _ := bytes.Cut(m, newline)
	_, numbers, _ := bytes.Cut(head, []byte("("))
	number, numbers := leadingNumber(numbers)
	at := bytes.IndexFunc(numbers, func(c rune) bool { return c >= '0' && c <= '9' })
	id := bytes.LastIndex(text, scriptBlockWord)
	if number == nil || at < 0 || id < 0 {
		return
	}
	total, _ := leadingNumber(numbers[at:])
	line, _, _ := bytes.Cut(text[id:], newline)
	r.put(fieldMessageNumber, number)
	r.put(fieldMessageTotal, total)
	r.put(fieldScriptBlockText, bytes.TrimRight(text[:id], "\r\n"))
	r.put(fieldScriptBlockID, present(line[bytes.LastIndexByte(line, ' ')+1:]))
}

var scriptBlockWord = []byte("ScriptBlock")

// leadingNumber returns the digits at the beginning of text, nil if there are none, and
// the rest.
func leadingNumber(text []byte) (digits, rest []byte) {
	n := 0
	for n < len(text) && ascii.IsDigit(text[n]) {
		n++
	}
	if n == 0 {
		return nil, text
	}
	return text[:n], text[n:]
}

// lastAssignments returns the last run of lines of a label, an equals sign and a value.
func lastAssignments(message []byte) []byte {
	end, start := -1, -1
	for rest := message; len(rest) > 0; {
		at := bytes.LastIndexByte(rest, '\n') + 1
		assigned := bytes.Contains(rest[at:], assignment)
		switch {
		case assigned && end < 0:
			end = len(rest)
			start = at
		case assigned:
			start = at
		case end >= 0:
			return message[start:end]
		}
		rest = rest[:max(at-1, 0)]
	}
	if end < 0 {
		return nil
	}
	return message[start:end]
}

var assignment = []byte(" =")
