package source

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/record"
)

// pipelineRecords are records with maps and lists inside, of each kind that has them.
var pipelineRecords = map[string]string{
	"sign-in":    strings.Replace(shapeExport, `"status":`, `"deviceDetail":{"deviceId":"d1"},"authenticationDetails":[{"authenticationMethod":"Password","succeeded":false}],"userAgent":"curl/8","status":`, 1),
	"audit":      strings.Replace(shapeAudit, `"ErrorNumber"`, `"ExtendedProperties":[{"Name":"UserAgent","Value":"curl/8"}],"ErrorNumber"`, 1),
	"inbox rule": `{"CreationTime":"2026-03-10T10:00:00","Id":"r1","Operation":"New-InboxRule","RecordType":1,"ResultStatus":"True","Workload":"Exchange","ClientIP":"203.0.113.7:44","UserId":"alice@contoso.com","AppId":"","Parameters":[{"Name":"DeleteMessage","Value":"True"},{"Name":"ForwardTo","Value":"x@evil.test"}]}`,
	"mail":       `{"CreationTime":"2026-03-10T10:00:00","Id":"m1","Operation":"MailItemsAccessed","RecordType":50,"ResultStatus":"Succeeded","Workload":"Exchange","UserId":"alice@contoso.com","ClientAppId":"app","ClientIPAddress":"203.0.113.7","MailboxOwnerUPN":"bob@contoso.com","OperationProperties":[{"Name":"MailAccessType","Value":"Bind"},{"Name":"IsThrottled","Value":"False"}],"Folders":[{"FolderItems":[{"InternetMessageId":"<1@x>"},{"InternetMessageId":"<2@x>"}],"Path":"\\Inbox"}],"OperationCount":2}`,
	"consent":    `{"CreationTime":"2026-03-10T10:00:00","Id":"c1","Operation":"Consent to application.","RecordType":8,"ResultStatus":"Success","Workload":"AzureActiveDirectory","ClientIP":"203.0.113.7","ObjectId":"obj","UserId":"alice@contoso.com","ModifiedProperties":[{"Name":"ConsentAction.Permissions","NewValue":"[] => [[Scope: Mail.Read]]","OldValue":""}],"Target":[{"ID":"a","Type":2}]}`,
	"directory":  `{"time":"2026-03-10T10:00:00Z","resourceId":"/tenants/t/providers/Microsoft.aadiam","operationName":"Consent to application","category":"AuditLogs","properties":{"id":"d1","result":"success","activityDisplayName":"Consent to application","activityDateTime":"2026-03-10T10:00:00Z","loggedByService":"Core Directory","initiatedBy":{"user":{"id":"u1","userPrincipalName":"alice@contoso.com","ipAddress":"203.0.113.7"}},"targetResources":[{"id":"sp1","modifiedProperties":[{"displayName":"Scope","newValue":"Mail.Read"}]}],"additionalDetails":[{"key":"User-Agent","value":"curl/8"}]}}`,
	"Graph":      strings.NewReplacer(`"category"`, `"operationName":"Microsoft Graph Activity","resourceId":"/TENANTS/T","category"`, `"requestId"`, `"signInActivityId":"s","ipAddress":"203.0.113.7","appId":"a","requestId"`).Replace(shapeGraph),
	"logon":      `{"System":{"Provider":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":4625,"TimeCreated":{"SystemTime":"2026-03-10T10:00:00Z"},"Channel":"Security","Computer":"e"},"EventData":{` + shapeData + `}}`,
	"inserts":    `{"ProviderName":"Microsoft-Windows-Security-Auditing","EventID":4625,"Version":0,"TimeCreated":"2026-03-10 10:00:00 +0000","Channel":"Security","Computer":"e","EventRecordID":9,"StringInserts":["S-1-5-18","E$","C","0x3e7","S-1-0-0","alice@contoso.com","","0xc000006d","%%2313","0xc000006a","8","Advapi  ","Negotiate","E","-","-","0","0x2cec","C:\\x.exe","203.0.113.7","5"]}`,
	"ticket":     `{"System":{"Provider":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":4768,"TimeCreated":{"SystemTime":"2026-03-10T10:00:00Z"},"Channel":"Security","Computer":"e"},"EventData":{"TargetUserName":"alice","TargetDomainName":"C","Status":"0x6","IpAddress":"::ffff:203.0.113.7"}}`,
	"connection": `{"System":{"Provider":{"Name":"Microsoft-Windows-Sysmon"},"EventID":3,"TimeCreated":{"SystemTime":"2026-03-10T10:00:00Z"},"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"e"},"EventData":{"UtcTime":"2026-03-10 10:00:00.1","Image":"C:\\x.exe","User":"C\\alice","Protocol":"tcp","Initiated":"true","SourceIp":"192.0.2.5","DestinationIp":"203.0.113.7","DestinationHostname":"graph.microsoft.com"}}`,
}

