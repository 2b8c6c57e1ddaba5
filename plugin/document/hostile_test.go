package document

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"redshank/plugin/text"
)

// engines are fields that only the engine and the databases write.
var engines = []string{"Rule", "Class", "Phase", "Window", "Code", "Techniques", "Service", "Client", "Country", "CountryISO"}

// hostile puts text into every string below v that can come from a log or a
// policy.
func hostile(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			hostile(v.Elem(), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			hostile(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && !slices.Contains(engines, f.Name) && (f.Name != "ID" || v.NumField() < 10) {
				hostile(v.Field(i), text)
			}
		}
	case reflect.String:
		v.SetString(text)
	}
}

// Whatever stands in any string of an alert, the documents stay valid, small
// enough for every sink, and one line.
func TestHostileStringsInEveryField(t *testing.T) {
	ecs, ocsf := ownECS(t), ownOCSF(t)
	for _, text := range []string{"", " ", "\x00", "\xff", `"`, "\n", "|=\\", "\u202e", "@", "a@b.c", ".", "=cmd|' /C calc'!A0"} {
		for name, a := range kindsOfAlert() {
			for i := range 5 { // as long as the engine's lists at their longest
				a.Context = append(a.Context, a.Context...)
				a.Context = a.Context[:min(len(a.Context), 5)]
				if i < 4 {
					a.Users = append(a.Users, a.Users...)
					a.Valid = append(a.Valid, a.Valid...)
					a.Mails = append(a.Mails, a.Mails...)
				}
			}
			hostile(reflect.ValueOf(a).Elem(), strings.Repeat(text, 1<<12))
			e, o := document(t, a), finding(t, a)
			for _, m := range append(ecs.mistakes(e), ocsf.mistakes(o)...) {
				t.Errorf("%q in %s: %s", text, name, m)
			}
			if len(e) > 760<<10 || len(o) > 760<<10 {
				t.Errorf("%q in %s: %d and %d bytes", text, name, len(e), len(o))
			}
			readCEF(t, CEF(a, Observer{}))
		}
	}
}

func TestSharesNothing(t *testing.T) {
	a := fullAlert()
	before := string(document(t, a))
	doc := NewECS(a, Observer{Version: "1.2.3", Name: "agent-1"})
	doc.Redshank.CEF = CEF(a, Observer{Version: "1.2.3", Name: "agent-1"})
	hostile(reflect.ValueOf(a).Elem(), "changed")
	after, err := text.JSON(doc)
	if err != nil || string(after) != before {
		t.Errorf("the document changes with the alert: %v\n%s", err, after)
	}
}
