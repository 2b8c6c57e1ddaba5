package stuffing

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/window"
)

// maxUnitTools bounds the tools of one attack from a shared address.
const maxUnitTools = 8

// maxEarlier bounds the attacks at one shared address that go on beside the latest.
const maxEarlier = 4

// unit is the part of a shared address that belongs to its incident. The other
// users of the address are not part of the attack.
type unit struct {
	tools          []uint32 // the tools of the attack
	rare           []uint32 // of these, those with which hardly anybody at the address signs in
	familiar       bool     // accounts that know the address are attacked as well
	oldest, newest int64    // its failures
	pause          int64    // without failures for so long it is over, in milliseconds
}

// unitIncident is a unit with its incident.
type unitIncident struct {
	incident *attack.Attack
	unit     *unit
}

// attackPause is the longest pause, in milliseconds, after which an attack with a tool
// that people at the address also use takes in no more accounts of the address, and
// leastPause the shortest: later failures are their own. Between them it is twelve times the
// mean interval of the attack.
const (
	attackPause = 60 * 60 * 1000
	leastPause  = 20 * 60 * 1000
)

// has reports whether an attempt at a time belongs to the attack. lasting is what lasts
// reports about its program.
func (u *unit) has(tool uint32, lasting, familiar bool, at int64) bool {
	if u == nil {
		return true
	}
	if !slices.Contains(u.tools, tool) {
		return false
	}
	rare, near := slices.Contains(u.rare, tool), at >= u.oldest-u.pause && at <= u.newest+u.pause
	return rare && lasting || near && (rare || u.familiar || !familiar)
}

// lasts reports whether attempts with a program that is rare at an address are part of one
// attack whatever the time between them. With another program, even a rare one, people may come
// later.
func lasts(f event.Family, agent uint32) bool { return isScript(f) || agent == mailProtocols }

// span sets the times of an attack that opens with an attempt: those of the attempts with
// its tool that follow each other. The mean interval is that of the attempts within a time
// of the attempt; the pause after which the attack is over has a least and a greatest length.
func (u *unit) span(all []window.Attempt, t *window.Attempt, within, least, most int64) {
	n, first, last := 0, t.At, t.At
	for i := range all {
		if o := &all[i]; o.Tool == t.Tool && abs(o.At-t.At) <= within {
			n, first, last = n+1, min(first, o.At), max(last, o.At)
		}
	}
	if u.pause = most; n > 1 {
		u.pause = min(max(12*(last-first)/int64(n-1), least), most)
	}
	u.oldest, u.newest = t.At, t.At
	for i := len(all) - 1; i >= 0; i-- {
		if o := &all[i]; o.Tool == t.Tool && o.At < u.oldest && o.At >= u.oldest-u.pause {
			u.oldest = o.At
		}
	}
	for i := range all {
		if o := &all[i]; o.Tool == t.Tool && o.At > u.newest && o.At <= u.newest+u.pause {
			u.newest = o.At
		}
	}
}

// pauseAfter returns the pause after which an attack of n failures in a time is over.
func pauseAfter(span int64, n int) int64 {
	if n < 2 {
		return attackPause
	}
	return min(max(12*span/int64(n-1), leastPause), attackPause)
}

// join adds another unit of the same address.
func (u *unit) join(o *unit) {
	for _, tool := range o.tools {
		if len(u.tools) < maxUnitTools && !slices.Contains(u.tools, tool) {
			u.tools = append(u.tools, tool)
			if slices.Contains(o.rare, tool) {
				u.rare = append(u.rare, tool)
			}
		}
	}
	u.familiar = u.familiar || o.familiar
	u.oldest, u.newest, u.pause = min(u.oldest, o.oldest), max(u.newest, o.newest), max(u.pause, o.pause)
}

// switchTo makes the attack with a tool the latest one of a shared address.
func (c *client) switchTo(tool uint32) {
	if c.unit == nil || c.users == nil || slices.Contains(c.unit.tools, tool) {
		return
	}
	for n := range c.users.earlier {
		if e := &c.users.earlier[n]; slices.Contains(e.unit.tools, tool) {
			*e, c.incident, c.unit = unitIncident{c.incident, c.unit}, e.incident, e.unit
			return
		}
	}
}

// sharedAddresses tells attacks from behind an address that many people use from
// the failures of these people.
type sharedAddresses struct {
	policy      *policy.Policy
	incidents   *incidents
	clients     *window.Table[event.ClientKey, *client]
	rarity      *rarity
	statistics  *statistics
	burst, slow int64 // milliseconds
}

// limit limits the incident of a client, which opened before the address was
// known to be shared, to the tools of its attempts. Later failures of the other
// users are not part of the attack.
func (s *sharedAddresses) limit(c *client, marks event.Marks) {
	if c.unit != nil || c.incident == nil || !c.shared(marks) {
		return
	}
	i := c.incident
	c.unit = &unit{familiar: true, oldest: i.Start, newest: i.End, pause: pauseAfter(i.End-i.Start, i.Counts.Failures)}
	for _, t := range c.incident.Attempts() {
		if len(c.unit.tools) < maxUnitTools && !slices.Contains(c.unit.tools, t.Tool) {
			c.unit.tools = append(c.unit.tools, t.Tool)
		}
	}
	s.clients.MarkDirty(c.key)
}

// usualFailures is the decaying maximum of the accounts that fail at a shared
// address in a burst and in a day without an attack.
type usualFailures struct {
	burst, slow           float32 // of the days before
	todayBurst, todaySlow float32
	day                   int32
}

