package text

import (
	"encoding/json"
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
		if invisible := strings.ContainsFunc(c.in, func(r rune) bool { return r < ' ' }); !invisible && string(AppendJSON(nil, []byte(c.in))) != c.want {
			t.Errorf("AppendJSON(%q) = %s, want %s", c.in, AppendJSON(nil, []byte(c.in)), c.want)
		}
	}
}

func TestCut(t *testing.T) {
	if got := Cut(strings.Repeat("é", 10), 5); got != "éé…" {
		t.Errorf("cut inside a character: %q", got)
	}
	if got := Cut("\xff\xffabc", 100); got != "\uFFFDabc" {
		t.Errorf("%q", got)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add("alice@contoso.com")
	f.Add("\xff\x00\u202e\U000E0041<>&")
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := JSON(map[string]string{"s": Cut(s, 512)})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]string
		if err := json.Unmarshal(doc, &back); err != nil || back["s"] != Cut(s, 512) {
			t.Fatalf("%s: %v, was %q", doc, err, s)
		}
		if !utf8.Valid(doc) || strings.ContainsFunc(string(doc), unicode.IsControl) {
			t.Fatalf("not safe to print: %q", doc)
		}
	})
}
