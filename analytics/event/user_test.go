package event

import (
	"bytes"
	"strings"
	"testing"
)

// contoso is a company with one forest and a tenant.
var contoso = &Domains{Names: map[string]string{
	"contoso":                 "contoso.com",
	"contoso.onmicrosoft.com": "contoso.com",
	"contoso.local":           "contoso.com",
}}

const (
	guid = "c0ffee00-0000-4000-8000-00000000beef"
	sid  = "S-1-5-21-1004336348-1177238915-682003330-512"
)

var accounts = []struct {
	raw, user, mailbox string
	kind               UserKind
}{
	{`alice@contoso.com`, "alice@contoso.com", "", UserPerson},
	{`ALICE@CONTOSO.COM`, "alice@contoso.com", "", UserPerson},
	{`CONTOSO\Alice`, "alice@contoso.com", "", UserPerson},
	{`CONTOSO\\Alice`, "alice@contoso.com", "", UserPerson},
	{`contoso.com/alice`, "alice@contoso.com", "", UserPerson},
	{`contoso.com/Users/Sales/alice`, "alice@contoso.com", "", UserPerson},
	{`contoso/alice`, "alice@contoso.com", "", UserPerson},
	{`alice@contoso`, "alice@contoso.com", "", UserPerson},
	{`alice@contoso.onmicrosoft.com`, "alice@contoso.com", "", UserPerson},
	{`contoso.local\alice`, "alice@contoso.com", "", UserPerson},
	{`CONTOSO\alice@contoso.com`, "alice@contoso.com", "", UserPerson},
	{`contoso%5Calice`, "alice@contoso.com", "", UserPerson},
	{`alice%40contoso.com`, "alice@contoso.com", "", UserPerson},
	{`SMTP:Alice@contoso.com`, "alice@contoso.com", "", UserPerson},
	{`SMTP~alice@contoso.com`, "alice@contoso.com", "", UserPerson},
	{` "alice@contoso.com" `, "alice@contoso.com", "", UserPerson},
	{`i:0#.f|membership|alice@contoso.com`, "alice@contoso.com", "", UserPerson},
	{`alice@contoso.com.`, "alice@contoso.com", "", UserPerson},
	{"\uff21lice\uff20contoso.com", "alice@contoso.com", "", UserPerson},
	{`alice+news@contoso.com`, "alice+news@contoso.com", "", UserPerson},
	{`alice`, "alice", "", UserPerson},
	{`.\alice`, "alice", "", UserPerson},
	{`\alice`, "alice", "", UserPerson},
	{`FABRIKAM\Bob`, `fabrikam\bob`, "", UserPerson},
	{`bob@fabrikam.com`, "bob@fabrikam.com", "", UserPerson},
	{`bob_fabrikam.com#EXT#@contoso.onmicrosoft.com`, "bob_fabrikam.com#ext#@contoso.com", "", UserPerson},
	{"Jos\u00c9@contoso.com", "jos\u00e9@contoso.com", "", UserPerson},
	{"jose\u0301@contoso.com", "jos\u00e9@contoso.com", "", UserPerson},
	{"STRASSE@contoso.com", "strasse@contoso.com", "", UserPerson},
	{"stra\u00dfe@contoso.com", "strasse@contoso.com", "", UserPerson},
	{"al\x07ice", "al_ice", "", UserPerson},
	{"al\u200bice", "al_ice", "", UserPerson},
	{"\xff", "_", "", UserPerson},
	{"\u13f0", "\u13f8", "", UserPerson},
	{"\u13f8", "\u13f8", "", UserPerson},
	{"0\xf2\u02e2", "0_s", "", UserPerson},

	{`CONTOSO\alice\sales`, "alice@contoso.com", "sales@contoso.com", UserPerson},
	{`alice@contoso.com/sales`, "alice@contoso.com", "sales@contoso.com", UserPerson},
	{`alice@contoso.com/sales@contoso.onmicrosoft.com`, "alice@contoso.com", "sales@contoso.com", UserPerson},
	{`contoso/alice/sales`, "alice@contoso.com", "sales@contoso.com", UserPerson},
	{`FABRIKAM\bob\info`, `fabrikam\bob`, `fabrikam\info`, UserPerson},

	{``, "", "", UserUnknown},
	{`-`, "", "", UserUnknown},
	{`Not Available`, "", "", UserUnknown},
	{`Unknown`, "", "", UserUnknown},
	{`NOT-FOUND`, "", "", UserUnknown},
	{`<null>`, "", "", UserUnknown},
	{`Anonymous`, "", "", UserUnknown},
	{`NT AUTHORITY\ANONYMOUS LOGON`, "", "", UserUnknown},
	{`CONTOSO\`, "", "", UserUnknown},
	{`CONTOSO\-`, "", "", UserUnknown},
	{`@contoso.com`, "", "", UserUnknown},
	{"\x00\x00", "", "", UserUnknown},

	{`Certificate`, "certificate", "", UserSystem},
	{`NT AUTHORITY\SYSTEM (Microsoft.Exchange.ServiceHost)`, `nt authority\system`, "", UserSystem},
	{`NT AUTHORITY\SYSTEM`, `nt authority\system`, "", UserSystem},
	{"AUTORITE NT\\Syst\u00e8me (MSExchangeHMHost)", "autorite nt\\syst\u00e8me", "", UserSystem},
	{"NT-AUTORIT\u00c4T\\SYSTEM", "nt-autorit\u00e4t\\system", "", UserSystem},
	{`IIS APPPOOL\MSExchangeOWAAppPool`, `iis apppool\msexchangeowaapppool`, "", UserSystem},
	{`S-1-5-18`, "s-1-5-18", "", UserSystem},
	{`S-1-5-7`, "", "", UserUnknown},
	{sid, strings.ToLower(sid), "", UserObject},
	{`Sid~` + sid, strings.ToLower(sid), "", UserObject},
	{guid, guid, "", UserObject},
	{`{` + guid + `}`, `{` + guid + `}`, "", UserObject},
	{`MailboxGuid~` + guid + `@contoso.com`, guid + "@contoso.com", "", UserObject},
	{`10032001A96EE40F@contoso.com`, "10032001a96ee40f@contoso.com", "", UserObject},
	{`i:0h.f|membership|10032001a96ee40f@live.com`, "10032001a96ee40f@live.com", "", UserObject},
	{`/o=ExchangeLabs/ou=Exchange/cn=Recipients/cn=alice`, "/o=exchangelabs/ou=exchange/cn=recipients/cn=alice", "", UserObject},
	{`ServicePrincipal_` + guid, "serviceprincipal_" + guid, "", UserService},
	{`app@sharepoint`, `sharepoint\app`, "", UserService},
	{`SHAREPOINT\system`, `sharepoint\system`, "", UserService},

	{`HealthMailboxb4dbf9b720d24d5486d5ae616abe6874@contoso.com`, "healthmailboxb4dbf9b720d24d5486d5ae616abe6874@contoso.com", "", UserHealth},
	{`HealthMailbox0659e34`, "healthmailbox0659e34", "", UserHealth},
	{`CONTOSO\HealthMailbox0659e34`, "healthmailbox0659e34@contoso.com", "", UserHealth},
	{`SystemMailbox{` + guid + `}@contoso.com`, "systemmailbox{" + guid + "}@contoso.com", "", UserHealth},
	{`DiscoverySearchMailbox{` + guid + `}`, "discoverysearchmailbox{" + guid + "}", "", UserHealth},
	{`EX04$`, "ex04$", "", UserMachine},
	{`CONTOSO\EX04$`, "ex04$@contoso.com", "", UserMachine},

	{strings.Repeat("a", 5000), strings.Repeat("a", maxAccount), "", UserPerson},
	{strings.Repeat("\u00e9", 5000), strings.Repeat("\u00e9", maxAccount/2), "", UserPerson},
	{strings.Repeat("\ufdfa", 100), "", "", UserPerson}, // one rune that NFKC makes 18 of; only the cap is checked
}

func TestAccount(t *testing.T) {
	for _, c := range accounts {
		got := contoso.Account(nil, []byte(c.raw))
		if c.user == "" && c.kind == UserPerson {
			if len(got.User) == 0 || len(got.User) > maxAccount {
				t.Errorf("Account(%.40q): %d bytes", c.raw, len(got.User))
			}
			continue
		}
		if string(got.User) != c.user || string(got.Mailbox) != c.mailbox || got.Kind != c.kind {
			t.Errorf("Account(%.80q) = %q, mailbox %q, %v; want %q, %q, %v", c.raw, got.User, got.Mailbox, got.Kind, c.user, c.mailbox, c.kind)
		}
	}
}

func TestAccountDefaultDomain(t *testing.T) {
	d := &Domains{Default: "contoso.com"}
	for _, raw := range []string{"alice", `.\alice`, "ALICE", "alice@contoso.com"} {
		if got := d.Account(nil, []byte(raw)); string(got.User) != "alice@contoso.com" {
			t.Errorf("Account(%q) = %q", raw, got.User)
		}
	}
	if got := d.Account(nil, []byte("-")); got.Kind != UserUnknown || got.User != nil {
		t.Errorf("Account(-) = %q", got.User)
	}
}

func TestAccountAppends(t *testing.T) {
	dst := append(make([]byte, 0, AccountBuffer+4), "kept"...)
	got := contoso.Account(dst, []byte(`CONTOSO\alice\sales`))
	if string(dst[:4]) != "kept" || string(got.User) != "alice@contoso.com" || string(got.Mailbox) != "sales@contoso.com" {
		t.Errorf("%q %q %q", dst, got.User, got.Mailbox)
	}
}

func TestAccountAllocates(t *testing.T) {
	dst := make([]byte, 0, AccountBuffer)
	for _, c := range accounts {
		raw := []byte(c.raw)
		if bytes.ContainsFunc(raw, func(r rune) bool { return r >= 0x80 }) {
			continue
		}
		if n := testing.AllocsPerRun(100, func() { contoso.Account(dst, raw) }); n > 0 {
			t.Errorf("Account(%.40q): %v allocations", c.raw, n)
		}
	}
}

func FuzzAccount(f *testing.F) {
	for _, c := range accounts {
		f.Add([]byte(c.raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := contoso.Account(nil, raw)
		if len(got.User) > maxAccount || len(got.Mailbox) > maxAccount {
			t.Fatalf("Account(%q): %d and %d bytes", raw, len(got.User), len(got.Mailbox))
		}
		if (got.Kind == UserUnknown) != (len(got.User) == 0) {
			t.Fatalf("Account(%q) = %q, %v", raw, got.User, got.Kind)
		}
		for _, c := range got.User {
			if c < ' ' || c == 0x7f {
				t.Fatalf("Account(%q) = %q: control character", raw, got.User)
			}
		}
		// Escapes and prefixes in the middle of a name are peeled one at a
		// time, and a cut can uncover another spelling; nothing else changes
		// when read again.
		if bytes.ContainsAny(got.User, "%~ '\"|") || len(got.User) > maxAccount/2 || got.Kind == UserUnknown {
			return
		}
		if again := contoso.Account(nil, got.User); !bytes.Equal(again.User, got.User) {
			t.Fatalf("Account(%q) = %q, read again %q", raw, got.User, again.User)
		}
	})
}
