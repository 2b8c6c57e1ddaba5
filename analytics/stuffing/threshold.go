package stuffing

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

const (
	minute = event.Minute // in milliseconds, as all times here
	hour   = event.Hour
	day    = event.Day
)

// thresholds decides whether the attempts of one client make an incident.
type thresholds struct {
	policy      *policy.Policy
	incidents   *incidents
	profiles    *profile.Set
	rarity      *profile.Rarity
	statistics  *statistics
	shared      *sharedAddresses
	burst, slow int64                                                  // milliseconds
	undecided   *window.Deadlines[event.ClientKey, evidence.Undecided] // with the latest failure
}

// evaluations is how often a client with a long list of attempts is evaluated while
// it fails as often again. The cost of one evaluation grows with the square of the
// length of the list.
const evaluations = 8

// evaluatedEvery returns n if every nth attempt of a list of a length is evaluated.
func evaluatedEvery(length int) uint32 {
	if length < 4*evaluations {
		return 1
	}
	return uint32(length / evaluations)
}

// opens names the horizon in which the client's attempts make an incident, ""
// where they make none, and returns the time of the attempt that makes them one.
func (s *thresholds) opens(c *profile.Client, t *window.Attempt, ev *event.Event) (why string, at int64) {
	if c.Added%evaluatedEvery(len(c.Attempts.All())) != 0 {
		return "", t.At
	}
	wait := s.statistics.waitFor(c)
	if wait == 0 || profile.IsScript(t.Family) || c.Shared(t.Marks) && s.rarity.RareAt(c, t) {
		if why, wait = s.evaluate(c, t); wait == 0 {
			return why, t.At
		}
	}
	if why, at = s.opensLate(c, t, wait); why == "" {
		evidence.Postpone(s.undecided, c.Key, s.incidents.tracker.Newest(), wait, &evidence.Failure{}, ev)
	}
	return why, at
}

