package iis

import (
	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/request"
	"redshank/analytics/source/table"
)

// emitRequest emits the event of a request that does not depend on other requests.
func emitRequest(ev *event.Event, r *w3cRow, what *pathInfo, q *request.Query, status int64, emit format.Emit) bool {
	switch {
	case status == 401:
		refused(ev, r)
	case status < 400, status == 505 && ev.Service == event.EAS:
		// ActiveSync answers a GET with a correct password with 505.
		ev.Outcome = event.Success
	case status == 403 && table.Given(r.get(w3cSubstatus)) != nil && ascii.Number(r.get(w3cSubstatus)) == 0 && request.BehindPassword(ev.Service):
		ev.Outcome, ev.Reason = event.Accepted, event.PolicyBlocked
	default: // 440 timeout, 449 provision, 451 elsewhere, 503 and the rest
		return false
	}
	if ev.Outcome == event.Success && what.anonymous {
		return false
	}
	if ev.RawUser == nil && ev.Service == event.EAS && ev.Outcome != event.Challenge {
		ev.RawUser = request.Unescaped(q.User, ev)
	}
	if len(ev.RawUser) == 0 && ev.Outcome != event.Challenge && ev.Outcome != event.Failure {
		return false // an anonymous page
	}
	if ev.Action, ev.Access = what.action, what.access; len(q.Soap) > 0 || len(q.Command) > 0 {
		request.Act(ev, ev.Operation, r.get(w3cStem))
	}
	if ev.Outcome != event.Success {
		ev.Action, ev.Access = event.SignIn, event.AccessNone
	}
	emit(ev)
	return true
}

// refused classifies a 401 as a wrong password or as a handshake before a login. A 401
// without an account, as of NTLM, is a failure only if its Windows result shows that
// credentials were checked.
func refused(ev *event.Event, r *w3cRow) {
	ev.Outcome = event.Challenge
	code := r.get(w3cWin32)
	named := ev.RawUser != nil
	switch {
	case isCredentialCode(code):
		ev.Outcome, ev.Reason = event.Failure, event.OtherReason
		ev.Code, ev.CodeSpace = code, event.CodeWin32
	case named && !handshakeCodes[string(code)] && ascii.Number(r.get(w3cSubstatus)) == 1:
		ev.Outcome, ev.Reason = event.Failure, event.OtherReason
		ev.Code = code
	case named:
		ev.Outcome = event.Noise // Exchange turned down what IIS had let in
	}
	switch {
	case ev.Outcome != event.Failure:
	case string(code) == ntlmDenied:
		ev.Protocol, ev.Reason = event.NTLM, event.WrongPassword
	default:
		ev.Protocol = event.BasicAuth
	}
}

const ntlmDenied = "2148074252" // SEC_E_LOGON_DENIED, 0x8009030c

// isCredentialCode reports whether code is a Windows result that implies credentials
// were checked. The policy defines the meaning of each code.
func isCredentialCode(code []byte) bool {
	switch ascii.Number(code) {
	case 1326, 1327, 1328, 1329, 1330, 1331, 1385, 1793, 1907, 1909:
		return true
	}
	return string(code) == ntlmDenied
}

// handshakeCodes are the results of a 401 that requests credentials or continues a
// handshake.
var handshakeCodes = map[string]bool{
	"0":          true,
	"5":          true, // access denied, before anything was tried
	"64":         true, // the client has gone
	"590610":     true, // SEC_I_CONTINUE_NEEDED
	"2148074242": true, // SEC_E_UNSUPPORTED_FUNCTION
	"2148074248": true, // SEC_E_INVALID_TOKEN
	"2148074254": true, // SEC_E_NO_CREDENTIALS
}
