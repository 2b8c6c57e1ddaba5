package source

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// fieldsOf picks the named fields of an event, in the form that tests write.
func fieldsOf(got seen, like string) string {
	var out []string
	for part := range strings.SplitSeq(like, " | ") {
		name, _, _ := strings.Cut(part, "=")
		out = append(out, fmt.Sprintf("%s=%v", name, reflect.ValueOf(got).FieldByName(name)))
	}
	return strings.Join(out, " | ")
}

// ualWith returns an audit record with these fields.
func ualWith(fields string) string {
	return `{"CreationTime":"2026-03-26T08:50:52","Id":"id-1","RecordType":1,"Workload":"Exchange",` + fields + `}`
}

func entraWith(outer, properties string) string {
	return `{"time":"2026-03-26T08:50:52.1Z","category":"SignInLogs",` + outer + `"properties":{"id":"id-1","userPrincipalName":"alice@contoso.com","appId":"app-1",` + properties + `}}`
}

func graphWith(method, path, more string) string {
	return `{"time":"2026-03-26T08:50:52Z","category":"MicrosoftGraphActivityLogs","callerIpAddress":"203.0.113.9","properties":{"requestMethod":"` + method +
		`","requestUri":"https://graph.microsoft.com/v1.0/` + path + `","responseStatusCode":200,"userId":"user-1"` + more + `}}`
}

