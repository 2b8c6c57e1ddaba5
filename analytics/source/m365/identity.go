package m365

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// Defender's table IdentityLogonEvents has the logons to Active Directory, as its sensors
// on the domain controllers see them, and those to applications of the cloud. The second
// kind is also in Entra's own log, under another id. DeviceLogonEvents has the logons to
// one device, as its own sensor sees them; the id of a row is not unique.

const (
	identityTime = iota
	identityGenerated
	identityAction
	identityReason
	identityUPN
	identityName
	identityDomain
	identitySID
	identityObjectID
	identityIP
	identityLogonType
	identityProtocol
	identityDevice
	identityTarget
	identityReport
	identityFields
	identityLocation
	identityRemoteIP // this and the next in DeviceLogonEvents
	identityRemoteDevice
)

var identityNames = [...]string{
	identityTime:      "Timestamp",
	identityGenerated: "TimeGenerated",
	identityAction:    "ActionType",
	identityReason:    "FailureReason",
	identityUPN:       "AccountUpn",
	identityName:      "AccountName",
	identityDomain:    "AccountDomain",
	identitySID:       "AccountSid",
	identityObjectID:  "AccountObjectId",
	identityIP:        "IPAddress",
	identityLogonType: "LogonType",
	identityProtocol:  "Protocol",
	identityDevice:    "DeviceName",
	identityTarget:    "DestinationDeviceName",
	identityReport:    "ReportId",
	identityFields:    "AdditionalFields",
	identityLocation:  "Location",

	identityRemoteIP:     "RemoteIP",
	identityRemoteDevice: "RemoteDeviceName",
}

var identityKeys = record.NewKeys(identityNames[:]...)

// isLogon reports whether v is the type of a row of IdentityLogonEvents.
func isLogon(v record.Value) bool {
	return bytes.EqualFold(v.Bytes(), logonFailed) || bytes.EqualFold(v.Bytes(), logonSuccess)
}

var (
	logonFailed  = []byte("LogonFailed")
	logonSuccess = []byte("LogonSuccess")
)

// decodeIdentity decodes a row of IdentityLogonEvents. fields are those of the row, arrival
// is the time of the envelope, and d has the memory of the account's name.
func decodeIdentity(in *format.Input, fields, arrival record.Value, d *detail, ev *event.Event, emit format.Emit) format.Outcome {
	var f [len(identityNames)]record.Value
	identityKeys.FindFold(fields, f[:])
	if !isLogon(f[identityAction]) {
		return format.Ignored // LogonAttempted, of which the result is in another row
	}
	ev.Action, ev.Service = event.SignIn, event.Windows
	ev.RawUser = known(f[identityUPN])
	if name, domain := known(f[identityName]), known(f[identityDomain]); ev.RawUser == nil && name != nil {
		ev.RawUser = name
		if domain != nil && bytes.IndexByte(name, '@') < 0 && len(name)+len(domain) < maxParameterText {
			d.reset()
			d.bytes(domain)
			d.text(`\`)
			d.bytes(name)
			ev.RawUser = d.buf
		}
	}
	ev.SID, ev.UserID, ev.RawIP = known(f[identitySID]), known(f[identityObjectID]), known(f[identityIP])
	ev.Device, ev.Host, ev.ID = known(f[identityDevice]), known(f[identityTarget]), known(f[identityReport])
	if f[identityRemoteIP].Present() {
		ev.RawIP, ev.Device, ev.Host, ev.ID = known(f[identityRemoteIP]), known(f[identityRemoteDevice]), known(f[identityDevice]), nil
	}
	if ev.RawUser == nil && ev.RawIP == nil {
		return in.Fail(format.NoFields)
	}
	ev.Agent = known(in.Structured(f[identityFields]).GetFold("UserAgent"))
	if place := known(f[identityLocation]); len(place) == 2 {
		ev.Country = place
	}
	if ev.Outcome = event.Success; bytes.EqualFold(f[identityAction].Bytes(), logonFailed) {
		identityFailure(f[identityReason], ev)
	}
	identityProtocolOf(known(f[identityLogonType]), known(f[identityProtocol]), ev)
	at, why := firstTime(f[identityTime], f[identityGenerated], arrival)
	if why != format.NoReason {
		return in.Fail(why)
	}
	ev.Time = at
	emit(ev)
	return format.Understood
}

// identityProtocolOf fills the service, the protocol and the proof. The type of a logon to
// the cloud is the kind of its request, as in the audit log.
func identityProtocolOf(kind, protocol []byte, ev *event.Event) {
	switch {
	case bytes.IndexByte(kind, ':') > 0:
		ev.Service = event.M365
		ev.Protocol, ev.Proof = requestProtocol(kind, ev), requestProof(kind)
	case ascii.EqualFold(kind, "networkcleartext"):
		ev.Protocol = event.BasicAuth
	case ascii.EqualFold(protocol, "ntlm"):
		ev.Protocol = event.NTLM
	}
}

// identityReasons are words in the reason of a failure, in lower case. The first found
// counts.
var identityReasons = []struct {
	word   string
	reason event.Reason
}{
	{"unknown", event.UnknownUser}, {"notfound", event.UnknownUser}, {"not found", event.UnknownUser},
	{"locked", event.Locked}, {"disabled", event.Disabled}, {"expired", event.Expired},
	{"password", event.WrongPassword}, {"credential", event.WrongPassword},
}

// identityFailure fills the outcome of a failure by its reason: a code of Entra, or a text
// such as WrongPassword.
func identityFailure(reason record.Value, ev *event.Event) {
	ev.Outcome, ev.Reason = event.Failure, event.OtherReason
	if code, ok := reason.Int(); ok && code > 0 {
		ev.Code, ev.CodeSpace, ev.Outcome = ev.HoldInt(code), event.CodeEntra, event.Noise
		return
	}
	text := ascii.Clip(known(reason), maxReason)
	for _, r := range identityReasons {
		if ascii.Contains(text, r.word) {
			ev.Reason = r.reason
			return
		}
	}
}

// maxReason is how much of the text of a reason is read, in bytes.
const maxReason = 256
