package drill

import (
	"fmt"
	"slices"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// incidentClass is one class of incidents with the attack that leads to it.
type incidentClass struct {
	rule, name string
	accounts   func(p *policy.Policy) int // how many accounts of the list the attack takes
	acts       func(c *cast) []act
	onServer   func(c *cast) []act  // the same as a server sees it that logs no clients; nil: it sees nothing
	why        func(c *cast) string // why the class cannot be drilled under this policy; nil: it can
}

// cast is who takes part in a drill: the policy, its accounts and the time.
type cast struct {
	policy   *policy.Policy
	accounts []string
	now      time.Time
}

// before returns a time before the drill was written.
func (c *cast) before(d time.Duration) time.Time { return c.now.Add(-d) }

// last returns the n-th account from the end of the list.
func (c *cast) last(n int) string { return c.accounts[len(c.accounts)-n] }

// classes are the classes that can be drilled. Each has addresses and, for AN0131,
// accounts of its own, so that no incident takes in another.
var classes = []incidentClass{
	{rule: "AN1269", name: "credential_stuffing", accounts: tried, acts: stuffing},
	{rule: "AN1269", name: "password_spraying", accounts: tried, acts: spraying},
	{rule: "AN1269", name: "password_guessing", accounts: func(*policy.Policy) int { return 2 }, acts: guessing},
	{rule: "AN1269", name: "misconfigured_client", accounts: func(*policy.Policy) int { return 1 }, acts: misconfigured, why: noServiceAccount},
	{rule: "AN0131", name: "scripted_mail_access", accounts: fromEnd(1), acts: scripted},
	{rule: "AN0131", name: "session_replay", accounts: fromEnd(2), acts: replayed},
	{rule: "AN0131", name: "mailbox_export", accounts: fromEnd(3), acts: exported, onServer: exportedThere},
	{rule: "AN0131", name: "collection_tool", accounts: fromEnd(4), acts: collected, onServer: collectedThere},
	{rule: "AN0131", name: "mail_diversion", accounts: fromEnd(5), acts: diverted, onServer: divertedThere},
	{rule: "AN0131", name: "application_mail_access", accounts: fromEnd(5 + mailboxes), acts: byApplication},
}

// mailboxes is how many mailboxes the application of a drill reads.
const mailboxes = 6

// Classes returns the names of the classes.
func Classes() (names []string) {
	for _, c := range classes {
		names = append(names, c.name)
	}
	return names
}

// fromEnd is for a class of AN0131 whose accounts are the n-th from the end of the
// list. The first account, whose password AN1269 finds, is not among them.
func fromEnd(n int) func(*policy.Policy) int { return func(*policy.Policy) int { return n + 1 } }

// tried returns how many accounts one address tries: one more than opens an
// incident.
func tried(p *policy.Policy) int { return p.Stuffing.MailboxLoginThreshold.Burst + 1 }

// failures returns how many failures on one account open an incident, with one more.
func failures(p *policy.Policy) int { return p.Stuffing.FailureThreshold.Burst + 1 }

// stuffing tries one password on each account, and gets into the first.
func stuffing(c *cast) []act {
	const from, agent = "192.0.2.11", "drill-stuffing/1.0"
	all := c.failAll(from, agent, 1)
	return append(all, act{kind: signIn, at: c.before(time.Second), account: c.accounts[0], address: from, agent: agent})
}

// spraying tries all accounts in two rounds.
func spraying(c *cast) []act { return c.failAll("198.51.100.12", "drill-spraying/1.0", 2) }

// failAll returns failures of all accounts in rounds, in the half of the burst window
// before now.
func (c *cast) failAll(from, agent string, rounds int) (all []act) {
	n := rounds * tried(c.policy)
	step := min(c.policy.Stuffing.Window.Burst/2/time.Duration(n), 10*time.Second)
	for i := range n {
		all = append(all, act{kind: wrongPassword, at: c.before(time.Duration(n-i+1) * step), account: c.accounts[i%tried(c.policy)], address: from, agent: agent})
	}
	return all
}

// guessing tries many passwords on the second account.
func guessing(c *cast) []act { return c.failOne(c.accounts[1], "203.0.113.13", "drill-guessing/1.0") }

func (c *cast) failOne(account, from, agent string) (all []act) {
	n := failures(c.policy)
	step := min(c.policy.Stuffing.Window.Burst/2/time.Duration(n), 7*time.Second)
	for i := range n {
		// The steps differ: a program that retries at equal intervals is no attack.
		at := c.before(time.Duration(n-i)*step + time.Duration(i*i%5)*step/6)
		all = append(all, act{kind: wrongPassword, at: at, account: account, address: from, agent: agent})
	}
	return all
}

// misconfigured is a service with an old password.
func misconfigured(c *cast) []act {
	return c.failOne(c.accounts[c.serviceAccount()], "2001:db8:d::14", "drill-service/1.0")
}

// serviceAccount returns which of the accounts is a service account in the policy, -1
// for none.
func (c *cast) serviceAccount() int {
	return slices.IndexFunc(c.accounts, func(a string) bool {
		return c.policy.AccountMarks([]byte(c.policy.Account(a))).Has(event.ServiceAccount)
	})
}

func noServiceAccount(c *cast) string {
	if c.serviceAccount() < 0 {
		return "no drill account is in accounts.service"
	}
	return ""
}

// scripted is a sign-in by a script that then reads mail.
func scripted(c *cast) []act {
	const from = "192.0.2.21"
	all := []act{{kind: webSignIn, at: c.before(9 * time.Minute), account: c.last(1), address: from, agent: script, app: drillID}}
	for i := range 24 {
		all = append(all, act{kind: readMail, at: c.before(8*time.Minute - time.Duration(i)*20*time.Second), account: c.last(1), address: from, agent: script, app: drillID, items: 5})
	}
	return all
}

// replayed is a session that is used from a second network by a script.
func replayed(c *cast) []act {
	const session = "d0000000-0000-4000-8000-0000000005e5"
	return []act{
		{kind: webSignIn, at: c.before(9 * time.Minute), account: c.last(2), address: "198.51.100.22", agent: browser, session: session},
		{kind: readMail, at: c.before(8 * time.Minute), account: c.last(2), address: "203.0.113.22", agent: script, session: session, items: 20},
		{kind: readMail, at: c.before(7 * time.Minute), account: c.last(2), address: "203.0.113.22", agent: script, session: session, items: 20},
	}
}

// exported is a sign-in by a script that then exports the mailbox.
func exported(c *cast) []act {
	const from = "198.51.100.23"
	return []act{
		{kind: webSignIn, at: c.before(6 * time.Minute), account: c.last(3), address: from, agent: script},
		{kind: export, at: c.before(5 * time.Minute), account: c.last(3), address: from, agent: script},
	}
}

// collected is a collection tool that reads mail.
func collected(c *cast) []act {
	const from = "203.0.113.24"
	return []act{
		{kind: readMail, at: c.before(6 * time.Minute), account: c.last(4), address: from, agent: tool, items: 3},
		{kind: readMail, at: c.before(5 * time.Minute), account: c.last(4), address: from, agent: tool, items: 3},
	}
}

// diverted is a sign-in by a script that then has mail forwarded.
func diverted(c *cast) []act {
	const from = "2001:db8:f::25"
	return []act{
		{kind: webSignIn, at: c.before(6 * time.Minute), account: c.last(5), address: from, agent: script},
		{kind: inboxRule, at: c.before(5 * time.Minute), account: c.last(5), address: from, agent: script},
	}
}

// exportedThere is an account that grants itself the rights on a mailbox and exports it.
func exportedThere(c *cast) []act {
	return []act{
		{kind: permission, at: c.before(6 * time.Minute), account: c.last(3)},
		{kind: export, at: c.before(5 * time.Minute), account: c.last(3)},
	}
}

// collectedThere is a collection tool that runs on a server.
func collectedThere(c *cast) []act {
	return []act{{kind: scriptBlock, at: c.before(5 * time.Minute), account: c.last(4), agent: tool}}
}

// divertedThere is an account that gets rights on a mailbox and has mail forwarded.
func divertedThere(c *cast) []act {
	return []act{
		{kind: permission, at: c.before(6 * time.Minute), account: c.last(5)},
		{kind: inboxRule, at: c.before(5 * time.Minute), account: c.last(5)},
	}
}

// byApplication is an application that an account lets in, and that then reads the
// mail of several.
func byApplication(c *cast) []act {
	const from = "2001:db8:e::26"
	const app = "d0000000-0000-4000-8000-00000000d426"
	all := []act{{kind: consent, at: c.before(9 * time.Minute), account: c.last(6), address: from, agent: browser, app: app}}
	for i := range mailboxes {
		all = append(all, act{kind: readMail, at: c.before(5*time.Minute - time.Duration(i)*10*time.Second), account: c.last(6 + i), address: from, agent: script, app: app, items: 10})
	}
	return all
}

// check returns why a class cannot be drilled with a list of accounts, "" where it
// can.
func (k *incidentClass) check(c *cast) string {
	if n := k.accounts(c.policy); len(c.accounts) < n {
		return fmt.Sprintf("needs %d drill accounts (the policy has %d)", n, len(c.accounts))
	}
	if k.why != nil {
		return k.why(c)
	}
	return ""
}
