package delivery

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fullAlert has every field set, so that every field of the document is seen.
func fullAlert() *analytics.Alert {
	at := time.Date(2026, 3, 2, 8, 15, 4, 250e6, time.UTC)
	return &analytics.Alert{
		ID: "rs-5f0c2a", Sequence: 2,
		Rule:  analytics.Rule{ID: "AN1269", Name: "Credential stuffing", Version: "1"},
		Class: "password_spraying", Severity: analytics.Critical, Confidence: 0.9,
		Message: "203.0.113.7 knows the password of alice@contoso.com",
		Time:    at, Start: at.Add(-time.Hour), End: at,
		Source: netip.MustParseAddr("203.0.113.7"),
		User:   &analytics.User{Name: "alice", Domain: "contoso.com", ID: "S-1-5-21-1"},
		IPs:    []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")},
		Users:  []analytics.UserCount{{Name: "alice@contoso.com", Failures: 3, LastReason: "wrong_password", Privileged: true, Leaked: true}},
		Hosts:  []string{"EX01"},
		Valid:  []analytics.Credential{{User: "alice@contoso.com", At: at, How: "success over owa"}},
		AtHome: []analytics.Credential{{User: "bob@contoso.com", At: at, How: "success over eas"}},

		Services: []string{"owa", "smtp"}, Agents: []string{"python-requests/2.31"}, Apps: []string{"1fec8e78-bce4-4aaf-ab1b-5451cc387264"},
		Counts: analytics.Counts{Failures: 40, DistinctUsers: 12, DistinctIPs: 1, UnknownUsers: 2, Locked: 1,
			Accepted: 1, Succeeded: 1, Leaked: 3, Items: 5, Mailboxes: 6},
		Window: "burst", Signals: []analytics.Signal{{Code: "rounds", Weight: 10, Detail: "3 rounds"}},
		Evidence: []string{"0d3e"}, Labels: []string{"hosting"}, Baseline: "ripe", Suppressed: 4,
		Techniques: []analytics.Technique{
			{ID: "T1110.003", Name: "Password Spraying", TacticID: "TA0006", TacticName: "Credential Access"},
			{ID: "T1078.004", Name: "Cloud Accounts", TacticID: "TA0001", TacticName: "Initial Access"}},
	}
}

func document(t *testing.T, a *analytics.Alert) []byte {
	t.Helper()
	doc, err := JSON(NewECS(a, Observer{Version: "1.2.3", Name: "agent-1"}))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestECSGolden(t *testing.T) {
	golden := filepath.Join("testdata", "alert.json")
	got := append(document(t, fullAlert()), '\n')
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("document differs from %s (-update writes it anew):\n%s", golden, got)
	}
}

func TestECSOutcome(t *testing.T) {
	for _, c := range []struct {
		alert analytics.Alert
		want  string
	}{
		{analytics.Alert{}, "unknown"},
		{analytics.Alert{Counts: analytics.Counts{Failures: 1}}, "failure"},
		{analytics.Alert{Counts: analytics.Counts{Failures: 1}, Valid: []analytics.Credential{{}}}, "success"},
	} {
		if got := NewECS(&c.alert, Observer{}).Event.Outcome; got != c.want {
			t.Errorf("outcome %q, want %q", got, c.want)
		}
	}
}

// schema is the published list of ECS fields.
type schema struct {
	Fields map[string]struct {
		Type    string
		Allowed []string
		Array   bool
	}
	Types map[string][]string `json:"expected_event_types"`
}

func publishedSchema(t *testing.T) schema {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "schemas", "ecs-fields.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("SKIPPED: no published ECS fields to check against: %v", err)
	}
	var s schema
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestECSFieldsArePublished(t *testing.T) {
	s := publishedSchema(t)
	for _, severity := range []analytics.Severity{analytics.Low, analytics.Medium, analytics.High, analytics.Critical} {
		for _, rule := range []string{"AN1269", "AN0131"} {
			a := fullAlert()
			a.Rule.ID, a.Severity = rule, severity
			s.check(t, document(t, a))
		}
	}
	s.check(t, document(t, &analytics.Alert{}))
}

func TestSchemaCheckSeesMistakes(t *testing.T) {
	s := publishedSchema(t)
	doc := string(document(t, fullAlert()))
	for _, change := range [][2]string{
		{`"kind":"alert"`, `"kind":"alarm"`},
		{`"risk_score"`, `"riskscore"`},
		{`"severity":99`, `"severity":"high"`},
		{`"type":["info"]`, `"type":["creation"]`},
		{`"ip":"203.0.113.7"`, `"ip":"somewhere"`},
		{`"start":"2026`, `"start":"26`},
	} {
		broken := strings.Replace(doc, change[0], change[1], 1)
		if broken == doc {
			t.Errorf("%s is not in the document", change[0])
		}
		if len(s.mistakes([]byte(broken))) == 0 {
			t.Errorf("%s went unseen", change[1])
		}
	}
}

func (s schema) check(t *testing.T, doc []byte) {
	t.Helper()
	for _, m := range s.mistakes(doc) {
		t.Error(m)
	}
}

func (s schema) mistakes(doc []byte) (found []string) {
	var tree map[string]any
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		return []string{err.Error()}
	}
	walk("", tree, func(name string, value any) {
		if strings.HasPrefix(name, "redshank.") {
			return
		}
		field, known := s.Fields[name]
		text, isText := value.(string)
		switch {
		case !known:
			found = append(found, name+": not an ECS field")
		case field.Allowed != nil && !slices.Contains(field.Allowed, text):
			found = append(found, name+": "+text+" is not allowed")
		case !fits(field.Type, value, text, isText):
			found = append(found, name+": not a "+field.Type)
		}
	})
	return append(found, s.strangeTypes(tree)...)
}

// strangeTypes are event types that ECS does not expect in any of the
// document's categories.
func (s schema) strangeTypes(tree map[string]any) (found []string) {
	event := tree["event"].(map[string]any)
	for _, kind := range event["type"].([]any) {
		expected := false
		for _, category := range event["category"].([]any) {
			expected = expected || slices.Contains(s.Types[category.(string)], kind.(string))
		}
		if !expected {
			found = append(found, "event.type: "+kind.(string)+" is not of the categories")
		}
	}
	return found
}

func fits(kind string, value any, text string, isText bool) bool {
	switch kind {
	case "date":
		_, err := time.Parse(time.RFC3339, text)
		return err == nil
	case "ip":
		_, err := netip.ParseAddr(text)
		return err == nil
	case "long", "float":
		_, number := value.(json.Number)
		return number
	}
	return isText
}

// walk calls leaf for every scalar, with the dotted name that Elasticsearch
// would give it.
func walk(name string, value any, leaf func(string, any)) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			walk(strings.TrimPrefix(name+"."+key, "."), inner, leaf)
		}
	case []any:
		for _, inner := range v {
			walk(name, inner, leaf)
		}
	default:
		leaf(name, value)
	}
}
