package lines

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
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
	ResultStatus   string `json:",omitempty"`
	UserKey        string
	UserType       int
	Version        int
	Workload       string
	UserID         string `json:"UserId"`
}

type property struct{ Name, Value string }

type modified struct{ Name, NewValue, OldValue string }

// auditLogin is a record of type 15.
type auditLogin struct {
	auditCommon
	ClientIP           string
	ObjectID           string `json:"ObjectId"`
	ActorIPAddress     string `json:"ActorIpAddress"`
	ExtendedProperties []property
	DeviceProperties   []property
	IntraSystemID      string `json:"IntraSystemId"`
	ApplicationID      string `json:"ApplicationId"`
	ErrorNumber        string
	LogonError         string `json:",omitempty"`
}

// auditMail is a record of type 50: mail items that were read.
type auditMail struct {
	auditCommon
	AppID               string `json:"AppId,omitempty"`
	ClientAppID         string `json:"ClientAppId,omitempty"`
	ClientIPAddress     string
	ClientInfoString    string
	ExternalAccess      bool
	InternalLogonType   int
	LogonType           int
	MailboxGUID         string `json:"MailboxGuid"`
	MailboxOwnerUPN     string
	OperationProperties []property
	OrganizationName    string
	OriginatingServer   string
	SessionID           string `json:"SessionId,omitempty"`
	AppAccessContext    *appContext
	OperationCount      int          `json:",omitempty"`
	Folders             []mailFolder `json:",omitempty"`
}

type appContext struct {
	AADSessionID  string `json:"AADSessionId,omitempty"`
	APIID         string `json:"APIId,omitempty"`
	ClientAppID   string `json:"ClientAppId,omitempty"`
	IssuedAtTime  string `json:",omitempty"`
	UniqueTokenID string `json:"UniqueTokenId,omitempty"`
}

type mailFolder struct {
	FolderItems []item `json:",omitempty"`
	ID          string `json:"Id"`
	Path        string
}

type item struct {
	InternetMessageID string `json:"InternetMessageId"`
}

// auditAdmin is a record of type 1: a cmdlet or its like.
type auditAdmin struct {
	auditCommon
	ClientIP          string `json:",omitempty"`
	ObjectID          string `json:"ObjectId"`
	AppID             string `json:"AppId"`
	ClientAppID       string `json:"ClientAppId"`
	ExternalAccess    bool
	OrganizationName  string
	OriginatingServer string
	Parameters        []property
	SessionID         string `json:"SessionId"`
}

// auditDirectory is a record of type 8.
type auditDirectory struct {
	auditCommon
	ClientIP           string `json:",omitempty"`
	ObjectID           string `json:"ObjectId"`
	ActorIPAddress     string `json:"ActorIpAddress,omitempty"`
	ExtendedProperties []property
	ModifiedProperties []modified
	Target             []actor
	Actor              []actor
}

type actor struct {
	ID   string
	Type int
}

// auditTwice is how often the audit log delivers a record a second time.
const auditTwice = 0.02

// audit writes v once, or now and then twice, minutes to hours late.
func (w Tenant) audit(at time.Time, v any) {
	for {
		w.json("m365.ual", "m365/ual.ndjson", at, flushed(at.Add(w.Between(auditLagLow, auditLagHigh)), 5*time.Minute), v)
		if w.Rand.Float64() >= auditTwice {
			return
		}
	}
}

func (w Tenant) common(at time.Time, operation string, kind int, status, workload, user, key string) auditCommon {
	return auditCommon{
		CreationTime: at.Format(auditTime), ID: w.UUID(), Operation: operation, OrganizationID: w.Tenant, RecordType: kind,
		ResultStatus: status, UserKey: key, Version: 1, Workload: workload, UserID: user,
	}
}

