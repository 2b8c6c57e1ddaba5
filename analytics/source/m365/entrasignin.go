package m365

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// signIn fills a sign-in. Users that do not exist lack a principal name in some
// exports, and service principals have none; their ids are used instead.
func (e *Entra) signIn(in *format.Input, ev *event.Event) {
	ev.Action = event.SignIn
	for _, slot := range [...]int{propUser, propUPN, propUserID, propObjectID, propPrincipalID} {
		if ev.RawUser = known(e.p[slot]); ev.RawUser != nil {
			break
		}
	}
	ev.UserID = known(e.p[propUserID])
	if ev.App = known(e.p[propAppID]); ev.App == nil {
		ev.App = known(e.p[propApplicationID])
	}
	ev.Agent = known(e.p[propAgent])
	ev.Session = known(e.p[propSession])
	ev.Token = known(e.p[propToken])
	device := e.object(in, propDevice, propDeviceDynamic, propDeviceString)
	if ev.Device = known(device.GetFold("deviceId")); ev.Device == nil {
		ev.Device = known(device.GetFold("displayName"))
	}
	e.country(in, ev)
	e.protocol(ev)
	e.outcome(in, ev)
}

// country reads the location object or, if an export has flattened it, the two
// letters of the envelope.
func (e *Entra) country(in *format.Input, ev *event.Event) {
	place := e.object(in, propLocation, propLocationDetails, propLocationDynamic, propLocationString)
	if ev.Country = known(place.GetFold("countryOrRegion")); ev.Country != nil {
		return
	}
	for _, v := range [...]record.Value{e.p[propLocation], e.f[entraLocation]} {
		text := v.Bytes()
		if at := bytes.LastIndexByte(text, ' '); at >= 0 {
			text = text[at+1:] // Paris, Ile-De-France, FR
		}
		if len(text) == 2 {
			ev.Country = text
			return
		}
	}
}

// outcome reads the result code. The policy's content has the relevant codes;
// unknown codes are mostly interrupts, and so noise.
func (e *Entra) outcome(in *format.Input, ev *event.Event) {
	status := e.object(in, propStatus, propStatusDynamic, propStatusString)
	code, ok := e.f[entraResultType].Int()
	if !ok {
		code, ok = status.GetFold("errorCode").Int()
	}
	if !ok {
		code, ok = e.p[propErrorCode].Int()
	}
	if !ok {
		code, ok = e.p[propStatus].Int() // selected from the object in PowerShell
	}
	if !ok {
		code, ok = writtenNumber(e.p[propStatus].Bytes(), "errorcode")
	}
	switch {
	case !ok:
		e.outcomeWithoutCode(ev)
		return
	case code == 0:
		ev.Outcome, ev.Proof = event.Success, e.proof(in)
		return
	}
	ev.Code = ev.HoldInt(code)
	ev.CodeSpace, ev.Outcome = event.CodeEntra, event.Noise
	why := status.GetFold("failureReason").Bytes()
	if why == nil {
		why = e.f[entraResultDescription].Bytes()
	}
	switch {
	case e.correctPassword(in):
		// Proof in the record takes precedence over the usual meaning of its code:
		// with CodeNone the preset stays.
		ev.CodeSpace, ev.Outcome, ev.Reason = event.CodeNone, event.Accepted, e.stoppedBy()
	case code == lockedOrBlocked && bytes.Contains(why, []byte("malicious")):
		ev.CodeSpace, ev.Outcome, ev.Reason = event.CodeNone, event.Failure, event.BlockedIP
	}
}

// lockedOrBlocked is the only code with two meanings, which only the text
// distinguishes: too many attempts, or an address known for attacks.
const lockedOrBlocked = 50053

// outcomeWithoutCode fills the outcome of a record without a code: some exports keep only a
// word.
func (e *Entra) outcomeWithoutCode(ev *event.Event) {
	word := e.f[entraResultType].Bytes()
	if word == nil {
		word = e.p[propStatus].Bytes()
	}
	switch {
	case bytes.EqualFold(word, []byte("success")):
		ev.Outcome = event.Success
	case bytes.EqualFold(word, []byte("failure")):
		ev.Outcome, ev.Reason = event.Failure, event.OtherReason
	}
}

// writtenNumber returns a number of an object that PowerShell has written as text. name is
// in lower case.
//
//	@{errorCode=50126; failureReason=...}
//	class SignInStatus {
//	  ErrorCode: 50126
func writtenNumber(text []byte, name string) (n int64, ok bool) {
	for len(text) > len(name) && !ascii.HasPrefix(text, name) {
		text = text[1:]
	}
	if len(text) <= len(name) {
		return 0, false
	}
	digits := bytes.TrimLeft(text[len(name):], " :=")
	n = ascii.Number(ascii.UpTo(digits, "; \r\n}"))
	return n, n >= 0
}

