package document

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

	"redshank/analytics/alert"
)

var update = flag.Bool("update", false, "write the golden files anew")

func document(t *testing.T, a *alert.Alert) []byte {
	t.Helper()
	doc, err := Form{CEF: true, By: Observer{Version: "1.2.3", Name: "agent-1"}}.Alert(a)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// One alert of each kind, in both schemas, as it leaves; only indented here.
func TestGolden(t *testing.T) {
	for kind, a := range kindsOfAlert() {
		golden(t, filepath.Join("testdata", "ecs", kind+".json"), document(t, a))
		golden(t, filepath.Join("testdata", "ocsf", kind+".json"), finding(t, a))
	}
}

func golden(t *testing.T, path string, doc []byte) {
	t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, doc, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("document differs from %s (-update writes it anew):\n%s", path, got.Bytes())
	}
}

func TestECSOutcome(t *testing.T) {
	for _, c := range []struct {
		alert alert.Alert
		want  string
	}{
		{alert.Alert{}, "unknown"},
		{alert.Alert{Counts: alert.Counts{Failures: 1}}, "failure"},
		{alert.Alert{Counts: alert.Counts{Failures: 1}, Valid: []alert.Credential{{}}}, "success"},
	} {
		if got := NewECS(&c.alert, Observer{}).Event.Outcome; got != c.want {
			t.Errorf("outcome %q, want %q", got, c.want)
		}
	}
}

// schema is a list of ECS fields.
type schema struct {
	Fields map[string]ecsField
	Types  map[string][]string `json:"expected_event_types"`
}

type ecsField struct {
	Type     string
	Allowed  []string
	Array    bool
	Required bool
}

func publishedECS(t testing.TB) (s schema) {
	if err := json.Unmarshal(sharedFile(t, "ecs-fields.json"), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// ownECS is our own list of what is written: name, type, [] for a list, and
// what is allowed.
func ownECS(t testing.TB) schema {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "ecs.fields"))
	if err != nil {
		t.Fatal(err)
	}
	s := schema{Fields: map[string]ecsField{}, Types: map[string][]string{}}
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] == "#" {
			continue
		}
		if category, ok := strings.CutPrefix(f[0], "types:"); ok {
			s.Types[category] = strings.Split(f[1], ",")
			continue
		}
		field := ecsField{Type: strings.TrimSuffix(f[1], "[]"), Array: strings.HasSuffix(f[1], "[]")}
		if len(f) > 2 && f[2] == "required" {
			field.Required = true
		} else if len(f) > 2 {
			field.Allowed = strings.Split(f[2], ",")
		}
		s.Fields[f[0]] = field
	}
	return s
}

var ecsSchemas = map[string]func(testing.TB) schema{"published": publishedECS, "own": ownECS}

func TestEveryECSMessageIsValid(t *testing.T) {
	for name, load := range ecsSchemas {
		t.Run(name, func(t *testing.T) {
			s := load(t)
			everyMessage(func(kind string, a *alert.Alert) {
				for _, m := range s.mistakes(document(t, a)) {
					t.Errorf("%s: %s", kind, m)
				}
			})
		})
	}
}

func TestECSCheckSeesMistakes(t *testing.T) {
	for name, load := range ecsSchemas {
		t.Run(name, func(t *testing.T) {
			s := load(t)
			doc := string(document(t, fullAlert()))
			for _, change := range [][2]string{
				{`"kind":"alert"`, `"kind":"alarm"`},
				{`"risk_score"`, `"riskscore"`},
				{`"severity":99`, `"severity":"high"`},
				{`"type":["info"]`, `"type":["creation"]`},
				{`"type":["info"]`, `"type":"info"`},
				{`"ip":"203.0.113.7"`, `"ip":"somewhere"`},
				{`"start":"2026`, `"start":"26`},
				{`"ecs":{"version":"9.0.0"},`, ``},
				{`"country_iso_code"`, `"country_iso"`},
			} {
				broken := strings.Replace(doc, change[0], change[1], 1)
				if broken == doc {
					t.Errorf("%s is not in the document", change[0])
				}
				if len(s.mistakes([]byte(broken))) == 0 {
					t.Errorf("%s went unseen", change[1])
				}
			}
		})
	}
}

// Our own list says nothing that the published one does not say.
func TestOwnECSListIsPublished(t *testing.T) {
	published := publishedECS(t)
	for name, f := range ownECS(t).Fields {
		if p, ok := published.Fields[name]; !ok || p.Type != f.Type || p.Array != f.Array || f.Required && !p.Required {
			t.Errorf("%s: %+v, published %+v", name, f, p)
		}
	}
}