// cloudRecords are records and the expected event of each; an empty want means
// that the record is ignored.
var cloudRecords = []struct{ name, in, want string }{
	{"wrong password", sampleSignIn, "Source=ual | Action=sign_in | Outcome=noise | Code=50126 | Space=entra | IP=203.0.113.7 | User=alice@contoso.com | ID=5d0a1f2e-0005-4c39-b6e1-aa0000000005 | App=5d0a1f2e-0006-4c39-b6e1-aa0000000006 | Protocol=ropc | Time=2026-03-26T08:50:52Z"},
	{"logon error alone", ualWith(`"Operation":"UserLoginFailed","UserId":"a@contoso.com","LogonError":"InvalidUserNameOrPassword","ResultStatus":"Success"`), "Outcome=noise | Code=InvalidUserNameOrPassword | Space=logon_error"},
	{"error number as a number", ualWith(`"Operation":"UserLoginFailed","UserId":"a@contoso.com","ErrorNumber":50053`), "Outcome=noise | Code=50053 | Space=entra"},
	{"failure without a code", ualWith(`"Operation":"UserLoginFailed","UserId":"a@contoso.com","ResultStatus":"Success"`), "Outcome=failure | Reason=other | Space=none"},
	{"success with an interrupt's number", ualWith(`"Operation":"UserLoggedIn","UserId":"a@contoso.com","ErrorNumber":"50140","LogonError":"FlowTokenExpired"`), "Outcome=success | Code=50140 | Space=entra"},
	{"old sign-in", ualWith(`"Operation":"PasswordLogonInitialAuthUsingPassword","UserId":"a@contoso.com","ResultStatus":"failed"`), "Outcome=failure"},
	{"old sign-in that worked", ualWith(`"Operation":"PasswordLogonInitialAuthUsingPassword","UserId":"a@contoso.com","ResultStatus":"success"`), "Outcome=success"},
	{"user by object id", ualWith(`"Operation":"UserLoginFailed","UserId":"5d0a1f2e-0003-4c39-b6e1-aa0000000003","Actor":[{"ID":"x","Type":0},{"ID":"a@contoso.com","Type":5}]`), "User=a@contoso.com"},
	{"user unknown", ualWith(`"Operation":"UserLoginFailed","UserId":"Unknown","Actor":[{"ID":"Unknown","Type":5}]`), "User=Unknown"},
	{"actor in a string", ualWith(`"Operation":"UserLoginFailed","UserId":"Not Available","Actor":"[{\"ID\":\"a@contoso.com\",\"Type\":5}]"`), "User=a@contoso.com"},
	{"address missing", ualWith(`"Operation":"UserLoginFailed","UserId":"a","ClientIP":"<null>","ActorIpAddress":"203.0.113.1"`), "IP=203.0.113.1"},
	{"device", ualWith(`"Operation":"UserLoggedIn","UserId":"a","DeviceProperties":[{"Name":"DisplayName","Value":"PC1"},{"Name":"SessionId","Value":"s"}]`), "Session=s | Device=PC1"},
	{"rule behind a long parameter", ualWith(`"Operation":"New-InboxRule","UserId":"a@contoso.com","Parameters":[{"Name":"SubjectContainsWords","Value":"` + strings.Repeat("x", 1<<10) + `"},{"Name":"BodyContainsWords","Value":"` + strings.Repeat("y", 9<<10) + `"},{"Name":"ForwardTo","Value":"eve@example.com"}]`),
		"Detail=SubjectContainsWords=" + strings.Repeat("x", 1<<10) + "; BodyContainsWords=" + strings.Repeat("y", 4<<10) + "...; ForwardTo=eve@example.com"},
	{"rule behind many long parameters", ualWith(`"Operation":"New-InboxRule","UserId":"a@contoso.com","Parameters":[` + strings.Repeat(`{"Name":"From","Value":"`+strings.Repeat("x", 1<<10)+`"},`, 40) + `{"Name":"ForwardTo","Value":"eve@example.com"}]`),
		"Detail=" + strings.Repeat("From="+strings.Repeat("x", 128)+"...; ", 40) + "ForwardTo=eve@example.com"},
	{"mail access", sampleMailAccess, "Action=mail_access | Access=bind | Items=2 | Throttled=true | Mailbox=bob@contoso.com | App=5d0a1f2e-0008-4c39-b6e1-aa0000000008 | Token=dG9rZW4tb25l | Session=5d0a1f2e-0010-4c39-b6e1-aa0000000010 | IP=2001:db8::17 | Client=Client=REST;; | Service=rest | Agent="},
	{"folder sync", ualWith(`"Operation":"MailItemsAccessed","UserId":"a@contoso.com","MailboxOwnerUPN":"A@contoso.com","OperationProperties":[{"Name":"MailAccessType","Value":"Sync"}],"Item":{"Id":"x"}`), "Access=sync | Items=1 | Mailbox="},
	{"operation count in text", ualWith(`"Operation":"MailItemsAccessed","UserId":"a","OperationCount":"7","Folders":"[{\"FolderItems\":[1,2]}]"`), "Items=7"},
	{"folders in text", ualWith(`"Operation":"MailItemsAccessed","UserId":"a","Folders":"[{\"FolderItems\":[1,2]},{\"FolderItems\":[3]}]","LogonType":2`), "Items=3 | Detail=Folders=2; LogonType=2"},
	{"EWS agent", ualWith(`"Operation":"MailItemsAccessed","UserId":"a","ClientInfoString":"Client=WebServices;ExchangeServicesClient/15.00.0913.015;"`), "Service=ews | Agent=ExchangeServicesClient/15.00.0913.015"},
	{"OWA agent", ualWith(`"Operation":"Send","UserId":"a","ClientInfoString":"Client=OWA;Mozilla/5.0 (Windows NT 10.0; Win64) Safari/537.36;"`), "Service=owa | Access=send | Agent=Mozilla/5.0 (Windows NT 10.0; Win64) Safari/537.36"},
	{"OWA proxy", ualWith(`"Operation":"Send","UserId":"a","ClientInfoString":"Client=OWA;Action=ViaProxy"`), "Service=owa | Agent="},
	{"no agent said", ualWith(`"Operation":"Send","UserId":"a","ClientInfoString":"Client=WebServices;UserAgent=[NoUserAgent][AppId=x];"`), "Service=ews | Agent="},
	{"inbox rule", sampleInboxRule, "Action=mailbox_change | Operation=New-InboxRule | Mailbox= | Detail=Force=False; From=it@example.com; Name=.; DeleteMessage=True | Outcome=success"},
	{"inbox rule of another", ualWith(`"Operation":"New-InboxRule","UserId":"a@contoso.com","Parameters":[{"Name":"Mailbox","Value":"b@contoso.com"}],"ResultStatus":"False"`), "Mailbox=b@contoso.com | Outcome=failure"},
	{"parameters in JSON text", ualWith(`"Operation":"New-InboxRule","UserId":"a","Parameters":"[{\"Name\":\"ForwardTo\",\"Value\":\"x@example.com\"}]"`), "Detail=ForwardTo=x@example.com"},
	{"parameters in plain text", ualWith(`"Operation":"New-TransportRule","UserId":"a","Parameters":"-BlindCopyTo x@example.com"`), "Detail=-BlindCopyTo x@example.com"},
	{"permission", ualWith(`"Operation":"Add-MailboxPermission","UserId":"a","ObjectId":"X/Hosted/contoso.com/bob","Parameters":[{"Name":"Identity","Value":"X/Hosted/contoso.com/bob"},{"Name":"AccessRights","Value":"FullAccess"}]`), "Mailbox=bob | Action=mailbox_change"},
	{"forwarding", ualWith(`"Operation":"Set-Mailbox","UserId":"a","Parameters":[{"Name":"Identity","Value":"b"},{"Name":"ForwardingSmtpAddress","Value":"smtp:x@example.com"}]`), "Mailbox=b"},
	{"forwarding in plain text", ualWith(`"Operation":"Set-Mailbox","UserId":"a","Parameters":"-Identity b -ForwardingSmtpAddress x@example.com"`), "Action=mailbox_change"},
	{"other settings", ualWith(`"Operation":"Set-Mailbox","UserId":"a","Parameters":[{"Name":"MaxSendSize","Value":"1"}]`), ""},
	{"folder permission", ualWith(`"Operation":"ModifyFolderPermissions","UserId":"a","Item":{"ParentFolder":{"MemberRights":"None","MemberUpn":"Everyone","Path":"\\Calendar"}}`), `Detail=MemberRights=None; MemberUpn=Everyone; Path=\Calendar`},
	{"consent", ualWith(`"Operation":"Consent to application.","UserId":"a","ObjectId":"app-9","ExtendedProperties":[{"Name":"additionalDetails","Value":"{\"User-Agent\":\"EvoSTS\"}"}],"ModifiedProperties":[{"Name":"ConsentAction.Permissions","NewValue":"Mail.Read","OldValue":""}]`), "Action=consent | Operation=Consent to application. | Target=app-9 | Agent=EvoSTS | Detail=ConsentAction.Permissions=Mail.Read"},
	{"app credentials", ualWith(`"Operation":"Update application – Certificates and secrets management ","UserId":"a"`), "Action=directory_change | Operation=Update application – Certificates and secrets management"},
	{"search", ualWith(`"Operation":"SearchQueryInitiatedExchange","UserId":"a","QueryText":"password"`), "Access=search | Detail=password"},
	{"other operation", ualWith(`"Operation":"PageViewed","UserId":"a"`), ""},
	{"lower-case keys", `{"creationtime":"2026-12-12 22:19:00","operation":"New-InboxRule","recordtype":1,"userid":"a@contoso.com","clientip":"203.0.113.1","workload":"Exchange"}`, "User=a@contoso.com | IP=203.0.113.1 | Time=2026-12-12T22:19:00Z"},
	{"OfficeActivity", `{"TimeGenerated [UTC]":"x","Operation":"MailItemsAccessed","OfficeWorkload":"Exchange","RecordType":"ExchangeItemAggregated","UserId":"a","Client_IPAddress":"203.0.113.1","OfficeId":"o-1","Start_Time":"4/26/2026, 7:17:10.000 AM","OperationProperties":"[{\"Name\":\"MailAccessType\",\"Value\":\"Sync\"}]"}`, "ID=o-1 | IP=203.0.113.1 | Time=2026-04-26T07:17:10Z | Access=sync"},

	{"Entra failure", sampleEntra, "Source=entra | Outcome=noise | Code=50126 | Space=entra | Protocol=ropc | Token=dG9rZW4 | Session=s-1 | Country=IN | Device=d-1 | Time=2026-01-24T05:10:08.6816663Z"},
	{"Entra success", entraWith(`"resultType":"0",`, `"status":{"errorCode":0}`), "Outcome=success | Space=none"},
	{"Entra code as a number", entraWith(`"resultType":50076,`, `"x":1`), "Outcome=noise | Code=50076"},
	{"Entra correct password", entraWith(`"resultType":"50076",`, `"authenticationRequirement":"multiFactorAuthentication","authenticationDetails":[{"authenticationStepResultDetail":"Correct Password"}]`), "Outcome=accepted | Reason=mfa_required | Code=50076 | Space=none"},
	{"Entra password step, blocked by policy", entraWith(`"resultType":"53003",`, `"conditionalAccessStatus":"failure","authenticationDetails":"[{\"succeeded\":true,\"authenticationMethod\":\"Password\"}]"`), "Outcome=accepted | Reason=policy_blocked"},
	{"Entra other step", entraWith(`"resultType":"50074",`, `"authenticationDetails":[{"succeeded":true,"authenticationMethod":"Previously satisfied"}]`), "Outcome=noise"},
	{"Entra blocked address", entraWith(`"resultType":"50053",`, `"status":{"failureReason":"Sign-in was blocked because it came from an IP address with malicious activity"}`), "Outcome=failure | Reason=blocked_ip | Space=none"},
	{"Entra locked", entraWith(`"resultType":"50053",`, `"status":{"failureReason":"The account is locked"}`), "Outcome=noise | Code=50053 | Space=entra"},
	{"Entra words", entraWith(`"resultType":"Failure",`, `"x":1`), "Outcome=failure | Reason=other"},
	{"Entra legacy client", entraWith(`"resultType":"50126",`, `"clientAppUsed":"IMAP4"`), "Service=imap | Protocol=legacy"},
	{"Entra device code", entraWith(`"resultType":"0",`, `"authenticationProtocol":"deviceCode"`), "Protocol=device_code"},
	{"Entra odd addresses", entraWith(`"resultType":"0","callerIpAddress":"<null>",`, `"ipAddress":""`), "IP="},
	{"Entra properties in a string", `{"category":"SIGNINLOGS","time":"2026-03-26T08:50:52Z","resultType":"0","properties":"{\"userPrincipalName\":\"a@contoso.com\"}"}`, "User=a@contoso.com | Outcome=success"},
	{"Entra principal", `{"category":"ServicePrincipalSignInLogs","time":"2026-03-26T08:50:52Z","resultType":"7000222","properties":{"userId":null,"servicePrincipalId":"sp-1","appId":"app-1"}}`, "User=sp-1 | Protocol=client_credential | Code=7000222"},
	{"Entra managed identity", `{"category":"ManagedIdentitySignInLogs","time":"2026-03-26T08:50:52Z","resultType":"0","properties":{"servicePrincipalId":"sp-1"}}`, "User=sp-1 | Protocol=managed_identity"},
	{"Graph API shape", `{"id":"s-1","createdDateTime":"2026-05-01T10:00:00Z","userPrincipalName":"a@contoso.com","appId":"app-1","ipAddress":"203.0.113.10","status":{"errorCode":50126},"location":{"countryOrRegion":"DE"}}`, "Source=entra | ID=s-1 | Code=50126 | Country=DE | IP=203.0.113.10"},
	{"Log Analytics shape", `{"TimeGenerated":"4/28/2026, 2:08:46.000 PM","CreatedDateTime":"4/28/2026, 2:08:45.221 PM","ResultType":"50126","UserPrincipalName":"a@contoso.com","AppId":"app-1","IPAddress":"203.0.113.10","Location":"US","Id":"s-1","DeviceDetail_string":"{\"deviceId\":\"d-1\"}"}`, "Source=entra | Time=2026-04-28T14:08:45.221Z | Code=50126 | Country=US | Device=d-1 | User=a@contoso.com"},
	{"directory audit", `{"category":"AuditLogs","operationName":"Add service principal credentials","properties":{"id":"d-1","activityDisplayName":"Add service principal credentials","activityDateTime":"2026-01-22T18:15:02+00:00","result":"failure","initiatedBy":{"user":{"userPrincipalName":"a@contoso.com","ipAddress":"203.0.113.2"}},"targetResources":[{"id":"t-1","modifiedProperties":[{"displayName":"KeyDescription","newValue":"k"}]}],"additionalDetails":[{"key":"User-Agent","value":"ua"}]}}`, "Action=directory_change | Outcome=failure | User=a@contoso.com | IP=203.0.113.2 | Target=t-1 | Agent=ua | Detail=KeyDescription=k | Time=2026-01-22T18:15:02Z"},
	{"directory audit by an app", `{"activityDisplayName":"Consent to application","activityDateTime":"2026-01-22T18:15:02Z","initiatedBy":{"app":{"appId":"app-1","servicePrincipalId":"sp-1"}},"targetResources":[]}`, "Action=consent | User=sp-1 | App=app-1"},
	{"directory audit of no interest", `{"category":"AuditLogs","operationName":"Update device","properties":{}}`, ""},
	{"risk detection", `{"category":"UserRiskEvents","properties":{"riskType":"x"}}`, ""},

	{"Graph messages", sampleGraph, "Source=graph | Action=mail_access | Access=bind | Items=500 | Mailbox=bob@contoso.com | Operation=GET /users/{id}/mailFolders/inbox/messages | Token=dG9rZW4 | Agent=python-requests/2.27.1 | User=5d0a1f2e-0020-4c39-b6e1-aa0000000020 | Outcome=success | IP=203.0.113.9"},
	{"Graph one message", graphWith("GET", "me/messages/AAMkAD=", ""), "Items=1 | Mailbox= | Operation=GET /me/messages/{id}"},
	{"Graph own by id", graphWith("GET", "users/user-1/messages", ""), "Items=10 | Mailbox="},
	{"Graph OData key", graphWith("GET", "users('b%40contoso.com')/messages/delta?x", ""), "Access=sync | Mailbox=b@contoso.com | Operation=GET /users/{id}/messages/delta"},
	{"Graph OData function", graphWith("GET", "me/mailfolders('inbox')/messages/delta()", ""), "Access=sync | Mailbox= | Operation=GET /me/mailfolders/inbox/messages/delta"},
	{"Graph OData function with a token", graphWith("GET", "me/mailFolders/inbox/messages/microsoft.graph.delta(token='a=b')", ""), "Access=sync | Operation=GET /me/mailFolders/inbox/messages/delta"},
	{"Graph OData message", graphWith("GET", "me/messages('AAMkAD=')/$value", ""), "Access=bind | Items=1 | Operation=GET /me/messages/{id}/$value"},
	{"Graph in upper case", graphWith("GET", "ME/MESSAGES/AAMkAD0=", ""), "Access=bind | Items=1 | Operation=GET /ME/MESSAGES/{id}"},
	{"Graph escaped letters", graphWith("GET", "users/b@contoso.com/%6Dess%61ges/AAMkAD0=/%24value", ""), "Access=bind | Items=1 | Mailbox=b@contoso.com | Operation=GET /users/{id}/messages/{id}/$value"},
	{"Graph OData escaped key", graphWith("GET", "users(%27b%40contoso.com%27)/messages(%27AAMkAD%3D%27)", ""), "Access=bind | Items=1 | Mailbox=b@contoso.com | Operation=GET /users/{id}/messages/{id}"},
	{"Graph OData key without quotes", graphWith("GET", "users(5d0a1f2e-0020-4c39-b6e1-aa0000000020)/messages", ""), "Access=bind | Items=10 | Mailbox=5d0a1f2e-0020-4c39-b6e1-aa0000000020"},
	{"Graph OData forward", graphWith("POST", "me/messages('AAMk')/microsoft.graph.forward", ""), "Access=send"},
	{"Graph OData chats", graphWith("GET", "me/chats('19:x')/messages", ""), ""},
	{"Graph export", graphWith("POST", "admin/exchange/mailboxes/MBX:5d0a1f2e@contoso/exportItems", ""), "Action=mail_access | Access=export | Mailbox=MBX:5d0a1f2e@contoso"},
	{"Graph exported folder", graphWith("GET", "admin/exchange/mailboxes/MBX:5d0a1f2e@contoso/folders/AAMk1/items", ""), "Action=mail_access | Access=bind"},
	{"Graph search", graphWith("POST", "search/query", ""), "Access=search"},
	{"Graph send", graphWith("POST", "me/sendMail", ""), "Access=send | Items=1"},
	{"Graph reply", graphWith("POST", "me/messages/AAMk/reply", ""), "Access=send"},
	{"Graph rule", graphWith("POST", "me/mailFolders/inbox/messageRules", ""), "Action=mailbox_change"},
	{"Graph rule read", graphWith("GET", "me/mailFolders/inbox/messageRules", ""), ""},
	{"Graph delete", graphWith("DELETE", "me/messages/AAMk", ""), "Action=mailbox_change"},
	{"Graph denied", strings.Replace(graphWith("GET", "me/messages", ""), "200", "403", 1), "Outcome=failure | Reason=not_allowed | Code=403"},
	{"Graph settings", graphWith("GET", "me/mailboxSettings", ""), ""},
	{"Graph chats", graphWith("GET", "me/chats/19:x/messages", ""), ""},
	{"Graph other", graphWith("GET", "organization/x", ""), ""},
	{"Graph flat", `{"TimeGenerated":"2026-03-26T08:50:52Z","RequestMethod":"GET","RequestUri":"https://graph.microsoft.com/beta/me/messages","SignInActivityId":"t","ResponseStatusCode":"200","IPAddress":"203.0.113.1","UserId":"u"}`, "Source=graph | IP=203.0.113.1 | Token=t | Outcome=success"},
}

