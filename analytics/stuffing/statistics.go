package stuffing

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// weight is what a run of one client's tries amounts to once typos, residents
// and stale clients are taken out.
type attemptStats struct {
	foreign    int  // distinct accounts that fail and are not at home here
	known      int  // distinct accounts at home here that fail and do not get in soon after
	leaked     int  // accounts of both kinds on a leaked list
	failures   int  // tries of foreign accounts
	unknown    int  // tries whose account the log does not name
	allowed    int  // accounts that get in here in the same time
	knownUsers int  // accounts that ever made this client a home
	egress     bool // the policy says that many people share the address

	run  []window.Attempt
	mail int // tries of mail clients
}

// weighed is one account of a run.
type accountStats struct {
	key             uint64
	account         *account // nil where the table has forgotten it
	attempts        int
	known, forgiven bool
	marks           event.Marks
}

// opens tells whether the run makes an incident.
//
// Accounts: as many foreign accounts as the threshold says, and more than get
// in here meanwhile; behind shared egress, where residents fail too, more by
// the threshold than get in or than a tenth of those who live there.
// Failures: fewer accounts often enough, three of them (a spray of four
// accounts in three rounds), or fewer and not excused as somebody's client.
func (w *attemptStats) opens(accounts, failures int) bool {
	if w.egress {
		accounts, failures = 2*accounts, 2*failures
	}
	all := w.foreign + w.known
	switch {
	case w.foreign >= accounts && w.foreign > w.allowed,
		all >= accounts+max(w.allowed, w.knownUsers/10):
		return true
	case w.failures+w.unknown < failures, w.foreign > 0 && w.foreign <= w.allowed:
		return false
	}
	return w.foreign >= 3 || !w.looksStale()
}

// excused tells a mail client that retries, or clockwork. It is asked last: most
// clients that fail for long are somebody's own, and need no excuse.
func (w *attemptStats) looksStale() bool { return 2*w.mail > len(w.run) || periodic(w.run) }

// weigh looks at each account of a run once.
func (s *Detector) statistics(c *client, run []window.Attempt) (w attemptStats) {
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
		a := s.accountStatistics(c, t, from)
		a.attempts++
		a.marks |= t.Marks
		a.forgiven = a.forgiven && (t.Succeeded || c.forgives(t, s.forgiveness) ||
			a.account != nil && a.account.forgives(c.key, t, s.forgiveness))
	}
	for i := range s.scratch {
		w.add(&s.scratch[i])
	}
	w.allowed, w.knownUsers = c.succeeded(from, to+s.forgiveness), int(c.knownUsers())
	return w
}

func (w *attemptStats) add(a *accountStats) {
	switch {
	case a.forgiven:
		return
	case a.known:
		w.known++
	default:
		w.foreign++
		w.failures += a.attempts
	}
	if a.marks.Has(event.LeakedAccount) {
		w.leaked++
	}
}

func (s *Detector) accountStatistics(c *client, t *window.Attempt, from int64) *accountStats {
	for i := range s.scratch {
		if s.scratch[i].key == t.Key {
			return &s.scratch[i]
		}
	}
	w := accountStats{key: t.Key, forgiven: true}
	a, ok := s.failing, s.failing != nil && s.failing.key == t.Key
	if !ok {
		a, ok = s.accounts.Get(t.Key)
	}
	if ok {
		w.account = a
		w.known, _ = a.knowsClient(c.key, from, 0)
	}
	s.scratch = append(s.scratch, w)
	return &s.scratch[len(s.scratch)-1]
}

// clockwork tells whether tries come at intervals that a program keeps and a
// person or an attack tool in a hurry does not: a minute or more apart, six in
// ten within a third of the median. Connections of one retry count as one.
func periodic(run []window.Attempt) bool {
	const together, least = 10_000, 60_000
	var room [maxClientAttempts]int64
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
func twoAccounts(tries []window.Attempt) (first uint64, two bool) {
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
