package analytics

import (
	"net/netip"
	"time"
)

// Bounds of what an alert tells about the accounts in it.
const (
	maxContexts = 5  // accounts: the subject, then those with valid credentials
	maxSignIns  = 5  // the last ones
	maxUsual    = 5  // places of each kind
	maxDeeds    = 10 // signals since the incident began
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
	Account   string
	Marks     []string // MarkPrivileged and its like, as the policy has them now
	Groups    []string // of the policy
	SignIns   []SignIn // the last successful ones, newest first, at most 5
	Networks  []string // usual, the longest known first, at most 5; so the others
	Countries []string
	Devices   []string
	Apps      []string
	Clients   []string // kinds of client: browser, outlook, ...
	Baseline  string   // how ripe what is usual is
	Since     []Deed   // signals since the incident began, oldest first, at most 10
	Items     int      // mail items read since the incident began
	Mailboxes int      // that this account opened lately
}

// SignIn is one successful sign-in of an account.
type SignIn struct {
	At      time.Time
	IP      netip.Addr // invalid: not known
	Service string
	Client  string // kind of client
}

// Deed is one signal of an account, whatever it came to.
type Deed struct {
	Code, Detail string
	First, Last  time.Time
	IP           netip.Addr // invalid: not known
}