func TestCloudRecords(t *testing.T) {
	for _, c := range cloudRecords {
		for _, rec := range []*record.Record{native(t, c.in), tailed(c.in)} {
			s, err := New(Auto, testContent)
			if err != nil {
				t.Fatal(err)
			}
			got := "nothing"
			s.Decode("tag", rec, func(ev *event.Event) { got = fieldsOf(see(ev), c.want) })
			if c.want == "" {
				counts := s.Counts()
				if got != "nothing" || counts.Total(format.Ignored) != 1 {
					t.Errorf("%s: got %s, counts %v, want it ignored", c.name, got, counts)
				}
			} else if got != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
			}
		}
	}
}

// TestPurviewExport decodes an audit export line by line, as in_tail reads it.
func TestPurviewExport(t *testing.T) {
	data, _ := json.Marshal(sampleSignIn)
	quoted := strings.ReplaceAll(sampleSignIn, `"`, `""`)
	for _, row := range []string{
		`3/26/2026 8:50:52 AM,alice@contoso.com,UserLoginFailed,"` + quoted + `"`,
		`{"CreationDate":"3/26/2026","UserIds":"x","Operations":"y","AuditData":` + string(data) + `}`,
	} {
		s, err := New("ual", testContent)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		emit := func(ev *event.Event) {
			if n++; string(ev.Code) != "50126" {
				t.Errorf("got %+v", see(ev))
			}
		}
		s.Decode("tag", tailed("CreationDate,UserIds,Operations,AuditData"), emit)
		s.Decode("tag", tailed(row), emit)
		if n != 1 {
			t.Errorf("%.40s: %d events", row, n)
		}
	}
}

