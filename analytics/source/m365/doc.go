// Package m365 reads the logs of Microsoft 365: the unified audit log, Entra's
// sign-ins and directory audit, and the activity log of Microsoft Graph. From maps
// of any interface or export it makes events: sign-ins, accesses to mail, changes
// of mailboxes, applications and the directory. The policy's content defines the
// meaning of operations.
package m365
