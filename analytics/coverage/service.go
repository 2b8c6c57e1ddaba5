package coverage

import "redshank/analytics/event"

// Service is a row of the matrix: a service that clients reach, or a log beside
// them that the analytics read. The services of package event are the first ones.
type Service uint8

// The rows that are no service of package event.
const (
	MailboxAudit   = Service(event.Services) + iota // MailItemsAccessed, rules, permissions in the audit log
	DirectoryAudit                                  // consents and changes of applications
	AdminAudit                                      // cmdlets of Exchange on premises
	ScriptLogging                                   // PowerShell 4103 and 4104
	ProcessNetwork                                  // Sysmon 3 and 22
	services
)

var ownNames = [...]string{"mailbox_audit", "directory_audit", "admin_audit", "script_logging", "process_network"}

// String returns the name in reports: that of the service, but for Microsoft 365,
// Windows and Graph what the rows hold.
func (s Service) String() string {
	switch event.Service(s) {
	case event.EAS:
		return "activesync"
	case event.M365:
		return "m365_sign_ins"
	case event.Windows:
		return "windows_logons"
	}
	if s >= MailboxAudit {
		return ownNames[s-MailboxAudit]
	}
	return event.Service(s).String()
}

// serviceOf returns the row of an event. Sign-ins to Microsoft 365 have one row,
// whatever protocol they used: they come from the same log.
func serviceOf(ev *event.Event) Service {
	switch ev.Source {
	case event.Graph:
		return Service(event.GraphService)
	case event.Cmdlet:
		return AdminAudit
	}
	cloud := ev.Source == event.UAL || ev.Source == event.Entra
	switch ev.Action {
	case event.SignIn:
		if cloud {
			return Service(event.M365)
		}
	case event.MailAccess:
		if cloud {
			return MailboxAudit
		}
	case event.MailboxChange:
		if cloud {
			return MailboxAudit
		}
		return AdminAudit
	case event.Consent, event.DirectoryChange:
		return DirectoryAudit
	case event.Script:
		return ScriptLogging
	case event.Network:
		return ProcessNetwork
	}
	return Service(ev.Service)
}
