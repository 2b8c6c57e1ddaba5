package m365

import "redshank/analytics/record"

// Graph reads the activity log of Microsoft Graph, which has one record for every
// request. It has object ids instead of user names; the token id leads to the
// sign-in.
type Graph struct {
	f, p      [len(graphNames)]record.Value
	operation []byte // reused
	message   []byte // id of the message that the request names; nil: none
}

// The fields of the envelope and of the properties. Rows of Log Analytics have both
// in one map.
const (
	graphCategory = iota
	graphType
	graphTime
	graphTimeGenerated
	graphTimestamp
	graphCallerIP
	graphProperties
	graphMethod
	graphURI
	graphStatus
	graphApp
	graphUser
	graphPrincipal
	graphSignIn
	graphRequest
	graphIP
	graphAgent
	graphSession
	graphXDRTime
	graphXDRApp
	graphXDRUser
	graphXDRToken
)

var graphNames = [...]string{
	graphCategory:      "category",
	graphType:          "Type",
	graphTime:          "time",
	graphTimeGenerated: "timeGenerated",
	graphTimestamp:     "@timestamp",
	graphCallerIP:      "callerIpAddress",
	graphProperties:    "properties",
	graphMethod:        "requestMethod",
	graphURI:           "requestUri",
	graphStatus:        "responseStatusCode",
	graphApp:           "appId",
	graphUser:          "userId",
	graphPrincipal:     "servicePrincipalId",
	graphSignIn:        "signInActivityId",
	graphRequest:       "requestId",
	graphIP:            "ipAddress",
	graphAgent:         "userAgent",
	graphSession:       "sessionId",
	graphXDRTime:       "Timestamp", // this and the next in Defender's table GraphApiAuditEvents
	graphXDRApp:        "ApplicationId",
	graphXDRUser:       "AccountObjectId",
	graphXDRToken:      "UniqueTokenIdentifier",
}

var graphKeys = record.NewKeys(graphNames[:]...)

// first returns the first of the properties with a known text.
func (g *Graph) first(slots ...int) []byte {
	for _, slot := range slots {
		if text := known(g.p[slot]); text != nil {
			return text
		}
	}
	return nil
}
