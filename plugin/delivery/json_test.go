package delivery

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestJSONEscapes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain é 日本 🦅", `"plain é 日本 🦅"`},
		{`<script>&"\`, `"<script>&\"\\"`},
		{"line\nbreak\x00\x1b[2J", `"line\nbreak\u0000\u001b[2J"`},
		{"del\x7f c1\u009b[2J", `"del\u007f c1\u009b[2J"`},
		{"gro\u202ecod.exe \u200b", `"gro\u202ecod.exe \u200b"`},
		{"tag \U000E0041", `"tag \udb40\udc41"`},
		{"broken \xff\xfe utf", `"broken \ufffd\ufffd utf"`},
	} {
		got, err := JSON(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("%q: %s %v, want %s", c.in, got, err, c.want)
		}
	}
}

func TestCapped(t *testing.T) {
	if got := capped(strings.Repeat("é", 10), 5); got != "éé…" {
		t.Errorf("cut inside a character: %q", got)
	}
	if got := capped("\xff\xffabc", 100); got != "\uFFFDabc" {
		t.Errorf("%q", got)
	}
}

func TestAlertIsBounded(t *testing.T) {
	a := fullAlert()
	long := strings.Repeat("\x00", 1<<20)
	a.Message, a.User.Name, a.Users[0].Name, a.Agents[0], a.Evidence[0], a.Signals[0].Detail = long, long, long, long, long, long
	a.Hosts[0], a.Services[0], a.Valid[0].User, a.Baseline, a.Labels[0] = long, long, long, long, long
	a.Confidence = math.NaN()
	if doc := document(t, a); len(doc) > 64<<10 {
		t.Errorf("a hostile record makes a document of %d bytes", len(doc))
	}
}

func FuzzJSON(f *testing.F) {
	f.Add("alice@contoso.com")
	f.Add("\xff\x00\u202e\U000E0041<>&")
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := JSON(map[string]string{"s": capped(s, maxText)})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]string
		if err := json.Unmarshal(doc, &back); err != nil || back["s"] != capped(s, maxText) {
			t.Fatalf("%s: %v, was %q", doc, err, s)
		}
		if !utf8.Valid(doc) || strings.ContainsFunc(string(doc), unicode.IsControl) {
			t.Fatalf("not safe to print: %q", doc)
		}
	})
}

func BenchmarkAlert(b *testing.B) {
	a := fullAlert()
	for name, form := range map[string]Form{"ecs": {}, "ocsf": {OCSF: true}, "ecs with cef": {CEF: true}} {
		b.Run(name, func(b *testing.B) {
			doc, _ := form.Alert(a)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := form.Alert(a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