// evaluate names the horizon around an attempt in which the client's attempts make an
// incident, or "". It returns how long the decision waits because they may be those of few
// people, in milliseconds.
func (s *thresholds) evaluate(c *profile.Client, t *window.Attempt) (why string, wait int64) {
	if c.Shared(t.Marks) {
		return s.shared.opens(c, t), 0
	}
	p := &s.policy.Stuffing
	s.statistics.windows(c, t.At, s.burst, 0, func(w *attemptStats) bool {
		if w.opens(p.MailboxLoginThreshold.Burst, p.FailureThreshold.Burst) {
			why, wait = windowBurst, s.statistics.waitForFew(w, p.MailboxLoginThreshold.Burst)
		}
		return why != ""
	})
	if why != "" {
		return why, wait
	}
	s.statistics.windows(c, t.At, s.slow, 0, func(w *attemptStats) bool {
		switch {
		case w.opens(p.MailboxLoginThreshold.Slow, p.FailureThreshold.Slow):
			why, wait = windowSlow, s.statistics.waitForFew(w, p.MailboxLoginThreshold.Slow)
		case profile.IsScript(t.Family) && w.opensFresh(p.MailboxLoginThreshold.Burst, p.MailboxLoginThreshold.Slow) && s.rarity.Rare(profile.ToolFeature(t.Tool), t.At):
			why = windowSlow
		case w.leaked >= p.MailboxLoginThreshold.Leaked && w.leaked == w.foreign+w.familiar && w.leaked > w.succeeded:
			why = windowLeaked
		}
		return why != ""
	})
	if why == "" && s.opensOverDays(c, t.At) {
		why = windowWeek
	}
	return why, wait
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
// Accounts: the foreign accounts reach the threshold and exceed the people who are
// there, which are the accounts that succeed and those left out; or foreign and familiar
// accounts together exceed the people by at least twice the threshold. Failures: the
// failures reach the threshold, more foreign accounts fail than people are there, and at
// least three foreign accounts fail (a spray of four accounts in three rounds) or the run
// does not look like a stale client, or no stale client makes as many of them. Where
// programs are mixed as among people who come together, the thresholds and the people
// count twice.
func (w *attemptStats) opens(accounts, failures int) bool {
	people := w.succeeded + w.leftOut
	if w.mixed {
		people, accounts, failures = 2*people, 2*accounts, 2*failures
	}
	switch {
	case w.foreign >= accounts && w.foreign > people,
		w.foreign+w.familiar >= 2*accounts+people:
		return true
	case w.failures+w.unknown < failures, w.foreign > 0 && w.foreign <= people:
		return false
	}
	return w.foreign >= 3 || w.guessed >= failures || !w.looksStale()
}

// opensFresh reports whether a script tries enough accounts in the slow window, if those that get in
// count as well, and more fail than get in: of a fresh list many passwords are right.
func (w *attemptStats) opensFresh(least, accounts int) bool {
	return w.foreign >= least && w.foreign > w.succeeded+w.leftOut && w.foreign+w.succeeded >= accounts
}

// looksStale reports whether the whole run looks like mail clients that retry,
// or like one program at regular intervals.
func (w *attemptStats) looksStale() bool {
	if 2*w.mail > len(w.run) {
		return true
	}
	var p attack.Periodic
	for i := range w.run {
		p.Add(w.run[i].At)
	}
	return p.Regular()
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

// opensOverDays reports whether a client, or it and others of its subnet, fail for a few
// accounts each day, with every day below all thresholds. Where nobody gets in, an account's
// own provider and browser are no excuse. It is called at most once an hour of event time.
func (s *thresholds) opensOverDays(c *profile.Client, at int64) bool {
	all := c.Attempts.All()
	if len(all) < weekDays || all[0].At > at-int64(weekDays-1)*day || int32(at/hour) == c.Looked {
		return false
	}
	c.Looked = int32(at / hour)
	if !severalAccounts(all) {
		return false
	}
	days := weekStats{first: at/day - int64(len(days{}))/2}
	s.addDays(&days, c)
	s.profiles.Neighbours(c.Key, func(o *profile.Client) { s.addDays(&days, o) })
	return days.open()
}

// weekStats are the accounts that fail from the clients of a subnet in the days around one, in
// days from 1970.
type weekStats struct {
	first            int64
	foreign, strange days // strange: familiar only by the owner of the network and the program
	succeeded        days
}

// days are the days that attempts are kept, before and after one.
type days [2*week/day + 1]int

// addDays adds the attempts of one client, if it has failed for several accounts, and those
// that get in.
func (s *thresholds) addDays(days *weekStats, c *profile.Client) {
	all := c.Attempts.All()
	if !severalAccounts(all) {
		for _, got := range c.SignIns() {
			if n := got.Last/day - days.first; n >= 0 && n < int64(len(days.succeeded)) && got.Outcome == event.Success {
				days.succeeded[n]++
			}
		}
		return
	}
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].At/day == all[from].At/day {
			to++
		}
		if n := all[from].At/day - days.first; n >= 0 && n < int64(len(days.foreign)) {
			w := s.statistics.of(c, all[from:to], 0)
			days.foreign[n] += w.foreign
			days.strange[n] += w.familiar - w.own
			days.succeeded[n] += w.succeeded
		}
		from = to
	}
}

// open reports whether enough accounts fail on enough days, and more than get in on any of them.
func (w *weekStats) open() bool {
	var pairs, failing, most int
	succeeded := slices.Max(w.succeeded[:])
	for n, foreign := range w.foreign {
		if succeeded == 0 {
			foreign += w.strange[n]
		}
		if foreign >= weekLeast {
			failing, pairs, most = failing+1, pairs+foreign, max(most, foreign)
		}
	}
	return failing >= weekDays && pairs >= weekPairs && most > succeeded
}

// severalAccounts reports whether attempts name at least weekLeast accounts.
func severalAccounts(tries []window.Attempt) bool {
	var seen [weekLeast]uint64
	n := 0
	for i := range tries {
		if k := tries[i].Key; k != 0 && !slices.Contains(seen[:n], k) {
			if seen[n], n = k, n+1; n == weekLeast {
				return true
			}
		}
	}
	return false
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
