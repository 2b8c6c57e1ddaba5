package source

import "redshank/analytics/event"

// operation is what an operation of the audit logs means here. Operations
// that are not in the table are ignored.
type operation struct {
	action  event.Action
	access  event.Access
	outcome event.Outcome // preset of a sign-in; other operations have a result of their own
	needs   []string      // it counts only where one of these parameters is set
}

var (
	signedIn  = operation{action: event.SignIn, outcome: event.Success}
	failed    = operation{action: event.SignIn, outcome: event.Failure}
	undecided = operation{action: event.SignIn} // its result status decides
	consent   = operation{action: event.Consent}
	directory = operation{action: event.DirectoryChange}
	mailbox   = operation{action: event.MailboxChange}
	read      = operation{action: event.MailAccess, access: event.Bind}
	opened    = operation{action: event.MailAccess}
	searched  = operation{action: event.MailAccess, access: event.Search}
	exported  = operation{action: event.MailAccess, access: event.Export}
	sent      = operation{action: event.MailAccess, access: event.Send}
)

// operations are the names of the unified audit log and of Entra's directory
// audit, without the full stop and the blanks that some end with. Sources:
// Microsoft's list of audited activities, content.md 2.2, and the samples.
var operations = map[string]operation{
	"UserLoggedIn":                                                    signedIn,
	"UserLoginFailed":                                                 failed,
	"PasswordLogonInitialAuthUsingPassword":                           undecided, // until about 2019
	"PasswordLogonInitialAuthUsingADFSFederatedToken":                 undecided,
	"PasswordLogonCookieCopyUsingDAToken":                             undecided,
	"ForeignRealmIndexLogonInitialAuthUsingADFSFederatedToken":        undecided,
	"ForeignRealmIndexLogonInitialAuthUsingADFSFederatedTokenFailure": failed,

	"MailItemsAccessed":            read,
	"MessageBind":                  read, // before MailItemsAccessed
	"FolderBind":                   opened,
	"MailboxLogin":                 opened,
	"AttachmentAccess":             read,
	"AdminMailAccess":              read,
	"SearchQueryInitiatedExchange": searched,
	"SearchStarted":                searched,
	"New-ComplianceSearch":         searched,
	"Start-ComplianceSearch":       searched,
	"Search-Mailbox":               searched,
	"New-MailboxSearch":            searched,
	"SearchExported":               exported,
	"SearchExportDownloaded":       exported,
	"New-ComplianceSearchAction":   exported,
	"New-MailboxExportRequest":     exported,
	"Send":                         sent,
	"SendAs":                       sent,
	"SendOnBehalf":                 sent,

	"HardDelete":                                   mailbox,
	"SoftDelete":                                   mailbox,
	"New-InboxRule":                                mailbox,
	"Set-InboxRule":                                mailbox,
	"Enable-InboxRule":                             mailbox,
	"UpdateInboxRules":                             mailbox,
	"New-TransportRule":                            mailbox,
	"Set-TransportRule":                            mailbox,
	"Add-MailboxPermission":                        mailbox,
	"Add-RecipientPermission":                      mailbox,
	"Add-MailboxFolderPermission":                  mailbox,
	"Set-MailboxFolderPermission":                  mailbox,
	"AddFolderPermissions":                         mailbox,
	"ModifyFolderPermissions":                      mailbox,
	"UpdateFolderPermissions":                      mailbox,
	"AddMailboxPermission":                         mailbox,
	"Set-MailboxAuditBypassAssociation":            mailbox,
	"Set-CASMailbox":                               mailbox,
	"New-App":                                      mailbox,
	"Set-MailboxJunkEmailConfiguration":            mailbox,
	"Set-MailboxAutoReplyConfiguration":            mailbox,
	"Set-Mailbox":                                  {action: event.MailboxChange, needs: forwarding},
	"New-ManagementRoleAssignment":                 directory,
	"Set-ManagementRoleAssignment":                 directory,
	"Add-RoleGroupMember":                          directory,
	"New-ApplicationAccessPolicy":                  directory,
	"Remove-ApplicationAccessPolicy":               directory,
	"New-ServicePrincipal":                         directory, // Exchange RBAC for applications
	"Consent to application":                       consent,
	"Add delegated permission grant":               consent,
	"Add OAuth2PermissionGrant":                    consent,
	"Add app role assignment grant to user":        consent,
	"Add app role assignment to service principal": consent,

	"Add service principal credentials":                              directory,
	"Update application – Certificates and secrets management":       directory, // an en dash
	"Update service principal – Certificates and secrets management": directory,
	"Add application":                                 directory,
	"Update application":                              directory,
	"Add owner to application":                        directory,
	"Add service principal":                           directory,
	"Add owner to service principal":                  directory,
	"Add member to role":                              directory,
	"Add eligible member to role":                     directory,
	"Reset user password":                             directory,
	"Disable Strong Authentication":                   directory,
	"User registered security info":                   directory,
	"Set federation settings on domain":               directory,
	"Set domain authentication":                       directory,
	"Update conditional access policy":                directory,
	"Delete conditional access policy":                directory,
	"Add member to role in PIM completed (permanent)": directory,
}

// forwarding are the parameters of Set-Mailbox that lead mail away or give it
// to others; provisioning sets the others all day.
var forwarding = []string{
	"ForwardingSmtpAddress", "ForwardingAddress", "DeliverToMailboxAndForward",
	"GrantSendOnBehalfTo", "AuditEnabled", "AuditBypassEnabled",
}
