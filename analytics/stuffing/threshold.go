package stuffing

import (
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// attemptStats is what a run of one client's attempts amounts to once typos,
// accounts that know the network, stale clients and people who come with their
// own program are taken out.
type attemptStats struct {
	foreign   int // distinct accounts that fail and do not know the network
	familiar  int // distinct accounts that know the network and do not get in soon after
	leaked    int // of both, on a leaked list
	failures  int // attempts of foreign accounts
	unknown   int // attempts whose account the log does not name
	guests    int // accounts left out because they came with their own program
	succeeded int // accounts that get in from the client in the same time
	mail      int // attempts of mail clients
	run       []window.Attempt
}

// accountStats is one account of a run.
type accountStats struct {
	key                uint64
	account            *account // nil where the table has forgotten the account
	attempts, mail     int
	agent              uint32
	oneAgent           bool
	familiar, forgiven bool
	guest              bool // foreign, with an agent of the account's own
	stale              bool // one program that keeps trying an old password
	marks              event.Marks
	periodic           periodic
}

// stats looks at each account of a run once. With tool other than 0 only the
// attempts made with that tool count.
func (s *Detector) stats(c *client, run []window.Attempt, tool uint32) (w attemptStats) {
	from, to := run[0].At, run[len(run)-1].At
	shared := s.shared(c, run[len(run)-1].Marks)
	s.scratch = s.scratch[:0]
	w.run = run
	for i := range run {
		t := &run[i]
		if tool != 0 && t.Tool != tool {
			continue
		}
		mail := isMail(t)
		if mail {
			w.mail++
		}
		if t.Key == 0 {
			w.unknown++
			continue
		}
		a := s.accountStats(c, t)
		a.attempts++
		if mail {
			a.mail++
		}
		a.oneAgent = a.oneAgent && a.agent == t.Agent
		a.periodic.add(t.At)
		a.marks |= t.Marks
		a.forgiven = a.forgiven && (t.Succeeded || c.forgives(t, s.forgiveness, shared) ||
			a.account != nil && a.account.forgives(c.key, t, s.forgiveness, shared))
	}
	s.leaveOutGuests()
	s.leaveOutStale()
	for i := range s.scratch {
		w.add(&s.scratch[i])
	}
	since := from
	if !s.population.Learned(from, 1) {
		since = 0 // nobody is known yet: all who ever got in count
	}
	w.succeeded = c.succeeded(since, to+s.forgiveness)
	return w
}

func (s *Detector) accountStats(c *client, t *window.Attempt) *accountStats {
	for i := range s.scratch {
		if s.scratch[i].key == t.Key {
			return &s.scratch[i]
		}
	}
	w := accountStats{key: t.Key, forgiven: true, agent: t.Agent, oneAgent: true}
	a, ok := s.failing, s.failing != nil && s.failing.key == t.Key
	if !ok {
		a, ok = s.accounts.Peek(t.Key)
	}
	if ok {
		w.account = a
		w.familiar = a.familiar(c, t, t.At)
		w.guest = !w.familiar && a.usedAgent(t.Agent, t.At)
		w.stale = !w.familiar && a.stale.made(t)
	}
	s.scratch = append(s.scratch, w)
	return &s.scratch[len(s.scratch)-1]
}

// leaveOutGuests keeps the accounts that came with their own program only
// where the programs do not differ: an attack behind one popular browser hits
// many who use it too, while the people in a hotel bring several.
func (s *Detector) leaveOutGuests() {
	guests, agents := 0, s.agents[:0]
	for i := range s.scratch {
		if a := &s.scratch[i]; a.guest {
			guests++
			if !slices.Contains(agents, a.agent) {
				agents = append(agents, a.agent)
			}
		}
	}
	s.agents = agents
	if len(agents) < 2 || len(agents)*4 < guests {
		for i := range s.scratch {
			s.scratch[i].guest = false
		}
	}
}

func (w *attemptStats) add(a *accountStats) {
	switch {
	case a.forgiven, a.stale:
		return
	case a.guest:
		w.guests++
		return
	case a.familiar:
		w.familiar++
	default:
		w.foreign++
		w.failures += a.attempts
	}
	if a.marks.Has(event.LeakedAccount) {
		w.leaked++
	}
}

// leaveOutStale marks accounts whose attempts look like a stale client, which
// retries an old password: a mail client, or any one agent at regular
// intervals. An agent that fails for more than two accounts is not a stale
// client.
func (s *Detector) leaveOutStale() {
	for i := range s.scratch {
		a := &s.scratch[i]
		if a.stale || !a.oneAgent || a.attempts < 4 || a.mail < a.attempts && !a.periodic.regular() {
			continue
		}
		same := 0
		for j := range s.scratch {
			if s.scratch[j].agent == a.agent {
				same++
			}
		}
		a.stale = same <= 2
	}
}

// periodic measures whether attempts come at regular intervals of a minute or
// more, as those of a program do. Attempts within ten seconds count as one.
type periodic struct {
	last             int64
	n                int
	sum, sumOfSquare float64 // of the intervals, in seconds
}

func (p *periodic) add(at int64) {
	const together = 10_000
	switch gap := at - p.last; {
	case p.last == 0:
	case gap <= together:
		return
	default:
		seconds := float64(gap) / 1000
		p.n++
		p.sum += seconds
		p.sumOfSquare += seconds * seconds
	}
	p.last = at
}

// regular reports whether the intervals differ by less than a third of their
// mean (standard deviation).
func (p *periodic) regular() bool {
	if p.n < 4 {
		return false
	}
	mean := p.sum / float64(p.n)
	variance := p.sumOfSquare/float64(p.n) - mean*mean
	return mean >= 60 && variance < mean*mean/9
}

// evaluations is how often a client with a long list of attempts is evaluated while
// it fails as often again. The cost of one evaluation grows with the square of the
// length of the list.
const evaluations = 8

// opens names the horizon in which the client's attempts make an incident, ""
// where they make none.
func (s *Detector) opens(c *client, t *window.Attempt) string {
	every := uint32(max(1, len(c.attempts.All())/evaluations))
	if c.added++; every >= 4 && c.added%every != 0 {
		return ""
	}
	if s.shared(c, t.Marks) {
		return s.opensShared(c, t)
	}
	p := &s.policy.Stuffing
	why := ""
	s.windows(c, t.At, s.burst, 0, func(w *attemptStats) bool {
		if w.opens(p.MailboxLoginThreshold.Burst, p.FailureThreshold.Burst) {
			why = windowBurst
		}
		return why != ""
	})
	if why != "" {
		return why
	}
	s.windows(c, t.At, s.slow, 0, func(w *attemptStats) bool {
		switch {
		case w.opens(p.MailboxLoginThreshold.Slow, p.FailureThreshold.Slow):
			why = windowSlow
		case w.leaked >= p.MailboxLoginThreshold.Leaked && w.leaked == w.foreign+w.familiar && w.leaked > w.succeeded:
			why = windowLeaked
		}
		return why != ""
	})
	if why == "" && s.opensOverDays(c, t.At) {
		why = windowWeek
	}
	return why
}

// Reasons for opening an incident, as they appear in an alert.
const (
	windowBurst    = "burst"
	windowSlow     = "slow"
	windowLeaked   = "leaked"
	windowWeek     = "week"
	windowCampaign = "campaign"
	windowAccount  = "account"
)

// opens reports whether the run opens an incident of a client that is not
// shared.
//
// Accounts: the foreign accounts reach the threshold and exceed the accounts
// that succeed; or foreign and familiar accounts together exceed the accounts
// that succeed by at least twice the threshold. Failures: the failures reach
// the threshold, more foreign accounts fail than succeed, and at least three
// foreign accounts fail (a spray of four accounts in three rounds) or the run
// does not look like a stale client.
func (w *attemptStats) opens(accounts, failures int) bool {
	switch {
	case w.foreign >= accounts && w.foreign > w.succeeded,
		w.foreign+w.familiar >= 2*accounts+w.succeeded:
		return true
	case w.failures+w.unknown < failures, w.foreign > 0 && w.foreign <= w.succeeded:
		return false
	}
	return w.foreign >= 3 || !w.looksStale()
}

// looksStale reports whether the whole run looks like mail clients that retry,
// or like one program at regular intervals.
func (w *attemptStats) looksStale() bool {
	if 2*w.mail > len(w.run) {
		return true
	}
	var p periodic
	for i := range w.run {
		p.add(w.run[i].At)
	}
	return p.regular()
}

// windows calls f with the statistics of every run of attempts around a time
// that is long enough to matter, until f reports true.
func (s *Detector) windows(c *client, at, length int64, tool uint32, f func(*attemptStats) bool) {
	least := s.policy.Stuffing.MailboxLoginThreshold.Leaked
	c.attempts.Windows(at, length, func(run []window.Attempt) bool {
		if len(run) < least { // nearly every call ends here
			return false
		}
		s.run = s.stats(c, run, tool)
		return f(&s.run)
	})
}

// weekLeast is the least number of distinct accounts that fail on a day for
// the day to count, weekDays the least number of such days in eight, weekPairs
// the least number of pairs of account and day in them.
const (
	week      = 8 * day
	weekLeast = 3
	weekDays  = 4
	weekPairs = 16
)

// opensOverDays reports whether a client fails for a few accounts each day,
// with every day below all thresholds. It is called at most once an hour of
// event time.
func (s *Detector) opensOverDays(c *client, at int64) bool {
	all := c.attempts.All()
	if len(all) < weekPairs || all[0].At > at-int64(weekDays-1)*day || int32(at/hour) == c.looked {
		return false
	}
	c.looked = int32(at / hour)
	var pairs, days, succeeded, foreign int
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].At/day == all[from].At/day {
			to++
		}
		w := s.stats(c, all[from:to], 0)
		succeeded = max(succeeded, w.succeeded)
		if w.foreign >= weekLeast {
			days, pairs, foreign = days+1, pairs+w.foreign, max(foreign, w.foreign)
		}
		from = to
	}
	return days >= weekDays && pairs >= weekPairs && foreign > succeeded
}

// features of a client's network, and of it together with a tool.
func subnetFeature(k event.ClientKey) baseline.Feature {
	sub := k.Subnet()
	return baseline.NewFeature('n', sub.Hash())
}

func toolFeature(tool uint32) baseline.Feature { return baseline.NewFeature('t', uint64(tool)) }

func ownerFeature(owner uint32) baseline.Feature {
	if owner == 0 {
		return 0
	}
	return baseline.NewFeature('o', uint64(owner))
}

// twoAccounts reports whether the attempts name two different accounts.
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
