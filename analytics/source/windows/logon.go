package windows

import (
	"bytes"
	"strconv"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// logon decodes 4624. Services and machine accounts log on this way too; the
// policy tells them apart.
func (w *Events) logon(ev *event.Event, emit format.Emit) format.Outcome {
	if !w.signIn(ev) {
		return format.Malformed
	}
	ev.Outcome = event.Success
	emit(ev)
	return format.Understood
}

// failedLogon decodes 4625. SubStatus says more than Status if it is set.
func (w *Events) failedLogon(ev *event.Event, emit format.Emit) format.Outcome {
	if !w.signIn(ev) {
		return format.Malformed
	}
	ev.Outcome = event.Failure
	code := w.row.status(fieldSubStatus)
	if zero(code) {
		code = w.row.status(fieldStatus)
	}
	if !zero(code) {
		ev.Code, ev.CodeSpace = code, event.CodeNTStatus
	}
	emit(ev)
	return format.Understood
}

// signIn fills what successful and failed logons have in common, and reports
// whether there is any data.
func (w *Events) signIn(ev *event.Event) bool {
	r := &w.row
	if !r.named() {
		return false
	}
	ev.Action = event.SignIn
	ev.RawUser = r.account()
	ev.RawIP = r.get(fieldIPAddress)
	ev.Device = r.get(fieldWorkstation)
	ev.Service = service(r.get(fieldProcessName))
	ev.Protocol = r.protocol()
	return true
}

// lockout decodes 4740. It is no try of its own: the failures that led to it
// are logged as such, so that it is emitted and not counted. TargetDomainName is the
// computer that the tries came through, which on Exchange is the server.
func (w *Events) lockout(ev *event.Event, emit format.Emit) format.Outcome {
	r := &w.row
	if ev.RawUser = r.get(fieldTargetUserName); ev.RawUser == nil {
		return format.Malformed
	}
	ev.Action, ev.Outcome, ev.Reason = event.SignIn, event.Noise, event.Locked
	if caller := r.get(fieldTargetDomainName); caller != nil {
		ev.Host, ev.Device = caller, caller
	}
	emit(ev)
	return format.Understood
}

// kerberosFailure decodes 4771. It has no domain: the account is one of the
// domain controller's own.
func (w *Events) kerberosFailure(ev *event.Event, emit format.Emit) format.Outcome {
	r := &w.row
	if !r.named() {
		return format.Malformed
	}
	ev.Action, ev.Outcome = event.SignIn, event.Failure
	ev.RawUser, ev.RawIP = r.get(fieldTargetUserName), r.get(fieldIPAddress)
	if code := r.status(fieldStatus); code != nil {
		ev.Code, ev.CodeSpace = code, event.CodeKerberos
	}
	emit(ev)
	return format.Understood
}

// ntlmValidation decodes 4776, which a domain controller logs for tries and
// successes alike, without an address.
func (w *Events) ntlmValidation(ev *event.Event, emit format.Emit) format.Outcome {
	r := &w.row
	code := r.status(fieldStatus)
	if code == nil {
		return format.Malformed
	}
	ev.Action, ev.Outcome, ev.Protocol = event.SignIn, event.Success, event.NTLM
	if !zero(code) {
		ev.Outcome, ev.Code, ev.CodeSpace = event.Failure, code, event.CodeNTStatus
	}
	ev.RawUser, ev.Device = r.account(), r.get(fieldWorkstation)
	emit(ev)
	return format.Understood
}

// account is DOMAIN\name, or the name alone if it is a UPN or has a domain
// already; nil if none exists. With a UPN the domain is the server's own
// name, and says nothing.
func (r *row) account() []byte {
	name, domain := r.get(fieldTargetUserName), r.get(fieldTargetDomainName)
	if name == nil || domain == nil || bytes.IndexByte(name, '@') >= 0 || bytes.IndexByte(name, '\\') >= 0 {
		return name
	}
	return r.join(domain, '\\', name)
}

// status returns a result code in hex; nil if none exists. Writers that know
// it as a signed 32-bit number are few, but there are some.
func (r *row) status(f field) []byte {
	text := r.get(f)
	digits, negative := bytes.CutPrefix(text, minus)
	n, ok := smallNumber(ascii.Clip(digits, 9))
	if !ok || !negative && len(digits) < 9 {
		return text
	}
	for _, c := range ascii.Clip(digits[min(9, len(digits)):], 1) {
		n = n*10 + int(c-'0')
	}
	if negative {
		n = -n
	}
	start := len(r.own)
	r.own = strconv.AppendUint(append(r.own, "0x"...), uint64(uint32(n)), 16)
	return r.own[start:len(r.own):len(r.own)]
}

var minus = []byte("-")

// zero reports whether a code says nothing: absent, 0, 0x0, 0x00000000.
func zero(code []byte) bool { return len(bytes.Trim(code, "0xX")) == 0 }

// Logon types and packages, as far as they tell how a sign-in was made.
// Basic authentication, SMTP AUTH and forms logons hand over the password
// itself and are all type 8.
const logonNetworkCleartext = "8"

// protocol prefers the logon type: with NTLM over type 8 the client has sent
// its password all the same.
func (r *row) protocol() event.Protocol {
	if string(r.get(fieldLogonType)) == logonNetworkCleartext {
		return event.BasicAuth
	}
	if string(r.get(fieldPackage)) == "NTLM" {
		return event.NTLM
	}
	return event.ProtocolUnknown
}

// services maps mail services by the process that asked for the logon.
// w3wp.exe is not among them: it is OWA, EAS, EWS and all the rest of IIS.
var services = map[string]event.Service{
	"msexchangefrontendtransport.exe":     event.SMTPService,
	"msexchangetransport.exe":             event.SMTPService,
	"edgetransport.exe":                   event.SMTPService,
	"microsoft.exchange.imap4.exe":        event.IMAPService,
	"microsoft.exchange.imap4service.exe": event.IMAPService,
	"microsoft.exchange.pop3.exe":         event.POPService,
	"microsoft.exchange.pop3service.exe":  event.POPService,
}

// service returns the mail service whose process that is, or Windows.
func service(process []byte) event.Service {
	var lower [64]byte
	name := process[bytes.LastIndexByte(process, '\\')+1:]
	if len(name) > len(lower) {
		return event.Windows
	}
	if service, ok := services[string(ascii.AppendLower(lower[:0], name))]; ok {
		return service
	}
	return event.Windows
}
