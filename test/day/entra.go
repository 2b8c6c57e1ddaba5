package day

import (
	"fmt"
	"time"
)

// entraRecord is a sign-in as the diagnostic export writes it, without the fields
// that a detector does not need.
type entraRecord struct {
	Time              string          `json:"time"`
	ResourceID        string          `json:"resourceId"`
	OperationName     string          `json:"operationName"`
	OperationVersion  string          `json:"operationVersion"`
	Category          string          `json:"category"`
	TenantID          string          `json:"tenantId"`
	ResultType        string          `json:"resultType"`
	ResultSignature   string          `json:"resultSignature"`
	ResultDescription string          `json:"resultDescription,omitempty"`
	DurationMs        int             `json:"durationMs"`
	CallerIPAddress   string          `json:"callerIpAddress"`
	CorrelationID     string          `json:"correlationId"`
	Identity          string          `json:"identity"`
	Level             int             `json:"Level"`
	Location          string          `json:"location"`
	Properties        entraProperties `json:"properties"`
}

type entraProperties struct {
	ID                    string      `json:"id"`
	CreatedDateTime       string      `json:"createdDateTime"`
	UserDisplayName       string      `json:"userDisplayName"`
	UserPrincipalName     string      `json:"userPrincipalName"`
	UserID                string      `json:"userId"`
	AppID                 string      `json:"appId"`
	AppDisplayName        string      `json:"appDisplayName"`
	IPAddress             string      `json:"ipAddress"`
	Status                entraStatus `json:"status"`
	ClientAppUsed         string      `json:"clientAppUsed"`
	UserAgent             string      `json:"userAgent"`
	CorrelationID         string      `json:"correlationId"`
	IsInteractive         bool        `json:"isInteractive"`
	ResourceDisplayName   string      `json:"resourceDisplayName"`
	ResourceID            string      `json:"resourceId"`
	UniqueTokenIdentifier string      `json:"uniqueTokenIdentifier"`
}

type entraStatus struct {
	ErrorCode     int    `json:"errorCode"`
	FailureReason string `json:"failureReason,omitempty"`
}

// The delay of the export is between entraLagLow and entraLagHigh.
const entraLagLow, entraLagHigh = 2 * time.Minute, 9 * time.Minute

func (m *maker) entra(s signIn) {
	r := m.entraRecord(s)
	if s.silent {
		r.Category = "NonInteractiveUserSignInLogs"
	}
	if s.code == 0 {
		r.Properties.UniqueTokenIdentifier = m.hex(16)
	} else {
		r.ResultDescription, r.Properties.Status.FailureReason = s.text, s.text
	}
	st := m.stream("entra.signin", "m365/signins.ndjson", Date)
	m.json(st, s.at, flushed(s.at.Add(m.between(entraLagLow, entraLagHigh)), time.Minute), r)
}

func (m *maker) entraRecord(s signIn) entraRecord {
	correlation := m.uuid()
	return entraRecord{
		Time: s.at.Format("2006-01-02T15:04:05.0000000Z"), ResourceID: "/tenants/" + tenant + "/providers/Microsoft.aadiam",
		OperationName: "Sign-in activity", OperationVersion: "1.0", Category: "SignInLogs", TenantID: tenant,
		ResultType: fmt.Sprint(s.code), ResultSignature: "None", CallerIPAddress: s.ip,
		CorrelationID: correlation, Identity: s.upn, Level: 4, Location: "DE",
		Properties: entraProperties{
			ID: s.id, CreatedDateTime: s.at.Format("2006-01-02T15:04:05.0000000+00:00"),
			UserDisplayName: s.upn, UserPrincipalName: s.upn, UserID: s.object,
			AppID: s.app.id, AppDisplayName: s.app.name, IPAddress: s.ip, Status: entraStatus{ErrorCode: s.code},
			ClientAppUsed: s.app.client, UserAgent: s.agent, CorrelationID: correlation, IsInteractive: !s.silent,
			ResourceDisplayName: "Office 365 Exchange Online", ResourceID: exchangeOnline,
		},
	}
}
