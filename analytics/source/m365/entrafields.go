package m365

import (
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
	entraRemoteIP
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
	entraRemoteIP:          "RemoteIP",
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

// entraNested are the properties that are lists or maps.
var entraNested = [...]int{propStatus, propDevice, propLocation, propSteps, propInitiatedBy, propTargets}

var entraRoots = record.NewKeys("properties", "status", "deviceDetail", "location", "authenticationDetails", "initiatedBy", "targetResources")

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
	"advancedhunting-devicelogonevents":      entraIdentity,
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
