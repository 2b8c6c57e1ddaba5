package source

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redshank/analytics/event"
)

// change returns text, which is JSON, with its keys changed in some way.
func change(t *testing.T, text string, how func(map[string]any) map[string]any) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(how(m))
	return string(b)
}

// flatten returns how a pipeline flattens nested maps and lists.
func flatten(separator string) func(map[string]any) map[string]any {
	var walk func(flat map[string]any, prefix string, v any)
	walk = func(flat map[string]any, prefix string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				walk(flat, prefix+separator+key, value)
			}
		case []any:
			for i, value := range v {
				walk(flat, fmt.Sprint(prefix, separator, i), value)
			}
		default:
			flat[strings.TrimPrefix(prefix, separator)] = v
		}
	}
	return func(m map[string]any) map[string]any {
		flat := map[string]any{}
		walk(flat, "", m)
		return flat
	}
}

// eachKey returns how a pipeline changes every key, at any depth.
func eachKey(change func(string) string) func(map[string]any) map[string]any {
	var walk func(v any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			changed := map[string]any{}
			for key, value := range v {
				changed[change(key)] = walk(value)
			}
			return changed
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		}
		return v
	}
	return func(m map[string]any) map[string]any { return walk(m).(map[string]any) }
}

// snakeCase returns a name such as UserPrincipalName as user_principal_name.
func snakeCase(name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' && name[i-1] >= 'a' {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToLower(string(c)))
	}
	return b.String()
}

func prefixed(prefix string) func(map[string]any) map[string]any {
	return func(m map[string]any) map[string]any {
		changed := map[string]any{}
		for key, value := range m {
			changed[prefix+key] = value
		}
		return changed
	}
}

// inLists returns a map whose texts and numbers each stand in a list of one, as in the
// fields of a search.
func inLists(m map[string]any) map[string]any {
	flat := flatten(".")(m)
	for key, value := range flat {
		flat[key] = []any{value}
	}
	return flat
}

var shapeEvent = `{"ProviderName":"Microsoft-Windows-Security-Auditing","EventID":4625,"TimeCreated":"2026-03-10T10:00:00Z","Channel":"Security","Computer":"e","EventRecordID":9,"EventData":{` + shapeData + `}}`

// TestRestoredKeys reads records whose keys a pipeline has changed.
func TestRestoredKeys(t *testing.T) {
	changes := map[string]func(map[string]any) map[string]any{
		"dots": flatten("."), "underscores": flatten("_"), "slashes": flatten("/"),
		"prefix": prefixed("m365_"), "prefix with a dot": prefixed("log.fields."), "snake case": eachKey(snakeCase),
		"snake case and dots": func(m map[string]any) map[string]any { return flatten(".")(eachKey(snakeCase)(m)) },
		"lists of one":        inLists,
	}
	records := map[string]string{"export": shapeExport, "sign-in": shapeSignIn, "audit": shapeAudit, "event": shapeEvent}
	for name, text := range records {
		for how, f := range changes {
			if how == "lists of one" && name == "event" {
				continue // isFlat takes the record
			}
			changed := change(t, text, f)
			for where, wrapped := range map[string]string{"": changed, ", in a text": `{"log":` + jsonText(changed) + `}`, ", in a batch": `{"records":[` + changed + `]}`} {
				events, set := readShape(t, wrapped)
				if len(events) != 1 || events[0] != "sign_in alice@contoso.com 203.0.113.7 "+shapeAt+" failure wrong_password" {
					t.Errorf("%s, %s%s: %q, %+v", name, how, where, events, set.Unread())
				}
			}
		}
		encoded := base64.StdEncoding.EncodeToString([]byte(`{"records":[` + text + `]}`))
		for how, wrapped := range map[string]string{"capture": `{"SequenceNumber":0,"Body":"` + encoded + `"}`, "push": `{"message":{"data":"` + encoded + `","messageId":"1"}}`, "line": encoded} {
			if events, set := readShape(t, wrapped); len(events) != 1 || events[0] != "sign_in alice@contoso.com 203.0.113.7 "+shapeAt+" failure wrong_password" {
				t.Errorf("%s, %s in Base64: %q, %+v", name, how, events, set.Unread())
			}
		}
	}
	python := strings.NewReplacer(`"`, `'`, `}}`, `}, 'interactive': True, 'managed': False, 'device': None}`).Replace(shapeSignIn)
	if events, set := readShape(t, `{"message":`+jsonText(python)+`}`); len(events) != 1 {
		t.Errorf("Python: %q, %+v", events, set.Unread())
	}
}

// TestUnknownKeysCostLittle tries few records of a stream that no format knows, and finds
// the first of them that one does.
func TestUnknownKeysCostLittle(t *testing.T) {
	set, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	unknown := native(t, `{"service_name":"a","service_version":"b","status_code":200,"request_path":"/"}`)
	found := 0
	emit := func(*event.Event) { found++ }
	for range 200 {
		set.Decode("app", unknown, emit)
	}
	snake := native(t, change(t, shapeAudit, eachKey(snakeCase)))
	for range respellEvery {
		set.Decode("app", unknown, emit)
		set.Decode("app", snake, emit)
	}
	if found != respellEvery {
		t.Errorf("%d of %d known records between unknown ones are found", found, respellEvery)
	}
	for range 1000 {
		set.Decode("app", unknown, emit)
	}
	if n := testing.AllocsPerRun(100, func() { set.Decode("app", unknown, emit) }); n > 0 {
		t.Errorf("%.1f allocations for an unknown record", n)
	}
	found = 0
	late := native(t, change(t, shapeAudit, prefixed("log_")))
	for range 2 * respellEvery {
		set.Decode("app", late, emit)
	}
	if found < respellEvery {
		t.Errorf("%d of %d known records of a new shape are found behind a thousand unknown ones", found, 2*respellEvery)
	}
	for n := range 1000 {
		set.Decode("app", native(t, fmt.Sprintf(`{"k%d_a":1,"k_b":2,"k_c":3,"k_d":4}`, n)), emit)
	}
	found = 0
	for range respellEvery {
		set.Decode("app", snake, emit)
	}
	if found != respellEvery {
		t.Errorf("%d of %d records of a shape that worked are found behind a thousand new shapes", found, respellEvery)
	}
	if counts := set.Counts(); counts.Read() < 1000+respellEvery {
		t.Errorf("%d records counted", counts.Read())
	}
}

