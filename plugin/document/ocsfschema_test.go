package document

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"redshank/analytics/alert"
)

// ocsfSchemaFile is the class Detection Finding with the objects it reaches.
type ocsfSchemaFile struct {
	Attributes map[string]ocsfAttribute
	Objects    map[string]struct {
		Attributes  map[string]ocsfAttribute
		Constraints struct {
			AtLeastOne []string `json:"at_least_one"`
		}
	}
	Types map[string]struct {
		Type   string
		Regex  string
		MaxLen int `json:"max_len"`
	}
}

type ocsfAttribute struct {
	Type        string
	Object      string
	Array       bool
	Enum        []string
	Requirement string
	Profile     string
	Deprecated  bool
}

// ocsfEnums are enumerations that OCSF builds from other files than the
// published class: the types of observables.
var ocsfEnums = map[string][]string{
	"observable.type_id": {"1", "2", "4", "5", "10", "12", "14", "16"},
}

func sharedFile(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "schemas", name))
	if err != nil {
		t.Skipf("SKIPPED: no published schema to check against: %v", err)
	}
	return raw
}

func publishedOCSF(t testing.TB) (s ocsfSchemaFile) {
	if err := json.Unmarshal(sharedFile(t, "ocsf-detection-finding.json"), &s); err != nil {
		t.Fatal(err)
	}
	for name, only := range map[string]string{"category_uid": "2", "class_uid": "2004"} { // built by OCSF from other files
		a := s.Attributes[name]
		a.Enum = []string{only}
		s.Attributes[name] = a
	}
	return s
}

// ownOCSF is our own list of what is written, one attribute a line: object (.
// for the class), name, type or object with [] for a list, required or not,
// and what is allowed.
func ownOCSF(t testing.TB) (s ocsfSchemaFile) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "ocsf.fields"))
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]map[string]ocsfAttribute{}
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 3 || f[0] == "#" {
			continue
		}
		var a ocsfAttribute
		f[2], a.Array = strings.CutSuffix(f[2], "[]")
		if strings.HasSuffix(f[2], "_t") {
			a.Type = f[2]
		} else {
			a.Object = f[2]
		}
		if len(f) > 3 && f[3] != "-" {
			a.Requirement = f[3]
		}
		if len(f) > 4 {
			a.Enum = strings.Split(f[4], ",")
		}
		if objects[f[0]] == nil {
			objects[f[0]] = map[string]ocsfAttribute{}
		}
		objects[f[0]][f[1]] = a
	}
	s.Attributes = objects["."]
	raw, err = json.Marshal(map[string]any{"objects": wrapped(objects)})
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wrapped(objects map[string]map[string]ocsfAttribute) map[string]any {
	out := map[string]any{}
	for name, attributes := range objects {
		out[name] = map[string]any{"attributes": attributes}
	}
	return out
}

// mistakes are all that a Detection Finding has against the schema.
func (s *ocsfSchemaFile) mistakes(doc []byte) []string {
	found := s.objectMistakes(doc)
	var head struct {
		Type     json.Number `json:"type_uid"`
		Activity json.Number `json:"activity_id"`
		Class    json.Number `json:"class_uid"`
	}
	_ = json.Unmarshal(doc, &head) // objectMistakes has seen what is no JSON
	if want := "2004" + fmt.Sprintf("%02s", head.Activity); head.Type.String() != want || head.Class != "2004" {
		found = append(found, fmt.Sprintf("type_uid %s, class_uid %s: not of a Detection Finding with activity %s", head.Type, head.Class, head.Activity))
	}
	return found
}

// objectMistakes are all that an event of any class has against its attributes.
func (s *ocsfSchemaFile) objectMistakes(doc []byte) []string {
	var tree map[string]any
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		return []string{err.Error()}
	}
	c := ocsfCheck{schema: s}
	if m, ok := tree["metadata"].(map[string]any); ok {
		for _, p := range aList(m["profiles"]) {
			c.profiles = append(c.profiles, fmt.Sprint(p))
		}
	}
	c.object("", "", s.Attributes, nil, tree)
	return c.found
}

type ocsfCheck struct {
	schema   *ocsfSchemaFile
	profiles []string
	found    []string
}

func (c *ocsfCheck) fail(at, format string, args ...any) {
	c.found = append(c.found, at+": "+fmt.Sprintf(format, args...))
}

