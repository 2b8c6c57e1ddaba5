package stuffing

import (
	"math"
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/stuffing/attack"
)

// credentials names the accounts whose passwords the attacker knows.
type credentials struct {
	tracker    *incident.Tracker
	profiles   *profiles
	population *baseline.Population
}

// A judgement classifies a successful logon from the client of an attack.
type judgement uint8

const (
	unrelated judgement = iota
	legitimate
	renewed // a renewed session, which proves no password
	valid   // the attacker knows the password
)

// judge classifies a successful logon with respect to the incident of its
// client, and notes an account that went on as usual.
func (s *credentials) judge(i *attack.Attack, c *client, got *signIn) judgement {
	judged := s.classify(i, c, got)
	if judged == legitimate && i.Familiar.Wants(got.key, got.first) {
		i.Familiar.Add(got.key, newCredential(got))
		s.tracker.MarkDirty(i.Incident)
	}
	return judged
}

// classify is judge without a trace.
func (s *credentials) classify(i *attack.Attack, c *client, got *signIn) judgement {
	if got.outcome == event.Success && !got.password() && !(i.UsesAgent(got.agent) && c.onlyAttacker(i, got)) {
		return renewed
	}
	own, ownAgent := got.account.owns(c.key, i.Start, got.agent)
	usedAgent := got.account.usedAgent(got.agent, i.Start)
	switch {
	case c.unit != nil:
		attackTool := c.unit.has(got.tool, lasts(got.family, got.agent), own, got.first) && !usedAgent
		common := !slices.Contains(c.unit.rare, got.tool)
		if !attackTool || common && !i.HasFailed(got.key) && (own || !c.quiet(got.first)) {
			return legitimate // with a common program by day, only an account that was tried is the attacker's
		}
	case own && !(i.UsesAgent(got.agent) && (!ownAgent || i.HasFailed(got.key))):
		return legitimate
	case c.unit == nil && !got.foreign && i.NamesAgents() && windowsSignIn(got):
		return renewed // the record of another log names the program
	case got.last < i.Start-leastPause && got.agent != 0 && i.NamesAgents() && !i.UsesAgent(got.agent), // before the attack, and not with its program
		c.others(i, got.account, got.agent, !got.foreign, got.first):
		return legitimate
	case usedAgent && !i.UsesAgent(got.agent) && s.population.Established(subnetFeature(c.key), got.first) > 2,
		peopleBeside(c, i, got, leastBeside(i, got, usedAgent)):
		return legitimate // of the people of a place where others come and go
	}
	return valid
}

// leastBeside returns how many people have to be beside a sign-in for it to be one of them: two if it is
// made with a program that the attack does not use, which is the account's own or that of a person, while most failures
// are a script's; five if it is made with a mail program, and the account has used one for a day or longer, while most
// failures are a script's over another protocol; or with a program that the attack also uses, but is the account's own,
// which was not tried, and at another time than the attack.
func leastBeside(i *attack.Attack, got *signIn, usedAgent bool) int {
	switch {
	case !i.UsesAgent(got.agent):
		if usedAgent || personal(got) && scripted(i) {
			return maxUsersBeside + 1
		}
		if got.agent == mailProtocols && got.account.sendsMail(i.Start) && scripted(i) {
			return sharedUsers
		}
	case usedAgent && !i.HasFailed(got.key) && !during(i, got.first):
		return sharedUsers
	}
	return math.MaxInt
}

// during reports whether a time is within the shortest pause of an attack.
func during(i *attack.Attack, at int64) bool {
	return at >= i.Start-leastPause && at <= i.End+leastPause
}

// peopleBeside reports whether at least a number of other accounts got in from a client within a day of a sign-in with
// programs that people use, which are their own as far as is known, and with which the attack has not failed.
func peopleBeside(c *client, i *attack.Attack, got *signIn, least int) bool {
	if len(c.signIns()) <= least {
		return false
	}
	n := 0
	for _, a := range c.signIns() {
		if a.key != got.key && a.last >= got.first-day && a.first <= got.first+day && personal(a.signIn) && !i.UsesAgent(a.agent) && !a.account.neverUsed(a.agent, i.Start) {
			if n++; n == least {
				return true
			}
		}
	}
	return false
}

// scripted reports whether most of the latest failures of an incident are made by script.
func scripted(i *attack.Attack) bool {
	scripts, all := 0, i.Attempts()
	for n := range all {
		if isScript(all[n].Family) {
			scripts++
		}
	}
	return 2*scripts > len(all)
}

// add names an account as known to the attacker. It reports whether
// the account is a new one.
func (s *credentials) add(i *attack.Attack, c *client, got *signIn) bool {
	if got.account.forget(c.key) {
		s.profiles.accounts.MarkDirty(got.key)
		for _, f := range featuresOf(c, got.tool, got.app) {
			s.population.Forget(f, got.key)
		}
	}
	if got.outcome == event.Success && got.account.stolen.due(got.first) {
		s.tracker.Credential(got.account.name, got.from, got.first)
	}
	isNew := false
	if i.Valid.Wants(got.key, got.first) {
		isNew = i.Valid.Add(got.key, newCredential(got))
	} else {
		isNew = i.Valid.CountAccount(got.key)
	}
	switch {
	case !isNew:
		return false
	case got.outcome == event.Accepted:
		i.Counts.Accepted++
	default:
		i.Counts.Succeeded++
	}
	i.AddClient(got.from) // the duration of an attack depends on its failures only
	i.Services |= 1 << got.service
	i.Changed()
	return true
}

// takeBack no longer names an account that turned out to be one of the people of a place.
func (s *credentials) takeBack(i *attack.Attack, got *signIn) {
	s.tracker.TakeBack(i.Incident, got.key)
	if got.outcome == event.Accepted {
		i.Counts.Accepted = max(i.Counts.Accepted-1, 0)
	} else {
		i.Counts.Succeeded = max(i.Counts.Succeeded-1, 0)
	}
	i.Regrade()
	s.tracker.Update(i.Incident)
}

// reports limits how often the other analytics learn of one account's successes in
// attacks: again after a minute, and each time after four times as long, up to a day.
type reports struct {
	minute int32 // of the last one
	sent   uint8
}

// due reports whether a success at a time is to be reported, and counts it.
func (r *reports) due(at int64) bool {
	now := int32(at / minute)
	pause := int32(1) << (2 * min(max(r.sent, 1)-1, 5)) // at most 17 hours
	switch {
	case r.sent == 0:
	case now < r.minute+pause && now > r.minute-pause:
		return false
	case now >= r.minute+day/minute:
		r.sent = 0
	}
	r.minute, r.sent = now, min(r.sent, 6)+1
	return true
}

func newCredential(got *signIn) alert.Credential {
	found := alert.Credential{User: got.account.name, At: event.UnixTime(got.first), How: how(got), IP: got.from.Addr(), Service: got.service}
	if got.text != nil {
		found.Agent, found.App, found.Record = got.text.agent, got.text.app, got.text.record
	}
	return found
}

func how(a *signIn) string {
	if a.outcome == event.Accepted {
		return "password accepted, stopped by " + a.reason.String() + " (" + a.service.String() + ")"
	}
	return signedIn[a.service]
}

// signedIn holds the text "signed in (SERVICE)" of each service, built once.
var signedIn = func() (text [event.Windows + 1]string) {
	for s := range text {
		text[s] = "signed in (" + event.Service(s).String() + ")"
	}
	return text
}()
