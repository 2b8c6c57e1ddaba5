package lines

import (
	"strings"
	"time"
)

type graphRecord struct {
	Level           int             `json:"Level"`
	CallerIPAddress string          `json:"callerIpAddress"`
	Category        string          `json:"category"`
	CorrelationID   string          `json:"correlationId"`
	DurationMs      int             `json:"durationMs"`
	Location        string          `json:"location"`
	OperationName   string          `json:"operationName"`
	Properties      graphProperties `json:"properties"`
	ResourceID      string          `json:"resourceId"`
	ResultSignature string          `json:"resultSignature"`
	TenantID        string          `json:"tenantId"`
	Time            string          `json:"time"`
}

type graphProperties struct {
	APIVersion         string `json:"apiVersion"`
	AppID              string `json:"appId"`
	ClientAuthMethod   string `json:"clientAuthMethod"`
	IPAddress          string `json:"ipAddress"`
	OperationID        string `json:"operationId"`
	RequestID          string `json:"requestId"`
	RequestMethod      string `json:"requestMethod"`
	RequestURI         string `json:"requestUri"`
	ResponseSizeBytes  int    `json:"responseSizeBytes"`
	ResponseStatusCode int    `json:"responseStatusCode"`
	Roles              any    `json:"roles"`
	Scopes             any    `json:"scopes"`
	ServicePrincipalID string `json:"servicePrincipalId"`
	SignInActivityID   string `json:"signInActivityId"`
	TenantID           string `json:"tenantId"`
	TimeGenerated      string `json:"timeGenerated"`
	UserAgent          string `json:"userAgent"`
	UserID             any    `json:"userId"`
}

// GraphCall is one request to Microsoft Graph.
type GraphCall struct {
	At time.Time
	Client
	App       string // id of the application
	User      string // object id; empty where the application acts for itself
	Principal string // service principal that acts for itself
	Token     string // unique id of the token
	Method    string // GET, where empty
	URI       string // behind https://graph.microsoft.com/v1.0
	Size      int    // bytes of the answer
}

// Graph writes one request to the log of Graph's activity.
func (w Tenant) Graph(g GraphCall) {
	if g.Method == "" {
		g.Method = "GET"
	}
	id := w.UUID()
	at := g.At.Format("2006-01-02T15:04:05.0000000Z")
	p := graphProperties{
		APIVersion: "v1.0", AppID: g.App, ClientAuthMethod: "0", IPAddress: g.IP.String(), OperationID: id, RequestID: id,
		RequestMethod: g.Method, RequestURI: "https://graph.microsoft.com/v1.0" + g.URI, ResponseSizeBytes: g.Size, ResponseStatusCode: 200,
		SignInActivityID: g.Token, TenantID: w.Tenant, TimeGenerated: at, UserAgent: g.Agent,
	}
	if g.User != "" {
		p.UserID, p.Scopes = g.User, "Mail.Read User.Read openid profile"
	} else {
		p.ServicePrincipalID, p.Roles, p.ClientAuthMethod = g.Principal, "Mail.Read", "1"
	}
	w.json("m365.graph", "m365/graph.ndjson", g.At, flushed(g.At.Add(w.Between(3*time.Minute, 30*time.Minute)), time.Minute), graphRecord{
		Level: 4, CallerIPAddress: g.IP.String(), Category: "MicrosoftGraphActivityLogs", CorrelationID: id, DurationMs: 20_000 + w.Rand.IntN(900_000),
		Location: "West Europe", OperationName: "Microsoft Graph Activity", Properties: p, ResultSignature: "200", TenantID: w.Tenant, Time: at,
		ResourceID: "/TENANTS/" + strings.ToUpper(w.Tenant) + "/PROVIDERS/MICROSOFT.AADIAM",
	})
}
