package m365

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// Entra reads Entra's own logs: sign-ins of users, service principals and managed
// identities, and the directory audit. The records are diagnostic exports (an
// envelope around "properties"), objects of the Graph API (the properties alone),
// or rows of Log Analytics (one flat map, other case). Sign-ins are in
// entrasignin.go, the directory audit in entraaudit.go.
type Entra struct {
	// Found by Claims and used by Decode, which always follows immediately.
	f      [len(entraNames)]record.Value
	p      [len(entraPropertyNames)]record.Value
	kind   entraKind
	detail detail

	operation func(name []byte) event.Operation
}

// NewEntra returns the format. operation returns what a directory operation means.
func NewEntra(operation func(name []byte) event.Operation) format.Format {
	return &Entra{operation: operation}
}

// The envelope.
const (
	entraCategory = iota
	entraTime
	entraTimeGenerated
	entraTimestamp
	entraOperation
	entraResultType
	entraResultDescription
	entraCallerIP
	entraLocation
	entraResource
	entraProperties
	entraCreated
	entraActivity
	entraUPN
	entraErrorCode
	entraActionType
	entraApplication
)

var entraNames = [...]string{
	entraCategory:          "category",
	entraTime:              "time",
	entraTimeGenerated:     "TimeGenerated",
	entraTimestamp:         "@timestamp",
	entraOperation:         "operationName",
	entraResultType:        "resultType",
	entraResultDescription: "resultDescription",
	entraCallerIP:          "callerIpAddress",
	entraLocation:          "location",
	entraResource:          "resourceId",
	entraProperties:        "properties",
	entraCreated:           "createdDateTime", // this and the next only without an envelope
	entraActivity:          "activityDisplayName",
	entraUPN:               "AccountUpn", // in a row of Defender, which has no envelope
	entraErrorCode:         "ErrorCode",
	entraActionType:        "ActionType",
	entraApplication:       "Application",
}

// The properties. Log Analytics exports append _dynamic or _string to the names of
// properties that are objects.
const (
	propID = iota
	propCreated
	propUser
	propUserID
	propPrincipalID
	propAppID
	propIP
	propStatus
	propStatusDynamic
	propStatusString
	propClientApp
	propAgent
	propDevice
	propDeviceDynamic
	propDeviceString
	propLocation
	propLocationDetails
	propLocationDynamic
	propLocationString
	propSteps
	propStepsString
	propRequirement
	propProtocol
	propTransfer
	propConditional
	propToken
	propSession
	propActivity
	propActivityTime
	propInitiatedBy
	propTargets
	propResult
	propDetails
	propLoggedBy
	propUPN
	propObjectID
	propApplicationID
	propErrorCode
	propTimestamp
	propRequestID
)

var entraPropertyNames = [...]string{
	propID:              "id",
	propCreated:         "createdDateTime",
	propUser:            "userPrincipalName",
	propUserID:          "userId",
	propPrincipalID:     "servicePrincipalId",
	propAppID:           "appId",
	propIP:              "ipAddress",
	propStatus:          "status",
	propStatusDynamic:   "Status_dynamic",
	propStatusString:    "Status_string",
	propClientApp:       "clientAppUsed",
	propAgent:           "userAgent",
	propDevice:          "deviceDetail",
	propDeviceDynamic:   "DeviceDetail_dynamic",
	propDeviceString:    "DeviceDetail_string",
	propLocation:        "location",
	propLocationDetails: "LocationDetails",
	propLocationDynamic: "LocationDetails_dynamic",
	propLocationString:  "LocationDetails_string",
	propSteps:           "authenticationDetails",
	propStepsString:     "AuthenticationDetails_string",
	propRequirement:     "authenticationRequirement",
	propProtocol:        "authenticationProtocol",
	propTransfer:        "originalTransferMethod",
	propConditional:     "conditionalAccessStatus",
	propToken:           "uniqueTokenIdentifier",
	propSession:         "sessionId",
	propActivity:        "activityDisplayName",
	propActivityTime:    "activityDateTime",
	propInitiatedBy:     "initiatedBy",
	propTargets:         "targetResources",
	propResult:          "result",
	propDetails:         "additionalDetails",
	propLoggedBy:        "loggedByService",
	propUPN:             "AccountUpn", // names of Defender
	propObjectID:        "AccountObjectId",
	propApplicationID:   "ApplicationId",
	propErrorCode:       "ErrorCode",
	propTimestamp:       "Timestamp",
	propRequestID:       "RequestId",
}

var (
	entraKeys         = record.NewKeys(entraNames[:]...)
	entraPropertyKeys = record.NewKeys(entraPropertyNames[:]...)
)

// entraKind is the kind of Entra log that a record belongs to.
type entraKind uint8

const (
	entraNot entraKind = iota
	entraOther
	entraUser
	entraPrincipal
	entraManaged
	entraAudit
	entraIdentity
)

