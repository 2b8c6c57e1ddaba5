package source

import (
	"fmt"
	"strings"
	"testing"
)

// federationHead is the part of an event of AD FS before its values.
const federationHead = `"ProviderName":"AD FS Auditing","EventID":%d,"Version":0,"TimeCreated":"2026-03-10T10:00:00Z","EventRecordID":%d,"Channel":"Security","Computer":"sts01.contoso.com"`

const activityID = "11111111-2222-3333-4444-555555555555"

// federationXML is an audit of AD FS as XML.
func federationXML(kind, result, failure, user, addresses string) string {
	return `<?xml version="1.0" encoding="utf-16"?>` + "\r\n" + `<AuditBase xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="FreshCredentialAudit">
  <AuditType>` + kind + `</AuditType><AuditResult>` + result + `</AuditResult><FailureType>` + failure + `</FailureType><ErrorCode>N/A</ErrorCode>
  <ContextComponents><Component xsi:type="ResourceAuditComponent"><RelyingParty>urn:federation:MicrosoftOnline</RelyingParty><UserId>` + user + `</UserId></Component>
  <Component xsi:type="AuthNAuditComponent"><DeviceId>N/A</DeviceId></Component>
  <Component xsi:type="RequestAuditComponent"><NetworkLocation>Extranet</NetworkLocation><IpAddress>` + addresses + `</IpAddress><ForwardedIpAddress>203.0.113.9</ForwardedIpAddress>
  <UserAgentString>curl/8.1 (a &amp; b)</UserAgentString><Endpoint>/adfs/ls</Endpoint></Component></ContextComponents></AuditBase>`
}

// TestFederation reads the audits of AD FS in the forms of several collectors.
func TestFederation(t *testing.T) {
	const text411 = "Token validation failed. See inner exception for more details. \r\n\r\nAdditional Data \r\n\r\nActivity ID: " + activityID + " \r\n\r\nToken Type: \r\nhttp://schemas.microsoft.com/ws/2006/05/identitymodel/tokens/UserName \r\n\r\nClient IP: \r\n203.0.113.7,10.0.0.4 \r\n\r\nError message: \r\nalice@contoso.com-The user name or password is incorrect \r\n\r\nException details: \r\nSystem.X"
	refused := federationXML("FreshCredentials", "Failure", "CredentialValidationError", "alice@contoso.com", "203.0.113.7,10.0.0.4")
	event := func(id int, rest string) string { return `{` + fmt.Sprintf(federationHead, id, id) + `,` + rest + `}` }
	inserts := func(values ...string) string {
		for i := range values {
			values[i] = jsonText(values[i])
		}
		return `"StringInserts":[` + strings.Join(values, ",") + `]`
	}
	for name, c := range map[string]struct{ record, want string }{
		"1203 inserts": {event(1203, inserts(activityID, refused)), "failure wrong_password"},
		"1203 message": {event(1203, `"Message":`+jsonText("The Federation Service failed to validate a new credential.\r\n\r\nActivity ID: "+activityID+"\r\n\r\nXML: "+refused)), "failure wrong_password"},
		"1203 Beats":   {`{"@timestamp":"2026-03-10T10:00:00Z","winlog":{"channel":"Security","computer_name":"sts01","event_id":"1203","record_id":1,"provider_name":"AD FS Auditing","event_data":{"param1":"` + activityID + `","param2":` + jsonText(refused) + `}}}`, "failure wrong_password"},
		"1203 XML": {`{"log":` + jsonText(`<Event xmlns='x'><System><Provider Name='AD FS Auditing'/><EventID Qualifiers='0'>1203</EventID><TimeCreated SystemTime='2026-03-10T10:00:00Z'/><EventRecordID>5</EventRecordID><Channel>Security</Channel><Computer>sts01</Computer></System><EventData><Data>`+activityID+`</Data><Data>`+
			strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(refused)+`</Data></EventData></Event>`) + `}`, "failure wrong_password"},
		"1202":                  {event(1202, inserts(activityID, strings.Replace(refused, "Failure", "Success", 1))), "success "},
		"1200":                  {event(1200, inserts(activityID, federationXML("AppToken", "Success", "None", "alice@contoso.com", "203.0.113.7"))), "success "},
		"1210":                  {event(1210, inserts(activityID, federationXML("ExtranetLockout", "Failure", "ExtranetLockoutError", "alice@contoso.com", "203.0.113.7"))), "failure locked"},
		"no address":            {event(1203, inserts(activityID, strings.Replace(federationXML("FreshCredentials", "Failure", "x", "alice@contoso.com", "N/A"), "203.0.113.9", "203.0.113.7", 1))), "failure wrong_password"},
		"411 inserts":           {event(411, inserts(activityID, "http://schemas.microsoft.com/ws/2006/05/identitymodel/tokens/UserName", "203.0.113.7,10.0.0.4", "alice@contoso.com-The user name or password is incorrect", "System.X")), "failure wrong_password"},
		"411 message":           {event(411, `"Message":`+jsonText(text411)), "failure wrong_password"},
		"516 inserts":           {event(516, inserts(activityID, "alice@contoso.com", "203.0.113.7", "7", "3/10/2026")), "failure locked"},
		"515 message":           {event(515, `"Message":`+jsonText("x\r\n\r\nActivity ID: "+activityID+"\r\n\r\nUser:\r\nalice@contoso.com\r\nClient IP:\r\n203.0.113.7\r\n\r\nnBad Password Count: 3")), "accepted locked"},
		"account with a hyphen": {event(411, inserts(activityID, "http://x/UserName", "203.0.113.7", "jean-luc@contoso.com-Le nom est incorrect", "x")), "failure wrong_password"},
	} {
		user := "alice@contoso.com"
		if name == "account with a hyphen" {
			user = "jean-luc@contoso.com"
		}
		if events, set := readShape(t, c.record); len(events) != 1 || events[0] != "sign_in "+user+" 203.0.113.7 "+shapeAt+" "+c.want {
			t.Errorf("%s: %q, want %s; %+v", name, events, c.want, set.Unread())
		}
	}
	for name, c := range map[string]struct {
		record string
		unread int
	}{
		"certificate":    {event(411, inserts(activityID, "http://x/X509", "203.0.113.7", "ID4257: X.509 certificate validation failed", "x")), 0},
		"another event":  {event(1201, inserts(activityID, refused)), 0},
		"without values": {event(1203, `"Message":""`), 1},
		"without a user": {event(1203, inserts(activityID, strings.Replace(refused, "alice@contoso.com", "N/A", 1))), 1},
	} {
		if events, set := readShape(t, c.record); len(events) != 0 || len(set.Unread()) != c.unread {
			t.Errorf("%s: %q, %+v", name, events, set.Unread())
		}
	}
}
