package collection

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/alert"
	"redshank/analytics/incident"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// theft is what AN0131 adds to an incident: signals and mailboxes.
type theft struct {
	*incident.Incident
	mailboxes  window.Distinct
	privileged bool    // the subject is a privileged account
	appSubject bool    // the subject is an application
	confidence float64 // 0 to 1
	baseline   string  // the maturity of the baselines that were compared
	signals    []alert.Signal
	mails      []alert.Mail // that were accessed, at most alert.MaxMails
	accounts   []string     // that acted, or whose mailboxes were read, at most incident.MaxListed
}

func newTheft(i *incident.Incident) incident.Detail { return &theft{Incident: i} }

// Assess does nothing, since every change of the signals classifies the incident.
func (i *theft) Assess() {}

// Volume returns the number of mail items.
func (i *theft) Volume() int { return i.Counts.Items }

// addSignal adds a signal to an incident once, and again for each new detail up to
// a bound.
func (i *theft) addSignal(s alert.Signal) {
	same := 0
	for n := range i.signals {
		have := &i.signals[n]
		if have.Code != s.Code {
			continue
		}
		have.Weight = max(have.Weight, s.Weight)
		if have.Detail == s.Detail {
			have.Record = cmp.Or(have.Record, s.Record)
			have.Mails, _ = mergeMails(have.Mails, keptMails(s.Mails), maxMails)
			return
		}
		same++
	}
	if same < 3 && len(i.signals) < 2*incident.MaxListed {
		i.signals = append(i.signals, s)
	}
}

// addMailbox counts a mailbox that was read once, by the hash of its name.
func (i *theft) addMailbox(read *window.Attempt) {
	if i.mailboxes.Add(read.Key) {
		i.Counts.Mailboxes = i.mailboxes.Count()
		i.addAccount(read.Name)
		i.Changed()
	}
}

// addAccount adds an account to the list, once.
func (i *theft) addAccount(name string) {
	if name != "" && len(i.accounts) < incident.MaxListed && !slices.Contains(i.accounts, name) {
		i.accounts = append(i.accounts, name)
	}
}

// kinds returns the kinds of an incident's signals. It takes a map look-up per
// signal.
func (i *theft) kinds() (s kindSet) {
	for n := range i.signals {
		if kind, ok := kindOf[i.signals[n].Code]; ok {
			s |= 1 << kind
		}
	}
	return s
}

// Fill completes an alert with the signals, the heaviest first, and the message.
func (i *theft) Fill(a *alert.Alert) {
	a.Users = []alert.UserCount{}
	a.Signals, a.Mails, a.Accounts = slices.Clone(i.signals), slices.Clone(i.mails), slices.Clone(i.accounts)
	ids := []string{classTechniques[i.Class]}
	for _, s := range a.Signals {
		ids = append(ids, s.Technique)
	}
	a.Techniques = i.Techniques(ids...)
	// Sorted here and not when signals are added: weights still change when the
	// account's own baseline replaces that of its group.
	slices.SortStableFunc(a.Signals, func(x, y alert.Signal) int { return y.Weight - x.Weight })
	a.Baseline, a.Confidence = i.baseline, i.confidence
	a.Message = collectionSentence(a)
}

// collectionSentence returns the message: who read what, and the reasons.
func collectionSentence(a *alert.Alert) string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(a.Class[:1]) + strings.ReplaceAll(a.Class[1:], "_", " "))
	switch {
	case a.User != nil:
		fmt.Fprintf(&b, " as %s", a.User.DisplayName())
	case slices.Contains(a.Hosts, a.Subject):
		fmt.Fprintf(&b, " on %s", a.Subject)
		if len(a.Accounts) == 1 {
			fmt.Fprintf(&b, " by %s", a.Accounts[0])
		}
	case a.Subject != "":
		fmt.Fprintf(&b, " by application %s", a.Subject)
	}
	if a.Source.IsValid() {
		fmt.Fprintf(&b, " from %s", a.Source)
	}
	if a.Counts.Items > 0 || a.Counts.Mailboxes > 1 {
		fmt.Fprintf(&b, ", %s of %s", alert.Count(a.Counts.Items, "item", "items"), alert.Count(max(a.Counts.Mailboxes, 1), "mailbox", "mailboxes"))
	}
	fmt.Fprintf(&b, " in %s: %s", alert.Elapsed(a.End.Sub(a.Start)), reasons(a.Signals))
	return b.String()
}

// reasons returns the three heaviest signals in words.
func reasons(heaviest []alert.Signal) string {
	var said []string
	for _, s := range heaviest {
		if !slices.Contains(said, s.Says) && len(said) < 3 {
			said = append(said, s.Says)
		}
	}
	return strings.Join(said, "; ")
}

// savedTheft is the saved form of a theft.
type savedTheft struct {
	Mailboxes              []byte
	Privileged, AppSubject bool
	Confidence             float64
	Baseline               string
	Signals                []alert.Signal
	Mails                  []alert.Mail
	Accounts               []string
}

// Save implements incident.Detail.
func (i *theft) Save() ([]byte, error) {
	s := savedTheft{Privileged: i.privileged, AppSubject: i.appSubject, Confidence: i.confidence, Baseline: i.baseline, Signals: i.signals, Mails: i.mails,
		Accounts: i.accounts}
	var err error
	if s.Mailboxes, err = i.mailboxes.MarshalBinary(); err != nil {
		return nil, err
	}
	return state.Marshal(&s)
}

// Restore implements incident.Detail.
func (i *theft) Restore(b []byte) error {
	var s savedTheft
	if err := msgpack.Unmarshal(b, &s); err != nil {
		return err
	}
	i.privileged, i.appSubject, i.confidence, i.baseline, i.signals = s.Privileged, s.AppSubject, s.Confidence, s.Baseline, s.Signals
	i.mails, i.accounts = s.Mails, s.Accounts
	return i.mailboxes.UnmarshalBinary(s.Mailboxes)
}
