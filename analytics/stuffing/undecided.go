package stuffing

import (
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// maxUndecided bounds the decisions that wait, of clients and of campaigns. Those beyond
// are made with the next failure.
const maxUndecided = 4096

// recoverWithin is the time in which people whom a mishap locks out get in again, in
// milliseconds.
const recoverWithin = hour

// waitFor returns how long a decision about a client waits for sign-ins, in milliseconds:
// as long as they were late there, or, up to an hour, at other clients if people are known
// to use this one; an hour where people get in most of whom nobody knew a day before, as all
// on the first day.
func (s *statistics) waitFor(c *profile.Client) int64 {
	now, minutes := s.incidents.tracker.Newest(), int32(0)
	if c.Wait.Applies(now) {
		minutes = c.Wait.Minutes
	}
	if c.KnownUsers() > 0 && s.late.Applies(now) {
		minutes = max(minutes, s.late.Minutes)
	}
	if c.OfNewcomers(s.population, now) {
		minutes = max(minutes, int32(recoverWithin/minute))
	}
	return int64(minutes) * minute
}

// opensLate is opens for a client of which sign-ins arrive late: it evaluates the
// attempts that are older than wait, and have not been evaluated; of a long list some of them.
func (s *thresholds) opensLate(c *profile.Client, t *window.Attempt, wait int64) (why string, at int64) {
	until := s.incidents.tracker.Newest() - wait
	all, n := c.Attempts.All(), 0
	for n < len(all) && all[n].At <= until {
		n++
	}
	known := *c
	known.Attempts = window.AttemptsOf(all[:n])
	for n, every := 0, int(evaluatedEvery(n)); n < len(known.Attempts.All()) && why == ""; n++ {
		if o := &all[n]; (o.At > c.Wait.Evaluated && n%every == 0 || o.At == t.At) && !o.Succeeded {
			why, _ = s.evaluate(&known, o)
			at = o.At
		}
	}
	c.Unit, c.Looked, c.Wait.Evaluated = known.Unit, known.Looked, max(c.Wait.Evaluated, until)
	return why, at
}

// decide is opens for a client about which the decision has waited long enough, whether
// its sign-ins have arrived or not.
func (s *thresholds) decide(c *profile.Client, u *evidence.Undecided) (why string, at int64) {
	all := c.Attempts.All()
	if len(all) == 0 || s.incidents.InReach(c.Incident, all[len(all)-1].At) {
		return "", 0
	}
	now, last := s.incidents.tracker.Newest(), &all[len(all)-1]
	wait := s.statistics.waitFor(c)
	if wait == 0 {
		wait = now - u.Since
	}
	if why, at = s.opensLate(c, last, wait); why == "" && last.At > now-wait && !u.Again { // it waits longer by now
		u.Again = true
		s.undecided.Set(c.Key, last.At+wait, *u)
	}
	return why, at
}
