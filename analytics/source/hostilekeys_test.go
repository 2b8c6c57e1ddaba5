package source

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
)

// TestHostileKeys decodes records that make restoring their keys expensive. Each costs one
// counter and little time.
func TestHostileKeys(t *testing.T) {
	object := func(n int, pair func(i int) string) string {
		pairs := make([]string, n)
		for i := range pairs {
			pairs[i] = pair(i)
		}
		return "{" + strings.Join(pairs, ",") + "}"
	}
	long := strings.Repeat("x", 1<<20-100)
	encoded := `{"a_b":1,"c_d":2,"e_f":3}`
	for range 12 {
		encoded = base64.StdEncoding.EncodeToString([]byte(`{"a_b":1,"c_d":2,"e_f":"` + encoded + `"}`))
	}
	nested := `{"a_b":1,"c_d":2,"e_f":3}`
	for range 20 {
		nested = `{"a_b":` + nested + `,"c_d":` + nested[:min(len(nested), 0)] + `2,"e.f":3,"g.h":4,"i.j":5}`
	}
	for name, text := range map[string]string{
		"many parts":      object(500, func(i int) string { return fmt.Sprintf(`"%s%d":1`, strings.Repeat("a_", 200), i) }),
		"many keys":       object(20_000, func(i int) string { return fmt.Sprintf(`"a_%d":1`, i) }),
		"equal keys":      object(500, func(int) string { return `"a.b.c":1` }),
		"all separators":  object(300, func(i int) string { return fmt.Sprintf(`"a.b/c_d%d":1`, i) }),
		"only separators": object(300, func(i int) string { return fmt.Sprintf(`"%s":1`, strings.Repeat("._/", i)) }),
		"numbers as keys": object(300, func(i int) string { return fmt.Sprintf(`"a.%d.b_%d":1`, i, i) }),
		"lists of one":    object(300, func(i int) string { return fmt.Sprintf(`"k%d":[[[["v"]]]]`, i) }),
		"maps in maps": object(60, func(i int) string {
			return fmt.Sprintf(`"k_%d":%s`, i, object(60, func(j int) string { return fmt.Sprintf(`"m_%d":{"a_b":1,"c_d":2,"e_f":3}`, j) }))
		}),
		"long values":         `{"a_b":"` + long[:len(long)/3] + `","c_d":"` + long[:len(long)/3] + `","e_f":"` + long[:len(long)/3] + `"}`,
		"long keys":           object(3, func(i int) string { return fmt.Sprintf(`"%s_%d":1`, long[:1<<18], i) }),
		"Base64 in Base64":    `{"Body":"` + encoded + `"}`,
		"Base64 of nothing":   `{"Body":"eyJ` + strings.Repeat("A", 200_000) + `"}`,
		"Base64 cut":          `{"Body":"eyJhIjoxLC` + strings.Repeat("=", 100) + `"}`,
		"nested":              nested,
		"elastic without any": `{"azure":{"signinlogs":{}},"o365":{"audit":{}},"iis":{"access":{}},"microsoft":{"exchange":{}}}`,
		"elastic, odd types":  `{"@timestamp":[],"event":7,"source":"x","azure":{"signinlogs":{"properties":[1,{"a":2}],"category":"SignInLogs"}}}`,
		"invalid UTF-8":       "{\"a_\xff\":1,\"\xfe_b\":2,\"c_\x80\":3,\"d.\xc3\":4}",
	} {
		for _, wrapped := range []string{text, `{"log":` + jsonText(text) + `}`} {
			began := time.Now()
			events, set := readShape(t, wrapped)
			counts := set.Counts()
			if took := time.Since(began); len(events) != 0 || counts.Read() != 1 || took > 2*time.Second {
				t.Errorf("%s: %q, %d records, %v", name, events, counts.Read(), took)
			}
			if shape := set.Unread(); len(shape) > 0 && len(shape[0].Shape) > 2*maxShape {
				t.Errorf("%s: a shape of %d bytes", name, len(shape[0].Shape))
			}
		}
	}
}

// TestEveryRecordIsCounted decodes a stream of hostile and sound records with one set.
func TestEveryRecordIsCounted(t *testing.T) {
	set, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	events := 0
	texts := []string{shapeAudit, `{"a_b":1,"c_d":[],"e.f":{"g":"h"}}`, "\x00\xff{\"", shapeIIS, `[[[[[[[[[[[[1]]]]]]]]]]]]`, elasticDocuments[0].text, "eyJ" + strings.Repeat("!", 50), "# x", `{"azure":{"signinlogs":1}}`}
	for n := range 900 {
		set.Decode("mixed", tailed(texts[n%len(texts)]), func(*event.Event) { events++ })
	}
	if counts := set.Counts(); counts.Read() != 900 || events != 300 {
		t.Errorf("%d records, %d events; want 900, 300: %+v", counts.Read(), events, set.Unread())
	}
}
