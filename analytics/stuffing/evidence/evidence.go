// Package evidence keeps the failures from networks foreign to their accounts, from
// which campaigns open: the list of the latest ones, how many of them a tenant is used
// to, and what some of them have in common.
package evidence

import (
	"iter"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// maxFailures bounds the failures that are kept: about 150 bytes each.
const maxFailures = 8192

// The rare features of a failure, with which few accounts of the tenant have ever
// signed in. A browser that everybody uses, a service or a large provider alone is
// not rare.
const (
	TraitTool    = iota // agent and application
	TraitOwner          // an owner of networks, and an application
	TraitSubnet         // a /24 or /64
	TraitOddTool        // agent and application, from networks of owners that hardly anybody comes from
	MaxTraits           // how many there are
)

// Failure is a failure from a network that is foreign to the account. A
// later success may still explain it.
type Failure struct {
	window.Attempt
	Traits   [MaxTraits]uint64 // keys of its rare features; 0: not rare
	place    int               // index in the evidence
	before   uint32            // number of an earlier failure of the account, or of one at its slot
	Repeated bool              // the client failed for the account shortly before
	Single   bool              // its client has an incident of its own
	Taken    bool              // part of a campaign
}

// List holds the latest foreign failures in order of arrival, and the number of
// unexplained ones in each hour.
type List struct {
	failures  []Failure
	next      int
	arrived   uint32                     // number of the last failure, from 1; number n is at place (n-1) % maxFailures
	latest    [accountSlots]uint32       // number of the latest failure of the accounts of a slot; 0: none
	newest    [maxFailures / block]int64 // no failure of a block is later
	web       Level                      // of failures over the web
	mail      Level                      // of failures by IMAP, POP and SMTP
	Lags      Lags                       // of the failures
	savedLags Lags                       // Lags as last saved
	dirty     map[int]struct{}           // indexes in failures that changed; nil: changes are not tracked
}

// block is how many failures in a row are passed over together where all
// are too early. A search for the failures of the last minutes, as a campaign
// makes with each failure that goes on with it, reads one or two blocks.
const block = 256

// Level returns the level of failures by a service. The mail protocols have one of
// their own: where people mistype in browsers all day, an attack on SMTP is small.
func (e *List) Level(s event.Service) *Level {
	if MailProtocol(s) {
		return &e.mail
	}
	return &e.web
}

// MailProtocol reports whether a service is IMAP, POP or SMTP.
func MailProtocol(s event.Service) bool {
	return s == event.IMAPService || s == event.POPService || s == event.SMTPService
}

// accountSlots is the number of slots from which the failures of one account are
// found: with the list full, some two accounts share one.
const accountSlots = 4096

// Add adds a failure, in place of the one that arrived first if the list is full.
func (e *List) Add(f Failure) {
	e.count(&f, 1)
	f.place = e.next
	if len(e.failures) < maxFailures {
		f.place = len(e.failures)
		e.markDirty(f.place)
		e.failures = append(e.failures, f)
	} else {
		e.markDirty(e.next)
		e.failures[e.next] = f
		e.next = (e.next + 1) % maxFailures
	}
	e.arrived++
	e.link(&e.failures[f.place], e.arrived)
	e.date(f.place)
}

// link makes a failure the latest of its account. A failure without an account is
// not linked.
func (e *List) link(f *Failure, number uint32) {
	if f.Key != 0 {
		latest := &e.latest[f.Key%accountSlots]
		f.before, *latest = *latest, number
	}
}

// Merge adds what another log reports about a failure, see window.Attempt.Merge.
func (e *List) Merge(f *Failure, t window.Attempt) {
	named := f.Key == 0 && t.Key != 0
	e.count(f, -1)
	f.Attempt.Merge(t)
	e.count(f, 1)
	if named {
		age := (e.arrived - 1 - uint32(f.place)) % maxFailures
		e.link(f, e.arrived-age)
	}
	e.Changed(f)
}

// date notes the time of a failure that was added to the list. With the last place
// of a block, the failures that were replaced no longer count.
func (e *List) date(place int) {
	newest := &e.newest[place/block]
	*newest = max(*newest, e.failures[place].At)
	if place%block == block-1 {
		*newest = 0
		for n := place - block + 1; n <= place; n++ {
			*newest = max(*newest, e.failures[n].At)
		}
	}
}

// Since yields the failures of the list that are not before a time, in Unix
// milliseconds, and may yield earlier ones.
func (e *List) Since(at int64) iter.Seq[*Failure] {
	return func(yield func(*Failure) bool) {
		for n := 0; n < len(e.failures); n++ {
			if n%block == 0 && e.newest[n/block] < at {
				n += block - 1
			} else if !yield(&e.failures[n]) {
				return
			}
		}
	}
}

func (e *List) markDirty(place int) {
	if e.dirty != nil {
		e.dirty[place] = struct{}{}
	}
}

// Explain notes that the user of an account has failed, not an attacker.
func (e *List) Explain(f *Failure) {
	e.discount(f)
	f.Succeeded = true
	e.Changed(f)
}

// Changed notes that a failure has to be saved.
func (e *List) Changed(f *Failure) { e.markDirty(f.place) }

// discount removes a failure from the level of the tenant.
func (e *List) discount(f *Failure) { e.count(f, -1) }

// count adds n to the level of the tenant at the time of a failure that nothing explains.
func (e *List) count(f *Failure, n int32) {
	if !f.Single && !f.Repeated && !f.Taken && !f.Succeeded {
		e.Level(f.Service).add(f.At, n)
	}
}

// Take makes failures part of a campaign.
func (e *List) Take(members []*Failure) {
	for _, f := range members {
		if f.Taken || f.place >= len(e.failures) || &e.failures[f.place] != f {
			continue
		}
		e.discount(f)
		f.Taken = true
		e.Changed(f)
	}
}

// forgiveAtMost bounds the failures that are searched for a typo.
const forgiveAtMost = 2048

// Forgive removes the failures of an account at a client for which typo reports true, and
// reports whether there were any. Those before a time called soon stay in the level of the
// tenant: the failures of the current hour, with which it is compared, may still recover.
func (e *List) Forgive(k event.ClientKey, account uint64, from, soon, to int64, typo func(*window.Attempt) bool) (any bool) {
	for number := e.latest[account%accountSlots]; number > 0 && e.arrived-number < forgiveAtMost; {
		f := &e.failures[(number-1)%maxFailures]
		number = f.before
		if f.Key == account && f.At >= from && f.At <= to && !f.Succeeded && typo(&f.Attempt) && event.ClientKey(f.Client).SameSubnet(k) {
			if f.At >= soon {
				e.discount(f)
			}
			f.Succeeded, any = true, true
			e.Changed(f)
		}
	}
	return any
}

// Find returns the failure that another log reported, or nil if it is not
// among the latest. A log that names no account completes one that names no program.
func (e *List) Find(t *window.Attempt) *Failure {
	n := len(e.failures)
	for back := range min(n, forgiveAtMost) {
		f := &e.failures[(e.next+2*n-1-back)%n]
		if f.Client == t.Client && (f.Key == t.Key || t.Key == 0 && !window.NamesTool(f.Tool)) && max(f.At-t.At, t.At-f.At) <= window.JoinWithin {
			return f
		}
	}
	return nil
}

// MarkSingle records that a client has an incident of its own from a time on. cut returns
// the client that an address belongs to.
func (e *List) MarkSingle(k event.ClientKey, from int64, cut func(event.ClientKey) event.ClientKey) {
	for f := range e.Since(from) {
		if f.At >= from && cut(f.Client) == k {
			e.discount(f)
			f.Single = true
			e.Changed(f)
		}
	}
}
