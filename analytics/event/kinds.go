package event

// Source is the log format a record came in.
type Source uint8

// The sources, one per file of package source.
const (
	SourceUnknown Source = iota
	IIS
	HTTPProxy
	SMTP
	IMAP
	POP
	EWS
	Cmdlet
	WinEvent
	UAL
	Entra
	Graph
)

// Sources is the number of sources, SourceUnknown included.
const Sources = int(Graph) + 1

var sourceNames = [...]string{"unknown", "iis", "httpproxy", "smtp", "imap", "pop", "ews", "cmdlet", "winevent", "ual", "entra", "graph"}

func (s Source) String() string { return nameOf(sourceNames[:], s) }

// Service is what the client reached.
type Service uint8

// The services of a mail system.
const (
	ServiceUnknown Service = iota
	OWA
	ECP
	EWSService
	EAS
	MAPI
	RPC
	Autodiscover
	OAB
	REST
	PowerShell
	SMTPService
	IMAPService
	POPService
	M365
	GraphService
	Windows
)

// Services is the number of services, ServiceUnknown included.
const Services = int(Windows) + 1

var serviceNames = [...]string{"unknown", "owa", "ecp", "ews", "eas", "mapi", "rpc", "autodiscover", "oab", "rest", "powershell", "smtp", "imap", "pop", "m365", "graph", "windows"}

func (s Service) String() string { return nameOf(serviceNames[:], s) }

// Action is the kind of act.
type Action uint8

// The actions. ActionNone marks an event that concerns no analytic.
const (
	ActionNone Action = iota
	SignIn
	MailAccess
	MailboxChange
	Consent
	DirectoryChange
	Script
	Network
)

var actionNames = [...]string{"none", "sign_in", "mail_access", "mailbox_change", "consent", "directory_change", "script", "network"}

func (a Action) String() string { return nameOf(actionNames[:], a) }

// Outcome is how the act ended.
type Outcome uint8

// The outcomes. Accepted: the password was right, a second step or a policy
// stopped the sign-in. Challenge: an anonymous handshake, never counted.
// Noise: an interrupt or token refresh that says nothing about a password.
const (
	OutcomeUnknown Outcome = iota
	Success
	Failure
	Accepted
	Challenge
	Noise
)

var outcomeNames = [...]string{"unknown", "success", "failure", "accepted", "challenge", "noise"}

func (o Outcome) String() string { return nameOf(outcomeNames[:], o) }

// Reason is why the act ended so.
type Reason uint8

// The reasons, coarse enough to hold over all sources.
const (
	ReasonNone Reason = iota
	WrongPassword
	UnknownUser
	Locked
	Disabled
	Expired // the password was right but has expired: Outcome is Accepted
	MFARequired
	MFADenied
	PolicyBlocked
	BlockedIP
	NotAllowed // logon hours, workstation, logon type
	BadApp     // a side effect of tools: unknown client or resource id after a valid pair
	OtherReason
)

var reasonNames = [...]string{"", "wrong_password", "unknown_user", "locked", "disabled", "expired", "mfa_required", "mfa_denied", "policy_blocked", "blocked_ip", "not_allowed", "bad_app", "other"}

func (r Reason) String() string { return nameOf(reasonNames[:], r) }

// CodeSpace names the table of result codes in which Event.Code stands.
type CodeSpace uint8

// The tables of result codes in the policy's content.
const (
	CodeNone     CodeSpace = iota
	CodeEntra              // Entra error numbers: 50126
	CodeLogon              // UAL LogonError names: InvalidUserNameOrPassword
	CodeNTStatus           // 4625 SubStatus or Status, hex with or without 0x: c000006a
	CodeWin32              // IIS sc-win32-status: 1326
	CodeKerberos           // 4771 failure codes: 0x18
)

var codeSpaceNames = [...]string{"none", "entra", "logon_error", "ntstatus", "win32", "kerberos"}

func (c CodeSpace) String() string { return nameOf(codeSpaceNames[:], c) }

// IPFrom is how the client address was obtained.
type IPFrom uint8

// The ways to a client address.
const (
	IPNone      IPFrom = iota
	IPDirect           // the log's own client field
	IPForwarded        // a forwarded header set by a proxy that the policy trusts
)

// UserKind distinguishes accounts that look alike.
type UserKind uint8

// The kinds of account.
const (
	UserUnknown UserKind = iota // absent, "Not Available", "Unknown", "NOT-FOUND", unreadable
	UserPerson                  // a named account
	UserMachine                 // EX04$
	UserHealth                  // HealthMailbox..., SystemMailbox{...}
	UserSystem                  // NT AUTHORITY\SYSTEM, S-1-5-18, Certificate
	UserService                 // ServicePrincipal_<guid>, app@sharepoint
	UserObject                  // a bare object GUID or SID of somebody
)

var userKindNames = [...]string{"unknown", "person", "machine", "health", "system", "service", "object"}

func (k UserKind) String() string { return nameOf(userKindNames[:], k) }

// Family is the kind of client behind a user-agent string.
type Family uint8

// The families of user agents. FamilyNone: the log has no such field or it is
// empty; which of the two matters is the source's to say in Client.
const (
	FamilyNone Family = iota
	FamilyOther
	Browser
	Outlook
	Mobile
	Legacy    // BAV2ROPC and its like
	Scripting // python-requests, curl, PowerShell
	Tool      // a known attack tool
	Probe     // health probes and load balancers
)

var familyNames = [...]string{"", "other", "browser", "outlook", "mobile", "legacy", "script", "tool", "probe"}

func (f Family) String() string { return nameOf(familyNames[:], f) }

// Protocol is how a sign-in was made.
type Protocol uint8

// The protocols that detections distinguish.
const (
	ProtocolUnknown Protocol = iota
	ROPC
	DeviceCode
	BasicAuth
	FormsLogin
	NTLM
	OAuth
	LegacyAuth
	ClientCredential
	ManagedIdentity
)

var protocolNames = [...]string{"", "ropc", "device_code", "basic", "forms", "ntlm", "oauth", "legacy", "client_credential", "managed_identity"}

func (p Protocol) String() string { return nameOf(protocolNames[:], p) }

// Proof is what a success proves about the password. A token that was renewed
// silently proves a session, not that somebody typed a password.
type Proof uint8

// The proofs. ProofUnknown counts as a password: most logs do not say.
const (
	ProofUnknown Proof = iota
	ProofPassword
	ProofSession
)

// Access is how mail items were touched.
type Access uint8

// The kinds of access. Sync stands for a whole folder.
const (
	AccessNone Access = iota
	Bind
	Sync
	Search
	Export
	Send
)

var accessNames = [...]string{"", "bind", "sync", "search", "export", "send"}

func (a Access) String() string { return nameOf(accessNames[:], a) }

// Marks is what the policy knows about the address and the account.
type Marks uint16

// The marks.
const (
	AllowedNetwork  Marks = 1 << iota // never the source of an incident
	CorporateEgress                   // many people share it
	IgnoredAccount                    // never counted
	PrivilegedUser
	ServiceAccount
	LeakedAccount
	KnownAutomation // declared automation, not expired
	MicrosoftRange  // an address of the cloud's own back end
	KnownLocation   // a network that the policy declares usual for everybody
	ServerItself    // loopback, link-local or unspecified, not a client
	OfDrill         // belongs to a drill: no counter of the policy includes the event
)

// Has reports whether all of want are set.
func (m Marks) Has(want Marks) bool { return m&want == want }

func nameOf[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "invalid"
}
