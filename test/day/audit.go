package day

import (
	"fmt"
	"time"
)

// auditTime is the time layout of the audit log: UTC, without a zone.
const auditTime = "2006-01-02T15:04:05"

// auditCommon holds the fields that all records of the unified audit log have.
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

// auditMail is a record of type 50 (MailItemsAccessed).
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

// auditLag is the delay of the audit log, and twice the share of records that it
// delivers a second time.
const (
	auditLagLow, auditLagHigh = 15 * time.Minute, 90 * time.Minute
	auditTwice                = 0.02
)

// auditSignIn writes the audit record of a sign-in. ResultStatus is no indication of
// the outcome: half of the failures have "Success" too.
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

// requestType returns the type of endpoint that received the password or the token.
func requestType(s signIn) string {
	if s.silent || s.app == azureADPS {
		return "OAuth2:Token"
	}
	return "Login:login"
}

// mailRead writes two minutes of one person's reading.
func (m *maker) mailRead(at time.Time, c client, p *person) {
	m.audit(at, m.mailRecord(at, c, p, 1+m.rng.IntN(4)))
}

// mailRecord returns a record of n mail items that were read in a browser.
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

// audit adds v once or occasionally twice, as a collector receives it.
func (m *maker) audit(at time.Time, v any) {
	s := m.stream("m365.ual", "m365/ual.ndjson", Date)
	for {
		m.json(s, at, flushed(at.Add(m.between(auditLagLow, auditLagHigh)), 5*time.Minute), v)
		if !m.chance(auditTwice) {
			return
		}
	}
}
