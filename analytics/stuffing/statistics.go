package stuffing

import (
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// statistics counts what the attempts of a client amount to. The fields that
// belong to one evaluation are kept to avoid allocations.
type statistics struct {
	policy      *policy.Policy
	population  *baseline.Population
	geo         *policy.GeoCache
	accounts    *window.Table[uint64, *account]
	forgiveness int64

	failing *account       // account of the current failure, or nil
	scratch []accountStats // accounts of the current run
	agents  []uint32       // agents of its guests
	run     attemptStats   // the current run
}

// attemptStats is what a run of one client's attempts amounts to once typos,
// accounts that know the network, stale clients and people who come with their
// own program are taken out.
type attemptStats struct {
	foreign   int // distinct accounts that fail and do not know the network
	familiar  int // distinct accounts that know the network and do not get in soon after
	own       int // of these, with an agent that the account has used there
	leaked    int // of both, on a leaked list
	failures  int // attempts of foreign accounts
	unknown   int // attempts whose account the log does not name
	guests    int // accounts left out because they came with their own program
	succeeded int // accounts that get in from the client in the same time
	mail      int // attempts of mail clients
	guessed   int // attempts of foreign accounts that no stale client makes
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
	own                bool // familiar, and the agent as well
	guest              bool // foreign, with an agent of the account's own
	stale              bool // one program that keeps trying an old password
	guessed            bool // looks like a stale client, but none of the account's is there
	typed              bool // all attempts were made with a browser
	marks              event.Marks
	periodic           periodic
}

// of looks at each account of a run once. With tool other than 0 only the
// attempts made with that tool count.
func (s *statistics) of(c *client, run []window.Attempt, tool uint32) (w attemptStats) {
	from, to := run[0].At, run[len(run)-1].At
	shared := c.shared(run[len(run)-1].Marks)
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
		a := s.account(c, t)
		a.attempts++
		if mail {
			a.mail++
		}
		a.oneAgent = a.oneAgent && a.agent == t.Agent
		a.typed = a.typed && t.Family == event.Browser
		a.periodic.add(t.At)
		a.marks |= t.Marks
		a.forgiven = a.forgiven && (t.Succeeded || c.forgives(t, s.forgiveness, shared) ||
			a.account != nil && a.account.forgives(c.key, t, s.forgiveness, shared))
	}
	s.leaveOutGuests()
	s.leaveOutStale(c)
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

func (s *statistics) account(c *client, t *window.Attempt) *accountStats {
	for i := range s.scratch {
		if s.scratch[i].key == t.Key {
			return &s.scratch[i]
		}
	}
	w := accountStats{key: t.Key, forgiven: true, agent: t.Agent, oneAgent: true, typed: true}
	a, ok := s.failing, s.failing != nil && s.failing.key == t.Key
	if !ok {
		a, ok = s.accounts.Peek(t.Key)
	}
	if ok {
		w.account = a
		w.familiar = a.familiar(c, t, t.At)
		if w.familiar {
			_, w.own = a.owns(c.key, t.At, t.Agent)
		}
		w.guest = !w.familiar && a.usedAgent(t.Agent, t.At)
		w.stale = !w.familiar && (a.stale.made(t) || a.incident != nil && !a.incident.Closed())
	}
	s.scratch = append(s.scratch, w)
	return &s.scratch[len(s.scratch)-1]
}

// leaveOutGuests keeps the accounts that came with their own program only
// where the programs do not differ: an attack behind one popular browser hits
// many who use it too, while the people in a hotel bring several.
func (s *statistics) leaveOutGuests() {
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
	case a.forgiven, a.stale, a.own && a.mail == a.attempts: // the account's own mail program goes on at night, too
		return
	case a.guest:
		w.guests++
		return
	case a.familiar:
		w.familiar++
		if a.own {
			w.own++
		}
	default:
		w.foreign++
		w.failures += a.attempts
		if a.guessed {
			w.guessed += a.attempts
		}
	}
	if a.marks.Has(event.LeakedAccount) {
		w.leaked++
	}
}

// leaveOutStale marks accounts whose attempts look like a stale client, which
// retries an old password: a mail client, or any one agent at regular
// intervals. An agent that fails for more than two accounts is not a stale
// client.
func (s *statistics) leaveOutStale(c *client) {
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
		a.guessed = same <= 2 && s.isGuessed(c, a)
		a.stale = same <= 2 && !a.guessed
	}
}

// isGuessed reports whether attempts that look like a stale client are guesses: the
// account is known, neither the network nor the program is its own, and the attempts are
// made with a browser, which retries nothing, or come from servers for rent.
func (s *statistics) isGuessed(c *client, a *accountStats) bool {
	least, own := s.policy.Stuffing.FailureThreshold, a.account.usedAgent(a.agent, a.periodic.last)
	switch {
	case a.familiar || a.account == nil || len(a.account.known) == 0:
		return false
	case a.typed && !own:
		return a.attempts >= least.Burst
	}
	return a.attempts >= least.Slow && (a.typed || !own && s.geo.Rented(c.key.Addr()))
}

// windows calls f with the statistics of every run of attempts around a time
// that is long enough to matter, until f reports true.
func (s *statistics) windows(c *client, at, length int64, tool uint32, f func(*attemptStats) bool) {
	least := s.policy.Stuffing.MailboxLoginThreshold.Leaked
	c.attempts.Windows(at, length, func(run []window.Attempt) bool {
		if len(run) < least { // nearly every call ends here
			return false
		}
		s.run = s.of(c, run, tool)
		return f(&s.run)
	})
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
