package day

import (
	"fmt"
	"time"

	"redshank/test/world/lines"
)

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

func (m *maker) entraRecord(s signIn) lines.EntraRecord {
	correlation := m.uuid()
	return lines.EntraRecord{
		Time: s.at.Format("2006-01-02T15:04:05.0000000Z"), ResourceID: "/tenants/" + tenant + "/providers/Microsoft.aadiam",
		OperationName: "Sign-in activity", OperationVersion: "1.0", Category: "SignInLogs", TenantID: tenant,
		ResultType: fmt.Sprint(s.code), ResultSignature: "None", CallerIPAddress: s.ip,
		CorrelationID: correlation, Identity: s.upn, Level: 4, Location: "DE",
		Properties: lines.EntraProperties{
			ID: s.id, CreatedDateTime: s.at.Format("2006-01-02T15:04:05.0000000+00:00"),
			UserDisplayName: s.upn, UserPrincipalName: s.upn, UserID: s.object,
			AppID: s.app.id, AppDisplayName: s.app.name, IPAddress: s.ip, Status: lines.EntraStatus{ErrorCode: s.code},
			ClientAppUsed: s.app.client, UserAgent: s.agent, CorrelationID: correlation, IsInteractive: !s.silent,
			ConditionalAccessStatus: "notApplied", AuthenticationRequirement: "singleFactorAuthentication", AuthenticationProtocol: "none",
			ResourceDisplayName: "Office 365 Exchange Online", ResourceID: exchangeOnline,
		},
	}
}
