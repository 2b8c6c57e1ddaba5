package day

import (
	"fmt"
	"time"
)

// auditTime has no zone; it is UTC all the same.
const auditTime = "2006-01-02T15:04:05"

// auditCommon is what all records of the unified audit log share.
type auditCommon struct {
	CreationTime   string
	ID             string `json:"Id"`
	Operation      string
	OrganizationID string `json:"OrganizationId"`
	RecordType     int
	ResultStatus   string
	UserKey        string
	UserType       int
	Version        int
	Workload       string
	UserID         string `json:"UserId"`
}

type property struct{ Name, Value string }

// auditLogin is a record of type 15.
type auditLogin struct {
	auditCommon
	ClientIP           string
	ObjectID           string `json:"ObjectId"`
	ActorIPAddress     string `json:"ActorIpAddress"`
	ExtendedProperties []property
	IntraSystemID      string `json:"IntraSystemId"`
	ApplicationID      string `json:"ApplicationId"`
	ErrorNumber        string
	LogonError         string `json:",omitempty"`
}

// auditMail is a record of type 50: mail items that were read.
type auditMail struct {
	auditCommon
	AppID               string `json:"AppId"`
	ClientAppID         string `json:"ClientAppId"`
	ClientIPAddress     string
	ClientInfoString    string
	ExternalAccess      bool
	LogonType           int
	MailboxOwnerUPN     string
	OperationProperties []property
	OperationCount      int
	Folders             []folder
}

type folder struct {
	FolderItems []item
	Path        string
}

type item struct {
	InternetMessageID string `json:"InternetMessageId"`
}

// auditLag is how long the audit log takes, and twice is how often it tells
// the same thing again.
const (
	auditLagLow, auditLagHigh = 15 * time.Minute, 90 * time.Minute
	auditTwice                = 0.02
)

// auditSignIn tells of a sign-in. Its ResultStatus says nothing about how that
// ended: "Success" stands on half of the failures too.
func (m *maker) auditSignIn(s signIn) {
	operation, status := "UserLoggedIn", "Success"
	if s.code != 0 {
		operation, status = "UserLoginFailed", pick(m, []string{"Success", "Failed"})
	}
	m.audit(s.at, auditLogin{
		auditCommon: auditCommon{
			CreationTime: s.at.Format(auditTime), ID: s.id, Operation: operation, OrganizationID: tenant, RecordType: 15,
			ResultStatus: status, UserKey: s.object, Version: 1, Workload: "AzureActiveDirectory", UserID: s.upn,
		},
		ClientIP: s.ip, ActorIPAddress: s.ip, ObjectID: exchangeOnline, IntraSystemID: s.id, ApplicationID: s.app.id,
		ExtendedProperties: []property{{"ResultStatusDetail", "Success"}, {"UserAgent", s.agent}, {"RequestType", requestType(s)}},
		ErrorNumber:        fmt.Sprint(s.code), LogonError: s.logon,
	})
}

// requestType is the endpoint that saw the password, or the token.
func requestType(s signIn) string {
	if s.silent || s.app == azureADPS {
		return "OAuth2:Token"
	}
	return "Login:login"
}

// mailRead is two minutes of one person's reading.
func (m *maker) mailRead(at time.Time, c client, p *person) {
	m.audit(at, m.mailRecord(at, c, p, 1+m.rng.IntN(4)))
}

// mailRecord tells of n mail items that were read in a browser.
func (m *maker) mailRecord(at time.Time, c client, p *person, n int) auditMail {
	items := make([]item, n)
	for i := range items {
		items[i].InternetMessageID = "<" + m.hex(16) + "@contoso.com>"
	}
	return auditMail{
		auditCommon: auditCommon{
			CreationTime: at.Format(auditTime), ID: m.uuid(), Operation: "MailItemsAccessed", OrganizationID: tenant, RecordType: 50,
			ResultStatus: "Succeeded", UserKey: p.object, Version: 1, Workload: "Exchange", UserID: p.upn(),
		},
		AppID: exchangeOnline, ClientAppID: exchangeOnline, ClientIPAddress: c.ip, ClientInfoString: "Client=OWA;Action=ViaProxy",
		MailboxOwnerUPN: p.upn(), OperationCount: n, Folders: []folder{{items, `\Inbox`}},
		OperationProperties: []property{{"MailAccessType", "Bind"}, {"IsThrottled", "False"}},
	}
}

// audit adds v once, or now and then twice, as the collector gets it.
func (m *maker) audit(at time.Time, v any) {
	s := m.stream("m365.ual", "m365/ual.ndjson", Date)
	for {
		m.json(s, at, flushed(at.Add(m.between(auditLagLow, auditLagHigh)), 5*time.Minute), v)
		if !m.chance(auditTwice) {
			return
		}
	}
}
