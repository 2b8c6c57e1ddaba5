package source

import (
	"strings"
	"testing"
)

// TestIdentityLogons reads rows of Defender's tables IdentityLogonEvents and
// DeviceLogonEvents.
func TestIdentityLogons(t *testing.T) {
	const cloud = `{"Timestamp":"2026-03-10T10:00:00Z","ActionType":"LogonFailed","Application":"Microsoft 365","LogonType":"OAuth2:Token","Protocol":null,"FailureReason":"WrongPassword","AccountName":"alice","AccountDomain":"contoso.com","AccountUpn":"alice@contoso.com","AccountObjectId":"o1","DeviceType":"","IPAddress":"203.0.113.7","Location":"GB","ReportId":"r1","AdditionalFields":"{\"UserAgent\":\"BAV2ROPC\"}"}`
	streamed := func(row string) string {
		return `{"records":[{"time":"2026-03-10T10:00:09Z","category":"AdvancedHunting-IdentityLogonEvents","properties":` + row + `}]}`
	}
	directory := strings.NewReplacer(`"Microsoft 365"`, `"Active Directory"`, `"OAuth2:Token"`, `"Credentials validation"`, `"Protocol":null`, `"Protocol":"Ntlm"`, `"AccountUpn":"alice@contoso.com"`, `"AccountUpn":""`, "contoso.com", "CONTOSO").Replace(cloud)
	const device = `{"Timestamp":"2026-03-10T10:00:00Z","DeviceName":"exch01","ActionType":"LogonFailed","LogonType":"NetworkCleartext","AccountName":"alice","AccountDomain":"CONTOSO","RemoteIP":"203.0.113.7","FailureReason":"InvalidUserNameOrPassword","ReportId":7}`
	for name, c := range map[string]struct{ text, want string }{
		"row":       {cloud, "alice@contoso.com failure wrong_password"},
		"streamed":  {streamed(cloud), "alice@contoso.com failure wrong_password"},
		"text":      {streamed(jsonText(cloud)), "alice@contoso.com failure wrong_password"},
		"Sentinel":  {strings.Replace(cloud, `"Timestamp"`, `"Type":"IdentityLogonEvents","TimeGenerated"`, 1), "alice@contoso.com failure wrong_password"},
		"success":   {strings.NewReplacer("LogonFailed", "LogonSuccess", `"WrongPassword"`, "null").Replace(cloud), "alice@contoso.com success "},
		"code":      {strings.Replace(cloud, "WrongPassword", "50053", 1), "alice@contoso.com failure locked"},
		"locked":    {strings.Replace(cloud, "WrongPassword", "Account locked", 1), "alice@contoso.com failure locked"},
		"unknown":   {strings.Replace(cloud, "WrongPassword", "UnknownUser", 1), "alice@contoso.com failure unknown_user"},
		"other":     {strings.Replace(cloud, "WrongPassword", "General failure", 1), "alice@contoso.com failure other"},
		"directory": {streamed(directory), `contoso\alice failure wrong_password`},
		"device":    {strings.Replace(streamed(device), "IdentityLogon", "DeviceLogon", 1), `contoso\alice failure wrong_password`},
		"a device":  {device, `contoso\alice failure wrong_password`},
	} {
		user, rest, _ := strings.Cut(c.want, " ")
		if events, set := readShape(t, c.text); len(events) != 1 || events[0] != "sign_in "+user+" 203.0.113.7 "+shapeAt+" "+rest {
			t.Errorf("%s: %q, want %s; %+v", name, events, c.want, set.Unread())
		}
	}
	for name, c := range map[string]struct {
		text   string
		unread int
	}{
		"attempt":      {streamed(strings.Replace(cloud, "LogonFailed", "LogonAttempted", 1)), 0},
		"nobody":       {strings.NewReplacer(`"alice"`, `""`, `"alice@contoso.com"`, `""`, "203.0.113.7", "").Replace(cloud), 1},
		"no time":      {strings.Replace(cloud, "2026-03-10T10:00:00Z", "soon", 1), 1},
		"other device": {strings.Replace(device, "LogonFailed", "LogonAttempted", 1), 1},
	} {
		if events, set := readShape(t, c.text); len(events) != 0 || len(set.Unread()) != c.unread {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
}
