// Package theft is what the incidents of AN0131 have beside those of other analytics:
// the signals, the mailboxes and the mails that were read, and from them the message.
package theft

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/window"
)

// Theft is the detail of an incident: signals and mailboxes.
type Theft struct {
	*incident.Incident
	Privileged bool           // the subject is a privileged account
	AppSubject bool           // the subject is an application
	Confidence float64        // 0 to 1
	Baseline   string         // the maturity of the baselines that were compared
	Unfounded  bool           // an incident of AN1269 behind it was withdrawn
	OwnDevice  bool           // the account's own device had signed in where mail was read
	Signals    []alert.Signal // added by AddSignal
	mailboxes  window.Distinct
	mails      []alert.Mail   // that were accessed, at most alert.MaxMails
	accounts   []string       // that acted, or whose mailboxes were read, at most incident.MaxListed
	items      map[uint64]int // read as each account, by the key of its profile, at most maxAccounts
	sum        int            // of items
}

// maxAccounts bounds the accounts of one incident whose items are added up.
const maxAccounts = 1024

// New returns the detail of a new incident.
func New(i *incident.Incident) incident.Detail { return &Theft{Incident: i} }

// Assess lowers the severity of a withdrawn incident. Otherwise every change of the signals
// classifies the incident.
func (i *Theft) Assess() {
	if i.Withdrawn() {
		i.Severity = alert.Low
	}
}

// DropSignals removes the signals with a code.
func (i *Theft) DropSignals(code string) {
	i.Signals = slices.DeleteFunc(i.Signals, func(s alert.Signal) bool { return s.Code == code })
}

// Volume returns the number of mail items.
func (i *Theft) Volume() int { return i.Counts.Items }

// CountItems sets the number of items that were read as an account. Those of several
// accounts are added up.
func (i *Theft) CountItems(account uint64, items int) {
	have, known := i.items[account]
	if items <= have || !known && len(i.items) >= maxAccounts {
		return
	}
	if i.items == nil {
		i.items = map[uint64]int{}
	}
	i.items[account] = items
	i.sum += items - have
	i.Counts.Items = max(i.Counts.Items, i.sum)
}

// Join makes the incident that of an address with which the mail of several accounts was
// read. Each account is counted as a mailbox.
func (i *Theft) Join(account string) {
	for _, name := range [...]string{i.Account, account} {
		if name != "" {
			i.AddMailbox(&window.Attempt{Key: xxhash.Sum64String(name), Name: name})
		}
	}
	i.Account, i.Subject = "", ""
	i.Joined++
}

// Restart clears what the accounts of an incident have added to it, before those that are
// left are added again.
func (i *Theft) Restart(joined int) {
	*i = Theft{Incident: i.Incident, Privileged: i.Privileged, AppSubject: i.AppSubject}
	i.Joined, i.Counts.Items, i.Counts.Mailboxes = joined, 0, 0
}

// AddSignal adds a signal to an incident once, and again for each new detail up to
// a bound.
func (i *Theft) AddSignal(s alert.Signal) {
	same := 0
	for n := range i.Signals {
		have := &i.Signals[n]
		if have.Code != s.Code {
			continue
		}
		have.Weight = max(have.Weight, s.Weight)
		if have.Detail == s.Detail {
			have.Record = cmp.Or(have.Record, s.Record)
			have.Mails, _ = MergeMails(have.Mails, KeptMails(s.Mails), MaxMails)
			return
		}
		same++
	}
	if same < 3 && len(i.Signals) < 2*incident.MaxListed {
		i.Signals = append(i.Signals, s)
	}
}

// AddMailbox counts a mailbox that was read once, by the hash of its name.
func (i *Theft) AddMailbox(read *window.Attempt) {
	i.mailboxes.Add(read.Key)
	if count := i.mailboxes.Estimate(); count > i.Counts.Mailboxes {
		i.Counts.Mailboxes = count
		i.AddAccount(read.Name)
		i.Changed()
	}
}

// Rename counts a mailbox under another key and name, and reports whether it had been
// counted under the first. Beyond the exact range of the count nothing changes.
func (i *Theft) Rename(from, to *window.Attempt) bool {
	if !i.mailboxes.Replace(from.Key, to.Key) {
		return false
	}
	i.Counts.Mailboxes = i.mailboxes.Count()
	if n := slices.Index(i.accounts, from.Name); n >= 0 {
		i.accounts = slices.Delete(i.accounts, n, n+1)
		i.AddAccount(to.Name)
	}
	i.Changed()
	return true
}

// AddAccount adds an account to the list, once.
func (i *Theft) AddAccount(name string) {
	if name != "" && len(i.accounts) < incident.MaxListed && !slices.Contains(i.accounts, name) {
		i.accounts = append(i.accounts, name)
	}
}

// AddMails adds mails that were accessed, up to alert.MaxMails.
func (i *Theft) AddMails(list event.MailList) { i.mails, _ = MergeMails(i.mails, list, alert.MaxMails) }
