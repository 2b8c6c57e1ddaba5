package alert

import (
	"net/netip"
	"time"
)

// The marks of an account that alerts tell.
const (
	MarkPrivileged = "privileged"
	MarkService    = "service"
	MarkLeaked     = "leaked"
)

// Context is what a triager asks first about an account of an alert: who it
// is, how it usually works, where it was last, what else it did.
type Context struct {
	Account string
	Marks   []string // MarkPrivileged and its like, as the policy has them now
	Groups  []string // of the policy
	// SignIns are the last successful ones, newest first, at most 4: of each
	// client, service and kind of agent only the last.
	SignIns []SignIn
	// What the account used before the incident, what it used on most days
	// first, at most 5 of each.
	Networks  []string
	Countries []string
	Devices   []string
	Apps      []string
	Clients   []string      // browser, outlook, mobile, ...
	Baseline  string        // how ripe what is usual is
	Since     []Observation // signals since the incident began, the heaviest, oldest first, at most 12
	Items     int           // mail items read since the incident began, as far as the logs tell
	Mailboxes int           // mailboxes of others among them
}

// Deed is one signal of an account, whatever it came to.
type Observation struct {
	Code, Detail string
	First, Last  time.Time
	IP           netip.Addr // of the first; invalid: not known
}

// SignIn is one successful sign-in of an account.
type SignIn struct {
	At      time.Time
	IP      netip.Addr // invalid: not known
	Country string     // ISO 3166, by the policy's database
	Network string     // its owner likewise
	Labels  []string   // of the policy
	Usual   bool       // the account used that network before the incident
	Service string
	Client  string // kind of agent
}
