package stuffing

import (
	"math"
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// credentials names the accounts whose passwords the attacker knows.
type credentials struct {
	tracker    *incident.Tracker
	profiles   *profile.Set
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

// maxUsersBeside is how many other accounts may get in from an address on the same
// day for a campaign of the tenant's level to name an account there: where
// more do, people come and go, as in a hotel.
const maxUsersBeside = 1

// judge classifies a successful logon with respect to the incident of its
// client, and notes an account that went on as usual.
func (s *credentials) judge(i *attack.Attack, c *profile.Client, got *profile.SignIn) judgement {
	judged := s.classify(i, c, got)
	if judged == legitimate && i.Familiar.Wants(got.Key, got.First) {
		i.Familiar.Add(got.Key, newCredential(got))
		s.tracker.MarkDirty(i.Incident)
	}
	return judged
}

// classify is judge without a trace.
func (s *credentials) classify(i *attack.Attack, c *profile.Client, got *profile.SignIn) judgement {
	if got.Outcome == event.Success && !got.Password() && !(i.UsesAgent(got.Agent) && onlyAttacker(c, i, got)) {
		return renewed
	}
	own, ownAgent := got.Account.Owns(c.Key, i.Start, got.Agent)
	usedAgent := got.Account.UsedAgent(got.Agent, i.Start)
	switch {
	case c.Unit != nil:
		attackTool := c.Unit.Has(got.Tool, profile.Lasts(got.Family, got.Agent), own, got.First) && !usedAgent
		common := !slices.Contains(c.Unit.Rare, got.Tool)
		if !attackTool || common && !i.HasFailed(got.Key) && (own || !c.Quiet(got.First)) {
			return legitimate // with a common program by day, only an account that was tried is the attacker's
		}
	case own && !(i.UsesAgent(got.Agent) && (!ownAgent || i.HasFailed(got.Key))):
		return legitimate
	case c.Unit == nil && !got.Foreign && i.NamesAgents() && windowsSignIn(got):
		return renewed // the record of another log names the program
	case got.Last < i.Start-attack.LeastPause && got.Agent != 0 && i.NamesAgents() && !i.UsesAgent(got.Agent), // before the attack, and not with its program
		others(c, i, got.Account, got.Agent, !got.Foreign, got.First):
		return legitimate
	case usedAgent && !i.UsesAgent(got.Agent) && s.population.Established(profile.SubnetFeature(c.Key), got.First) > 2,
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
func leastBeside(i *attack.Attack, got *profile.SignIn, usedAgent bool) int {
	switch {
	case !i.UsesAgent(got.Agent):
		if usedAgent || personal(got) && scripted(i) {
			return maxUsersBeside + 1
		}
		if got.Agent == profile.MailProtocols && got.Account.SendsMail(i.Start) && scripted(i) {
			return profile.SharedUsers
		}
	case usedAgent && !i.HasFailed(got.Key) && !during(i, got.First):
		return profile.SharedUsers
	}
	return math.MaxInt
}

// during reports whether a time is within the shortest pause of an attack.
func during(i *attack.Attack, at int64) bool {
	return at >= i.Start-attack.LeastPause && at <= i.End+attack.LeastPause
}

// peopleBeside reports whether at least a number of other accounts got in from a client within a day of a sign-in with
// programs that people use, which are their own as far as is known, and with which the attack has not failed.
func peopleBeside(c *profile.Client, i *attack.Attack, got *profile.SignIn, least int) bool {
	if len(c.SignIns()) <= least {
		return false
	}
	n := 0
	for _, a := range c.SignIns() {
		if a.Key != got.Key && a.Last >= got.First-day && a.First <= got.First+day && personal(a.SignIn) && !i.UsesAgent(a.Agent) && !a.Account.NeverUsed(a.Agent, i.Start) {
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
		if profile.IsScript(all[n].Family) {
			scripts++
		}
	}
	return 2*scripts > len(all)
}

// add names an account as known to the attacker. It reports whether
// the account is a new one.
func (s *credentials) add(i *attack.Attack, c *profile.Client, got *profile.SignIn) bool {
	if got.Account.Forget(c.Key) {
		s.profiles.Accounts.MarkDirty(got.Key)
		for _, f := range profile.FeaturesOf(c, got.Tool, got.App) {
			s.population.Forget(f, got.Key)
		}
	}
	if got.Outcome == event.Success && got.Account.Stolen.Due(got.First) {
		s.tracker.Credential(got.Account.Name, got.From, got.First)
	}
	isNew := false
	if i.Valid.Wants(got.Key, got.First) {
		isNew = i.Valid.Add(got.Key, newCredential(got))
	} else {
		isNew = i.Valid.CountAccount(got.Key)
	}
	switch {
	case !isNew:
		return false
	case got.Outcome == event.Accepted:
		i.Counts.Accepted++
	default:
		i.Counts.Succeeded++
	}
	i.AddClient(got.From) // the duration of an attack depends on its failures only
	i.Services |= 1 << got.Service
	i.Changed()
	return true
}

// takeBack no longer names an account that turned out to be one of the people of a place.
func (s *credentials) takeBack(i *attack.Attack, got *profile.SignIn) {
	s.tracker.TakeBack(i.Incident, got.Key)
	if got.Outcome == event.Accepted {
		i.Counts.Accepted = max(i.Counts.Accepted-1, 0)
	} else {
		i.Counts.Succeeded = max(i.Counts.Succeeded-1, 0)
	}
	i.Regrade()
	s.tracker.Update(i.Incident)
}

func newCredential(got *profile.SignIn) alert.Credential {
	found := alert.Credential{User: got.Account.Name, At: event.UnixTime(got.First), How: how(got), IP: got.From.Addr(), Service: got.Service}
	if got.Text != nil {
		found.Agent, found.App, found.Record = got.Text.Agent, got.Text.App, got.Text.Record
	}
	return found
}

func how(a *profile.SignIn) string {
	if a.Outcome == event.Accepted {
		return "password accepted, stopped by " + a.Reason.String() + " (" + a.Service.String() + ")"
	}
	return signedIn[a.Service]
}

// signedIn holds the text "signed in (SERVICE)" of each service, built once.
var signedIn = func() (text [event.Windows + 1]string) {
	for s := range text {
		text[s] = "signed in (" + event.Service(s).String() + ")"
	}
	return text
}()

// onlyAttacker reports whether a sign-in from a network foreign to its account can only
// be the attacker's, whatever it proves: hardly anybody else gets in from the client but
// the accounts whose passwords the incident names.
func onlyAttacker(c *profile.Client, i *attack.Attack, got *profile.SignIn) bool {
	return got.Foreign && !c.Shared(0) && window.NamesTool(got.Tool) && c.UsersBeside(got, i) <= maxUsersBeside
}

// others reports whether an attempt or a success at a time is of people who use the
// client beside the attacker, with a program that is not the attacker's: of an account
// that the attack has not tried, which knows the network; or well after the attack, where
// people were before it.
func others(c *profile.Client, i *attack.Attack, a *profile.Account, agent uint32, familiar bool, at int64) bool {
	switch {
	case a == nil || i.UsesAgent(agent) || i.AgentsFull():
		return false
	case at > i.End+attack.PauseAfter(i.End-i.Start, i.Counts.Failures) && c.UsedBefore(i.Start):
		return true
	}
	return familiar && agent != 0 && !i.HasFailed(a.Key)
}
