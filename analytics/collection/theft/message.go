package theft

import (
	"fmt"
	"slices"
	"strings"

	"redshank/analytics/alert"
)

// Fill completes an alert with the signals, the heaviest first, and the message.
func (i *Theft) Fill(a *alert.Alert) {
	a.Users = []alert.UserCount{}
	i.Counts.Mailboxes = max(i.Counts.Mailboxes, i.mailboxes.Count())
	a.Counts.Mailboxes = i.Counts.Mailboxes
	a.Signals, a.Mails, a.Accounts = slices.Clone(i.Signals), slices.Clone(i.mails), slices.Clone(i.accounts)
	ids := []string{techniques[i.Class]}
	for _, s := range a.Signals {
		ids = append(ids, s.Technique)
	}
	a.Techniques = i.Techniques(ids...)
	// Sorted here and not when signals are added: weights still change when the
	// account's own baseline replaces that of its group.
	slices.SortStableFunc(a.Signals, func(x, y alert.Signal) int { return y.Weight - x.Weight })
	a.Baseline, a.Confidence = i.Baseline, i.Confidence
	a.Message = sentence(a)
	switch {
	case i.Withdrawn() && i.OwnDevice:
		a.Message += "; withdrawn, since the account's own device had signed in there"
	case i.OwnDevice:
		a.Message += "; the account's own device has signed in there, too"
	case i.Withdrawn():
		a.Message += "; withdrawn with the incident of AN1269 from which the account had signed in"
	case i.Unfounded:
		a.Message += "; the incident of AN1269 from which the account had signed in was withdrawn"
	}
}

// sentence returns the message: who read what, and the reasons.
func sentence(a *alert.Alert) string {
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
