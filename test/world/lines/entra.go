package lines

import (
	"fmt"
	"time"
)

// App is an application that people sign in with, or a program.
type App struct{ ID, Name, Client string }

// The applications of Microsoft that take part.
var (
	OfficeHome    = App{"4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", browserClient}
	OutlookWeb    = App{"9199bf20-a13f-4107-85dc-02114787ef48", "One Outlook Web", browserClient}
	Office        = App{"d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office", desktopClient}
	OutlookMobile = App{"27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile", desktopClient}
	Teams         = App{"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams", desktopClient}
	OneDrive      = App{"ab9b8c07-8f02-4f72-87fa-80105867a763", "OneDrive SyncEngine", desktopClient}
	AzureADPS     = App{"1b730954-1685-4b74-9bfd-dac224a7b894", "Azure Active Directory PowerShell", desktopClient}
	AzureCLI      = App{"04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI", desktopClient}
	AzurePS       = App{"1950a258-227b-4e31-a9cf-717495945fc2", "Microsoft Azure PowerShell", desktopClient}
	GraphPS       = App{"14d82eec-204b-4c2f-b7e8-296a70dab67e", "Microsoft Graph Command Line Tools", desktopClient}
	ExchangePS    = App{"fb78d390-0c51-40cd-8e17-fdbfab77341b", "Exchange REST API Based PowerShell", desktopClient}
	WindowsSignIn = App{"38aa3b87-a06d-4817-b275-7a316988d93b", "Windows Sign In", desktopClient}
	VisualStudio  = App{"872cd9fa-d31f-45e0-9eab-6e460a02d1f1", "Visual Studio", desktopClient}
	ExchangeAS    = App{"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", "Exchange ActiveSync"}
	ExchangeIMAP  = App{"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", "IMAP4"}
	ExchangeSMTP  = App{"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", "Authenticated SMTP"}
)

const (
	browserClient = "Browser"
	desktopClient = "Mobile Apps and Desktop clients"
)

// The resources that sign-ins request.
const (
	ExchangeOnline = "00000002-0000-0ff1-ce00-000000000000"
	MicrosoftGraph = "00000003-0000-0000-c000-000000000000"
)

// SignIn is one sign-in to the tenant. It has a record in the export of Entra within
// minutes and one in the audit log within hours, with the same identifier.
type SignIn struct {
	At time.Time
	Client
	App
	UPN      string
	Object   string // object id; empty if the account does not exist
	Verdict  Verdict
	Silent   bool   // a refresh, without the person
	Password bool   // the password was typed
	MFA      bool   // the second factor was asked for and, on success, given
	Session  string // of the browser or the device
	Token    string // unique id of the token that was issued; drawn where empty
	Device   string // id of a registered device
	Protocol string // ropc, deviceCode; empty for none
	Graph    bool   // the resource is Microsoft Graph, else Exchange Online
}

// The delays of the two logs.
const (
	entraLagLow, entraLagHigh = 2 * time.Minute, 9 * time.Minute
	auditLagLow, auditLagHigh = 10 * time.Minute, 2 * time.Hour
)

