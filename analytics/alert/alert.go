package alert

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"redshank/analytics/event"
)

// Alert is one message about one incident. Strings are capped and owned by the
// alert; lists are capped, and Counts has the true figures.
type Alert struct {
	ID       string // of the incident, the same in all its messages
	Sequence int    // 1, 2, 3, ... within the incident
	Rule     Rule
	Drill    string // run of the drill that the incident belongs to; empty for a real one
	Phase    string // why this message was sent: opened, escalated, changed, grown, quiet
	Class    string // credential_stuffing, password_spraying, ...
	Severity Severity
	// Confidence from 0 to 1.
	Confidence float64
	Message    string    // one sentence a person can act on
	Time       time.Time // of the event that caused this message
	Start, End time.Time // first and last event of the incident

	Source     netip.Addr   // client of the incident; invalid for a campaign
	Geo        Geo          // of Source
	AS         AS           // of Source
	User       *User        // the account the incident is about; nil for several
	Accounts   []string     // of AN0131: that acted, or whose mailboxes were read, at most 20
	Subject    string       // account, application or host of AN0131; empty for a client or a campaign
	Prefix     netip.Prefix // the client, if it is more than one address: for instance an IPv6 /64
	IPs        []netip.Addr // related, at most 20
	Users      []UserCount  // top by failures, at most 20
	Hosts      []string     // servers that logged the events, at most 20
	Valid      []Credential // valid credentials found, at most 20
	Familiar   []Credential // accounts with a history at the address that went on as usual, at most 20
	Services   []string
	Agents     []string // at most 10
	Apps       []string // ids, at most 10
	AppNames   []string // names of the known applications among Apps
	Counts     Counts
	Window     string // what opened the incident: burst, slow, campaign, ...
	Signals    []Signal
	Mails      []Mail   // that were accessed, at most MaxMails
	Evidence   []string // records, see event.AppendRecord, at most 20
	Labels     []string // network labels of the address, from the policy
	Baseline   string   // maturity of the baselines that the signals rest on; empty if none
	Techniques []Technique
	Context    []Context   // of the subject and of accounts with valid credentials, at most 5
	Campaign   string      // id of the campaign that the client is part of
	Members    []string    // of a campaign: ids of the incidents of single clients that have sent an alert, at most 20
	Suppressed int         // messages suppressed since the last one, of a campaign also those of its clients
	Indicators *Indicators // full lists of a large incident; nil where the lists above are complete
}

// Indicators are the addresses and accounts of an incident that has more of them
// than an alert lists. The lists are sorted, and left out of a message that follows
// one with nearly the same lists.
type Indicators struct {
	IPs      []netip.Addr // at most 1,024
	Users    []string     // that were tried, at most 1,024
	Valid    []Credential // at most 200
	Complete bool         // the lists have all addresses and accounts of the incident; set with the lists only
}

// Empty reports whether the lists are left out.
func (x *Indicators) Empty() bool { return len(x.IPs) == 0 && len(x.Users) == 0 }

// User is an account with the parts of its name.
type User struct{ Name, Domain, Email, ID string }

// Principal returns the account that matters most: the one that the incident is
// about, or else the first one whose password the attacker knows, or the only one
// that acted on a host or whose mailbox an application read. It returns nil for an
// incident that is about several accounts and found no valid credential.
func (a *Alert) Principal() *User {
	switch {
	case a.User != nil:
		return a.User
	case len(a.Valid) > 0:
		return NewUser(a.Valid[0].User)
	case len(a.Accounts) == 1:
		return NewUser(a.Accounts[0])
	}
	return nil
}

// RelatedUsers returns the accounts of the alert, each once: those whose password
// the attacker knows, the subject, those that acted or whose mail was read, then
// those that were tried.
func (a *Alert) RelatedUsers() []string {
	var list []string
	add := func(name string) {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	for i := range a.Valid {
		add(a.Valid[i].User)
	}
	if a.User != nil {
		add(a.User.DisplayName())
	}
	for _, name := range a.Accounts {
		add(name)
	}
	for i := range a.Users {
		add(a.Users[i].Name)
	}
	return list
}

// RelatedIPs returns the addresses of the alert, each once: those that signed in
// with a valid credential, the client, then the others.
func (a *Alert) RelatedIPs() []netip.Addr {
	var list []netip.Addr
	add := func(ip netip.Addr) {
		if ip.IsValid() && !slices.Contains(list, ip) {
			list = append(list, ip)
		}
	}
	for i := range a.Valid {
		add(a.Valid[i].IP)
	}
	add(a.Source)
	for _, ip := range a.IPs {
		add(ip)
	}
	return list
}

// NewUser splits a canonical account into its parts.
func NewUser(name string) *User {
	user := &User{Name: name}
	if local, domain, ok := strings.Cut(name, "@"); ok {
		user.Name, user.Domain, user.Email = local, domain, name
	}
	return user
}

// DisplayName returns the address of the account, or its name if there is no
// address.
func (u *User) DisplayName() string {
	if u.Email != "" {
		return u.Email
	}
	return u.Name
}

// UserCount is one account of an incident.
type UserCount struct {
	Name       string
	Failures   int
	LastReason string
	Privileged bool
	Leaked     bool
}

// Credential is an account whose password the attacker is known to have.
type Credential struct {
	User string
	At   time.Time
	How  string     // success, or accepted with the reason that stopped it, and the service
	IP   netip.Addr // client that signed in

	Agent, App, Record string // user agent, application id and record, if the log has them

	Service event.Service
}

// Signal is one observation that an incident rests on.
type Signal struct {
	Code      string
	Weight    int
	Detail    string
	Says      string     // what the signal means, one sentence
	Technique string     // ATT&CK id
	At        time.Time  // of the first record that showed it
	IP        netip.Addr // invalid: not known
	Record    string     // that record, see event.AppendRecord; may be empty
	Seen      string     // how rare it is, such as "3 of 412 accounts"; empty where rarity does not matter
	Mails     []Mail     // that the records which showed it are about, at most 5
}

// MaxMails bounds the mails that an incident lists. Counts.Items has the true number.
const MaxMails = 50

// Mail is a mail that was accessed. A text that the log does not have is empty.
type Mail struct {
	ID      string // Message-ID, or the id of the item in the mailbox
	Subject string
	Folder  string // alone, it stands for all mails of the folder
}

// String returns what identifies the mail best.
func (m *Mail) String() string { return cmp.Or(m.ID, m.Subject, m.Folder) }

// Geo is the location of an address, from the policy's city database.
type Geo struct {
	CountryISO, City string
	Lat, Lon         float64
	Located          bool // Lat and Lon are known
}

// AS is the owner of a network, from the policy's database of autonomous systems.
type AS struct {
	Number       uint32 // 0: not known
	Organization string
}

// Counts are the true figures of an incident. Lists of an alert may be shorter.
type Counts struct {
	Failures, DistinctUsers, DistinctIPs, UnknownUsers, Locked,
	Accepted, Succeeded, Leaked, Items, Mailboxes int
}
