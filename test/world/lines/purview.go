package lines

import (
	"net/netip"
	"time"
)

// auditSearch is a record of type 24: a search of eDiscovery.
type auditSearch struct {
	auditCommon
	ClientIP          string `json:",omitempty"`
	ObjectID          string `json:"ObjectId"`
	Case              string
	ExchangeLocations string
	Query             string
	SearchType        string
}

// Search writes an act of eDiscovery: SearchCreated, SearchStarted, SearchExported.
func (w Tenant) Search(at time.Time, ip netip.Addr, user, key, operation, name, mailboxes, query string) {
	w.audit(at, auditSearch{
		auditCommon: w.common(at, operation, 24, "", "SecurityComplianceCenter", user, key),
		ClientIP:    addr(ip), ObjectID: name, ExchangeLocations: mailboxes, Query: query, SearchType: "ComplianceSearch",
	})
}

// auditRules is a record of type 2 about the rules of a mailbox.
type auditRules struct {
	auditCommon
	ClientIPAddress     string
	ClientInfoString    string
	LogonType           int
	MailboxOwnerUPN     string
	OperationProperties []property
	SessionID           string `json:"SessionId,omitempty"`
}

// Rules writes that Outlook for the desktop has saved a rule: actions is JSON.
func (w Tenant) Rules(at time.Time, ip netip.Addr, user, key, session, name, actions string) {
	w.audit(at, auditRules{
		auditCommon:     w.common(at, "UpdateInboxRules", 2, "Succeeded", "Exchange", user, key),
		ClientIPAddress: addr(ip), ClientInfoString: "Client=MSExchangeRPC", MailboxOwnerUPN: user, SessionID: session,
		OperationProperties: []property{{"RuleOperation", "AddMailboxRule"}, {"RuleName", name}, {"RuleState", "Enabled"}, {"RuleActions", actions}},
	})
}
