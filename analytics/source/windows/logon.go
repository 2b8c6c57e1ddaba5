package windows

import (
	"bytes"
	"strconv"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// decodeLogon decodes 4624. Services and machine accounts log on this way too; the
// policy distinguishes them.
func decodeLogon(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	if !fillSignIn(r, ev) {
		return format.Malformed
	}
	ev.Outcome = event.Success
	emit(ev)
	return format.Understood
}

// decodeFailedLogon decodes 4625. SubStatus, if it is set, is more specific than Status.
func decodeFailedLogon(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	if !fillSignIn(r, ev) {
		return format.Malformed
	}
	ev.Outcome = event.Failure
	code := r.status(fieldSubStatus)
	if zero(code) {
		code = r.status(fieldStatus)
	}
	if !zero(code) {
		ev.Code, ev.CodeSpace = code, event.CodeNTStatus
	}
	emit(ev)
	return format.Understood
}

// fillSignIn fills the fields that successful and failed logons share, and reports
// whether the record says who they are of.
func fillSignIn(r *row, ev *event.Event) bool {
	if !r.who() {
		return false
	}
	ev.Action = event.SignIn
	ev.RawUser, ev.SID = r.account(), r.get(fieldTargetSID)
	ev.RawIP = r.get(fieldIPAddress)
	ev.Device = r.get(fieldWorkstation)
	ev.Service = serviceOf(r.get(fieldProcessName))
	ev.Protocol = r.protocol()
	return true
}

// who reports whether the record has the account or the address of a logon. Either may be
// empty, as of an anonymous logon, and forwarding drops empty positional values.
func (r *row) who() bool {
	return r.data[fieldTargetUserName] != nil || r.data[fieldIPAddress] != nil || r.named() && r.count > 0
}

// decodeLockout decodes 4740. A lockout is not an attempt: the failures before it are
// logged by themselves, so the event is emitted but not counted. TargetDomainName
// is the computer through which the attempts came, which is the server for
// Exchange.
func decodeLockout(r *row, ev *event.Event, emit format.Emit) format.Outcome {
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

// decodeKerberosFailure decodes 4771. The event has no domain: the account belongs to the
// domain of the domain controller.
func decodeKerberosFailure(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	if !r.who() {
		return format.Malformed
	}
	ev.Action, ev.Outcome = event.SignIn, event.Failure
	ev.RawUser, ev.SID, ev.RawIP = r.get(fieldTargetUserName), r.get(fieldTargetSID), r.get(fieldIPAddress)
	if code := r.status(fieldStatus); code != nil {
		ev.Code, ev.CodeSpace = code, event.CodeKerberos
	}
	emit(ev)
	return format.Understood
}

// decodeKerberosTicket decodes 4768, which a domain controller logs for the first ticket of
// a logon. It fails for accounts that do not exist or are disabled, locked or expired; of a
// wrong password there is 4771. Issued tickets are many and prove nothing that 4624 does
// not.
func decodeKerberosTicket(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	if zero(r.status(fieldStatus)) && r.who() {
		return format.Ignored
	}
	return decodeKerberosFailure(r, ev, emit)
}

// decodeNTLM decodes 4776, which a domain controller logs for failures and
// successes, without an address.
func decodeNTLM(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	code := r.status(fieldStatus)
	if code == nil || !r.who() {
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

// account returns DOMAIN\name, or the name alone if it is a UPN or has a domain
// already; nil for none. With a UPN the domain is the name of the server and is
// ignored.
func (r *row) account() []byte {
	name, domain := r.get(fieldTargetUserName), r.get(fieldTargetDomainName)
	if name == nil || domain == nil || bytes.IndexByte(name, '@') >= 0 || bytes.IndexByte(name, '\\') >= 0 {
		return name
	}
	return r.join(domain, '\\', name)
}

// status returns a result code in hex; nil for none. A few collectors write codes
// as signed 32-bit numbers.
func (r *row) status(f dataField) []byte {
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

// zero reports whether a code is absent or zero: 0, 0x0, 0x00000000.
func zero(code []byte) bool { return len(bytes.Trim(code, "0xX")) == 0 }

// The logon types and packages that reveal the authentication method. Basic
// authentication, SMTP AUTH and forms logons send the password itself and are all
// type 8.
const logonNetworkCleartext = "8"

// protocol returns the authentication method. The logon type takes precedence: with
// NTLM over type 8 the client has sent its password.
func (r *row) protocol() event.Protocol {
	if string(r.get(fieldLogonType)) == logonNetworkCleartext {
		return event.BasicAuth
	}
	if string(r.get(fieldPackage)) == "NTLM" {
		return event.NTLM
	}
	return event.ProtocolUnknown
}

// services maps the processes that request logons to mail services. w3wp.exe is
// missing, since it runs OWA, EAS, EWS and everything else in IIS.
var services = map[string]event.Service{
	"msexchangefrontendtransport.exe":     event.SMTPService,
	"msexchangetransport.exe":             event.SMTPService,
	"edgetransport.exe":                   event.SMTPService,
	"microsoft.exchange.imap4.exe":        event.IMAPService,
	"microsoft.exchange.imap4service.exe": event.IMAPService,
	"microsoft.exchange.pop3.exe":         event.POPService,
	"microsoft.exchange.pop3service.exe":  event.POPService,
}

// serviceOf returns the mail service of a process, or Windows.
func serviceOf(process []byte) event.Service {
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
