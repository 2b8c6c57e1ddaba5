package drill

import (
	"encoding/json"
	"time"
)

// property is a named value of the audit log.
type property struct{ Name, Value string }

// ual writes the unified audit log of Microsoft 365, one JSON object a line.
type ual struct{}

func (ual) name() string { return "ual" }

func (ual) can(a *act) bool { return a.kind <= export }

// line returns the record of an act under an id.
func (ual) line(a *act, id string) []byte {
	r := map[string]any{
		"CreationTime": a.at.UTC().Format("2006-01-02T15:04:05"), "Id": id, "RecordType": 1, "Workload": "Exchange", "ResultStatus": "Succeeded",
		"OrganizationId": "d0000000-0000-4000-8000-000000000000", "UserType": 0, "Version": 1, "UserId": a.account, "UserKey": a.account, "ClientIP": a.address,
	}
	app := a.app
	if app == "" {
		app = online
	}
	switch a.kind {
	case wrongPassword, signIn, webSignIn:
		r["Operation"], r["RecordType"], r["Workload"], r["ErrorNumber"], r["ApplicationId"] = "UserLoggedIn", 15, "AzureActiveDirectory", "0", app
		r["ActorIpAddress"], r["ObjectId"] = a.address, online
		r["ExtendedProperties"] = []property{{"UserAgent", a.agent}, {"RequestType", "Login:login"}}
		if a.session != "" {
			r["DeviceProperties"] = []property{{"SessionId", a.session}}
		}
		if a.kind == wrongPassword {
			r["Operation"], r["ResultStatus"], r["ErrorNumber"], r["LogonError"] = "UserLoginFailed", "Failed", "50126", "InvalidUserNameOrPassword"
		}
	case readMail:
		r["Operation"], r["RecordType"], r["ClientIPAddress"], r["MailboxOwnerUPN"] = "MailItemsAccessed", 50, a.address, a.account
		r["AppId"], r["ClientAppId"], r["ClientInfoString"], r["OperationCount"] = app, app, "Client=REST;"+a.agent+";", a.items
		r["SessionId"], r["OperationProperties"] = a.session, []property{{"MailAccessType", "Bind"}, {"IsThrottled", "False"}}
	case consent:
		r["Operation"], r["RecordType"], r["Workload"], r["ObjectId"] = "Consent to application.", 8, "AzureActiveDirectory", app
		r["ActorIpAddress"] = a.address
		r["ModifiedProperties"] = []map[string]string{{"Name": "ConsentAction.Permissions", "NewValue": "Scope: Mail.Read offline_access", "OldValue": ""}}
	case inboxRule:
		r["Operation"] = "New-InboxRule"
		r["Parameters"] = []property{{"Name", "drill"}, {"ForwardTo", "drill@drill.example"}}
	case export:
		r["Operation"] = "New-MailboxExportRequest"
		r["Parameters"] = []property{{"Mailbox", a.account}, {"FilePath", `\\drill.example\drill\drill.pst`}}
	}
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // texts and numbers only
	}
	return line
}

// entra writes the sign-in log of Entra, as Azure Monitor exports it.
type entra struct{}

func (entra) name() string { return "entra" }

func (entra) can(a *act) bool { return a.kind <= webSignIn }

func (entra) line(a *act, id string) []byte {
	at, code, result := a.at.UTC().Format(time.RFC3339), 0, "0"
	if a.kind == wrongPassword {
		code, result = 50126, "50126"
	}
	app := a.app
	if app == "" {
		app = online
	}
	line, err := json.Marshal(map[string]any{
		"time": at, "category": "SignInLogs", "operationName": "Sign-in activity", "resultType": result, "callerIpAddress": a.address, "correlationId": id,
		"properties": map[string]any{
			"id": id, "createdDateTime": at, "userPrincipalName": a.account, "userDisplayName": a.account, "appId": app, "ipAddress": a.address,
			"status": map[string]any{"errorCode": code}, "userAgent": a.agent, "sessionId": a.session, "isInteractive": true, "correlationId": id,
		},
	})
	if err != nil {
		panic(err) // texts and numbers only
	}
	return line
}