// auditSignIn writes the audit record of a sign-in. ResultStatus is no indication of
// the outcome: half of the failures have "Success" too.
func (w Tenant) auditSignIn(s SignIn, id string) {
	code := s.Verdict.Codes()
	operation, status := "UserLoggedIn", "Success"
	if s.Verdict != Right {
		operation = "UserLoginFailed"
		if w.Rand.IntN(2) == 0 {
			status = "Failed"
		}
	}
	key, user := s.Object, s.UPN
	if key == "" {
		key = "Not Available"
	}
	common := w.common(s.At, operation, 15, status, "AzureActiveDirectory", user, key)
	common.ID = id
	resource := ExchangeOnline
	if s.Graph {
		resource = MicrosoftGraph
	}
	r := auditLogin{
		auditCommon: common, ClientIP: s.IP.String(), ActorIPAddress: s.IP.String(), ObjectID: resource,
		ExtendedProperties: []property{{"ResultStatusDetail", "Success"}, {"UserAgent", s.Agent}, {"RequestType", requestType(s)}},
		DeviceProperties:   []property{}, IntraSystemID: id, ApplicationID: s.App.ID, ErrorNumber: fmt.Sprint(code.Entra), LogonError: code.Logon,
	}
	if s.Device != "" {
		r.DeviceProperties = append(r.DeviceProperties, property{"Id", s.Device})
	}
	if s.Session != "" {
		r.DeviceProperties = append(r.DeviceProperties, property{"SessionId", s.Session})
	}
	w.audit(s.At, r)
}

// requestType is the end point that saw the password, or the token.
func requestType(s SignIn) string {
	switch {
	case s.Protocol == "ropc" || s.Silent:
		return "OAuth2:Token"
	case s.Protocol == "deviceCode":
		return "Cmsi:Cmsi"
	case s.Verdict == MFADenied || s.MFA && s.Verdict == Right:
		return "SAS:ProcessAuth"
	case s.Password:
		return "Login:login"
	}
	return "OAuth2:Authorize"
}

// Read is one record of mail that was read.
type Read struct {
	At      time.Time
	IP      netip.Addr
	User    string // who read
	Key     string // object id of the user
	Owner   string // whose mailbox; empty for the user's own
	Info    string // ClientInfoString
	App     string // id of the application; Exchange Online where empty
	Session string
	Token   string
	Logon   int // 0 owner, 1 administrator, 2 delegate
	Sync    bool
	Items   int
	Folder  string // Inbox, where empty
}

