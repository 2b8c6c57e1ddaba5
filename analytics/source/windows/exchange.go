package windows

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
)

// The positions of MSExchange CmdletLogs 1 and 6, which have no names in any form.
const (
	cmdletName = iota
	cmdletParameters
	cmdletUser // canonical name: contoso.com/Users/Admin
	cmdletUserSID
	cmdletSID
	cmdletHost
)

// cmdletFailed is the event id of a failed cmdlet; 1 stands for success.
const cmdletFailed = 6

// decodeCmdlet decodes the MSExchange Management channel, in which Exchange logs every
// cmdlet: Operation is the cmdlet, Detail its parameters, Mailbox the mailbox in
// them.
func decodeCmdlet(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	name, parameters := present(r.inserts[cmdletName]), r.inserts[cmdletParameters]
	if !isCmdlet(name) { // NXLog has the message only, no inserts
		if name, parameters = cmdletMessage(r.message); name == nil {
			return format.Malformed
		}
	}
	ev.Action, ev.Service, ev.Outcome = event.MailboxChange, event.PowerShell, event.Success
	if r.id == cmdletFailed {
		ev.Outcome = event.Failure
	}
	ev.Operation = ascii.Clip(name, maxWinName)
	ev.Detail = ascii.Clip(parameters, maxCmdletText)
	ev.Mailbox = cmdletMailbox(parameters)
	ev.Client = ascii.Clip(present(r.inserts[cmdletHost]), maxWinName)
	ev.RawUser, ev.SID = present(r.inserts[cmdletUser]), present(r.inserts[cmdletUserSID])
	if ev.RawUser == nil {
		ev.RawUser = ev.SID
	}
	emit(ev)
	return format.Understood
}

// isCmdlet reports whether name looks like Verb-Noun.
func isCmdlet(name []byte) bool {
	dash := bytes.IndexByte(name, '-')
	if dash < 1 || dash == len(name)-1 {
		return false
	}
	for _, c := range name {
		if c != '-' && c-'0' > 9 && c|0x20-'a' > 25 {
			return false
		}
	}
	return name[0]-'A' < 26
}

// cmdletMessage reads "Cmdlet suceeded. Cmdlet New-InboxRule, parameters -Name
// "x"." in any language: the cmdlet is the first word that looks like one, and its
// parameters begin at the first word with a dash.
func cmdletMessage(message []byte) (name, parameters []byte) {
	rest := ascii.Clip(message, maxWinText)
	for name == nil && len(rest) > 0 {
		var word []byte
		if space := bytes.IndexByte(rest, ' '); space >= 0 {
			word, rest = rest[:space], rest[space+1:]
		} else {
			word, rest = rest, nil
		}
		if word = bytes.TrimRight(word, ",.:;"); isCmdlet(word) {
			name = word
		}
	}
	if dash := bytes.Index(rest, dash); dash >= 0 {
		parameters = bytes.TrimSuffix(bytes.TrimSpace(rest[dash+1:]), fullStop)
	}
	return name, parameters
}

var (
	dash     = []byte(" -")
	fullStop = []byte(".")
)

// cmdletMailbox returns the value of -Mailbox, or else of -Identity.
func cmdletMailbox(parameters []byte) []byte {
	for _, flag := range [...][]byte{flagMailbox, flagIdentity} {
		if at := bytes.Index(parameters, flag); at >= 0 {
			value, _, closed := bytes.Cut(parameters[at+len(flag):], quoteMark)
			if closed {
				return ascii.Clip(present(value), maxWinName)
			}
		}
	}
	return nil
}

var (
	flagMailbox  = []byte(`-Mailbox "`)
	flagIdentity = []byte(`-Identity "`)
	quoteMark    = []byte(`"`)
)

// The positions of MSExchangeTransport 1035.
const (
	refusalError = iota
	refusalConnector
	refusalMechanism
	refusalIP
)

// decodeSMTPRefusal decodes 1035, a failed SMTP AUTH. The event has no account; the
// protocol log has, if it is enabled.
func decodeSMTPRefusal(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	if r.count > refusalIP {
		ev.RawIP = present(r.inserts[refusalIP])
		ev.Operation = ascii.Clip(present(r.inserts[refusalConnector]), maxWinName)
		ev.Protocol = request.MechanismNamed(r.inserts[refusalMechanism])
	} else {
		ev.RawIP = bracketed(r.message)
	}
	if ev.RawIP == nil {
		return format.Malformed
	}
	ev.Action, ev.Outcome, ev.Service = event.SignIn, event.Failure, event.SMTPService
	emit(ev)
	return format.Understood
}

// bracketed returns the address in "... authenticate to Microsoft Exchange is
// [192.0.2.1]."
func bracketed(message []byte) []byte {
	start := bytes.LastIndexByte(message, '[')
	if start < 0 {
		return nil
	}
	inner, _, closed := bytes.Cut(message[start+1:], bracket)
	if !closed || !fits('a', inner) {
		return nil
	}
	return present(inner)
}

var bracket = []byte("]")
