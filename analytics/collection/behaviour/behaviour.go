// Package behaviour holds what AN0131 remembers of how an account or an
// application is used: its baseline, the mail that was read, its sign-ins and the
// mailboxes it opened. The package stores and counts; package collection judges.
//
// All state is bounded, and none depends on the order in which events arrive.
package behaviour

import (
	"redshank/analytics/baseline"
	"redshank/analytics/window"
)

// maxMailboxes bounds the reads of mailboxes of one Behaviour, in entries.
const maxMailboxes = 128

// MailboxSpan is the time in which many mailboxes are read at once, in
// milliseconds. Another read of one mailbox within that time counts once.
const MailboxSpan = 10 * 60 * 1000

// Behaviour is the observed behaviour of one account, application or host.
type Behaviour struct {
	Baseline  baseline.Baseline
	Groups    []*baseline.Baseline // of the account's groups; not saved
	Mail      *Volume              // items read; nil: none yet
	Taken     *Volume              // of these, those read by a program or from an unusual network
	Requests  *Beacon              // of programs; nil: none yet
	Mailboxes window.Attempts      // that the subject read, to detect many at a time
	PerDay    MailboxCount         // mailboxes that an application read, by day
	Points    Points
	SignIns   SignIns
	Accounts  Accounts // that let an application in, or that it acts for
	Networks  int      // that an application was used from
	Take      Take     // by an application that is not known yet
	Opened    Opened   // by a person's client
}

// Volumes makes room for counting mail.
func (b *Behaviour) Volumes() {
	if b.Mail == nil {
		b.Mail, b.Taken = &Volume{}, &Volume{}
	}
}

// JoinVolumes takes over the mail that o has counted.
func (b *Behaviour) JoinVolumes(o *Behaviour) {
	if o.Mail == nil {
		return
	}
	b.Volumes()
	b.Mail.join(o.Mail)
	b.Taken.join(o.Taken)
	o.Mail, o.Taken = nil, nil
}

// HasRead reports whether a read of the same mailbox within MailboxSpan before or
// after is stored.
func (b *Behaviour) HasRead(t *window.Attempt) bool {
	for _, have := range b.Mailboxes.All() {
		if have.Key == t.Key && max(have.At-t.At, t.At-have.At) <= MailboxSpan {
			return true
		}
	}
	return false
}

// ReadMailbox stores the read of a mailbox, unless HasRead reports one.
func (b *Behaviour) ReadMailbox(t window.Attempt) {
	if !b.HasRead(&t) {
		b.Mailboxes.Add(t, maxMailboxes)
	}
}

// MailboxesWithin reports whether, of the reads stored, those of some span that
// contains a time are of at least a number of different mailboxes. Span is in
// milliseconds.
func (b *Behaviour) MailboxesWithin(span, at int64, least int) bool {
	return b.Mailboxes.Windows(at, span, func(reads []window.Attempt) bool {
		var boxes window.Distinct
		for _, t := range reads {
			boxes.Add(t.Key)
		}
		return boxes.Count() >= least
	})
}

// ReadsSince returns how many reads of mailboxes were stored since a time.
func (b *Behaviour) ReadsSince(start int64) int {
	count := 0
	for _, t := range b.Mailboxes.All() {
		if t.At >= start {
			count++
		}
	}
	return count
}
