package m365

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

var (
	signInProperties = []string{"UserAgent", "RequestType"}
	deviceProperties = []string{"SessionId", "Id", "DisplayName"}
)

// signIn fills a sign-in. Its outcome follows from the operation and the
// error, never from ResultStatus: that says "Success" on most failures.
func (u *UAL) signIn(in *format.Input, ev *event.Event, op *event.Operation) {
	ev.Service, ev.Outcome = event.M365, op.Outcome
	if id := u.first(ualIntraSystemID); id != nil {
		ev.ID = id // the request id, by which Entra's own log knows the same sign-in
	}
	if app := u.first(ualApplicationID); app != nil {
		ev.App = app
	}
	var request [2]record.Value
	pick(in.Structured(u.f(ualExtendedProperties)), signInProperties, request[:])
	if ev.Agent = known(request[0]); ev.Agent == nil {
		ev.Agent = u.first(ualUserAgent)
	}
	var device [3]record.Value
	pick(in.Structured(u.f(ualDeviceProperties)), deviceProperties, device[:])
	if session := known(device[0]); session != nil {
		ev.Session = session
	}
	if ev.Device = known(device[1]); ev.Device == nil {
		ev.Device = known(device[2])
	}
	u.result(ev, op)
	ev.Protocol = requestProtocol(known(request[1]), ev)
	ev.Proof = requestProof(known(request[1]))
}

// requestProof returns what a sign-in by this kind of request proves. A form that
// was filled in is a password; an authorisation or a later step of the same
// sign-in rides on the session. A token request may be either.
func requestProof(request []byte) event.Proof {
	switch string(request) {
	case "", "OAuth2:Token":
		return event.ProofUnknown
	case "Login:login":
		return event.ProofPassword
	}
	return event.ProofSession
}

// result presets the outcome of a sign-in by its error, whatever the operation is
// called: records of UserLoggedIn with the error of a wrong password exist. The
// policy's content knows the codes that count. A failure with a code that the
// content does not know is mostly an interrupt, and so noise; a success stays one
// if its code is that of an interrupt. A failure without any code stays one.
func (u *UAL) result(ev *event.Event, op *event.Operation) {
	if n, ok := u.f(ualErrorNumber).Int(); ok && n != 0 {
		ev.Code, ev.CodeSpace = ev.HoldInt(n), event.CodeEntra
	} else if name := u.first(ualLogonError); name != nil && !ascii.EqualFold(name, "none") && !ascii.EqualFold(name, "success") {
		ev.Code, ev.CodeSpace = name, event.CodeLogon
	}
	switch {
	case op.Outcome == event.Success:
	case ev.CodeSpace != event.CodeNone:
		ev.Outcome = event.Noise
	case op.Outcome == event.Failure || ualFailed(u.f(ualResultStatus)):
		ev.Outcome, ev.Reason = event.Failure, event.OtherReason
	default:
		ev.Outcome = event.Success
	}
}

// ualFailed reads a ResultStatus, which comes as True, TRUE, Success,
// Succeeded, PartiallySucceeded and more, or not at all.
func ualFailed(status record.Value) bool {
	text := status.Bytes()
	if text == nil {
		ok, is := status.Bool()
		return is && !ok
	}
	return len(text) > 0 && (text[0]|0x20 == 'f') // Failed, Failure, False
}

// requestProtocol returns how the sign-in was made. OAuth2:Token carries a
// password on failures (ROPC); on successes it redeems tokens all day.
func requestProtocol(request []byte, ev *event.Event) event.Protocol {
	switch {
	case bytes.HasPrefix(ev.Agent, []byte("BAV2ROPC")):
		return event.ROPC
	case string(request) == "OAuth2:Token" && ev.Outcome != event.Success:
		return event.ROPC
	case bytes.HasPrefix(request, []byte("OAuth2:")):
		return event.OAuth
	case bytes.HasPrefix(request, []byte("DeviceAuth:")), string(request) == "Cmsi:Cmsi":
		return event.OAuth
	case bytes.HasPrefix(request, []byte("Login:")):
		return event.FormsLogin
	}
	return event.ProtocolUnknown
}