// correctPassword reports whether a step of a failed sign-in proves that the
// password was right.
func (e *Entra) correctPassword(in *format.Input) bool {
	for step := range e.object(in, propSteps, propStepsString).Items() {
		if bytes.EqualFold(step.GetFold("authenticationStepResultDetail").Bytes(), []byte("Correct Password")) {
			return true
		}
		succeeded, _ := step.GetFold("succeeded").Bool()
		if succeeded && string(step.GetFold("authenticationMethod").Bytes()) == "Password" {
			return true
		}
	}
	return false
}

// proof returns what a success proves: the password if a step confirms it, or only
// a session if every step was satisfied before.
func (e *Entra) proof(in *format.Input) event.Proof {
	if e.correctPassword(in) {
		return event.ProofPassword
	}
	proof := event.ProofUnknown
	for step := range e.object(in, propSteps, propStepsString).Items() {
		if string(step.GetFold("authenticationMethod").Bytes()) != "Previously satisfied" {
			return event.ProofUnknown
		}
		proof = event.ProofSession
	}
	return proof
}

// stoppedBy returns the reason why an accepted password did not lead to a sign-in.
func (e *Entra) stoppedBy() event.Reason {
	switch {
	case string(e.p[propConditional].Bytes()) == "failure":
		return event.PolicyBlocked
	case string(e.p[propRequirement].Bytes()) == "multiFactorAuthentication":
		return event.MFARequired
	}
	return event.OtherReason
}

// clientApp is the service and protocol of a legacy client.
type clientApp struct {
	service  event.Service
	protocol event.Protocol
}

// clientApps are the legacy clients by their names in the portal. Browsers and
// "Mobile Apps and Desktop clients" are not legacy clients.
var clientApps = map[string]clientApp{
	"Authenticated SMTP":                  {event.SMTPService, event.LegacyAuth},
	"SMTP":                                {event.SMTPService, event.LegacyAuth},
	"IMAP":                                {event.IMAPService, event.LegacyAuth},
	"IMAP4":                               {event.IMAPService, event.LegacyAuth},
	"POP":                                 {event.POPService, event.LegacyAuth},
	"POP3":                                {event.POPService, event.LegacyAuth},
	"Exchange ActiveSync":                 {event.EAS, event.LegacyAuth},
	"Exchange Web Services":               {event.EWSService, event.LegacyAuth},
	"AutoDiscover":                        {event.Autodiscover, event.LegacyAuth},
	"Autodiscover":                        {event.Autodiscover, event.LegacyAuth},
	"MAPI Over HTTP":                      {event.MAPI, event.LegacyAuth},
	"Offline Address Book":                {event.OAB, event.LegacyAuth},
	"Outlook Anywhere (RPC over HTTP)":    {event.RPC, event.LegacyAuth},
	"Exchange Online PowerShell":          {event.PowerShell, event.LegacyAuth},
	"Exchange Online Powershell":          {event.PowerShell, event.LegacyAuth},
	"Reporting Web Services":              {event.M365, event.LegacyAuth},
	"Other clients":                       {event.M365, event.LegacyAuth},
	"Other clients; Older Office clients": {event.M365, event.LegacyAuth},
}

// entraProtocols are the values of authenticationProtocol, in lower case.
var entraProtocols = map[string]event.Protocol{
	"ropc":         event.ROPC,
	"devicecode":   event.DeviceCode,
	"oauth2":       event.OAuth,
	"authcode":     event.OAuth,
	"saml20":       event.OAuth,
	"wsfederation": event.OAuth,
}

// protocol reads authenticationProtocol. In many records it is "none"; the client
// then says more.
func (e *Entra) protocol(ev *event.Event) {
	var lower [16]byte
	name := e.p[propProtocol].Bytes()
	legacy := clientApps[string(e.p[propClientApp].Bytes())]
	if legacy.service != event.ServiceUnknown {
		ev.Service = legacy.service
	}
	if len(name) <= len(lower) {
		ev.Protocol = entraProtocols[string(ascii.AppendLower(lower[:0], name))]
	}
	if ascii.HasPrefix(e.p[propTransfer].Bytes(), "devicecode") {
		ev.Protocol = event.DeviceCode // the token came from a device code flow, however it was used now
	}
	switch {
	case e.kind == entraPrincipal:
		ev.Protocol = event.ClientCredential
	case e.kind == entraManaged:
		ev.Protocol = event.ManagedIdentity
	case bytes.HasPrefix(ev.Agent, []byte("BAV2ROPC")):
		ev.Protocol = event.ROPC
	case ev.Protocol == event.ProtocolUnknown:
		ev.Protocol = legacy.protocol
	}
}