// elasticDocuments are one wrong password of alice as the pipelines of Elastic's
// integrations leave it.
var elasticDocuments = []shape{
	{"Elastic Agent azure.signinlogs", `{"@timestamp":"2026-03-10T10:00:00.000Z","azure":{"resource":{"id":"/tenants/t"},"signinlogs":{"category":"SignInLogs","operation_name":"Sign-in activity","properties":{"app_id":"1b730954-1685-4b74-9bfd-dac224a7b894","created_at":"2026-03-10T10:00:00Z","device_detail":{"device_id":""},"id":"613d5d4f-0001","status":{"error_code":50126},"user_id":"u1","user_principal_name":"alice@contoso.com"},"result_type":"50126"}},"client":{"ip":"203.0.113.7"},"event":{"action":"Sign-in activity","category":["authentication"],"outcome":"failure"},"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"user":{"domain":"contoso.com","id":"u1","name":"alice"}}`},
	{"Elastic Agent o365.audit", `{"@timestamp":"2026-03-10T10:00:00.000Z","client":{"address":"203.0.113.7","ip":"203.0.113.7"},"event":{"action":"UserLoginFailed","code":"AzureActiveDirectoryStsLogon","id":"a1","outcome":"failure","provider":"AzureActiveDirectory"},"o365":{"audit":{"ErrorNumber":"50126","ExtendedProperties":{"RequestType":"Login:login"},"RecordType":"15","UserKey":"x"}},"user":{"domain":"contoso.com","email":"alice@contoso.com","id":"alice@contoso.com","name":"alice"}}`},
	{"Elastic Agent iis.access", `{"@timestamp":"2026-03-10T10:00:00.000Z","destination":{"address":"192.0.2.20","port":443},"event":{"category":["web"],"dataset":"iis.access"},"http":{"request":{"method":"POST"},"response":{"status_code":401}},"iis":{"access":{"server_name":"EX01","sub_status":1,"win32_status":1326}},"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"url":{"path":"/EWS/Exchange.asmx"},"user":{"name":"alice@contoso.com"},"user_agent":{"original":"python-requests/2.31.0"}}`},
	{"Elastic Agent microsoft_exchange_server.imap4_pop3", `{"@timestamp":"2026-03-10T10:00:00.000Z","microsoft":{"exchange":{"cip":"203.0.113.7:4711","command":"pass","context":"R=\"-ERR Authentication failure: unknown user name or bad password.\"","logtype":"pop3","parameters":"*****","seqnumber":2,"sessionid":"0A","sip":"192.0.2.20:110","user":"alice@contoso.com"}},"source":{"ip":"203.0.113.7"}}`},
}

// TestElasticDocuments reads documents of Elastic's integrations, nested and flattened.
func TestElasticDocuments(t *testing.T) {
	for _, d := range elasticDocuments {
		for how, text := range map[string]string{"": d.text, ", flattened": change(t, d.text, flatten("."))} {
			events, set := readShape(t, text)
			if len(events) != 1 || !strings.HasPrefix(events[0], "sign_in alice@contoso.com 203.0.113.7 "+shapeAt+" failure") {
				t.Errorf("%s%s: %q, %+v", d.tool, how, events, set.Unread())
			}
		}
	}
}

// TestElasticFixtures reads the documents that Elastic's own tests expect, without the
// original record, and compares their events with those of the original records.
func TestElasticFixtures(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(sharedFixtures(t), "*", "elastic_*-expected.json"))
	compared := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var documents []map[string]any
		var expected struct{ Expected []map[string]any }
		if json.Unmarshal(text, &documents) != nil {
			if err := json.Unmarshal(text, &expected); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			documents = expected.Expected
		}
		for n, d := range documents {
			original := takeOriginal(d)
			if original == "" || strings.HasPrefix(original, "<Event") { // the parts of a script stand in several documents
				continue
			}
			document, _ := json.Marshal(d)
			want, _ := readShape(t, original)
			got, set := readShape(t, string(document))
			if compared += len(want); len(want) != len(got) {
				t.Errorf("%s %d: %q, want %q; %+v", filepath.Base(file), n, got, want, set.Unread())
				continue
			}
			for i := range want {
				if want[i] != got[i] && !strings.Contains(want[i], " invalid IP ") {
					t.Errorf("%s %d: %s, want %s", filepath.Base(file), n, got[i], want[i])
				}
			}
		}
	}
	if compared < 200 {
		t.Errorf("%d events compared", compared)
	}
}

// takeOriginal removes the original record of a document, and returns it.
func takeOriginal(document map[string]any) (original string) {
	if nested, ok := document["event"].(map[string]any); ok {
		original, _ = nested["original"].(string)
		delete(nested, "original")
	}
	if flat, ok := document["event.original"].(string); ok {
		original = flat
	}
	delete(document, "event.original")
	delete(document, "message")
	return original
}