func (s schema) mistakes(doc []byte) (found []string) {
	var tree map[string]any
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		return []string{err.Error()}
	}
	seen := map[string]bool{}
	walk("", tree, false, func(name string, value any, listed bool) {
		if strings.HasPrefix(name, "redshank.") {
			return
		}
		seen[name] = true
		field, known := s.Fields[name]
		text, isText := value.(string)
		switch {
		case !known:
			found = append(found, name+": not an ECS field")
		case field.Array != listed && !strings.HasPrefix(name, "threat."): // lists of objects there
			found = append(found, name+": a list or not")
		case field.Allowed != nil && !slices.Contains(field.Allowed, text):
			found = append(found, name+": "+text+" is not allowed")
		case !fits(field.Type, value, text, isText):
			found = append(found, name+": not a "+field.Type)
		}
	})
	for name, field := range s.Fields {
		if field.Required && !seen[name] {
			found = append(found, name+": missing")
		}
	}
	return append(found, s.strangeTypes(tree)...)
}

// strangeTypes are event types that ECS does not expect in any of the
// document's categories.
func (s schema) strangeTypes(tree map[string]any) (found []string) {
	event := tree["event"].(map[string]any)
	for _, kind := range aList(event["type"]) {
		expected := false
		for _, category := range aList(event["category"]) {
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
// would give it, and whether it stands in a list.
func walk(name string, value any, listed bool, leaf func(string, any, bool)) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			walk(strings.TrimPrefix(name+"."+key, "."), inner, false, leaf)
		}
	case []any:
		for _, inner := range v {
			walk(name, inner, true, leaf)
		}
	default:
		leaf(name, value, listed)
	}
}

// The account whose password the attacker knows, and the address that used it,
// come first wherever an analyst looks.
func TestCompromisedFirst(t *testing.T) {
	a := fullAlert()
	a.User, a.Source = nil, netip.Addr{}
	a.Users = append([]alert.UserCount{{Name: "zoe@contoso.com", Failures: 99}}, a.Users...)
	doc := NewECS(a, Observer{})
	if doc.User == nil || doc.User.Email != "alice@contoso.com" || doc.Related.User[0] != "alice@contoso.com" || doc.Related.IP[0] != "198.51.100.9" {
		t.Errorf("user %+v, related %+v", doc.User, doc.Related)
	}
	if v := doc.Redshank.Valid[0]; v.IP != "198.51.100.9" || v.Agent == "" || v.App == "" || v.Record != "a91f" {
		t.Errorf("credential %+v", v)
	}
	if len(doc.Redshank.Actions) == 0 || !strings.Contains(doc.Redshank.Actions[0], "alice@contoso.com") {
		t.Errorf("actions %q", doc.Redshank.Actions)
	}
}

// An alert shows the context of its accounts up to its own time.
func TestContextEndsWithTheAlert(t *testing.T) {
	a := fullAlert()
	c := &a.Context[0]
	c.SignIns = append([]alert.SignIn{{At: a.Time.Add(time.Hour), Service: "owa"}}, c.SignIns...)
	c.Since = append(c.Since, alert.Observation{Code: "rule.hides", First: a.Time.Add(time.Hour), Last: a.Time.Add(time.Hour)})
	got := NewECS(a, Observer{}).Redshank.Context[0]
	if len(got.SignIns) != 2 || len(got.Since) != 1 {
		t.Errorf("sign-ins %+v, signals %+v", got.SignIns, got.Since)
	}
}

// A drill is marked in every schema, in every title, and has no list of indicators.
func TestDrillIsMarked(t *testing.T) {
	a := kindsOfAlert()["drill"]
	a.Indicators = &alert.Indicators{IPs: a.IPs, Users: []string{"alice@contoso.com"}}
	for name, f := range map[string]Form{"ecs": {CEF: true}, "ocsf": {OCSF: true, CEF: true}, "slack": {Chat: Slack}, "teams": {Chat: Teams}} {
		doc, err := f.Alert(a)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"drill":true,"drill_run":"` + a.Drill + `"`, `"drill"]`, `flexString1Label=drillRun flexString1\\=`, "Drill: Password spraying"} {
			want = strings.ReplaceAll(want, `\\=`, "="+a.Drill)
			if chat := f.Chat != NoChat; !strings.Contains(string(doc), want) && (!chat || strings.HasPrefix(want, "Drill: ")) {
				t.Errorf("%s: no %s in %s", name, want, doc)
			}
		}
		if lists, err := f.Indicators(a); lists != nil || err != nil || strings.Contains(string(doc), Indicators(a.ID)) {
			t.Errorf("%s: indicators of a drill: %s %v", name, lists, err)
		}
	}
}
