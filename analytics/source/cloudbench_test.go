package source

import (
	"strings"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/record"
)

// Synthetic records of each cloud format, as long as real ones.
const (
	sampleSignIn = `{"CreationTime":"2026-03-26T08:50:52","Id":"5d0a1f2e-0001-4c39-b6e1-aa0000000001","Operation":"UserLoginFailed","OrganizationId":"5d0a1f2e-0002-4c39-b6e1-aa0000000002","RecordType":15,"ResultStatus":"Success","UserKey":"5d0a1f2e-0003-4c39-b6e1-aa0000000003","UserType":0,"Version":1,"Workload":"AzureActiveDirectory","ClientIP":"203.0.113.7","ObjectId":"00000002-0000-0000-c000-000000000000","UserId":"alice@contoso.com","AzureActiveDirectoryEventType":1,"ExtendedProperties":[{"Name":"ResultStatusDetail","Value":"Success"},{"Name":"UserAgent","Value":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.190 Safari/537.36"},{"Name":"RequestType","Value":"OAuth2:Token"}],"ModifiedProperties":[],"Actor":[{"ID":"5d0a1f2e-0003-4c39-b6e1-aa0000000003","Type":0},{"ID":"alice@contoso.com","Type":5}],"ActorContextId":"5d0a1f2e-0002-4c39-b6e1-aa0000000002","ActorIpAddress":"203.0.113.7","InterSystemsId":"5d0a1f2e-0004-4c39-b6e1-aa0000000004","IntraSystemId":"5d0a1f2e-0005-4c39-b6e1-aa0000000005","SupportTicketId":"","Target":[{"ID":"00000002-0000-0000-c000-000000000000","Type":0}],"TargetContextId":"5d0a1f2e-0002-4c39-b6e1-aa0000000002","ApplicationId":"5d0a1f2e-0006-4c39-b6e1-aa0000000006","ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword"}`

	sampleMailAccess = `{"CreationTime":"2026-03-23T15:45:38","Id":"5d0a1f2e-0007-4c39-b6e1-aa0000000007","Operation":"MailItemsAccessed","OrganizationId":"5d0a1f2e-0002-4c39-b6e1-aa0000000002","RecordType":50,"ResultStatus":"Succeeded","UserKey":"1003200000000001","UserType":0,"Version":1,"Workload":"Exchange","UserId":"alice@contoso.com","AppId":"00000003-0000-0000-c000-000000000000","ClientAppId":"5d0a1f2e-0008-4c39-b6e1-aa0000000008","ClientIPAddress":"2001:db8::17","ClientInfoString":"Client=REST;;","ExternalAccess":false,"InternalLogonType":0,"LogonType":0,"MailboxGuid":"5d0a1f2e-0009-4c39-b6e1-aa0000000009","MailboxOwnerUPN":"bob@contoso.com","OperationProperties":[{"Name":"MailAccessType","Value":"Bind"},{"Name":"IsThrottled","Value":"True"}],"OriginatingServer":"EX04 (15.20.3977.024)\r\n","SessionId":"5d0a1f2e-0010-4c39-b6e1-aa0000000010","AppAccessContext":{"UniqueTokenId":"dG9rZW4tb25l","AADSessionId":"x"},"Folders":[{"FolderItems":[{"InternetMessageId":"<1@contoso.com>"},{"InternetMessageId":"<2@contoso.com>"}],"Id":"LgAAAA","Path":"\\Inbox"}],"OperationCount":2}`

	sampleInboxRule = `{"CreationTime":"2026-04-16T12:07:14","Id":"5d0a1f2e-0011-4c39-b6e1-aa0000000011","Operation":"New-InboxRule","RecordType":1,"ResultStatus":"True","UserType":2,"Version":1,"Workload":"Exchange","ClientIP":"198.51.100.20:62589","ObjectId":"CONTOSO/Hosted/contoso.com/alice\\.","UserId":"alice@contoso.com","Parameters":[{"Name":"Force","Value":"False"},{"Name":"From","Value":"it@example.com"},{"Name":"Name","Value":"."},{"Name":"DeleteMessage","Value":"True"}],"SessionId":"5d0a1f2e-0012-4c39-b6e1-aa0000000012"}`

	sampleEntra = `{"time":"2026-01-24T05:10:08.6816663Z","resourceId":"/tenants/5d0a1f2e-0002-4c39-b6e1-aa0000000002/providers/Microsoft.aadiam","operationName":"Sign-in activity","operationVersion":"1.0","category":"SignInLogs","tenantId":"5d0a1f2e-0002-4c39-b6e1-aa0000000002","resultType":"50126","resultSignature":"None","durationMs":0,"callerIpAddress":"203.0.113.7","correlationId":"5d0a1f2e-0013-4c39-b6e1-aa0000000013","identity":"Alice","Level":4,"location":"IN","properties":{"id":"5d0a1f2e-0014-4c39-b6e1-aa0000000014","createdDateTime":"2026-01-24T05:10:08.6816663+00:00","userDisplayName":"Alice","userPrincipalName":"alice@contoso.com","userId":"5d0a1f2e-0015-4c39-b6e1-aa0000000015","appId":"5d0a1f2e-0016-4c39-b6e1-aa0000000016","appDisplayName":"Portal","ipAddress":"203.0.113.7","status":{"errorCode":50126,"failureReason":"Invalid"},"clientAppUsed":"Browser","userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/97.0.4692.99 Safari/537.36","deviceDetail":{"deviceId":"d-1","operatingSystem":"Windows 10"},"location":{"city":"Town","state":"State","countryOrRegion":"IN","geoCoordinates":{"latitude":17.5,"longitude":78.3}},"conditionalAccessStatus":"notApplied","appliedConditionalAccessPolicies":[],"isInteractive":true,"authenticationDetails":[{"authenticationMethod":"Password","succeeded":false,"authenticationStepResultDetail":"Invalid username or password"}],"authenticationRequirement":"singleFactorAuthentication","autonomousSystemNumber":64500,"uniqueTokenIdentifier":"dG9rZW4","authenticationProtocol":"ropc","sessionId":"s-1"}}`

	sampleGraph = `{"Level":4,"callerIpAddress":"203.0.113.9","category":"MicrosoftGraphActivityLogs","correlationId":"5d0a1f2e-0017-4c39-b6e1-aa0000000017","durationMs":462680,"location":"West","operationName":"Microsoft Graph Activity","operationVersion":"v1.0","properties":{"apiVersion":"v1.0","appId":"5d0a1f2e-0018-4c39-b6e1-aa0000000018","ipAddress":"203.0.113.9","requestId":"5d0a1f2e-0019-4c39-b6e1-aa0000000019","requestMethod":"GET","requestUri":"https://graph.microsoft.com/v1.0/users/bob%40contoso.com/mailFolders/inbox/messages?$top=500&$select=id","responseSizeBytes":364,"responseStatusCode":200,"roles":"Mail.Read","scopes":null,"servicePrincipalId":"5d0a1f2e-0020-4c39-b6e1-aa0000000020","signInActivityId":"dG9rZW4","timeGenerated":"2026-03-07T11:47:00.6442361Z","userAgent":"python-requests/2.27.1","userId":null},"resultSignature":"200","time":"2026-03-07T11:47:00.6442361Z"}`
)

