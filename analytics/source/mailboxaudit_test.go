package source

import (
	"strings"
	"testing"

	"redshank/analytics/event"
)

// auditLogRow is a row of Search-MailboxAuditLog -ShowDetails, as ConvertTo-Json prints it.
const auditLogRow = `{"Operation":"MessageBind","OperationResult":"Succeeded","LogonType":"Delegate","ExternalAccess":false,"FolderPathName":"\\Inbox","ClientInfoString":"Client=WebServices;python-requests/2.31;","ClientIPAddress":"203.0.113.7","InternalLogonType":"Owner","MailboxOwnerUPN":"boss@contoso.com","LogonUserDisplayName":"Alice","LogonUserSid":"S-1-5-21-1-2-3-1104","ItemId":"RgAAAA1","ItemSubject":"secret","MailboxResolvedOwnerName":"Boss","LastAccessed":"2026-03-10T10:00:00","Identity":"AAMkAD1"}`

// TestMailboxAuditLog reads the mailbox audit log of a server on premises.
func TestMailboxAuditLog(t *testing.T) {
	read := func(lines ...string) (got []seen, set *Set) {
		set, err := New(Auto, testContent)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			set.Decode("audit", tailed(line), func(ev *event.Event) { got = append(got, see(ev)) })
		}
		return got, set
	}
	want := seen{Source: "ual", Service: "ews", Action: "mail_access", Outcome: "success", Time: "2026-03-10T10:00:00Z", IP: "203.0.113.7", User: "S-1-5-21-1-2-3-1104",
		Agent: "python-requests/2.31", ID: "AAMkAD1", Space: "none", Mailbox: "boss@contoso.com", Operation: "MessageBind", Client: "Client=WebServices;python-requests/2.31;",
		Items: 1, Access: "bind"}
	csv := []string{`#TYPE Deserialized.Microsoft.Exchange.Management.SystemConfigurationTasks.MailboxAuditLogEvent`,
		`"PSComputerName","Operation","OperationResult","LogonType","ClientInfoString","ClientIPAddress","MailboxOwnerUPN","LogonUserSid","ItemId","MailboxResolvedOwnerName","LastAccessed","Identity"`,
		`"ex01","MessageBind","Succeeded","Delegate","Client=WebServices;python-requests/2.31;","203.0.113.7","boss@contoso.com","S-1-5-21-1-2-3-1104","RgAAAA1","Boss","3/10/2026 10:00:00 AM","AAMkAD1"`}
	for name, lines := range map[string][]string{"JSON": {auditLogRow}, "CSV": csv} {
		got, set := read(lines...)
		if len(got) != 1 {
			t.Errorf("%s: %+v, %+v", name, got, set.Unread())
			continue
		}
		got[0].Protocol, got[0].Detail, got[0].Code = want.Protocol, want.Detail, want.Code
		if got[0].Space = want.Space; got[0] != want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got[0], want)
		}
	}
	if got, _ := read(strings.Replace(auditLogRow, "Delegate", "Owner", 1)); len(got) != 1 || got[0].User != "boss@contoso.com" || got[0].Mailbox != "" {
		t.Errorf("owner: %+v", got)
	}
	if got, _ := read(strings.Replace(auditLogRow, `"LogonUserSid":"S-1-5-21-1-2-3-1104",`, "", 1)); len(got) != 1 || got[0].User != "Alice" {
		t.Errorf("without a SID: %+v", got)
	}
	if got, _ := read(strings.Replace(auditLogRow, "Succeeded", "Failed", 1)); len(got) != 1 || got[0].Outcome != "failure" {
		t.Errorf("failed: %+v", got)
	}
}

// TestAdminAuditLog reads the administrator audit log of a server on premises.
func TestAdminAuditLog(t *testing.T) {
	const row = `{"ObjectModified":"boss","CmdletName":"New-InboxRule","CmdletParameters":[{"Name":"Mailbox","Value":"boss"},{"Name":"ForwardTo","Value":"eve@example.net"}],"Caller":"contoso.com/Users/Alice","Succeeded":true,"RunDate":"2026-03-10T10:00:00","OriginatingServer":"EX01","ClientIP":"203.0.113.7","Identity":"x"}`
	csv := []string{"ObjectModified,CmdletName,CmdletParameters,Caller,Succeeded,RunDate,OriginatingServer,ClientIP,Identity",
		`boss,New-MailboxExportRequest,"{Mailbox, FilePath}",contoso.com/Users/Alice,False,3/10/2026 10:00:00 AM,EX01,203.0.113.7,x`}
	for name, c := range map[string]struct {
		lines           []string
		action, outcome string
		operation       string
	}{
		"JSON": {[]string{row}, "mailbox_change", "success", "New-InboxRule"},
		"CSV":  {csv, "mail_access", "failure", "New-MailboxExportRequest"},
	} {
		set, err := New(Auto, testContent)
		if err != nil {
			t.Fatal(err)
		}
		var got []seen
		for _, line := range c.lines {
			set.Decode("audit", tailed(line), func(ev *event.Event) { got = append(got, see(ev)) })
		}
		if len(got) != 1 || got[0].Action != c.action || got[0].Outcome != c.outcome || got[0].Operation != c.operation || got[0].User != "contoso.com/Users/Alice" ||
			got[0].IP != "203.0.113.7" || got[0].Time != "2026-03-10T10:00:00Z" {
			t.Errorf("%s: %+v, %+v", name, got, set.Unread())
		}
	}
}
