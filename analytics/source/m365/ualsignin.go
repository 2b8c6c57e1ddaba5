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

// signIn fills a sign-in. Its outcome follows from the operation and the error,
// never from ResultStatus, which is "Success" for most failures.
func (u *UAL) signIn(in *format.Input, ev *event.Event, op *event.Operation) {
	ev.Service, ev.Outcome = event.M365, op.Outcome
	if id := u.first(ualIntraSystemID); id != nil {
		ev.ID = id // the request id, which the same sign-in has in Entra's own log
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

// requestProof returns what a sign-in by a kind of request proves. A form that was
// filled in proves a password; an authorisation or a later step of the same sign-in
// proves only a session. A token request may be either.
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
// called: there are records of UserLoggedIn with the error of a wrong password. The
// policy's content has the relevant codes. A failure with an unknown code is mostly
// an interrupt, and so noise; a success with the code of an interrupt stays a
// success. A failure without a code stays a failure.
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

// ualFailed reports whether a ResultStatus stands for a failure. Other values are
// True, TRUE, Success, Succeeded, PartiallySucceeded and more, or none.
func ualFailed(status record.Value) bool {
	text := status.Bytes()
	if text == nil {
		ok, is := status.Bool()
		return is && !ok
	}
	return len(text) > 0 && (text[0]|0x20 == 'f') // Failed, Failure, False
}

// requestProtocol returns the protocol of a sign-in. A failed OAuth2:Token had a
// password (ROPC); successful ones mostly redeem tokens.
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
