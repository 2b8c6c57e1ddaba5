// Package m365 reads the logs of Microsoft 365: the unified audit log, Entra's
// sign-ins and directory audit, and the activity log of Microsoft Graph. Maps go in,
// whatever interface or export they come from; events come out: sign-ins, accesses to
// mail, changes of mailboxes, applications and the directory. What an operation means
// is the policy's content.
package m365