func (c *ocsfCheck) object(at, kind string, attributes map[string]ocsfAttribute, oneOf []string, value map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(value)) {
		a, known := attributes[name]
		path := strings.TrimPrefix(at+"."+name, ".")
		switch {
		case !known:
			c.fail(path, "no such attribute")
		case a.Profile != "" && !slices.Contains(c.profiles, a.Profile):
			c.fail(path, "only with profile %s", a.Profile)
		case a.Deprecated:
			c.fail(path, "deprecated")
		default:
			c.attribute(path, strings.TrimPrefix(kind+"."+name, "."), a, value[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		if _, there := value[name]; !there && a.Requirement == "required" && (a.Profile == "" || slices.Contains(c.profiles, a.Profile)) {
			c.fail(at+"."+name, "missing")
		}
	}
	if len(oneOf) > 0 && !slices.ContainsFunc(oneOf, func(name string) bool { return value[name] != nil }) {
		c.fail(at, "none of %s", strings.Join(oneOf, ", "))
	}
}

func (c *ocsfCheck) attribute(at, name string, a ocsfAttribute, value any) {
	if !a.Array {
		c.value(at, name, a, value)
		return
	}
	list, ok := value.([]any)
	if !ok {
		c.fail(at, "not a list")
	}
	for i, item := range list {
		c.value(fmt.Sprintf("%s[%d]", at, i), name, a, item)
	}
}

func (c *ocsfCheck) value(at, name string, a ocsfAttribute, value any) {
	if a.Object != "" {
		inner, ok := value.(map[string]any)
		if !ok {
			c.fail(at, "not a %s", a.Object)
		} else if o, known := c.schema.Objects[a.Object]; known && len(o.Attributes) > 0 {
			c.object(at, a.Object, o.Attributes, o.Constraints.AtLeastOne, inner)
		}
		return
	}
	enum := a.Enum
	if published, ok := ocsfEnums[name]; ok {
		enum = published
	}
	other := len(enum) != 1 // 0 and 99 are unknown and other, but for constants
	if text := fmt.Sprint(value); len(enum) > 0 && !slices.Contains(enum, text) && !(other && (text == "0" || text == "99")) {
		c.fail(at, "%s is none of %v", text, enum)
	}
	c.scalar(at, a.Type, value)
}

// scalar follows types down to those that JSON has.
func (c *ocsfCheck) scalar(at, kind string, value any) {
	text, isText := value.(string)
	number, isNumber := value.(json.Number)
	switch kind {
	case "string_t":
		c.must(isText, at, kind)
		return
	case "integer_t", "long_t":
		_, err := number.Int64()
		c.must(isNumber && err == nil, at, kind)
		return
	case "float_t":
		c.must(isNumber, at, kind)
		return
	case "boolean_t":
		_, is := value.(bool)
		c.must(is, at, kind)
		return
	case "json_t", "object":
		return
	case "ip_t":
		_, err := netip.ParseAddr(text)
		c.must(err == nil, at, kind)
	}
	t := c.schema.Types[kind]
	if t.MaxLen > 0 && len(text) > t.MaxLen {
		c.fail(at, "longer than %d", t.MaxLen)
	}
	if t.Regex != "" && !strings.Contains(t.Regex, "(?<") && kind != "ip_t" && !regexp.MustCompile(t.Regex).MatchString(text) {
		c.fail(at, "%q is no %s", text, kind)
	}
	switch {
	case t.Type != "":
		c.scalar(at, t.Type, value)
	case kind == "timestamp_t":
		c.scalar(at, "long_t", value)
	default:
		c.must(isText, at, kind)
	}
}

func (c *ocsfCheck) must(ok bool, at, kind string) {
	if !ok {
		c.fail(at, "not a %s", kind)
	}
}

func aList(v any) []any {
	list, _ := v.([]any)
	return list
}

func finding(t testing.TB, a *alert.Alert) []byte {
	t.Helper()
	doc, err := Form{OCSF: true, CEF: true, By: Observer{Version: "1.2.3", Name: "agent-1"}}.Alert(a)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestEveryOCSFMessageIsValid(t *testing.T) {
	for name, schema := range map[string]func(testing.TB) ocsfSchemaFile{"published": publishedOCSF, "own": ownOCSF} {
		t.Run(name, func(t *testing.T) {
			s := schema(t)
			everyMessage(func(kind string, a *alert.Alert) {
				for _, m := range s.mistakes(finding(t, a)) {
					t.Errorf("%s: %s", kind, m)
				}
			})
		})
	}
}

// Every kind of mistake in a document is named, those below "published" only by the
// published schema.
func TestOCSFCheckSeesMistakes(t *testing.T) {
	anywhere := [][3]string{
		{`"severity_id"`, `"severityid"`, "severityid: no such attribute"},
		{`"severity_id":5,`, ``, ".severity_id: missing"},
		{`"src_endpoint"`, `"source_endpoint"`, "source_endpoint: no such attribute"},
		{`"activity_id":2`, `"activity_id":7`, "activity_id: 7 is none of"},
		{`"class_uid":2004`, `"class_uid":2001`, "class_uid 2001: not of a Detection Finding"},
		{`"type_uid":200402`, `"type_uid":200401`, "type_uid 200401"},
		{`"profiles":["incident"]`, `"profiles":"incident"`, "metadata.profiles: not a list"},
		{`"product":{"name":"Redshank","vendor_name":"Redshank","version":"1.2.3"}`, `"product":"Redshank"`, "metadata.product: not a product"},
		{`"time":1772439304250`, `"time":"2026-03-02"`, "time: not a long_t"},
		{`"message":`, `"message":5,"desc":`, "message: not a string_t"},
		{`"lat":52.1`, `"lat":"52"`, "location.lat: not a float_t"},
		{`"ip":"203.0.113.7"`, `"ip":"somewhere"`, "src_endpoint.ip: not a ip_t"},
		{`"is_alert":true`, `"is_alert":1`, "is_alert: not a boolean_t"},
		{`"is_alert":true`, `"is_alert":`, "invalid character"},
		{`"type_id":2,"type":"IP Address"`, `"type_id":222,"type":"IP Address"`, "observables[0].type_id: 222 is none of"},
	}
	published := [][3]string{
		{`"profiles":["incident"]`, `"profiles":["cloud"]`, "is_suspected_breach: only with profile incident"},
		{`"technique":{`, `"tactics":[],"technique":{`, "attacks[0].tactics: deprecated"},
		{`{"name":"records","data":{"record_ids":["0d3e"]}}`, `{"name":"records"}`, "evidences[1]: none of"},
		{`"email_addr":"alice@contoso.com"`, `"email_addr":"alice"`, `"alice" is no email_t`},
		{`"ip":"203.0.113.7"`, `"ip":"2001:0db8:0000:0000:0000:0000:0000:0000:0001"`, "longer than 40"},
	}
	for name, c := range map[string]struct {
		schema  func(testing.TB) ocsfSchemaFile
		changes [][3]string
	}{"published": {publishedOCSF, slices.Concat(anywhere, published)}, "own": {ownOCSF, anywhere}} {
		t.Run(name, func(t *testing.T) {
			s := c.schema(t)
			doc := string(finding(t, kindsOfAlert()["user"]))
			for _, change := range c.changes {
				broken := strings.Replace(doc, change[0], change[1], 1)
				if broken == doc {
					t.Errorf("%s is not in the document", change[0])
				}
				if found := strings.Join(s.mistakes([]byte(broken)), "\n"); !strings.Contains(found, change[2]) {
					t.Errorf("%s: found %q, want %s", change[1], found, change[2])
				}
			}
		})
	}
}

func TestIsMail(t *testing.T) {
	for text, want := range map[string]bool{"alice@contoso.com": true, "a.b@x-y.co.uk": true, "a.b@contoso": false, "a.b": false, "@contoso.com": false, "alice@contoso.com.": false,
		"alice@.com": false, "alice@@contoso.com": false, "alice@con_toso.com": false, "ali ce@contoso.com": false, "": false} {
		if got := isMail(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Our own list says nothing that the published schema does not say.
func TestOwnOCSFListIsPublished(t *testing.T) {
	own, published := ownOCSF(t), publishedOCSF(t)
	same := func(at string, own, published map[string]ocsfAttribute) {
		for name, a := range own {
			p, known := published[name]
			if !known || p.Type != a.Type || p.Object != a.Object || p.Array != a.Array || a.Requirement == "required" && p.Requirement != "required" {
				t.Errorf("%s.%s: %+v, published %+v", at, name, a, p)
			}
		}
	}
	same("", own.Attributes, published.Attributes)
	for name, o := range own.Objects {
		if name != "." {
			same(name, o.Attributes, published.Objects[name].Attributes)
		}
	}
}
