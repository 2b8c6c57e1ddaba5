package stuffing

import (
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// sharedAddresses tells attacks from behind an address that many people use from
// the failures of these people.
type sharedAddresses struct {
	policy      *policy.Policy
	incidents   *incidents
	profiles    *profile.Set
	rarity      *profile.Rarity
	statistics  *statistics
	burst, slow int64 // milliseconds
}

// limit limits the incident of a client, which opened before the address was
// known to be shared, to the tools of its attempts. Later failures of the other
// users are not part of the attack.
func (s *sharedAddresses) limit(c *profile.Client, marks event.Marks) {
	if c.Unit != nil || c.Incident == nil || !c.Shared(marks) {
		return
	}
	c.Unit = attack.UnitOf(c.Incident)
	s.profiles.Clients.MarkDirty(c.Key)
}

// opens is thresholds.opens for a shared address, where each tool is judged separately.
// For a tool that hardly anybody there uses, the thresholds are those of any
// client. For a common tool the thresholds are twice as high, and only accounts
// without a history at the address count, or far more accounts than usual. Where several
// programs fail at the same time, as when people cannot get in, the thresholds count twice.
func (s *sharedAddresses) opens(c *profile.Client, t *window.Attempt) string {
	why, u := s.evaluate(c, t, 1)
	if why == "" {
		return ""
	}
	switch people, mixed := s.ofPeople(c, t.At); {
	case people && len(u.Rare) == 0:
		return ""
	case mixed:
		if why, u = s.evaluate(c, t, 2); why == "" {
			return ""
		}
	}
	s.joinUnit(c, &u, t.Service)
	return why
}

// evaluate is opens for the tool of an attempt alone, with thresholds that count some times.
// It returns the unit of the attack, if there is one.
func (s *sharedAddresses) evaluate(c *profile.Client, t *window.Attempt, times int) (why string, u attack.Unit) {
	p := &s.policy.Stuffing
	u = attack.Unit{Tools: []uint32{t.Tool}, Oldest: t.At, Newest: t.At, Pause: attack.Pause}
	switch rare := s.rarity.RareAt(c, t); {
	case rare && profile.WindowsOnly(t):
		return "", u // a log that names the program tells more
	case rare:
		u.Rare = u.Tools
		u.Span(c.Attempts.All(), t, s.slow, attack.Pause, attack.MaxPause)
		return s.opensRareTool(c, t, times), u
	}
	var burst, slow, night attemptStats
	keep := func(to *attemptStats) func(*attemptStats) bool {
		return func(w *attemptStats) bool {
			*to = *w
			to.succeeded = s.succeededWith(c, t.Tool, w)
			return false
		}
	}
	active, known := c.UsuallyActive(t.At), c.KnownUsers()
	quiet := c.Quiet(t.At)
	s.statistics.windows(c, t.At, s.burst, t.Tool, keep(&burst))
	s.statistics.windows(c, t.At, s.slow, t.Tool, keep(&slow))
	if quiet {
		s.statistics.windows(c, t.At, nightHours, t.Tool, keep(&night))
	}
	usualBurst, usualSlow := c.ObserveFailures(t.At, burst.foreign+burst.familiar, slow.foreign+slow.familiar)
	if quiet && 2*s.rarity.Population.Established(profile.SubnetFeature(c.Key).And(profile.ToolFeature(t.Tool)), t.At) < known {
		burst.leaveOutOwn()
		night.leaveOutOwn()
	}
	leastBurst, leastSlow := times*p.MailboxLoginThreshold.Burst, times*p.MailboxLoginThreshold.Slow
	switch {
	case burst.opensShared(leastBurst, int(usualBurst), known, active), quiet && burst.opensAtNight(leastBurst, int(usualBurst), known):
		why = windowBurst
		u.Span(c.Attempts.All(), t, s.burst, attack.LeastPause, attack.Pause)
	case slow.opensShared(leastSlow, int(usualSlow), known, active), quiet && night.opensAtNight(leastBurst, int(usualBurst), known):
		why = windowSlow
		u.Span(c.Attempts.All(), t, s.slow, attack.LeastPause, attack.Pause)
	}
	u.Familiar = burst.familiar > burst.foreign || night.familiar > night.foreign || slow.familiar > slow.foreign
	return why, u
}

// ofPeople reports whether most accounts that fail at an address around a time do so with
// their own programs, and these are several, and whether the foreign ones fail with mixed
// programs. An attack with a common program also tries many accounts that use another one.
func (s *sharedAddresses) ofPeople(c *profile.Client, at int64) (people, mixed bool) {
	c.Attempts.Windows(at, s.burst, func(run []window.Attempt) bool {
		w := s.statistics.of(c, run, 0)
		people, mixed = people || w.people, mixed || w.mixed
		return people
	})
	return people, mixed
}

// nightHours is the time, in milliseconds, in which nobody gets in when an attack with
// a common tool is evident at hours at which usually nobody does.
const nightHours = 2 * hour

// opensShared reports whether attempts with a common tool open an incident: more
// foreign accounts fail than succeed or usually sign in in an hour, or many of the
// accounts of the address, each with another program than its own. People who fail with
// their own program at their own place are no attack, however many: then the service is
// out of order.
func (w *attemptStats) opensShared(accounts, usual, known, active int) bool {
	all, least := w.foreign+w.familiar-w.own, 2*accounts+2*usual
	return w.foreign >= least && w.foreign > max(w.succeeded, active) || w.succeeded > 0 && all >= least+max(2*w.succeeded, known/5)
}

// leaveOutOwn takes out the accounts that fail with the program that they have used
// at the address. One who guesses with a program that most people there do not use
// also tries accounts of these; the devices of conference rooms fail at night by themselves.
func (w *attemptStats) leaveOutOwn() {
	w.familiar, w.own = w.familiar-w.own, 0
}

// opensAtNight reports whether enough accounts fail while nobody gets in.
func (w *attemptStats) opensAtNight(accounts, usual, known int) bool {
	return w.succeeded == 0 && w.foreign+w.familiar >= 2*accounts+usual/2+min(known/40, accounts)
}

// opensRareTool is opensShared for a tool that is rare at the address, with thresholds that
// count some times. Those who have used it do not count: few of the thousands behind one
// address of a carrier may use a common browser there.
func (s *sharedAddresses) opensRareTool(c *profile.Client, t *window.Attempt, times int) (why string) {
	p := &s.policy.Stuffing
	opens := func(name string, accounts, failures int) func(w *attemptStats) bool {
		accounts, failures = times*accounts, times*failures
		return func(w *attemptStats) bool {
			w.foreign, w.familiar = w.foreign+w.familiar-w.theirs, 0
			w.succeeded = s.succeededWith(c, t.Tool, w)
			if w.foreign >= accounts && w.foreign > w.succeeded || w.foreign >= 3 && w.failures >= failures {
				why = name
			}
			return why != ""
		}
	}
	s.statistics.windows(c, t.At, s.burst, t.Tool, opens(windowBurst, p.MailboxLoginThreshold.Burst, p.FailureThreshold.Burst))
	if why == "" {
		s.statistics.windows(c, t.At, s.slow, t.Tool, opens(windowSlow, p.MailboxLoginThreshold.Slow, p.FailureThreshold.Slow))
	}
	return why
}

// together is how long after the start of an attack at a shared address, in
// milliseconds, another tool is one of the same attack, whatever the service.
const together = hour / 2

// joinUnit adds the tool of an attack to the attack that goes on at the address, if that
// uses the same service or has just begun, or else begins another one beside it.
func (s *sharedAddresses) joinUnit(c *profile.Client, u *attack.Unit, service event.Service) {
	if c.Unit != nil && s.incidents.InReach(c.Incident, u.Newest) {
		if u.Newest <= c.Unit.Newest+attack.Pause && (c.Incident.Services&(1<<service) != 0 || u.Newest <= c.Incident.Start+together) {
			c.Unit.Join(u)
			return
		}
		c.SetAside()
	}
	c.Unit = u
}

// succeededWith returns how many accounts signed in with a tool during a run.
func (s *sharedAddresses) succeededWith(c *profile.Client, tool uint32, w *attemptStats) int {
	return c.SucceededWith(tool, w.run[0].At, w.run[len(w.run)-1].At+s.statistics.slack)
}
