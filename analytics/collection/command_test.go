package collection

import (
	"slices"
	"strings"
	"testing"

	"redshank/analytics/collection/change"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

func TestChanges(t *testing.T) {
	p := policy.Default()
	const nothing = signalKinds
	for _, tc := range []struct {
		operation, detail string
		want              signalKind
	}{
		{"New-InboxRule", "Name=.; DeleteMessage=True; From=boss@contoso.com", ruleHides},
		{"Set-InboxRule", "Name=.; MarkAsRead=True; MoveToFolder=RSS Subscriptions", ruleHides},
		{"New-InboxRule", "Name=x; MoveToFolder=Archive", ruleHides},
		{"New-InboxRule", "Name=x; MoveToFolder=Invoices", nothing},
		{"UpdateInboxRules", "Name=x; ForwardTo=thief@example.com", ruleForwards},
		{"New-InboxRule", "Name=x; ForwardTo=bob@contoso.com; StopProcessingRules=True", nothing},
		{"New-InboxRule", "Name=x; ForwardTo=bob@eu.contoso.com", nothing},
		{"New-InboxRule", "Name=x; ForwardTo=bob@notcontoso.com", ruleForwards},
		{"New-InboxRule", "Name=x; RedirectTo=bob@contoso.com,thief@example.com", ruleForwards},
		{"New-TransportRule", "BlindCopyTo=thief@example.com; SubjectOrBodyContainsWords=invoice", ruleForwards},
		{"New-TransportRule", "Name=x; RedirectMessageTo=thief@example.com", ruleForwards},
		{"UpdateInboxRules", `RuleName=.; RuleActions=[{"ActionType":"Forward","Recipients":["thief@example.com"],"ForwardFlags":"None"}]`, ruleForwards},
		{"UpdateInboxRules", `RuleName=x; RuleActions=[{"ActionType":"Forward","Recipients":["bob@contoso.com"]}]`, nothing},
		{"UpdateInboxRules", `RuleName=x; RuleActions=[{"ActionType":"Delete"},{"ActionType":"StopProcessing"}]`, ruleHides},
		{"UpdateInboxRules", `RuleName=x; RuleActions=[{"ActionType":"MoveToFolder","FolderName":"RSS Feeds"},{"ActionType":"MarkAsRead"}]`, ruleHides},
		{"UpdateInboxRules", `RuleName=x; RuleActions=[{"ActionType":"MoveToFolder","FolderName":"Lists"}]`, nothing},
		{"New-InboxRule", "Name=rss deletemessage=true; MoveToFolder=Lists", nothing},
		{"New-InboxRule", "Name=" + strings.Repeat("a=b; ", 200) + "; ForwardTo=thief@example.com", ruleForwards},
		{"New-InboxRule", "ForwardTo=" + strings.Repeat("bob@contoso.com;", 200) + "eve@con...", ruleForwards},
		{"New-InboxRule", `-Name "a"b" -ForwardTo "thief@example.com"`, ruleForwards},
		{"New-InboxRule", `-SubjectContainsWords "` + strings.Repeat("x", 4<<10) + `" -DeleteMessage $true`, ruleHides},
		{"New-TransportRule", "Name=x; AddToRecipients=thief@example.com", ruleForwards},
		{"Set-Mailbox", "GrantSendOnBehalfTo=$null", nothing},
		{"Set-Mailbox", "ForwardingSmtpAddress=smtp:thief@example.com", ruleForwards},
		{"Set-Mailbox", "ForwardingSmtpAddress=; DeliverToMailboxAndForward=False", nothing},
		{"Set-Mailbox", "ForwardingSmtpAddress=$null", nothing},
		{"Set-Mailbox", "AuditEnabled=False", accessThrottled},
		{"Set-Mailbox", "GrantSendOnBehalfTo=bob", mailPermission},
		{"Set-Mailbox", "MaxSendSize=25MB", nothing},
		{"New-SweepRule", "Name=x; SourceFolder=Inbox; DestinationFolder=Deleted Items; KeepLatest=1", ruleHides},
		{"New-SweepRule", "Name=x; SourceFolder=Inbox; DestinationFolder=Newsletters", nothing},
		{"Set-MailboxAuditBypassAssociation", "Identity=thief; AuditBypassEnabled=True", accessThrottled},
		{"Set-MailboxAuditBypassAssociation", `-Identity "thief" -AuditBypassEnabled $true`, accessThrottled},
		{"Set-MailboxAuditBypassAssociation", "Identity=thief; AuditBypassEnabled=False", nothing},
		{"Set-AdminAuditLogConfig", "UnifiedAuditLogIngestionEnabled=False", accessThrottled},
		{"Set-AdminAuditLogConfig", `-UnifiedAuditLogIngestionEnabled $false`, accessThrottled},
		{"Set-OrganizationConfig", "AuditDisabled=True", accessThrottled},
		{"Set-OrganizationConfig", `-AuditDisabled:$true`, accessThrottled},
		{"Set-OrganizationConfig", "AuditDisabled=False", nothing},
		{"Disable-UnifiedAuditLog", "", accessThrottled},
		{"Add-MailboxPermission", "Identity=ceo; User=thief; AccessRights=FullAccess", mailPermission},
		{"AddFolderPermissions", `MemberUpn=bob@contoso.com; Path=\Inbox`, mailPermission},
		{"AddFolderPermissions", `MemberUpn=Everyone; Path=\Calendar`, nothing},
		{"New-ManagementRoleAssignment", "Role=ApplicationImpersonation; User=svc", mailPermission},
		{"New-ManagementRoleAssignment", "Role=Distribution Groups; User=svc", nothing},
		{"New-MailboxExportRequest", `-Mailbox "ceo" -FilePath "\\x\c.pst"`, mailExport},
		{"Consent to application.", "Scope: Mail.Read offline_access", mailConsent},
		{"Consent to application.", "Scope: openid email profile", nothing},
		{"Add app role assignment to service principal.", "AppRole.Id=810c84a8-4a9e-49e6-bf7d-12d183f40d01", mailConsent},
		{"Add service principal.", "AccountEnabled=true", nothing},
		{"Update application.", "KeyDescription=[KeyIdentifier=1]", appCredentials},
		{"Update application – Certificates and secrets management ", "KeyDescription=[KeyIdentifier=1]", appCredentials},
		{"Set-MailboxAuditBypassAssociation", "Identity=x; AuditBypassEnabled=True", accessThrottled},
		{"Set-MailboxAuditBypassAssociation", `-Identity "x" -AuditBypassEnabled "True"`, accessThrottled},
		{"Set-MailboxAuditBypassAssociation", "Identity=x; AuditBypassEnabled=False", nothing},
		{"Set-AdminAuditLogConfig", "UnifiedAuditLogIngestionEnabled=False", accessThrottled},
		{"Set-AdminAuditLogConfig", "-UnifiedAuditLogIngestionEnabled:$false", accessThrottled},
		{"Set-OrganizationConfig", "AuditDisabled=true", accessThrottled},
		{"Set-OrganizationConfig", "DisplayName=x", nothing},
		{"Set-Mailbox", `-Identity "x" -AuditEnabled "False"`, accessThrottled},
		{"Set-Mailbox", "-Identity x -AuditEnabled:$false", accessThrottled},
		{"Set-CASMailbox", "Identity=x; ImapEnabled=True", mailPermission},
		{"Set-CASMailbox", "Identity=x; ImapEnabled=False; OWAEnabled=True", nothing},
		{"HardDelete", "", nothing},
	} {
		ev := event.Event{Operation: []byte(tc.operation), Detail: []byte(tc.detail), User: []byte("alice@contoso.com"), Mailbox: []byte("alice@contoso.com")}
		got := nothing
		if meaning, ok := changes[first2(p.OperationGroup(ev.Operation), p.CmdletGroup(ev.Operation))]; ok {
			got = meaning(p, &ev, change.Of(p, &ev))
		}
		if got != tc.want {
			t.Errorf("%s %s: signal %d, want %d", tc.operation, tc.detail, got, tc.want)
		}
	}
}

func first2(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Every group that a change can mean is one of the content's.
func TestChangesAreOfTheContent(t *testing.T) {
	p := policy.Default()
	for group, operation := range map[string]string{
		"mail_rule": "New-InboxRule", "mail_forward": "Set-Mailbox", "mail_permission": "Add-MailboxPermission", "mail_role": "New-ManagementRoleAssignment",
		"mail_export": "New-MailboxExportRequest", "mail_search": "Search-Mailbox", "consent": "Consent to application", "app_credential": "Add service principal credentials",
		"app_change": "Update application", "mail_audit": "Set-AdminAuditLogConfig", "mail_device": "Set-CASMailbox",
	} {
		if _, ok := changes[group]; !ok || first2(p.OperationGroup([]byte(operation)), p.CmdletGroup([]byte(operation))) != group {
			t.Errorf("%s: %s", group, operation)
		}
	}
	if len(changes) != 11 {
		t.Errorf("%d groups", len(changes))
	}
	for _, group := range policy.CmdletGroups() {
		_, script := scriptSignals[group]
		if _, known := changes[group]; !script && !known {
			t.Errorf("cmdlets %s: no meaning", group)
		}
	}
}

func TestCommands(t *testing.T) {
	for text, want := range map[string][]string{
		"Get-Mailbox | New-MailboxExportRequest -FilePath \\\\x\\y.pst":      {"Get-Mailbox", "New-MailboxExportRequest"},
		"$r = New-MailboxExportRequest; if ($x) {Search-Mailbox}":            {"New-MailboxExportRequest", "Search-Mailbox"},
		"function New-MailboxExportRequest { param() }":                      nil,
		"Export-ModuleMember 'New-MailboxExportRequest', \"Search-Mailbox\"": {"Export-ModuleMember"},
		"a-b":  {"a-b"},
		"----": nil,
		"":     nil,
	} {
		var got []string
		commands([]byte(text), func(name []byte) { got = append(got, string(name)) })
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzScriptsAndRules(f *testing.F) {
	f.Add("Get-Mailbox; New-MailboxExportRequest -Mailbox \"x\"", "contoso.com")
	f.Add("forwardto=a@b.c,@;redirectto=\"@@@\"", "b.c")
	p := policy.Default()
	f.Fuzz(func(t *testing.T, text, domain string) {
		total := 0
		commands([]byte(text), func(name []byte) { total += len(name) })
		if total > len(text) {
			t.Errorf("%d bytes of commands in %d", total, len(text))
		}
		ev := event.Event{Detail: []byte(text), User: []byte("a@" + domain)}
		change.Of(p, &ev)
		scriptHost([]byte(text))
	})
}