// signInRecord is a sign-in as the diagnostic export of Entra writes it, without the
// fields that no detection needs.
type signInRecord struct {
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

// entraProperties are the properties of a sign-in.
type entraProperties struct {
	ID                         string         `json:"id"`
	CreatedDateTime            string         `json:"createdDateTime"`
	UserDisplayName            string         `json:"userDisplayName,omitempty"`
	UserPrincipalName          string         `json:"userPrincipalName"`
	UserID                     any            `json:"userId"`
	AppID                      string         `json:"appId"`
	AppDisplayName             string         `json:"appDisplayName"`
	IPAddress                  string         `json:"ipAddress"`
	Status                     entraStatus    `json:"status"`
	ClientAppUsed              string         `json:"clientAppUsed,omitempty"`
	UserAgent                  string         `json:"userAgent,omitempty"`
	DeviceDetail               *entraDevice   `json:"deviceDetail,omitempty"`
	Location                   *entraLocation `json:"location,omitempty"`
	CorrelationID              string         `json:"correlationId"`
	ConditionalAccessStatus    string         `json:"conditionalAccessStatus"`
	IsInteractive              bool           `json:"isInteractive"`
	ResourceDisplayName        string         `json:"resourceDisplayName"`
	ResourceID                 string         `json:"resourceId"`
	AuthenticationDetails      []entraStep    `json:"authenticationDetails,omitempty"`
	AuthenticationRequirement  string         `json:"authenticationRequirement"`
	AuthenticationProtocol     string         `json:"authenticationProtocol"`
	ServicePrincipalID         string         `json:"servicePrincipalId"`
	ServicePrincipalName       string         `json:"servicePrincipalName,omitempty"`
	UniqueTokenIdentifier      string         `json:"uniqueTokenIdentifier"`
	SessionID                  string         `json:"sessionId,omitempty"`
	ClientCredentialType       string         `json:"clientCredentialType,omitempty"`
	ServicePrincipalCredential string         `json:"servicePrincipalCredentialKeyId,omitempty"`
}

// entraStatus is the result of a sign-in.
type entraStatus struct {
	ErrorCode     int    `json:"errorCode"`
	FailureReason string `json:"failureReason,omitempty"`
}

type entraDevice struct {
	DeviceID        string `json:"deviceId"`
	OperatingSystem string `json:"operatingSystem"`
	TrustType       string `json:"trustType"`
}

type entraLocation struct {
	City            string `json:"city"`
	CountryOrRegion string `json:"countryOrRegion"`
}

type entraStep struct {
	Time      string `json:"authenticationStepDateTime"`
	Method    string `json:"authenticationMethod"`
	Succeeded bool   `json:"succeeded"`
	Result    string `json:"authenticationStepResultDetail"`
}

// export writes a record of Entra, where those are exported.
func (w Tenant) export(at time.Time, r signInRecord) {
	if w.Entra {
		w.json("entra.signin", "m365/signins.ndjson", at, flushed(at.Add(w.Between(entraLagLow, entraLagHigh)), time.Minute), r)
	}
}

// SignIn writes one sign-in to both logs.
func (w Tenant) SignIn(s SignIn) {
	id := w.UUID()
	if s.Token == "" {
		s.Token = w.Hex(16) + "AA"
	}
	w.export(s.At, w.entraRecord(s, id))
	w.auditSignIn(s, id)
}

func (w Tenant) entraRecord(s SignIn, id string) signInRecord {
	code := s.Verdict.Codes()
	correlation := w.UUID()
	country, city := w.country(s.IP)
	category, requirement, conditional, resource, resourceID := "SignInLogs", "singleFactorAuthentication", "success", "Office 365 Exchange Online", ExchangeOnline
	if s.Silent {
		category = "NonInteractiveUserSignInLogs"
	}
	if s.MFA || s.Verdict == MFAAsked || s.Verdict == MFADenied {
		requirement = "multiFactorAuthentication"
	}
	if s.Verdict == Blocked {
		conditional = "failure"
	}
	if s.Graph {
		resource, resourceID = "Microsoft Graph", MicrosoftGraph
	}
	r := signInRecord{
		Time: s.At.Format("2006-01-02T15:04:05.0000000Z"), ResourceID: "/tenants/" + w.Tenant + "/providers/Microsoft.aadiam",
		OperationName: "Sign-in activity", OperationVersion: "1.0", Category: category, TenantID: w.Tenant,
		ResultType: fmt.Sprint(code.Entra), ResultSignature: "None", CallerIPAddress: s.IP.String(),
		CorrelationID: correlation, Identity: s.UPN, Level: 4, Location: country,
		Properties: entraProperties{
			ID: id, CreatedDateTime: s.At.Format("2006-01-02T15:04:05.0000000+00:00"),
			UserDisplayName: s.UPN, UserPrincipalName: s.UPN, UserID: s.Object,
			AppID: s.App.ID, AppDisplayName: s.App.Name, IPAddress: s.IP.String(), Status: entraStatus{ErrorCode: code.Entra},
			ClientAppUsed: s.App.Client, UserAgent: s.Agent, CorrelationID: correlation, IsInteractive: !s.Silent,
			DeviceDetail: &entraDevice{DeviceID: s.Device}, Location: &entraLocation{city, country},
			ConditionalAccessStatus: conditional, AuthenticationRequirement: requirement, AuthenticationProtocol: protocolOf(s),
			ResourceDisplayName: resource, ResourceID: resourceID, AuthenticationDetails: steps(s), SessionID: s.Session,
		},
	}
	if s.Verdict == Right {
		r.Properties.UniqueTokenIdentifier = s.Token
	} else {
		r.ResultDescription, r.Properties.Status.FailureReason = code.Text, code.Text
	}
	return r
}

func protocolOf(s SignIn) string {
	if s.Protocol == "" {
		return "none"
	}
	return s.Protocol
}

// steps are the steps of a sign-in, as far as records have them.
func steps(s SignIn) []entraStep {
	at := s.At.Format("2006-01-02T15:04:05Z")
	if !s.Password {
		return []entraStep{{at, "Previously satisfied", true, "First factor requirement satisfied by claim in the token"}}
	}
	if !s.Verdict.KnowsPassword() {
		return []entraStep{{at, "Password", false, "Invalid username or password or Invalid on-premise username or password."}}
	}
	list := []entraStep{{at, "Password", true, "Correct password"}}
	if s.MFA || s.Verdict == MFADenied || s.Verdict == MFAAsked {
		list = append(list, entraStep{at, "Mobile app notification", s.Verdict == Right, "MFA requirement"})
	}
	return list
}

// AppSignIn writes the sign-in of a service principal that gets a token for Microsoft
// Graph or Exchange Online with its own secret. Only Entra has a record of it.
func (w Tenant) AppSignIn(at time.Time, c Client, a App, principal string, graph bool) {
	s := SignIn{At: at, Client: c, App: a, Silent: true, Graph: graph}
	r := w.entraRecord(s, w.UUID())
	r.Category, r.Identity = "ServicePrincipalSignInLogs", ""
	p := &r.Properties
	p.UserID, p.UserDisplayName, p.UserAgent, p.ClientAppUsed, p.DeviceDetail, p.AuthenticationDetails = nil, "", "", "", nil, nil
	p.ServicePrincipalID, p.ServicePrincipalName, p.ClientCredentialType = principal, a.Name, "clientSecret"
	p.UniqueTokenIdentifier = w.Hex(16) + "AA"
	w.export(at, r)
}