// entraCategories are the log categories, in lower case. Risk detections are left
// out: hours later they repeat sign-ins that are logged anyway.
var entraCategories = map[string]entraKind{
	"signinlogs":                   entraUser,
	"noninteractiveusersigninlogs": entraUser,
	"adfssigninlogs":               entraUser,
	"serviceprincipalsigninlogs":   entraPrincipal,
	"managedidentitysigninlogs":    entraManaged,
	"auditlogs":                    entraAudit,
	"userriskevents":               entraOther,
	"riskyusers":                   entraOther,
	"riskyserviceprincipals":       entraOther,
	"serviceprincipalriskevents":   entraOther,
	"provisioninglogs":             entraOther,
	"microsoftgraphactivitylogs":   entraNot,

	// Defender's tables of sign-ins, as its streaming interface names them.
	"advancedhunting-aadsignineventsbeta":    entraUser,
	"advancedhunting-entraidsigninevents":    entraUser,
	"advancedhunting-aadspnsignineventsbeta": entraPrincipal,
	"advancedhunting-entraidspnsigninevents": entraPrincipal,
	"advancedhunting-identitylogonevents":    entraIdentity,
}

// Source is event.Entra.
func (*Entra) Source() event.Source { return event.Entra }

// Claims reports whether a record is a sign-in or a directory audit, with or
// without an envelope.
func (e *Entra) Claims(in *format.Input) bool {
	if !in.Fields.IsMap() {
		return false
	}
	in.Values(entraKeys, true, e.f[:])
	switch inner := e.f[entraProperties]; {
	case inner.Present():
		if inner = in.Structured(inner); !inner.IsMap() {
			return false
		}
		entraPropertyKeys.FindFold(inner, e.p[:])
	case e.f[entraCreated].Present() || e.f[entraActivity].Present(),
		e.f[entraResultType].Present() && e.f[entraTimeGenerated].Present(),
		e.f[entraUPN].Present() && e.f[entraErrorCode].Present():
		in.Values(entraPropertyKeys, true, e.p[:])
	case e.f[entraApplication].Present() && isLogon(e.f[entraActionType]):
		e.kind = entraIdentity
		return true
	default:
		return false // most records of other formats end here
	}
	e.kind = e.sort()
	return e.kind != entraNot
}

// sort returns the kind of log, by the record's category or, for a missing or
// unknown category, by the fields that only one log has.
func (e *Entra) sort() entraKind {
	category := e.f[entraCategory].Bytes()
	var lower [48]byte
	if len(category) > 0 && len(category) <= len(lower) {
		kind, ok := entraCategories[string(ascii.AppendLower(lower[:0], category))]
		if ok {
			return kind
		}
	}
	p := &e.p
	switch {
	case p[propUPN].Present() && p[propErrorCode].Present() && p[propTimestamp].Present():
		return entraUser
	case p[propActivity].Present() && (p[propInitiatedBy].Present() || p[propLoggedBy].Present()):
		return entraAudit
	case (p[propStatus].Present() || e.f[entraResultType].Present()) && p[propCreated].Present() && p[propAppID].Present():
		if known(p[propUser]) == nil && known(p[propPrincipalID]) != nil {
			return entraPrincipal
		}
		return entraUser
	case e.f[entraResultType].Present() && p[propUser].Present() && p[propIP].Present():
		return entraUser // a query of Log Analytics with few columns
	case bytes.Contains(e.f[entraResource].Bytes(), []byte("icrosoft.aadiam")):
		return entraOther
	}
	return entraNot
}

// Decode emits a sign-in, or a directory change that the content names.
func (e *Entra) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	if e.kind == entraIdentity {
		fields := in.Structured(e.f[entraProperties])
		if !fields.Present() {
			fields = in.Fields
		}
		return e.identity(in, fields, ev, emit)
	}
	ev.Service = event.M365
	if ev.ID = known(e.p[propID]); ev.ID == nil {
		ev.ID = known(e.p[propRequestID])
	}
	// The envelope's address is sometimes that of a proxy of Azure.
	if ev.RawIP = known(e.p[propIP]); ev.RawIP == nil {
		ev.RawIP = known(e.f[entraCallerIP])
	}
	switch e.kind {
	case entraUser, entraPrincipal, entraManaged:
		e.signIn(in, ev)
	case entraAudit:
		if !e.audit(in, ev) {
			return format.Ignored
		}
	default:
		return format.Ignored
	}
	if ev.RawUser == nil && ev.RawIP == nil && ev.App == nil && ev.Action == event.SignIn {
		return in.Fail(format.NoFields)
	}
	at, why := firstTime(e.p[propCreated], e.p[propActivityTime], e.p[propTimestamp], e.f[entraTime], e.f[entraTimeGenerated], e.f[entraTimestamp])
	if why != format.NoReason {
		return in.Fail(why)
	}
	ev.Time = at
	emit(ev)
	return format.Understood
}

// object returns the first of the properties that is an object or a string with a
// JSON object.
func (e *Entra) object(in *format.Input, slots ...int) record.Value {
	for _, slot := range slots {
		if v := in.Structured(e.p[slot]); v.IsMap() || v.IsArray() {
			return v
		}
	}
	return nil
}

// directoryOperation returns what a directory operation means; none for any other.
func (e *Entra) directoryOperation(name []byte) (op event.Operation, ok bool) {
	op = e.operation(name)
	return op, op.Action == event.Consent || op.Action == event.DirectoryChange
}