var cloudSamples = []struct{ name, text string }{
	{"ual_signin", sampleSignIn},
	{"ual_mail", sampleMailAccess},
	{"ual_rule", sampleInboxRule},
	{"entra", sampleEntra},
	{"graph", sampleGraph},
}

func TestCloudDecodeAllocatesNothing(t *testing.T) {
	for _, c := range cloudSamples {
		for shape, rec := range map[string]*record.Record{"map": native(t, c.text), "text": tailed(c.text)} {
			s, err := New(Auto, testContent)
			if err != nil {
				t.Fatal(err)
			}
			events := 0
			emit := func(*event.Event) { events++ }
			s.Decode("tag", rec, emit)
			if n := testing.AllocsPerRun(200, func() { s.Decode("tag", rec, emit) }); n != 0 {
				t.Errorf("%s as %s: %v allocations a record", c.name, shape, n)
			}
			if events != 202 {
				t.Errorf("%s as %s: %d events", c.name, shape, events)
			}
		}
	}
}

func FuzzCloudDecode(f *testing.F) {
	for _, c := range cloudSamples {
		f.Add([]byte(c.text), false)
		rec := native(f, c.text)
		f.Add([]byte(rec.Body), true)
	}
	f.Add([]byte("CreationDate,AuditData\n1,\"{\"\"Operation\"\":\"\"Send\"\"}\""), false)
	f.Add([]byte(strings.Join(auditExport(map[string]string{"Activity": "Consent to application", "ActorType": "User"}), "\n")), false)
	f.Add([]byte(otlp(`"body":`+otlpJSON(shapeAudit))), false)
	f.Add([]byte(`[{"records":[{"payload":"{\"value\":[]}"}]}] {`), false)
	f.Fuzz(func(t *testing.T, data []byte, msgpack bool) {
		s, err := New(Auto, testContent)
		if err != nil {
			t.Fatal(err)
		}
		rec := &record.Record{Body: data}
		if !msgpack {
			rec = tailed(string(data))
		}
		emit := func(ev *event.Event) {
			if len(ev.Detail) > 1<<10 || ev.Items < 0 || ev.Action == event.ActionNone {
				t.Errorf("%+v", see(ev))
			}
		}
		for range 2 {
			before := readBy(s)
			s.Decode("tag", rec, emit)
			if readBy(s) == before {
				t.Error("a record was not accounted for")
			}
		}
	})
}

func readBy(s *Set) uint64 {
	counts := s.Counts()
	return counts.Read()
}
