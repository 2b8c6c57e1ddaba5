package change

import (
	"strings"
	"testing"

	"redshank/analytics/policy"
)

func TestChosenParameters(t *testing.T) {
	p, long := policy.Default(), strings.Repeat("x", 150)
	for name, c := range map[string]struct{ text, want string }{
		"permission of the audit log": {"Identity=EURPR05A001/Microsoft Exchange Hosted Organizations/contoso.onmicrosoft.com/ceo; InheritanceType=All; AutoMapping=False; AccessRights=FullAccess; User=mallory@contoso.com",
			"User=mallory@contoso.com; AccessRights=FullAccess; Identity=EURPR05A001/Microsoft Exchange Hosted Organizations/contoso.onmicrosoft.com/ceo; InheritanceType=All; AutoMapping=False"},
		"permission of a cmdlet": {`-Identity "contoso.com/Users/the ceo" -AccessRights "FullAccess" -InheritanceType:"All" -User "CONTOSO\mallory -x"`,
			`User=CONTOSO\mallory -x; AccessRights=FullAccess; Identity=contoso.com/Users/the ceo; InheritanceType=All`},
		"rule":           {"AlwaysDeleteOutlookRulesBlob=False; Force=False; SubjectOrBodyContainsWords=invoice; payment; Name=.; ForwardTo=x@example.com", "ForwardTo=x@example.com; SubjectOrBodyContainsWords=invoice; payment; Name=.; AlwaysDeleteOutlookRulesBlob=False; Force=False"},
		"long value":     {"Identity=" + long + "; User=eve", "User=eve; Identity=" + long[:maxValue] + "..."},
		"scopes":         {"ConsentContext.IsAdminConsent=True; ConsentAction.Permissions=[] => [[Id: " + long + ", ConsentType: AllPrincipals, Scope:  Mail.Read offline_access, CreatedDateTime: ]]", "ConsentAction.Permissions=Mail.Read offline_access; ConsentContext.IsAdminConsent=True"},
		"no parameters":  {"python-requests/2.31; a=b", "python-requests/2.31; a=b"},
		"a script":       {"Get-Mailbox -Identity x", "Get-Mailbox -Identity x"},
		"a switch alone": {"-Force", "Force="},
		"nothing":        {"", ""},
		"half a quote":   {`-User "eve -Identity x`, `User=eve; Identity=x`},
	} {
		if got := string(Chosen(p, []byte(c.text))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzChosenParameters(f *testing.F) {
	f.Add([]byte("Identity=a; User=b; c"))
	f.Add([]byte(`-Identity "a -b`))
	p := policy.Default()
	f.Fuzz(func(t *testing.T, text []byte) {
		if got := Chosen(p, text); len(got) > max(len(text), MaxText) {
			t.Errorf("%q: %d bytes", text, len(got))
		}
	})
}
