package source

import (
	"encoding/json"
	"strings"
	"testing"
)

// inserted returns a record with the heads of 4625 but that id and version, and
// those inserts.
func inserted(t testing.TB, id, version string, inserts []any) string {
	t.Helper()
	values, err := json.Marshal(inserts)
	if err != nil {
		t.Fatal(err)
	}
	heads := strings.NewReplacer("4625", id, `"Version":0`, `"Version":`+version).Replace(failedHeads)
	return `{` + heads + `,"Message":"","StringInserts":` + string(values) + `}`
}

// winSamples are complete events, in the order of their schemas.
var winSamples = []struct {
	id, version string
	inserts     []any
	user, ip    string
}{
	{"4624", "2", []any{"S-1-0-0", "-", "-", "0x0", "S-1-5-21-1-2-3-1104", "bob", "CONTOSO", "0xa1b2", 3, "NtLmSsp ", "NTLM", "PC7", "{00000000-0000-0000-0000-000000000000}", "-", "NTLM V2", 128, "0x0", "-", "198.51.100.4", "50123", "%%1833", "-", "-", "-", "%%1843", "0x0", "%%1842"}, `CONTOSO\bob`, "198.51.100.4"},
	{"4624", "1", []any{"S-1-0-0", "-", "-", "0x0", "S-1-5-21-1-2-3-1104", "bob", "CONTOSO", "0xa1b2", 8, "Advapi  ", "Negotiate", "EX01", "{00000000-0000-0000-0000-000000000000}", "-", "-", 0, "0x14a0", `C:\w3wp.exe`, "2001:db8::4", "50123", "%%1833"}, `CONTOSO\bob`, "2001:db8::4"},
	{"4624", "0", []any{"S-1-0-0", "-", "-", "0x0", "S-1-5-21-1-2-3-1104", "bob", "CONTOSO", "0xa1b2", 8, "Advapi  ", "Negotiate", "EX01", "{00000000-0000-0000-0000-000000000000}", "-", "-", 0, "0x14a0", `C:\w3wp.exe`, "2001:db8::4", "50123"}, `CONTOSO\bob`, "2001:db8::4"},
	{"4625", "0", []any{"S-1-5-18", "EX01$", "CONTOSO", "0x3e7", "S-1-0-0", "alice", "CONTOSO", "0xc000006d", "%%2313", "0xc000006a", 8, "Advapi  ", "Negotiate", "EX01", "-", "-", 0, "0x14a0", `C:\Windows\System32\inetsrv\w3wp.exe`, "203.0.113.7", 1628}, `CONTOSO\alice`, "203.0.113.7"},
	{"4771", "0", []any{"carol", "S-1-5-21-1-2-3-1105", "krbtgt/CONTOSO.COM", "0x40810010", "0x18", 2, "::ffff:203.0.113.8", "49254", "", "", ""}, "carol", "::ffff:203.0.113.8"},
	{"4776", "0", []any{"MICROSOFT_AUTHENTICATION_PACKAGE_V1_0", "dave", "PC7", "0xc000006a"}, "dave", ""},
	{"4740", "0", []any{"erin", "EX01", "S-1-5-21-1-2-3-1106", "S-1-5-18", "DC01$", "CONTOSO", "0x3e7"}, "erin", ""},
}

func TestWinPositions(t *testing.T) {
	for _, s := range winSamples {
		emitted, counts := winRun(t, inserted(t, s.id, s.version, s.inserts))
		if len(emitted) != 1 || emitted[0].user != s.user || emitted[0].ip != s.ip {
			t.Errorf("%s v%s: %+v, counts %v", s.id, s.version, emitted, counts)
		}
	}
}

// TestWinLostInserts takes one value after the other, and each pair, away, as
// forwarding does with empty ones. What is still there has to stay where it
// belongs; the two values that can pass for each other are named.
func TestWinLostInserts(t *testing.T) {
	for _, s := range winSamples {
		n := len(s.inserts)
		for i := range n {
			for j := i; j < n; j++ {
				kept := make([]any, 0, n)
				lost := map[any]bool{s.inserts[i]: true, s.inserts[j]: true}
				for k, v := range s.inserts {
					if k != i && k != j {
						kept = append(kept, v)
					}
				}
				emitted, _ := winRun(t, inserted(t, s.id, s.version, kept))
				if len(emitted) != 1 {
					if s.id == "4740" || s.id == "4776" {
						continue // without its name or its status there is nothing to tell
					}
					t.Errorf("%s v%s without %v: %d events", s.id, s.version, lost, len(emitted))
					continue
				}
				if s.ip != "" && !lost[s.ip] && emitted[0].ip != s.ip {
					t.Errorf("%s v%s without %v: ip %q", s.id, s.version, lost, emitted[0].ip)
				}
				_, name, _ := strings.Cut(`\`+s.user, `\`)
				name = name[strings.LastIndexByte(name, '\\')+1:]
				switch user := emitted[0].user; {
				case lost[name]: // the domain, or its neighbour, is taken for it
				case user != s.user && user != name && !strings.HasSuffix(user, `\`+name):
					if s.id == "4776" && lost[s.inserts[0]] {
						continue // package and name are both plain texts
					}
					t.Errorf("%s v%s without %v: user %q", s.id, s.version, lost, user)
				}
			}
		}
	}
}

func TestWinEmptyUPNDomain(t *testing.T) {
	inserts := append([]any(nil), winSamples[3].inserts...)
	inserts[5], inserts[6] = "alice@contoso.com", ""
	lost := append(append([]any(nil), inserts[:6]...), inserts[7:]...)
	for _, in := range [][]any{inserts, lost} {
		emitted, _ := winRun(t, inserted(t, "4625", "0", in))
		if len(emitted) != 1 || emitted[0].user != "alice@contoso.com" || emitted[0].ip != "203.0.113.7" || emitted[0].code != "0xc000006a" {
			t.Errorf("%+v", emitted)
		}
	}
}
