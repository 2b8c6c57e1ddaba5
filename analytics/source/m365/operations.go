package m365

import (
	"redshank/analytics/event"
	"redshank/analytics/record"
)

// operation is what an operation of the audit logs means here. Operations
// that are not in the table are ignored.
type operation struct {
	action  event.Action
	access  event.Access
	outcome event.Outcome // preset of a sign-in; other operations have a result of their own
	needs   []string      // it counts only where one of these parameters is set
}

var (
	actSignedIn  = operation{action: event.SignIn, outcome: event.Success}
	actFailed    = operation{action: event.SignIn, outcome: event.Failure}
	actUndecided = operation{action: event.SignIn} // its result status decides
	actConsent   = operation{action: event.Consent}
	actDirectory = operation{action: event.DirectoryChange}
	actMailbox   = operation{action: event.MailboxChange}
	actRead      = operation{action: event.MailAccess, access: event.Bind}
	actOpened    = operation{action: event.MailAccess}
	actSearched  = operation{action: event.MailAccess, access: event.Search}
	actExported  = operation{action: event.MailAccess, access: event.Export}
	actSent      = operation{action: event.MailAccess, access: event.Send}
)

// operations are the names of the unified audit log and of Entra's directory
// audit, without the full stop and the blanks that some end with. Sources:
// Microsoft's list of audited activities, content.md 2.2, and the samples.
var operations = map[string]operation{
	"UserLoggedIn":                                                    actSignedIn,
	"UserLoginFailed":                                                 actFailed,
	"PasswordLogonInitialAuthUsingPassword":                           actUndecided, // until about 2019
	"PasswordLogonInitialAuthUsingADFSFederatedToken":                 actUndecided,
	"PasswordLogonCookieCopyUsingDAToken":                             actUndecided,
	"ForeignRealmIndexLogonInitialAuthUsingADFSFederatedToken":        actUndecided,
	"ForeignRealmIndexLogonInitialAuthUsingADFSFederatedTokenFailure": actFailed,

	"MailItemsAccessed":            actRead,
	"MessageBind":                  actRead, // before MailItemsAccessed
	"FolderBind":                   actOpened,
	"MailboxLogin":                 actOpened,
	"AttachmentAccess":             actRead,
	"AdminMailAccess":              actRead,
	"SearchQueryInitiatedExchange": actSearched,
	"SearchStarted":                actSearched,
	"New-ComplianceSearch":         actSearched,
	"Start-ComplianceSearch":       actSearched,
	"Search-Mailbox":               actSearched,
	"New-MailboxSearch":            actSearched,
	"SearchExported":               actExported,
	"SearchExportDownloaded":       actExported,
	"New-ComplianceSearchAction":   actExported,
	"New-MailboxExportRequest":     actExported,
	"Send":                         actSent,
	"SendAs":                       actSent,
	"SendOnBehalf":                 actSent,

	"HardDelete":                                   actMailbox,
	"SoftDelete":                                   actMailbox,
	"New-InboxRule":                                actMailbox,
	"Set-InboxRule":                                actMailbox,
	"Enable-InboxRule":                             actMailbox,
	"UpdateInboxRules":                             actMailbox,
	"New-TransportRule":                            actMailbox,
	"Set-TransportRule":                            actMailbox,
	"Add-MailboxPermission":                        actMailbox,
	"Add-RecipientPermission":                      actMailbox,
	"Add-MailboxFolderPermission":                  actMailbox,
	"Set-MailboxFolderPermission":                  actMailbox,
	"AddFolderPermissions":                         actMailbox,
	"ModifyFolderPermissions":                      actMailbox,
	"UpdateFolderPermissions":                      actMailbox,
	"AddMailboxPermission":                         actMailbox,
	"Set-MailboxAuditBypassAssociation":            actMailbox,
	"Set-CASMailbox":                               actMailbox,
	"New-App":                                      actMailbox,
	"Set-MailboxJunkEmailConfiguration":            actMailbox,
	"Set-MailboxAutoReplyConfiguration":            actMailbox,
	"Set-Mailbox":                                  {action: event.MailboxChange, needs: forwarding},
	"New-ManagementRoleAssignment":                 actDirectory,
	"Set-ManagementRoleAssignment":                 actDirectory,
	"Add-RoleGroupMember":                          actDirectory,
	"New-ApplicationAccessPolicy":                  actDirectory,
	"Remove-ApplicationAccessPolicy":               actDirectory,
	"New-ServicePrincipal":                         actDirectory, // Exchange RBAC for applications
	"Consent to application":                       actConsent,
	"Add delegated permission grant":               actConsent,
	"Add OAuth2PermissionGrant":                    actConsent,
	"Add app role assignment grant to user":        actConsent,
	"Add app role assignment to service principal": actConsent,

	"Add service principal credentials":                              actDirectory,
	"Update application – Certificates and secrets management":       actDirectory, // an en dash
	"Update service principal – Certificates and secrets management": actDirectory,
	"Add application":                                 actDirectory,
	"Update application":                              actDirectory,
	"Add owner to application":                        actDirectory,
	"Add service principal":                           actDirectory,
	"Add owner to service principal":                  actDirectory,
	"Add member to role":                              actDirectory,
	"Add eligible member to role":                     actDirectory,
	"Reset user password":                             actDirectory,
	"Disable Strong Authentication":                   actDirectory,
	"User registered security info":                   actDirectory,
	"Set federation settings on domain":               actDirectory,
	"Set domain authentication":                       actDirectory,
	"Update conditional access policy":                actDirectory,
	"Delete conditional access policy":                actDirectory,
	"Add member to role in PIM completed (permanent)": actDirectory,
}

// forwarding are the parameters of Set-Mailbox that lead mail away or give it
// to others; provisioning sets the others all day.
var forwarding = []string{
	"ForwardingSmtpAddress", "ForwardingAddress", "DeliverToMailboxAndForward",
	"GrantSendOnBehalfTo", "AuditEnabled", "AuditBypassEnabled",
}

// The same, to be found at a third of what a map takes.
var operationNames, operationList = func() (*record.Keys, []operation) {
	var names []string
	var list []operation
	for name, op := range operations {
		names, list = append(names, name), append(list, op)
	}
	return record.NewKeys(names...), list
}()

// operationOf finds an operation by its name as logged, nil for one of no
// interest: without the full stop and the blanks that some end with.
func operationOf(name []byte) *operation {
	for len(name) > 0 && (name[len(name)-1] == '.' || name[len(name)-1] == ' ') {
		name = name[:len(name)-1] // bytes.TrimRight makes a set of its cutset each time
	}
	if i := operationNames.Index(name); i >= 0 {
		return &operationList[i]
	}
	return nil
}