// observe updates the maximum of today, and returns the maxima of the days before.
func (u *usualFailures) observe(at int64, burst, slow int) (float32, float32) {
	if today := int32(at / day); today > u.day {
		u.burst = max(u.burst*0.8, u.todayBurst)
		u.slow = max(u.slow*0.8, u.todaySlow)
		u.day, u.todayBurst, u.todaySlow = today, 0, 0
	}
	if int32(at/day) == u.day {
		u.todayBurst, u.todaySlow = max(u.todayBurst, float32(burst)), max(u.todaySlow, float32(slow))
	}
	return u.burst, u.slow
}

// opens is thresholds.opens for a shared address, where each tool is judged separately.
// For a tool that hardly anybody there uses, the thresholds are those of any
// client. For a common tool the thresholds are twice as high, and only accounts
// without a history at the address count, or far more accounts than usual. Where several
// programs fail at the same time, as when people cannot get in, the thresholds count twice.
func (s *sharedAddresses) opens(c *client, t *window.Attempt) string {
	why, u := s.evaluate(c, t, 1)
	if why == "" {
		return ""
	}
	switch people, mixed := s.ofPeople(c, t.At); {
	case people && len(u.rare) == 0:
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
func (s *sharedAddresses) evaluate(c *client, t *window.Attempt, times int) (why string, u unit) {
	p := &s.policy.Stuffing
	if c.users == nil {
		c.users = new(users)
	}
	u = unit{tools: []uint32{t.Tool}, oldest: t.At, newest: t.At, pause: attackPause}
	switch rare := s.rarity.rareAt(c, t); {
	case rare && windowsOnly(t):
		return "", u // a log that names the program tells more
	case rare:
		u.rare = u.tools
		u.span(c.attempts.All(), t, s.slow, attackPause, attack.MaxPause)
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
	active, known := c.usuallyActive(t.At), c.knownUsers()
	quiet := c.quiet(t.At)
	s.statistics.windows(c, t.At, s.burst, t.Tool, keep(&burst))
	s.statistics.windows(c, t.At, s.slow, t.Tool, keep(&slow))
	if quiet {
		s.statistics.windows(c, t.At, nightHours, t.Tool, keep(&night))
	}
	usualBurst, usualSlow := c.users.usual.observe(t.At, burst.foreign+burst.familiar, slow.foreign+slow.familiar)
	if quiet && 2*s.rarity.population.Established(subnetFeature(c.key).And(toolFeature(t.Tool)), t.At) < known {
		burst.leaveOutOwn()
		night.leaveOutOwn()
	}
	leastBurst, leastSlow := times*p.MailboxLoginThreshold.Burst, times*p.MailboxLoginThreshold.Slow
	switch {
	case burst.opensShared(leastBurst, int(usualBurst), known, active), quiet && burst.opensAtNight(leastBurst, int(usualBurst), known):
		why = windowBurst
		u.span(c.attempts.All(), t, s.burst, leastPause, attackPause)
	case slow.opensShared(leastSlow, int(usualSlow), known, active), quiet && night.opensAtNight(leastBurst, int(usualBurst), known):
		why = windowSlow
		u.span(c.attempts.All(), t, s.slow, leastPause, attackPause)
	}
	u.familiar = burst.familiar > burst.foreign || night.familiar > night.foreign || slow.familiar > slow.foreign
	return why, u
}

// usuallyActive returns how many people usually sign in at a shared address in the hour
// before a time.
func (c *client) usuallyActive(at int64) int {
	if c.users == nil {
		return 0
	}
	return int(c.users.hours.Usual(at-hour, at))
}

// quiet reports whether hardly anybody usually signs in at a shared address at a time.
func (c *client) quiet(at int64) bool { return c.usuallyActive(at) <= max(1, c.knownUsers()/50) }

// ofPeople reports whether most accounts that fail at an address around a time do so with
// their own programs, and these are several, and whether the foreign ones fail with mixed
// programs. An attack with a common program also tries many accounts that use another one.
func (s *sharedAddresses) ofPeople(c *client, at int64) (people, mixed bool) {
	c.attempts.Windows(at, s.burst, func(run []window.Attempt) bool {
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
func (s *sharedAddresses) opensRareTool(c *client, t *window.Attempt, times int) (why string) {
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

// succeededWith returns how many accounts signed in with a tool during a run. A full list has
// replaced some; the tool has the same share of them as of the list.
func (s *sharedAddresses) succeededWith(c *client, tool uint32, w *attemptStats) (n int) {
	from, to := w.run[0].At, w.run[len(w.run)-1].At+s.statistics.slack
	with, all := 0, c.signIns()
	for _, a := range all {
		if a.tool != tool || a.outcome != event.Success {
			continue
		}
		with++
		if a.activeBetween(from, to) {
			n++
		}
	}
	if with > 0 {
		n += c.users.replaced.between(from, to) * with / len(all)
	}
	return n
}

// together is how long after the start of an attack at a shared address, in
// milliseconds, another tool is one of the same attack, whatever the service.
const together = 30 * 60 * 1000

// joinUnit adds the tool of an attack to the attack that goes on at the address, if that
// uses the same service or has just begun, or else begins another one beside it.
func (s *sharedAddresses) joinUnit(c *client, u *unit, service event.Service) {
	if c.unit != nil && s.incidents.inReach(c.incident, u.newest) {
		if u.newest <= c.unit.newest+attackPause && (c.incident.Services&(1<<service) != 0 || u.newest <= c.incident.Start+together) {
			c.unit.join(u)
			return
		}
		if len(c.users.earlier) >= maxEarlier {
			c.users.earlier = slices.Delete(c.users.earlier, 0, 1)
		}
		c.users.earlier = append(c.users.earlier, unitIncident{c.incident, c.unit})
	}
	c.unit = u
}
