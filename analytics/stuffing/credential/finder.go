// Package credential decides which accounts have a password that the attacker knows: those that
// got in from the client of an incident (Finder) and those that got in as part of a campaign
// (CampaignFinder). It judges by the profiles of accounts and clients, and names the accounts
// in the incident. The rules are in the documentation of package stuffing.
package credential

import (
	"math"
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// Finder names the accounts whose passwords the attacker of an incident knows.
type Finder struct {
	policy   *policy.Policy
	tracker  *incident.Tracker
	profiles *profile.Set
	rarity   *profile.Rarity
}

// NewFinder returns a finder that names the accounts in the incidents of the tracker.
func NewFinder(p *policy.Policy, tracker *incident.Tracker, profiles *profile.Set, rarity *profile.Rarity) *Finder {
	return &Finder{policy: p, tracker: tracker, profiles: profiles, rarity: rarity}
}

// A Judgement classifies a successful logon from the client of an attack.
type Judgement uint8

// The judgements.
const (
	_          Judgement = iota
	Legitimate           // the account's own
	Renewed              // a renewed session, which proves no password
	Valid                // the attacker knows the password
)

// MaxUsersBeside is how many other accounts may get in from an address on the same
// day for a campaign of the tenant's level to name an account there: where
// more do, people come and go, as in a hotel.
const MaxUsersBeside = 1

// Judge classifies a successful logon with respect to the incident of its
// client, and notes an account that went on as usual.
func (s *Finder) Judge(i *attack.Attack, c *profile.Client, got *profile.SignIn) Judgement {
	judged := s.Classify(i, c, got)
	if judged == Legitimate && i.Familiar.Wants(got.Key, got.First) {
		i.Familiar.Add(got.Key, newCredential(got))
		s.tracker.MarkDirty(i.Incident)
	}
	return judged
}

// Classify is Judge without changing the incident.
func (s *Finder) Classify(i *attack.Attack, c *profile.Client, got *profile.SignIn) Judgement {
	if got.Outcome == event.Success && !got.Password() && !(i.UsesAgent(got.Agent) && onlyAttacker(c, i, got)) {
		return Renewed
	}
	own, ownAgent := got.Account.Owns(c.Key, i.Start, got.Agent)
	usedAgent := got.Account.UsedAgent(got.Agent, i.Start)
	switch {
	case c.Unit != nil:
		attackTool := c.Unit.Has(got.Tool, profile.Lasts(got.Family, got.Agent), own, got.First) && !usedAgent
		common := !slices.Contains(c.Unit.Rare, got.Tool)
		if !attackTool || common && !i.HasFailed(got.Key) && (own || !c.Quiet(got.First)) {
			return Legitimate // with a common program by day, only an account that was tried is the attacker's
		}
	case own && !(i.UsesAgent(got.Agent) && (!ownAgent || i.HasFailed(got.Key))):
		return Legitimate
	case c.Unit == nil && !got.Foreign && i.NamesAgents() && got.WindowsOnly():
		return Renewed // the record of another log names the program
	case got.Last < i.Start-attack.LeastPause && got.Agent != 0 && i.NamesAgents() && !i.UsesAgent(got.Agent), // before the attack, and not with its program
		c.OfOthers(i, got.Account, got.Agent, !got.Foreign, got.First):
		return Legitimate
	case usedAgent && !i.UsesAgent(got.Agent) && s.rarity.Population.Established(profile.SubnetFeature(c.Key), got.First) > 2,
		c.PeopleBeside(i, got, leastBeside(i, got, usedAgent)):
		return Legitimate // of the people of a place where others come and go
	}
	return Valid
}

// leastBeside returns how many people have to be beside a sign-in for it to be one of them: two
// if it is made with a program that the attack does not use, which is the account's own or that
// of a person, while most failures are a script's; five if it is made with a mail program, and
// the account has used one for a day or longer, while most failures are a script's over another
// protocol; or with a program that the attack also uses, but is the account's own, which was
// not tried, and at another time than the attack.
func leastBeside(i *attack.Attack, got *profile.SignIn, usedAgent bool) int {
	switch {
	case !i.UsesAgent(got.Agent):
		if usedAgent || got.Personal() && scripted(i) {
			return MaxUsersBeside + 1
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

// Add names an account as one whose password the attacker knows, and takes the client out of
// its known ones. It reports whether the account is a new one.
func (s *Finder) Add(i *attack.Attack, c *profile.Client, got *profile.SignIn) bool {
	if got.Account.Forget(c.Key) {
		s.profiles.Accounts.MarkDirty(got.Key)
		for _, f := range profile.FeaturesOf(c, got.Tool, got.App) {
			s.rarity.Population.Forget(f, got.Key)
		}
	}
	if got.Outcome == event.Success && got.Account.Stolen.Due(got.First) {
		s.tracker.Credential(got.Account.Name, got.From, got.First)
	}
	c.Unnamed = false
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

// TakeBack no longer names an account that turned out to be one of the people of a place.
func (s *Finder) TakeBack(i *attack.Attack, got *profile.SignIn) {
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
	return got.Foreign && !c.Shared(0) && window.NamesTool(got.Tool) && c.UsersBeside(got, i) <= MaxUsersBeside
}

// MayTakeBack reports whether an incident names an account for a sign-in at its address, but
// not for one with a program of the attack while that went on.
func MayTakeBack(i *attack.Attack, got *profile.SignIn) bool {
	named, ok := i.Valid.Of(got.Key)
	return ok && named.IP == got.From.Addr() && !(i.UsesAgent(event.HashAgent([]byte(named.Agent))) && during(i, named.At.UnixMilli()))
}
