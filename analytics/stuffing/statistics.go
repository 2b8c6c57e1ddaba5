package stuffing

import (
	"slices"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// statistics counts what the attempts of a client amount to. The fields that
// belong to one evaluation are kept to avoid allocations.
type statistics struct {
	policy      *policy.Policy
	incidents   *incidents
	population  *baseline.Population
	accounts    *window.Table[uint64, *profile.Account]
	geo         *policy.GeoCache
	forgiveness int64
	slack       int64 // how long after a run, in milliseconds, accounts may get in that count in it

	late, saved profile.Lateness // for clients with known users, wherever sign-ins arrived late

	failing *profile.Account // account of the current failure, or nil
	scratch []accountStats   // accounts of the current run
	agents  []agentCount     // agents of the accounts that fail with their own program
	run     attemptStats     // the current run
}

// attemptStats is what a run of one client's attempts amounts to once typos,
// accounts that know the network, stale clients and people who come with their
// own program are taken out.
type attemptStats struct {
	foreign   int  // distinct accounts that fail and do not know the network
	familiar  int  // distinct accounts that know the network and do not get in soon after
	own       int  // of these, with an agent that the account has used there
	theirs    int  // of foreign and familiar, with an agent that the account has used, wherever that was
	leaked    int  // of both, on a leaked list
	failures  int  // attempts of foreign accounts without an incident of their own
	unknown   int  // attempts whose account the log does not name
	leftOut   int  // accounts left out because they came with their own program
	people    bool // most accounts fail with their own programs, and are left out
	mixed     bool // the foreign accounts fail with several programs, as people do who come together
	succeeded int  // accounts that get in from the client in the same time
	mail      int  // attempts of mail clients
	guessed   int  // of failures, those that no stale client makes
	run       []window.Attempt
}

// accountStats is one account of a run.
type accountStats struct {
	key                uint64
	account            *profile.Account // nil where the table has forgotten the account
	attempts, mail     int
	form               int    // attempts by the form of Outlook on the web
	agent              uint32 // of the first attempt
	script             bool   // the agent of the first attempt is one
	oneAgent           bool
	familiar, forgiven bool
	own                bool // familiar, and the agent as well
	program            bool // the agent is the account's own, here or elsewhere
	comparable         bool // the account has used agents of this family, or the log names none
	person             bool // with an agent of the account's own, as most accounts of the run
	stale              bool // one program that keeps trying an old password
	guessed            bool // no stale client fails like that
	marks              event.Marks
	periodic           attack.Periodic
}

// of looks at each account of a run once. With tool other than 0 only the attempts made with
// that tool count. A success explains a failure within forgiveness, or within the time for
// which decisions about the client wait, up to an hour.
func (s *statistics) of(c *profile.Client, run []window.Attempt, tool uint32) (w attemptStats) {
	shared, within := c.Shared(run[len(run)-1].Marks), max(s.forgiveness, min(s.waitFor(c), recoverWithin))
	s.scratch = s.scratch[:0]
	w.run = run
	for i := range run {
		t := &run[i]
		if tool != 0 && t.Tool != tool {
			continue
		}
		mail := profile.IsMail(t)
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
		if t.Service == event.OWA {
			a.form++
		}
		a.oneAgent = a.oneAgent && a.agent == t.Agent
		a.periodic.Add(t.At)
		a.marks |= t.Marks
		a.forgiven = a.forgiven && (t.Succeeded || c.Forgives(t, a.account, within, shared))
	}
	ownPrograms, people := s.leaveOutPeople()
	w.people = people
	if !shared {
		s.findGuessed(c, run)
	}
	s.leaveOutStale()
	for i := range s.scratch {
		s.add(&w, &s.scratch[i])
	}
	w.succeeded = s.succeeded(c, run)
	w.mixed = w.foreign >= s.policy.Stuffing.MailboxLoginThreshold.Burst && 5*(ownPrograms+max(w.succeeded, c.UsuallyActive(run[0].At))) >= w.foreign && s.varied()
	return w
}

// varied reports whether the foreign accounts of a run fail with at least three programs,
// none of them a script and none with more than two thirds: people who come together, or an
// attacker who changes the agent. They are people, and the run is mixed, if at least a fifth as
// many accounts fail with their own programs, or get in or usually do at that hour.
func (s *statistics) varied() bool {
	s.agents = s.agents[:0]
	for i := range s.scratch {
		switch a := &s.scratch[i]; {
		case !a.counts() || a.familiar:
		case a.script:
			return false
		default:
			s.countAgent(a)
		}
	}
	return s.differ(3, agentCount.ofAccounts)
}

// waitForFew returns how long a decision waits, in milliseconds, because a run that opens an
// incident, the current one, may be the first of people who come together: the programs are
// several, most accounts were not known a day before, and they are fewer than four times the
// threshold. On the first day, on which nobody is known, an attack with several programs looks
// the same.
func (s *statistics) waitForFew(w *attemptStats, accounts int) int64 {
	if s.population.FirstDay(w.run[0].At) || w.foreign < s.policy.Stuffing.MailboxLoginThreshold.Burst || w.foreign+w.familiar >= 4*accounts || !s.varied() {
		return 0
	}
	newcomers := 0
	for i := range s.scratch {
		if a := &s.scratch[i]; a.counts() && !a.familiar && (a.account == nil || !a.account.HadSignedIn(w.run[0].At-day)) {
			newcomers++
		}
	}
	if 2*newcomers <= w.foreign {
		return 0
	}
	return recoverWithin
}

// outnumbered reports whether a run cannot open an incident, however its accounts are
// judged: at least as many accounts got in as attempts name one.
func (s *statistics) outnumbered(c *profile.Client, run []window.Attempt) bool {
	unknown := 0
	for i := range run {
		if run[i].Key == 0 {
			unknown++
		}
	}
	least := &s.policy.Stuffing.FailureThreshold
	return unknown < min(least.Burst, least.Slow) && len(run)-unknown <= s.succeeded(c, run)
}

// succeeded returns how many accounts got in from a client during a run.
func (s *statistics) succeeded(c *profile.Client, run []window.Attempt) int {
	since := run[0].At
	if s.population.FirstDay(since) {
		since = 0 // nobody is known yet: all who ever got in count
	}
	return c.Succeeded(since, run[len(run)-1].At+s.slack)
}

func (s *statistics) account(c *profile.Client, t *window.Attempt) *accountStats {
	for i := range s.scratch {
		if s.scratch[i].key == t.Key {
			return &s.scratch[i]
		}
	}
	w := accountStats{key: t.Key, forgiven: true, agent: t.Agent, script: profile.IsScript(t.Family), oneAgent: true}
	a, ok := s.failing, s.failing != nil && s.failing.Key == t.Key
	if !ok {
		a, ok = s.accounts.Peek(t.Key)
	}
	if ok {
		w.account = a
		w.familiar = a.Familiar(c, t, t.At)
		if w.familiar {
			_, w.own = a.Owns(c.Key, t.At, t.Agent)
		}
		w.program = w.own || a.UsedAgent(t.Agent, t.At)
		w.comparable = len(a.Known) > 0 && (w.program || a.UsedFamily(t))
		w.stale = !w.familiar && a.Stale.Made(t)
	}
	s.scratch = append(s.scratch, w)
	return &s.scratch[len(s.scratch)-1]
}

// counts reports whether no success, no old password and no program of its own explains an
// account.
func (a *accountStats) counts() bool { return !a.forgiven && !a.stale && !a.person }

// agentCount is an agent, and how many accounts fail with it.
type agentCount struct {
	agent             uint32
	accounts, foreign int // foreign: in a network foreign to them
}

// leaveOutPeople leaves out the accounts that came with their own program, where the
// programs differ: an attack behind one popular browser hits many who use it too, while
// the people in a hotel bring several.
//
// Where most accounts of a run fail with their own programs, wherever they are, or nearly
// all of which programs are known, the service is out of order or passwords have expired,
// and people is true. Accounts of which no program of the kind is known are left out with
// them if they come with such a program. own is how many accounts fail with their own program.
func (s *statistics) leaveOutPeople() (own int, people bool) {
	s.agents = s.agents[:0]
	known := 0
	for i := range s.scratch {
		a := &s.scratch[i]
		switch {
		case a.forgiven || !a.comparable:
			continue
		case a.program:
			own++
			s.countAgent(a)
		}
		known++
	}
	people = s.differ(4, agentCount.ofAccounts) && (2*own >= known && 3*known >= len(s.scratch) || known >= leastKnown && 4*own >= 3*known)
	several := s.differ(2, agentCount.ofForeign)
	for i := range s.scratch {
		a := &s.scratch[i]
		switch {
		case !a.comparable:
			a.person = people && slices.ContainsFunc(s.agents, func(c agentCount) bool { return c.agent == a.agent })
		case a.program:
			a.person = people || several && !a.familiar
		}
	}
	return own, people
}

func (c agentCount) ofAccounts() int { return c.accounts }
func (c agentCount) ofForeign() int  { return c.foreign }

// differ reports whether accounts fail with at least a number of agents, none of which
// has more than two thirds of them.
func (s *statistics) differ(least int, of func(agentCount) int) bool {
	agents, accounts, most := 0, 0, 0
	for _, c := range s.agents {
		agents, accounts, most = agents+min(of(c), 1), accounts+of(c), max(most, of(c))
	}
	return agents >= least && 3*most <= 2*accounts
}

// leastKnown is how many accounts of which programs are known speak for those of which
// none is.
const leastKnown = 8

// countAgent counts an account to its agent.
func (s *statistics) countAgent(a *accountStats) {
	n := slices.IndexFunc(s.agents, func(c agentCount) bool { return c.agent == a.agent })
	if n < 0 {
		n = len(s.agents)
		s.agents = append(s.agents, agentCount{agent: a.agent})
	}
	s.agents[n].accounts++
	if !a.familiar {
		s.agents[n].foreign++
	}
}

func (s *statistics) add(w *attemptStats, a *accountStats) {
	switch {
	case a.forgiven, a.stale, a.familiar && a.mail == a.attempts: // a mail program of the account's, in its network or its carrier's, goes on whenever
		return
	case a.person:
		w.leftOut++
		return
	case a.familiar:
		w.familiar++
		if a.own {
			w.own++
		}
	default:
		w.foreign++
		if a.account != nil && a.account.Incident != nil && s.incidents.InReach(a.account.Incident, w.run[len(w.run)-1].At) {
			break // the incident of the account has them
		}
		w.failures += a.attempts
		if a.guessed {
			w.guessed += a.attempts
		}
	}
	if a.program {
		w.theirs++
	}
	if a.marks.Has(event.LeakedAccount) {
		w.leaked++
	}
}

// maxDevices is how many programs of one kind at an address may keep an old password.
const maxDevices = 6

// retriesEvery is the shortest mean interval, in seconds, at which a service that
// runs on a server for rent tries an old password.
const retriesEvery = 5 * 60

// findGuessed marks the accounts whose attempts cannot be those of a stale client,
// however regular. The client's network is foreign to the account, and the attempts
// are made by the form of Outlook on the web, which no program fills in by itself;
// or more often than once in five minutes from a server for rent, whose owner and
// program are new to the account; or at the same time from several other networks.
// No stale client tries a privileged account, unless its owner or program is known.
func (s *statistics) findGuessed(c *profile.Client, run []window.Attempt) {
	last := run[len(run)-1].At
	for i := range s.scratch {
		a := &s.scratch[i]
		switch {
		case a.familiar || a.stale || a.attempts < profile.StaleAttempts:
		case a.form == a.attempts && !c.Key.Addr().IsPrivate(), a.account.FailsFromSeveral(last):
			a.guessed = true
		case a.account == nil || len(a.account.Known) == 0: // a service that never had the right password
		case a.account.KnowsOwner(c.Owner, last) || a.account.UsedAgent(a.agent, last):
		case a.marks.Has(event.PrivilegedUser) && a.mail == 0:
			a.guessed = true
		case a.periodic.Mean() < retriesEvery:
			a.guessed = s.geo.Rented(c.Key.Addr())
		}
	}
}

// leaveOutStale marks accounts whose attempts look like a stale client, which
// retries an old password: a mail client, or any one agent at regular
// intervals. An agent that fails for more than two accounts is not a stale
// client, or several, each at intervals of its own, as the printers of an office.
func (s *statistics) leaveOutStale() {
	for i := range s.scratch {
		a := &s.scratch[i]
		if a.stale || a.guessed || !a.oneAgent || a.attempts < profile.StaleAttempts || a.mail < a.attempts && !a.periodic.Regular() {
			continue
		}
		same, all := 0, 0
		for j := range s.scratch {
			if o := &s.scratch[j]; o.agent == a.agent {
				all++
				if j == i || !a.periodic.DriftsFrom(&o.periodic) {
					same++
				}
			}
		}
		a.stale = same <= 2 && all <= maxDevices
	}
}

// windows calls f with the statistics of every run of attempts around a time
// that is long enough to matter, until f reports true.
func (s *statistics) windows(c *profile.Client, at, length int64, tool uint32, f func(*attemptStats) bool) {
	least := s.policy.Stuffing.MailboxLoginThreshold.Leaked
	c.Attempts.Windows(at, length, func(run []window.Attempt) bool {
		if len(run) < least || tool == 0 && s.outnumbered(c, run) { // nearly every call ends here
			return false
		}
		s.run = s.of(c, run, tool)
		return f(&s.run)
	})
}
