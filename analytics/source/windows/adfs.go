package windows

import (
	"bytes"
	"strconv"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// Active Directory Federation Services checks the passwords of federated domains, so that
// Entra's own log has no failure of theirs. Its audits stand in the channel Security under
// the provider AD FS Auditing. From Windows Server 2016 on, an audit is XML in the second
// value of the event; before, and with verbose auditing, the values of 411, 515 and 516
// are text. One act may be in both: they share the id of the activity.

// The ids of the audits.
const (
	adfsToken      = 1200 // a token was issued
	adfsPassword   = 1202 // a password was right
	adfsRefused    = 1203 // a password was wrong
	adfsLockout    = 1210 // the account is locked for the extranet
	adfsTokenError = 411  // a token was refused; of a user name, its password was wrong
	adfsLockedTrue = 515  // right password for a locked account
	adfsLocked     = 516  // locked after too many wrong passwords
)

// federationAudit is the row of an audit.
type federationAudit struct{ *row }

// decodeFederationAudit decodes an audit in XML.
func decodeFederationAudit(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	a := federationAudit{r}
	xml := a.xml()
	if ev.RawUser = a.element(xml, "UserId"); ev.RawUser == nil {
		return format.Malformed
	}
	if ev.RawIP = firstOfList(a.element(xml, "IpAddress")); ev.RawIP == nil {
		ev.RawIP = firstOfList(a.element(xml, "ForwardedIpAddress"))
	}
	ev.Action, ev.Service = event.SignIn, event.M365
	ev.Agent = a.element(xml, "UserAgentString")
	ev.App = a.element(xml, "OAuthClientId")
	ev.Device = a.element(xml, "DeviceId")
	return a.emit(ev, emit)
}

// emit emits the sign-in of an audit with the outcome that its id stands for.
func (a federationAudit) emit(ev *event.Event, emit format.Emit) format.Outcome {
	switch a.id {
	case adfsToken:
		ev.Outcome = event.Success
	case adfsPassword:
		ev.Outcome, ev.Proof = event.Success, event.ProofPassword
	case adfsRefused, adfsTokenError:
		ev.Outcome, ev.Reason = event.Failure, event.WrongPassword
	case adfsLockout, adfsLocked:
		ev.Outcome, ev.Reason = event.Failure, event.Locked
	case adfsLockedTrue:
		ev.Outcome, ev.Reason = event.Accepted, event.Locked
	}
	ev.ID = a.activity(ev)
	emit(ev)
	return format.Understood
}

// xml returns the value with the XML of an audit, or the message that contains it.
func (a federationAudit) xml() []byte {
	for _, text := range a.inserts[:a.count] {
		if bytes.Contains(text, auditElement) {
			return text
		}
	}
	if bytes.Contains(a.message, auditElement) {
		return ascii.Clip(a.message, maxWinText)
	}
	return nil
}

var auditElement = []byte("<AuditBase")

// element returns the text of the first element with a name; nil if it is absent or N/A.
// Values of the client stand between elements with their brackets escaped.
func (a federationAudit) element(xml []byte, name string) []byte {
	_, rest, found := bytes.Cut(xml, []byte("<"+name+">"))
	if !found {
		return nil
	}
	text, _, found := bytes.Cut(rest, []byte("</"+name+">"))
	if text = present(text); !found || string(text) == "N/A" {
		return nil
	}
	if text = ascii.Clip(text, maxWinName); bytes.IndexByte(text, '&') < 0 {
		return text
	}
	start := len(a.own)
	a.own = appendXMLText(a.own, text)
	return a.own[start:len(a.own):len(a.own)]
}

// firstOfList returns the first address of a list with commas: that of the client, which
// the proxies behind it follow.
func firstOfList(text []byte) []byte {
	first, _, _ := bytes.Cut(text, comma)
	return present(first)
}

var comma = []byte(",")

// decodeFederationText decodes an audit in text. A refused token without an account was
// requested with a certificate, or with a token of another service, and is ignored.
func decodeFederationText(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	a := federationAudit{r}
	user, address := a.values()
	if address == nil && user == nil {
		return format.Malformed
	}
	if user == nil {
		return format.Ignored
	}
	ev.Action, ev.Service, ev.RawUser, ev.RawIP = event.SignIn, event.M365, user, firstOfList(address)
	return a.emit(ev, emit)
}

// values returns the account and the addresses of an audit in text. The
// positions differ between versions: the addresses are the only value of their shape, and
// the account stands before them, or in 411 behind them with the error.
func (a federationAudit) values() (user, addresses []byte) {
	at := -1
	for i := 1; i < a.count; i++ {
		if isAddressList(a.inserts[i]) {
			at = i
			break
		}
	}
	switch {
	case at > 0 && a.id == adfsTokenError && at+1 < a.count:
		return accountOfError(a.inserts[at+1]), a.inserts[at]
	case at > 0 && a.id != adfsTokenError:
		return present(ascii.Clip(a.inserts[at-1], maxWinName)), a.inserts[at]
	}
	addresses = a.below("Client IP:")
	if a.id == adfsTokenError {
		return accountOfError(a.below("Error message:")), addresses
	}
	return a.below("User:"), addresses
}

// isAddressList reports whether text is one address or several with commas.
func isAddressList(text []byte) bool {
	text = present(text)
	if len(text) < len("1.1.1.1") && !bytes.Contains(text, colons) || len(text) > maxWinName {
		return false
	}
	for _, c := range text {
		if ascii.Hex(c) > 15 && c != '.' && c != ':' && c != ',' && c != ' ' && c != '%' {
			return false
		}
	}
	return bytes.IndexByte(text, '.') > 0 || bytes.Contains(text, colon)
}

var (
	colon  = []byte(":")
	colons = []byte("::")
)

// accountOfError returns the account in "alice@contoso.com-The user name or password is
// incorrect", nil for any other error.
func accountOfError(text []byte) []byte {
	name, _, _ := bytes.Cut(present(text), []byte(" "))
	end := bytes.LastIndexByte(name, '-')
	if end < 1 || len(name) > maxWinName || bytes.IndexByte(name[:end], '@') < 0 && bytes.IndexByte(name[:end], '\\') < 0 {
		return nil
	}
	return name[:end]
}

// below returns the value that follows a label in the message, on the same line or
// the next.
func (a federationAudit) below(label string) []byte {
	_, rest, found := bytes.Cut(ascii.Clip(a.message, maxWinText), []byte(label))
	if !found {
		return nil
	}
	value, _, _ := bytes.Cut(bytes.TrimLeft(rest, " \t\r\n"), newline)
	return present(ascii.Clip(value, maxWinName))
}

// activity returns the id of the act, which its audits share: the id of the activity with
// the second and the outcome, since a client may choose the first for many attempts. An
// event without an activity keeps its own id.
func (a federationAudit) activity(ev *event.Event) []byte {
	id := a.inserts[0]
	if a.count == 0 {
		id = a.below("Activity ID:")
	}
	if id = present(id); !ascii.IsGUID(id) || bytes.HasPrefix(id, noActivity) {
		return ev.ID
	}
	var act [32]byte
	kind := strconv.AppendInt(append(act[:0], ev.Outcome.String()...), ev.Time.Unix(), 10)
	return a.join(id, '/', kind)
}

var noActivity = []byte("00000000-0000-0000-0000-000000000000")
