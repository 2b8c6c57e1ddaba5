package alert

import (
	"net/netip"
	"time"
)

// The marks of an account.
const (
	MarkPrivileged = "privileged"
	MarkService    = "service"
	MarkLeaked     = "leaked"
)

// Context is what an analyst asks first about an account: who it is, what is usual
// for it, where it signed in last, and what else it did.
type Context struct {
	Account string
	Marks   []string // MarkPrivileged etc., by the current policy
	Groups  []string // of the policy
	// SignIns are the last successful sign-ins, newest first, at most 4; only the
	// last for each client, service and kind of agent.
	SignIns []SignIn
	// What the account used before the incident, at most 5 of each, by falling
	// number of days.
	Networks  []string
	Countries []string
	Devices   []string
	Apps      []string
	Clients   []string      // browser, outlook, mobile, ...
	Baseline  string        // maturity of the account's baseline
	Since     []Observation // the 12 heaviest signals since the incident began, oldest first
	Items     int           // mail items read since the incident began
	Mailboxes int           // mailboxes read since the incident began
}

// Observation is one signal of an account, whether or not it led to an incident.
type Observation struct {
	Code, Detail string
	First, Last  time.Time
	IP           netip.Addr // of the first; invalid: not known
}

// SignIn is one successful sign-in of an account.
type SignIn struct {
	At      time.Time
	IP      netip.Addr // invalid: not known
	Country string     // ISO 3166, from the policy's database
	Network string     // owner of the network, from the policy's database
	Labels  []string   // from the policy
	Usual   bool       // the account used that network before the incident
	Service string
	Client  string // kind of agent
}
