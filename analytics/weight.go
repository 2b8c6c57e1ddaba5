package analytics

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// weight is what a run of one client's tries amounts to once typos, residents
// and stale clients are taken out.
type weight struct {
	foreign   int  // distinct accounts that fail and are not at home here
	residents int  // distinct accounts at home here that fail and do not get in soon after
	leaked    int  // accounts of both kinds on a leaked list
	failures  int  // tries of foreign accounts
	unknown   int  // tries whose account the log does not name
	allowed   int  // accounts that get in here in the same time
	lived     int  // accounts that ever made this client a home
	egress    bool // the policy says that many people share the address

	run  []window.Try
	mail int // tries of mail clients
}

// weighed is one account of a run.
type weighed struct {
	key                uint64
	account            *account // nil where the table has forgotten it
	tries              int
	resident, forgiven bool
	marks              event.Marks
}

// opens tells whether the run makes an incident.
//
// Accounts: as many foreign accounts as the threshold says, and more than get
// in here meanwhile; behind shared egress, where residents fail too, more by
// the threshold than get in or than a tenth of those who live there.
// Failures: fewer accounts often enough, three of them (a spray of four
// accounts in three rounds), or fewer and not excused as somebody's client.
func (w *weight) opens(accounts, failures int) bool {
	if w.egress {
		accounts, failures = 2*accounts, 2*failures
	}
	all := w.foreign + w.residents
	switch {
	case w.foreign >= accounts && w.foreign > w.allowed,
		all >= accounts+max(w.allowed, w.lived/10):
		return true
	case w.failures+w.unknown < failures, w.foreign > 0 && w.foreign <= w.allowed:
		return false
	}
	return w.foreign >= 3 || !w.excused()
}

// excused tells a mail client that retries, or clockwork. It is asked last: most
// clients that fail for long are somebody's own, and need no excuse.
func (w *weight) excused() bool { return 2*w.mail > len(w.run) || clockwork(w.run) }

// weigh looks at each account of a run once.
func (s *stuffing) weigh(c *client, run []window.Try) (w weight) {
	from, to := run[0].At, run[len(run)-1].At
	s.scratch = s.scratch[:0]
	w.run = run
	for i := range run {
		t := &run[i]
		if t.Family == event.Mobile || t.Family == event.Outlook {
			w.mail++
		}
		w.egress = w.egress || t.Marks.Has(event.CorporateEgress)
		if t.Key == 0 {
			w.unknown++
			continue
		}
		a := s.weighAccount(c, t, from)
		a.tries++
		a.marks |= t.Marks
		a.forgiven = a.forgiven && (t.GotIn || c.forgives(t, s.forgiveness) ||
			a.account != nil && a.account.forgives(c.key, t, s.forgiveness))
	}
	for i := range s.scratch {
		w.add(&s.scratch[i])
	}
	w.allowed, w.lived = c.succeeded(from, to+s.forgiveness), int(c.lived())
	return w
}

func (w *weight) add(a *weighed) {
	switch {
	case a.forgiven:
		return
	case a.resident:
		w.residents++
	default:
		w.foreign++
		w.failures += a.tries
	}
	if a.marks.Has(event.LeakedAccount) {
		w.leaked++
	}
}

func (s *stuffing) weighAccount(c *client, t *window.Try, from int64) *weighed {
	for i := range s.scratch {
		if s.scratch[i].key == t.Key {
			return &s.scratch[i]
		}
	}
	w := weighed{key: t.Key, forgiven: true}
	a, ok := s.failing, s.failing != nil && s.failing.key == t.Key
	if !ok {
		a, ok = s.accounts.Get(t.Key)
	}
	if ok {
		w.account = a
		w.resident, _ = a.residentAt(c.key, from, 0)
	}
	s.scratch = append(s.scratch, w)
	return &s.scratch[len(s.scratch)-1]
}

// clockwork tells whether tries come at intervals that a program keeps and a
// person or an attack tool in a hurry does not: a minute or more apart, six in
// ten within a third of the median. Connections of one retry count as one.
func clockwork(run []window.Try) bool {
	const together, least = 10_000, 60_000
	var room [maxTries]int64
	gaps := room[:0]
	last := run[0].At
	for i := range run {
		if gap := run[i].At - last; gap > together {
			gaps, last = append(gaps, gap), run[i].At
		}
	}
	if len(gaps) < 4 {
		return false
	}
	slices.Sort(gaps)
	median := gaps[len(gaps)/2]
	near := 0
	for _, g := range gaps {
		if g > median*2/3 && g < median*4/3 {
			near++
		}
	}
	return median >= least && near*10 >= len(gaps)*6
}

// twoAccounts tells whether the tries name two different accounts.
func twoAccounts(tries []window.Try) (first uint64, two bool) {
	for i := range tries {
		switch k := tries[i].Key; {
		case k == 0:
		case first == 0:
			first = k
		case k != first:
			return first, true
		}
	}
	return first, false
}