// pipelines are what pipelines do to the keys and the values of a record, as JSON.
var pipelines = map[string]func(record map[string]any) map[string]any{
	"lower case":         eachKey(strings.ToLower),
	"upper case":         eachKey(strings.ToUpper),
	"first letter upper": eachKey(func(key string) string { return strings.ToUpper(key[:1]) + key[1:] }),
	"snake case":         eachKey(snakeCase),
	"snake case, dots":   func(r map[string]any) map[string]any { return flatten(".")(eachKey(snakeCase)(r)) },
	"dots":               flatten("."),
	"dots, prefix":       func(r map[string]any) map[string]any { return prefixed("x.data.")(flatten(".")(r)) },
	"dots, text of JSON": func(r map[string]any) map[string]any { return flatten(".")(listsAsText(r)) },
	"brackets":           func(r map[string]any) map[string]any { return eachKey(bracketed)(flatten(".")(r)) },
	"slashes":            flatten("/"),
	"colons":             flatten(":"),
	"underscores":        flatten("_"),
	"two underscores":    flatten("__"),
	"prefix":             func(r map[string]any) map[string]any { return prefixed("raw_")(flatten("_")(r)) },
	"GELF":               func(r map[string]any) map[string]any { return prefixed("_")(flatten("_")(listsAsText(r))) },
	"Log Analytics":      func(r map[string]any) map[string]any { return logAnalytics(flatten("_")(listsAsText(r))) },
	"lists": func(r map[string]any) map[string]any {
		for key, value := range r {
			r[key] = []any{value}
		}
		return r
	},
	"lists, dots": inLists,
}

// TestPipelines reads each record as it is and as each pipeline leaves it: the events are
// the same.
func TestPipelines(t *testing.T) {
	for kind, text := range pipelineRecords {
		want, _ := digests(t, text)
		if len(want) != 1 {
			t.Fatalf("%s: %q", kind, want)
		}
		for name, how := range pipelines {
			if got, unread := digests(t, change(t, text, how)); !slices.Equal(got, want) {
				t.Errorf("%s: %s:\n\t%q\n\t%q, %+v", kind, name, got, want, unread)
			}
		}
		var r map[string]any
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if got, unread := digests(t, csvOf(flatten(".")(listsAsText(r)))); !slices.Equal(got, want) {
			t.Errorf("%s: CSV:\n\t%q\n\t%q, %+v", kind, got, want, unread)
		}
	}
}

// TestSplunkLists reads a search result of Splunk, in which all values of one key are a list.
func TestSplunkLists(t *testing.T) {
	want, _ := digests(t, pipelineRecords["inbox rule"])
	text := strings.Replace(pipelineRecords["inbox rule"], `"Parameters":[{"Name":"DeleteMessage","Value":"True"},{"Name":"ForwardTo","Value":"x@evil.test"}]`,
		`"Parameters{}.Name":["DeleteMessage","ForwardTo"],"Parameters{}.Value":["True","x@evil.test"]`, 1)
	if got, unread := digests(t, `{"preview":false,"result":`+text+`}`); !slices.Equal(got, want) {
		t.Errorf("%q, %q, %+v", got, want, unread)
	}
}