// TestLogAnalyticsExport decodes rows of Sentinel's exports, one line each.
func TestLogAnalyticsExport(t *testing.T) {
	for _, c := range []struct{ header, row, want string }{
		{
			`Operation,OfficeWorkload,RecordType,UserId,Client_IPAddress,Parameters,"Start_Time [UTC]",OfficeId`,
			`New-InboxRule,Exchange,ExchangeAdmin,a@contoso.com,203.0.113.1:4000,"[{""Name"":""ForwardTo"",""Value"":""x@example.com""}]","4/26/2026, 7:17:10.000 AM",o-1`,
			"Source=ual | User=a@contoso.com | IP=203.0.113.1:4000 | Detail=ForwardTo=x@example.com | Time=2026-04-26T07:17:10Z | ID=o-1",
		},
		{
			`TimeGenerated [UTC],ResultType,UserPrincipalName,CreatedDateTime [UTC],AppId,IPAddress,DeviceDetail_string,Location`,
			`,50126,a@contoso.com,"4/28/2026, 2:08:45.221 PM",app-1,203.0.113.1,"{""deviceId"":""d-1""}",DE`,
			"Source=entra | Code=50126 | Space=entra | User=a@contoso.com | Time=2026-04-28T14:08:45.221Z | Device=d-1 | Country=DE",
		},
	} {
		s, err := New(Auto, testContent)
		if err != nil {
			t.Fatal(err)
		}
		got := "nothing"
		emit := func(ev *event.Event) { got = fieldsOf(see(ev), c.want) }
		s.Decode("tag", tailed("\ufeff"+c.header+"\r"), emit)
		s.Decode("tag", tailed(c.row), emit)
		if got != c.want {
			t.Errorf("%.40s:\n got %s\nwant %s", c.header, got, c.want)
		}
	}
}
