package stuffing

import (
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
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
		attackTool := c.unit.has(got.tool, own, got.first) && !usedAgent
		common := !slices.Contains(c.unit.rare, got.tool)
		if !attackTool || common && !i.HasFailed(got.key) && (own || !c.quiet(got.first)) {
			return legitimate // with a common program by day, only an account that was tried is the attacker's
		}
	case own && !(i.UsesAgent(got.agent) && (!ownAgent || i.HasFailed(got.key))):
		return legitimate
	case c.unit == nil && !got.foreign && i.NamesAgents() && windowsSignIn(got):
		return renewed // the record of another log names the program
	case c.others(i, got.account, got.agent, !got.foreign, got.first):
		return legitimate
	case usedAgent && !i.UsesAgent(got.agent) && s.population.Established(subnetFeature(c.key), got.first) > 2:
		return legitimate // of the people of a place where others come and go
	}
	return valid
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

// ofSuccess returns the campaign whose attacker a success must be: the
// account does not know the network, nor the program, and either the rare trait
// of the campaign is there or the address is one that failed in it.
func (s *campaigns) ofSuccess(c *client, got *signIn) *campaign {
	switch {
	case len(s.list) == 0:
		return nil
	case !got.password():
		return s.bySession(c, got)
	case !got.foreign:
		return s.ofMember(c, got)
	}
	// An address of the attack, with a tool of the attack. Where people come and go,
	// those who bring their own program are people of the place.
	if !c.shared(0) {
		for _, k := range s.list {
			if !k.tenant && k.covers(got.first) && k.has(c.key) && window.NamesTool(got.tool) && slices.Contains(k.tools, got.tool) &&
				!(got.account.usedAgent(got.agent, k.began) && c.usersBeside(got, nil) > maxUsersBeside) {
				return k
			}
		}
	}
	features := featuresOf(c, got.tool, got.app)
	usual := !s.rarity.oddOwner(c, got.first) && (c.shared(0) || window.NamesTool(got.tool) && !s.rarity.rare(features[traitTool], got.first))
	for n := range evidence.MaxTraits {
		if n == traitOddTool && usual {
			continue // the tool is odd only at networks from which few accounts sign in
		}
		k := s.byTrait[uint64(features[n])]
		if k == nil || !k.covers(got.first) || got.account.usedAgent(got.agent, k.began) && n != traitTool ||
			!s.knowsRare(k, got) && !k.has(c.key) {
			continue
		}
		if n == traitTool || n == traitOddTool || slices.Contains(k.tools, got.tool) || k.has(c.key) {
			return k
		}
	}
	for _, k := range s.list {
		if k.tenant && k.covers(got.first) && got.first <= k.end+campaignPause && s.namedByTenant(k, c, got) {
			return k
		}
	}
	return nil
}

// bySession returns the campaign whose attacker a renewed session must be, where nobody
// else gets in: with its rare tool, or with another of its tools at one of its addresses.
func (s *campaigns) bySession(c *client, got *signIn) *campaign {
	if k := s.byTrait[uint64(toolFeature(got.tool))]; k != nil && k.covers(got.first) && s.knowsRare(k, got) && c.onlyAttacker(k.incident, got) && !got.account.usedAgent(got.agent, k.began) {
		return k
	}
	for _, k := range s.list {
		if k.has(c.key) && k.covers(got.first) && slices.Contains(k.tools, got.tool) && c.onlyAttacker(k.incident, got) {
			return k
		}
	}
	return nil
}

// knowsRare reports whether what is rare was known when a campaign began: on the first
// day, that holds for programs that no person uses, and for accounts that had signed in
// before.
func (s *campaigns) knowsRare(k *campaign, got *signIn) bool {
	return s.rarity.population.Learned(k.began, 1) || got.family == event.Scripting || got.family == event.Tool ||
		slices.ContainsFunc(got.account.known, func(h knownClient) bool { return h.first < k.began })
}

// ofMember returns the campaign whose attacker a success must be that is foreign to its
// account only by its subnet: the address has failed for another account before, as
// part of the campaign, nobody else gets in there, and the tool is one of the campaign. The
// owner of the network and a common browser are then no excuse.
func (s *campaigns) ofMember(c *client, got *signIn) *campaign {
	switch {
	case !s.incidents.inReach(c.campaign, got.first), c.shared(0), !window.NamesTool(got.tool),
		got.family == event.Mobile, got.family == event.Outlook, got.service == event.EAS,
		got.account.knewSubnet(c.key, got.first), c.usersBeside(got, nil) > 0, !c.failedBefore(got):
		return nil
	}
	for _, k := range s.list {
		if k.incident == c.campaign && k.covers(got.first) && slices.Contains(k.tools, got.tool) {
			return k
		}
	}
	return nil
}

