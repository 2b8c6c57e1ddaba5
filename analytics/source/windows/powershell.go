package windows

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// maxCmdletText bounds the parameters of a cmdlet in an event, in bytes. They are not
// copied.
const maxCmdletText = 16 << 10

// maxWinParameters bounds the parameters of a command in an event, in bytes.
const maxWinParameters = 2 << 10

// decodePipeline decodes 4103, a command that PowerShell has run: Operation is the
// command, Detail its parameters, Client the command line of the host.
func decodePipeline(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	payload := bytes.TrimSpace(r.data[fieldPayload])
	context := psContextOf(r.data[fieldContextInfo])
	command := firstOf(context.command, r.get(fieldCommandName), psInvoked(payload))
	if command == nil {
		return format.Malformed
	}
	ev.Action, ev.Service, ev.Outcome = event.Script, event.PowerShell, event.Success
	ev.Operation = ascii.Clip(command, maxWinName)
	ev.Detail = ascii.Clip(payload, maxWinParameters)
	ev.Client = ascii.Clip(firstOf(context.host, r.get(fieldCommandLine)), maxWinParameters)
	ev.RawUser, ev.SID = firstOf(context.user, present(r.user)), firstOf(present(r.sid), present(r.user))
	emit(ev)
	return format.Understood
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...[]byte) []byte {
	for _, text := range texts {
		if text != nil {
			return text
		}
	}
	return nil
}

// psContext holds the relevant values of ContextInfo.
type psContext struct{ host, command, user []byte }

// The lines of ContextInfo have a fixed order and translated labels, so they are
// identified by position: Host Application is the fifth, and the others are counted
// from the end, because a command line may contain line breaks.
const (
	psHost        = 4
	psCommandBack = 8
	psUserBack    = 3
	psLines       = 16
)

// psContextOf reads ContextInfo in one pass and keeps only the last lines. A
// context with fewer lines is truncated, and positions from its end are not
// reliable.
func psContextOf(text []byte) (c psContext) {
	var back [psCommandBack][]byte // the last lines, newest first
	n := 0
	for rest := ascii.Clip(text, maxWinText); len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, newline)
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if n == psHost {
			c.host = psValue(line)
		}
		copy(back[1:], back[:psCommandBack-1])
		back[0] = line
		n++
	}
	if n >= psLines {
		c.command = psValue(back[psCommandBack-1])
		c.user = psValue(back[psUserBack-1])
	}
	return c
}

// psValue returns the value of "label = value", nil if the value is empty.
func psValue(line []byte) []byte {
	_, value, _ := bytes.Cut(line, equals)
	return present(value)
}

// psInvoked returns the command of CommandInvocation(Get-Mailbox): "Get-Mailbox".
func psInvoked(payload []byte) []byte {
	line, _, _ := bytes.Cut(payload, newline)
	_, rest, _ := bytes.Cut(line, psOpen)
	name, _, closed := bytes.Cut(rest, psClose)
	if !closed {
		return nil
	}
	return present(name)
}

var (
	psOpen  = []byte("(")
	psClose = []byte(")")
)

// decodeScriptBlock decodes 4104: Detail is the script's text. Long scripts come in
// parts and are put together first.
func decodeScriptBlock(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	text := r.data[fieldScriptBlockText]
	id := r.get(fieldScriptBlockID)
	if id == nil {
		return format.Malformed
	}
	number, _ := smallNumber(r.get(fieldMessageNumber))
	total, _ := smallNumber(r.get(fieldMessageTotal))
	if len(bytes.TrimSpace(text)) == 0 && total <= 1 {
		return format.Ignored // every prompt logs an empty block
	}
	ev.Action, ev.Service, ev.Outcome = event.Script, event.PowerShell, event.Success
	ev.RawUser, ev.SID = present(r.user), present(r.sid)
	if total <= 1 {
		ev.Detail = ascii.Clip(text, maxScript)
		emit(ev)
		return format.Understood
	}
	r.blocks.add(scriptPart{id: id, number: number, total: total, text: text}, ev, emit)
	return format.Understood
}