// digests are the events of JSON, or of lines, as text.
func digests(t *testing.T, text string) (events []string, unread []Unread) {
	t.Helper()
	set, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	emit := func(ev *event.Event) {
		testContent.Normalise(ev)
		events = append(events, fmt.Sprintf("%s %s %s %s %s user %s ip %s sid %s mailbox %s agent %s app %s protocol %v device %s operation %s detail %s target %s items %d access %v country %s mails %q",
			ev.Time.Format(time.RFC3339), ev.Source, ev.Action, ev.Outcome, ev.Reason, ev.User, ev.IP, ev.SID, ev.Mailbox, ev.AgentText(), ev.App, ev.Protocol, ev.Device, ev.Operation, ev.Detail, ev.Target, ev.Items, ev.Access, ev.Country, mailsIn(ev)))
	}
	if text[0] != '{' {
		for line := range strings.SplitSeq(text, "\n") {
			set.Decode("p", tailed(line), emit)
		}
		return events, set.Unread()
	}
	body, err := record.AppendJSON(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	set.Decode("p", &record.Record{Time: time.Unix(1773136999, 0), Body: body}, emit)
	return events, set.Unread()
}

func mailsIn(ev *event.Event) (all []string) {
	if ev.Mails != nil {
		ev.Mails.Mails(func(m *event.Mail) bool {
			all = append(all, fmt.Sprintf("%s %s %s", m.ID, m.Subject, m.Folder))
			return true
		})
	}
	return all
}

// listsAsText returns a record whose lists are texts of JSON.
func listsAsText(r map[string]any) map[string]any {
	for key, value := range r {
		switch v := value.(type) {
		case map[string]any:
			listsAsText(v)
		case []any:
			b, _ := json.Marshal(v)
			r[key] = string(b)
		}
	}
	return r
}

// bracketed returns a path with the numbers in brackets.
func bracketed(key string) string { return numberedPart.ReplaceAllString(key, "[$1]") }

var numberedPart = regexp.MustCompile(`\.(\d+)`)

// logAnalytics returns a row of a custom table.
func logAnalytics(r map[string]any) map[string]any {
	all := map[string]any{"TenantId": "t", "SourceSystem": "RestAPI", "TimeGenerated": "2026-03-10T10:05:00Z", "Type": "X_CL"}
	for key, value := range r {
		switch text, ok := value.(string); {
		case ok && strings.HasPrefix(text, "2026-03-10T"):
			all[key+"_t"] = value
		case ok:
			all[key+"_s"] = value
		default:
			all[key+"_d"] = value
		}
	}
	return all
}

func csvOf(r map[string]any) string {
	var names, cells []string
	for _, key := range slices.Sorted(maps.Keys(r)) {
		names = append(names, key)
		cells = append(cells, `"`+strings.ReplaceAll(fmt.Sprint(r[key]), `"`, `""`)+`"`)
	}
	return strings.Join(names, ",") + "\n" + strings.Join(cells, ",")
}

// TestElementKeysAreBounded: each element of a list takes a copy of its key, which may be
// as long as the record.
func TestElementKeysAreBounded(t *testing.T) {
	key := strings.Repeat("a", 8000)
	_, set := readShape(t, fmt.Sprintf(`{"%s{}.b":[%s1],"c{}.d":1,"e{}.f":2}`, key, strings.Repeat("1,", 4000)))
	if n := len(set.restorer.keys); n == 0 || n > 2*maxElementKeys {
		t.Errorf("%d bytes of keys are kept, want some, and at most %d", n, 2*maxElementKeys)
	}
}