// namedByTenant reports whether a success is the attacker's in a campaign that
// has no rare trait, only more failures than usual. From an address that failed for other
// accounts, where nobody else gets in and whose owner is new to the account, any success is.
// Elsewhere common programs name nobody: the agent must be new to the account, and either the
// address failed for other accounts, or the success is like those of the attacker and
// either its tool is rare or few people sign in like that. The mail protocols name no tool:
// there the account must not have used one before, and must have failed in the campaign
// within an hour.
func (s *campaigns) namedByTenant(k *campaign, c *client, got *signIn) bool {
	switch {
	case windowsSignIn(got), c.shared(0):
		return false
	case k.has(c.key) && c.usersBeside(got, nil) == 0 && got.account.hadSignedIn(k.began-day) && !got.account.knowsOwner(c.owner, k.began) && c.failedForOthers(got.key):
		return true
	case got.account.usedAgent(got.agent, k.began), c.usersBeside(got, nil) > maxUsersBeside:
		return false
	case k.has(c.key):
		return c.failedForOthers(got.key)
	case got.agent == mailProtocols && k.mailOnly():
		_, last := k.incident.FailuresOf(got.key)
		return abs(got.first-last) <= hour && !got.account.knowsOwner(c.owner, k.began) && got.account.neverUsed(mailProtocols, k.began)
	}
	return s.like(k, c, got, k.began) && (s.knowsRare(k, got) && s.rarity.rare(toolFeature(got.tool), got.first) || !s.usualSignIn(k))
}

// like reports whether a success is like those of the attacker in a campaign: with a tool
// of the campaign, from an owner's network that either is one of the campaign or is one
// that hardly anybody comes from, and both are new to an account that had signed in the day before.
func (s *campaigns) like(k *campaign, c *client, got *signIn, before int64) bool {
	return (slices.Contains(k.tools, got.tool) || slices.Contains(k.only, got.agent)) && window.NamesTool(got.tool) && got.password() &&
		(c.owner == 0 || s.rarity.oddOwner(c, got.first) || slices.Contains(k.origin.Owners, c.owner)) &&
		!got.account.knowsOwner(c.owner, before) && !got.account.usedAgent(got.agent, before) &&
		got.account.hadSignedIn(before-day)
}

// usualSignIn reports whether more than one sign-in like the attacker's is to be expected
// in the time of a campaign, from those of the week before, or that less than three days
// are known. Then none of them is known to be the attacker's.
func (s *campaigns) usualSignIn(k *campaign) bool {
	if k.usual == 0 {
		k.usual = 1
		for n := range s.foreign.list {
			got := &s.foreign.list[n]
			if got.first >= k.began || got.first < k.began-week {
				continue
			}
			if c, ok := s.profiles.clients.Peek(s.profiles.cut(got.from)); ok && s.like(k, c, got, got.first) {
				k.usual++
			}
		}
	}
	days := int64(7)
	for days > 0 && !s.rarity.population.Learned(k.began, int(days)) {
		days--
	}
	return days < 3 || int64(k.usual-1)*(k.end-k.began) > days*day
}

// maxUsersBeside is how many other accounts may get in from an address on the same
// day for a campaign of the tenant's level to name an account there: where
// more do, people come and go, as in a hotel.
const maxUsersBeside = 1

// lookBack adds the successes of a campaign that came before it opened, or before the
// failures of their time.
func (s *campaigns) lookBack(k *campaign) {
	k.searched = [...]int64{k.began, k.end}
	for n := range s.foreign.list {
		got := &s.foreign.list[n]
		if got.first < k.began-s.slow || got.first > k.end+k.pause {
			continue
		}
		c, ok := s.profiles.clients.Peek(s.profiles.cut(got.from))
		if !ok || got.account.usedBefore(c, got) {
			continue
		}
		if s.incidents.inReach(c.incident, got.first) {
			if s.credentials.judge(c.incident, c, got) != valid {
				continue
			}
		}
		if s.ofSuccess(c, got) == k {
			s.credentials.add(k.incident, c, got)
		}
	}
}

// lookBackFrom adds the successes of a client that came before it became part of
// a campaign. Those in the client's own incident count if they are valid credentials there.
func (s *campaigns) lookBackFrom(k *campaign, c *client) {
	for _, entry := range c.signIns() {
		got := entry.signIn
		if got.account.usedBefore(c, got) || s.incidents.inReach(c.incident, got.first) && s.credentials.classify(c.incident, c, got) != valid {
			continue
		}
		if s.ofSuccess(c, got) == k {
			s.credentials.add(k.incident, c, got)
		}
	}
}