// Mail writes one record of type 50.
func (w Tenant) Mail(r Read) {
	if r.Owner == "" {
		r.Owner = r.User
	}
	if r.App == "" {
		r.App = ExchangeOnline
	}
	if r.Folder == "" {
		r.Folder = "Inbox"
	}
	kind := "Bind"
	m := auditMail{
		auditCommon: w.common(r.At, "MailItemsAccessed", 50, "Succeeded", "Exchange", r.User, r.Key),
		AppID:       r.App, ClientAppID: r.App, ClientIPAddress: r.IP.String(), ClientInfoString: r.Info,
		LogonType: r.Logon, InternalLogonType: r.Logon, MailboxGUID: r.Owner, MailboxOwnerUPN: r.Owner, OrganizationName: w.Domain,
		OriginatingServer: "AM5PR0402MB2804 (15.20.3977.024)\r\n", SessionID: r.Session,
		AppAccessContext: &appContext{AADSessionID: r.Session, APIID: ExchangeOnline, ClientAppID: r.App, UniqueTokenID: r.Token},
	}
	if r.Sync {
		kind = "Sync"
		m.Folders = []mailFolder{{nil, "LgAAAADg6EHB", `\` + r.Folder}}
	} else {
		m.OperationCount = r.Items
		items := make([]item, min(r.Items, 4))
		for i := range items {
			items[i].InternetMessageID = "<" + w.Hex(16) + "@" + w.Domain + ">"
		}
		m.Folders = []mailFolder{{items, "LgAAAADg6EHB", `\` + r.Folder}}
	}
	m.OperationProperties = []property{{"MailAccessType", kind}, {"IsThrottled", "False"}}
	w.audit(r.At, m)
}

// Admin writes a record of type 1: somebody ran a cmdlet, or its like in the
// web. parameters are names and values in turn.
func (w Tenant) Admin(at time.Time, ip netip.Addr, user, key, cmdlet, object, session string, parameters ...string) {
	r := auditAdmin{
		auditCommon: w.common(at, cmdlet, 1, "True", "Exchange", user, key),
		ObjectID:    object, AppID: ExchangeOnline, OrganizationName: w.Domain, OriginatingServer: "DB8PR04MB6875 (15.20.4042.018)", SessionID: session,
	}
	if ip.IsValid() {
		r.ClientIP = netip.AddrPortFrom(ip, uint16(w.port())).String()
	}
	for i := 0; i+1 < len(parameters); i += 2 {
		r.Parameters = append(r.Parameters, property{parameters[i], parameters[i+1]})
	}
	w.audit(at, r)
}

// Consent writes the consent of a user, or of an administrator for all users, to an
// application with the given scopes.
func (w Tenant) Consent(at time.Time, ip netip.Addr, user, key string, a App, principal, scopes string, everybody bool) {
	kind := "Principal"
	if everybody {
		kind = "AllPrincipals"
	}
	details, _ := json.Marshal(map[string]string{"User-Agent": "EvoSTS"})
	agent := []property{{"additionalDetails", string(details)}, {"extendedAuditEventCategory", "ServicePrincipal"}}
	who := []actor{{user, 5}, {key, 3}, {"User_" + key, 2}}
	target := []actor{{"ServicePrincipal_" + principal, 2}, {principal, 2}, {"ServicePrincipal", 2}, {a.Name, 1}, {a.ID, 2}, {a.ID, 4}}
	title := func(b bool) string { return strings.ToUpper(fmt.Sprint(b)[:1]) + fmt.Sprint(b)[1:] }
	w.audit(at, auditDirectory{
		auditCommon: w.common(at, "Add delegated permission grant.", 8, "Success", "AzureActiveDirectory", user, key),
		ClientIP:    addr(ip), ActorIPAddress: addr(ip), ObjectID: MicrosoftGraph + ";https://graph.microsoft.com/", ExtendedProperties: agent, Actor: who,
		ModifiedProperties: []modified{{"DelegatedPermissionGrant.Scope", scopes, ""}, {"DelegatedPermissionGrant.ConsentType", kind, ""}, {"ServicePrincipal.ObjectID", principal, ""}},
		Target:             target,
	})
	w.audit(at, auditDirectory{
		auditCommon: w.common(at, "Consent to application.", 8, "Success", "AzureActiveDirectory", user, key),
		ClientIP:    addr(ip), ActorIPAddress: addr(ip), ObjectID: a.ID, ExtendedProperties: agent, Actor: who,
		ModifiedProperties: []modified{
			{"ConsentContext.IsAdminConsent", title(everybody), ""}, {"ConsentContext.IsAppOnly", "False", ""}, {"ConsentContext.OnBehalfOfAll", title(everybody), ""},
			{"ConsentAction.Permissions", "[] => [[Id: " + w.Hex(16) + ", ClientId: " + principal + ", PrincipalId: " + key + ", ResourceId: " + w.UUID() + ", ConsentType: " + kind + ", Scope: " + scopes + "]]; ", ""},
			{"TargetId.ServicePrincipalNames", a.ID, ""},
		},
		Target: target,
	})
}

// Directory writes another act on the directory, with one changed property.
func (w Tenant) Directory(at time.Time, ip netip.Addr, user, key, operation string, a App, principal, name, value string) {
	w.audit(at, auditDirectory{
		auditCommon: w.common(at, operation, 8, "Success", "AzureActiveDirectory", user, key),
		ClientIP:    addr(ip), ActorIPAddress: addr(ip), ObjectID: a.ID,
		ModifiedProperties: []modified{{name, value, ""}, {"TargetId.ServicePrincipalNames", a.ID, ""}},
		Target:             []actor{{"ServicePrincipal_" + principal, 2}, {principal, 2}, {a.Name, 1}, {a.ID, 4}},
		Actor:              []actor{{user, 5}, {key, 3}},
	})
}

func addr(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}
