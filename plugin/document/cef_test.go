package document

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

func TestCEFOfAnAddress(t *testing.T) {
	got := CEF(kindsOfAlert()["address"], Observer{Version: "1.2.3", Name: "agent-1"})
	head, ext := readCEF(t, got)
	for i, want := range []string{"CEF:0", "Redshank", "Redshank", "1.2.3", "AN1269", "Password spraying from 203.0.113.7", "10"} {
		if head[i] != want {
			t.Errorf("header %d: %q, want %q", i, head[i], want)
		}
	}
	for key, want := range map[string]string{
		"src": "203.0.113.7", "duser": "alice@contoso.com", "cnt": "40", "externalId": "AN1269-20260302-5f0c2a",
		"cn1": "2", "cn1Label": "sequence", "start": "1772435704250", "end": "1772439304250", "deviceExternalId": "agent-1",
		"cs1": "alice@contoso.com", "cs1Label": "validCredentials", "cs2": `alice@contoso.com,FABRIKAM\bob`,
		"act": "incident_updated", "msg": "203.0.113.7 knows the password of alice@contoso.com", "suser": "",
	} {
		if ext[key] != want {
			t.Errorf("%s: %q, want %q in %s", key, ext[key], want, got)
		}
	}
}

func TestCEFOfOtherSubjects(t *testing.T) {
	for kind, want := range map[string][2]string{
		"user": {"suser", "alice@contoso.com"}, "host": {"shost", "EX01"},
		"app":    {"sourceServiceName", "1fec8e78-bce4-4aaf-ab1b-5451cc387264"},
		"prefix": {"c6a2", "2001:db8:1:2::7"}, "campaign": {"src", ""}, "account": {"duser", "alice@contoso.com"},
	} {
		if _, ext := readCEF(t, CEF(kindsOfAlert()[kind], Observer{})); ext[want[0]] != want[1] {
			t.Errorf("%s: %s is %q, want %q", kind, want[0], ext[want[0]], want[1])
		}
	}
}

// cefKeys are the keys of the CEF dictionary in use. A receiver would drop or reject
// any other key.
var cefKeys = strings.Fields(`rt start end externalId cat act outcome src suser duser shost dhost sourceServiceName cnt msg
	deviceExternalId dvchost requestClientApplication request c6a2 c6a2Label cn1 cn1Label cn2 cn2Label cn3 cn3Label
	cs1 cs1Label cs2 cs2Label cs3 cs3Label cs4 cs4Label cs5 cs5Label cs6 cs6Label flexString1 flexString1Label`)

func TestCEFKeysAreOfTheDictionary(t *testing.T) {
	everyMessage(func(name string, a *alert.Alert) {
		_, ext := readCEF(t, CEF(a, Observer{Version: "1", Name: "agent-1"}))
		for key := range ext {
			if !strings.Contains(" "+strings.Join(cefKeys, " ")+" ", " "+key+" ") {
				t.Errorf("%s: key %q", name, key)
			}
		}
	})
}

func TestCEFIsBounded(t *testing.T) {
	for _, filler := range []string{"=", `\`, "|", "\n", "é", "\x00"} {
		a := fullAlert()
		long := strings.Repeat(filler, 1<<16)
		a.Message, a.Class, a.User.Name, a.Users[0].Name, a.Valid[0].User, a.Agents[0] = long, long, long, long, long, long
		a.Rule.Name, a.Hosts[0], a.Labels[0], a.ID, a.Subject = long, long, long, long, long
		if line := CEF(a, Observer{Version: long, Name: long}); len(line) > maxCEF {
			t.Errorf("%q: %d bytes", filler, len(line))
		}
	}
}

var unescapedKey = regexp.MustCompile(`(?:^| )([A-Za-z0-9_.\[\]-]+)=`)

// readCEF reads a line as a receiver does: by the escapes alone.
func readCEF(t testing.TB, line string) (head []string, ext map[string]string) {
	t.Helper()
	var field strings.Builder
	rest := ""
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line):
			i++
			field.WriteByte(line[i])
		case c == '|':
			head = append(head, field.String())
			field.Reset()
		default:
			field.WriteByte(c)
		}
		if len(head) == 7 {
			rest = line[i+1:]
			break
		}
	}
	if len(head) != 7 {
		t.Fatalf("%d header fields in %q", len(head), line)
	}
	// An escaped equals sign ends no key: mark it out of the way.
	const mark = "\x01"
	hidden := strings.NewReplacer(`\\`, `\\`, `\=`, mark).Replace(rest)
	ext = map[string]string{}
	at := unescapedKey.FindAllStringSubmatchIndex(hidden, -1)
	for i, m := range at {
		end := len(hidden)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		key := hidden[m[2]:m[3]]
		if _, twice := ext[key]; twice {
			t.Fatalf("%s twice in %q", key, line)
		}
		ext[key] = strings.NewReplacer(`\\`, `\`, mark, "=", `\n`, "\n", `\r`, "\r").Replace(hidden[m[1]:end])
	}
	return head, ext
}

// What an attacker writes must come back as he wrote it, and as nothing else.
func FuzzCEF(f *testing.F) {
	for _, s := range []string{"alice@contoso.com", `x src=192.0.2.1 suser=root`, `a\=b=c\`, "a|b\nc\r\\n", "\u202e\x1b[2J\u2028", "\xff\xfe", " ", `\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := kindsOfAlert()["user"]
		plain, _ := readCEFKeys(t, CEF(a, Observer{Name: "agent-1"}))
		a.User.Name, a.Subject, a.Message, a.Agents[0] = s, s, "as "+s+" .", s
		line := CEF(a, Observer{Name: "agent-1"})
		head, ext := readCEF(t, line)
		if len(line) > maxCEF || !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) {
			t.Fatalf("not one safe line: %q", line)
		}
		for key := range ext {
			if !plain[key] && key != "shost" && key != "sourceServiceName" {
				t.Fatalf("%q made the key %q in %q", s, key, line)
			}
		}
		if want := seenAs(s, maxCEFText); ext["requestClientApplication"] != want {
			t.Fatalf("%q came as %q, want %q", s, ext["requestClientApplication"], want)
		}
		if want := seenAs("as "+s+" .", maxCEFLong); ext["msg"] != want {
			t.Fatalf("message came as %q, want %q", ext["msg"], want)
		}
		if !strings.HasPrefix(head[5], "Scripted mail access") || head[6] != "10" {
			t.Fatalf("header %q", head)
		}
	})
}

func readCEFKeys(t *testing.T, line string) (map[string]bool, []string) {
	head, ext := readCEF(t, line)
	keys := map[string]bool{}
	for key := range ext {
		keys[key] = true
	}
	return keys, head
}

// seenAs is what a receiver must see of s.
func seenAs(s string, most int) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\r' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
			return utf8.RuneError
		}
		return r
	}, text.Cut(strings.TrimSpace(s), most))
}
