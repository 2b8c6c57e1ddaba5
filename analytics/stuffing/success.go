package stuffing

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// signIns takes a successful logon to the incident that it is a valid credential of,
// or else to what the account and the tenant have learned.
type signIns struct {
	incidents   *incidents
	profiles    *profiles
	rarity      *rarity
	shared      *sharedAddresses
	evidence    *evidence.List
	foreign     *foreignSignIns
	inCampaigns *campaignCredentials
	credentials *credentials
	learning    *learning
	revisions   *revisions
	texts       texts
	forgiveness int64 // milliseconds
}

// observe handles a sign-in, or a password that was right. From the cluster of an
// open incident it is a valid credential; otherwise the client becomes one of the
// account's known clients.
func (s *signIns) observe(ev *event.Event) {
	c, a := s.profiles.client(ev), s.profiles.account(ev)
	if a == nil || s.onlyCounted(ev, c, a) {
		return
	}
	got := s.newSignIn(ev, c, a)
	here, changed := c.addSignIn(&got)
	unusual := got.foreign || got.rareTool || changed && here.text == nil && !a.knows(c.key)
	if here.takesText(&got, unusual, len(ev.Agent) > 0) {
		here.textAt = got.first
		here.text = &signInText{tool: got.tool, agent: s.texts.agent(ev), app: s.texts.app(ev.App), record: recordOf(ev)}
	}
	got.text = here.text
	if s.forgive(ev, c, &got) || changed {
		s.profiles.clients.MarkDirty(c.key)
	}
	if s.credential(ev, c, a, &got) {
		return
	}
	if ev.Outcome == event.Success && !s.byApplication(ev) {
		s.learning.add(c, a, &got, here)
	}
	if !got.foreign && got.agent == mailProtocols && len(s.inCampaigns.set.All()) > 0 {
		s.inCampaigns.lookBackAt(c, a)
	}
	if got.foreign {
		for _, own := range s.revisions.judgeAgain(c) {
			s.learning.add(c, own.account, own, own)
		}
	}
}

// byApplication reports whether mail is read by an application that is not Microsoft's on servers
// for rent, at which the account does not sign in itself.
func (s *signIns) byApplication(ev *event.Event) bool {
	return ev.Action == event.MailAccess && len(ev.App) > 0 && s.incidents.policy.AppName(ev.App) == "" && s.inCampaigns.geo.Rented(ev.IP)
}

// newSignIn keeps the text of a sign-in only if it may be an attacker's: from an
// address that the account has not used.
func (s *signIns) newSignIn(ev *event.Event, c *client, a *account) signIn {
	got := signIn{key: a.key, account: a, from: ev.IP.As16(), agent: programOf(ev), tool: s.profiles.tools.of(ev), app: appOf(ev), service: ev.Service,
		family: ev.Family, outcome: ev.Outcome, reason: ev.Reason, proof: ev.Proof, first: ev.Time.UnixMilli(), hours: 1}
	got.last = got.first
	got.foreign = isForeign(c, &got)
	got.rareTool = !got.foreign && !s.rarity.population.FirstDay(got.first) && !a.usedAgent(got.agent, got.first) && s.rarity.rare(toolFeature(got.tool), got.first)
	return got
}

func recordOf(ev *event.Event) string {
	var record [event.MaxRecord]byte
	return string(ev.AppendRecord(record[:0]))
}

// texts are the latest agents and applications, so that equal texts of the sign-ins
// in an attack share memory. An agent is found by its hash, as its kind in tools.
type texts struct {
	agents [64]struct {
		hash uint32
		text string
	}
	apps [64]string
}

// agent returns a copy of the agent of an event, at most event.MaxText bytes.
func (t *texts) agent(ev *event.Event) string {
	hash := ev.AgentHash()
	kept := &t.agents[hash/2%uint32(len(t.agents))]
	if kept.hash != hash {
		text := ev.AgentText()
		kept.hash, kept.text = hash, string(text[:min(len(text), event.MaxText)])
	}
	return kept.text
}

// app returns a copy of an application, at most event.MaxText bytes.
func (t *texts) app(app []byte) string {
	if len(app) == 0 {
		return ""
	}
	app = app[:min(len(app), event.MaxText)]
	kept := &t.apps[xxhash.Sum64(app)%uint64(len(t.apps))]
	if *kept != string(app) {
		*kept = string(app)
	}
	return *kept
}

// forgive removes the account's typos, and reports whether there were any. What the
// account's program failed to do an hour before is no evidence of a campaign, either.
func (s *signIns) forgive(ev *event.Event, c *client, got *signIn) bool {
	since := got.first - s.forgiveness
	if ev.Outcome != event.Success || !c.failedSince(got.first-recoverWithin) && c.incident == nil {
		return false
	}
	shared := c.shared(ev.Marks)
	typo := func(t *window.Attempt) bool {
		return t.Key == got.key && (!shared || sameProgram(t, got.agent, got.tool))
	}
	s.revisions.forgiveInCampaign(c, got, since, typo)
	if s.revisions.forgive(c, got, since, typo) {
		return true
	}
	recovered := s.evidence.Forgive(c.key, got.key, got.first-recoverWithin, since, got.first, func(t *window.Attempt) bool {
		return t.At >= since && typo(t) || sameProgram(t, got.agent, got.tool)
	})
	if recovered && got.account.failsInHour(got.first) {
		s.profiles.accounts.MarkDirty(got.key)
		s.evidence.Level(got.service).AddFamiliar(got.first)
	}
	return c.attempts.Forgive(since, got.first, typo)
}

// credential adds a success to the incident of its client, its campaign or its
// account, and reports whether it is part of one and so must not be learned.
func (s *signIns) credential(ev *event.Event, c *client, a *account, got *signIn) bool {
	s.shared.limit(c, ev.Marks)
	c.switchTo(got.tool)
	if i := c.incident; s.incidents.inReach(i, got.first) {
		switch s.credentials.judge(i, c, got) {
		case valid:
			if s.credentials.add(i, c, got) {
				i.AddEvent(ev)
				s.incidents.tracker.Update(i.Incident)
			}
			if k := s.inCampaigns.ofSuccess(c, got); k != nil && s.credentials.add(k.Incident, c, got) {
				s.incidents.tracker.Update(k.Incident.Incident)
			}
			return true
		case renewed:
			return true
		}
		if got.rareTool {
			s.foreign.add(got)
		}
		return false
	}
	if got.rareTool {
		s.foreign.add(got)
	}
	if !got.foreign && c.campaign == nil {
		return false
	}
	i := (*attack.Attack)(nil)
	if k := s.inCampaigns.ofSuccess(c, got); k != nil {
		i = k.Incident
	} else if !got.foreign {
		return false
	} else if s.incidents.guesses(a, got) {
		i = a.incident
	}
	if i == nil && s.byApplication(ev) {
		return false // every day, and no sign that people move
	}
	if i == nil {
		s.foreign.add(got)
		if got.outcome == event.Success {
			s.evidence.Level(got.service).AddSignIn(got.first)
		}
		return false
	}
	if s.credentials.add(i, c, got) {
		i.AddEvent(ev)
		s.incidents.tracker.Update(i.Incident)
	}
	return true
}

// onlyCounted adds a success to an incident that lists no more credentials, if
// that is all there is to do: the client is not shared, and the success is the
// attacker's. Many thousand successes of one attack then cost little, and they
// are not named in a campaign of which the client is part.
func (s *signIns) onlyCounted(ev *event.Event, c *client, a *account) bool {
	i, at := c.incident, ev.Time.UnixMilli()
	if c.unit != nil || !s.incidents.inReach(i, at) || !i.Valid.Full(at) || c.shared(ev.Marks) || i.MayRecover(a.key) {
		return false
	}
	got := signIn{key: a.key, account: a, from: ev.IP.As16(), agent: programOf(ev), tool: s.profiles.tools.of(ev), app: appOf(ev),
		service: ev.Service, family: ev.Family, outcome: ev.Outcome, proof: ev.Proof, first: at}
	got.foreign = isForeign(c, &got)
	switch s.credentials.classify(i, c, &got) {
	case legitimate:
		return false
	case valid:
		if s.credentials.add(i, c, &got) {
			s.incidents.tracker.Update(i.Incident)
		}
	}
	return true
}

// windowsSignIn reports whether a success is known from the Windows log only, which
// names no program.
func windowsSignIn(got *signIn) bool { return got.service == event.Windows }

// learning records where accounts sign in and with what.
type learning struct {
	profiles *profiles
	rarity   *rarity
}

// add makes the client a known client of the account, and counts the account as a
// user of its tool, network and owner.
func (s *learning) add(c *client, a *account, got, here *signIn) {
	changed, added := a.addKnown(c.key, c.owner, got.first, got.agent, got.family)
	if changed {
		s.profiles.accounts.MarkDirty(a.key)
	}
	if added {
		s.profiles.accounts.Protect(a.key) // an existing account: invented names must not evict it
	}
	s.mature(c, here)
	if today := int32(got.first / day); today != here.learned || here.tool != here.learnedTool {
		here.learned, here.learnedTool = today, here.tool
		s.count(c, a.key, here, got.first)
	}
}

// oddTogether is how many accounts of one client count as users of a tool from networks from which
// hardly anybody signs in: more have moved there together, or one program has all their passwords.
const oddTogether = 2

// count adds a sign-in to the features that the tenant's accounts share.
func (s *learning) count(c *client, key uint64, got *signIn, at int64) {
	s.rarity.population.AddAccount(key, at)
	odd := s.rarity.oddOwner(c, at)
	for n, f := range featuresOf(c, got.tool, got.app) {
		if n == evidence.TraitOddTool && (!odd || len(c.signIns()) > oddTogether) {
			continue
		}
		s.rarity.population.Add(f, key, at)
	}
	s.rarity.population.Add(ownerFeature(c.owner), key, at)
	if len(c.signIns()) > 1 { // asked for only where several accounts sign in, see rareAt
		s.rarity.population.Add(subnetFeature(c.key).And(toolFeature(got.tool)), key, at)
	}
}

// mature counts the account among the known users of a client once it has
// signed in from there for a while.
func (s *learning) mature(c *client, here *signIn) {
	if here.counted {
		return
	}
	h := here.account.knownAt(c.key)
	if h == nil || h.counted || !h.owned(h.last+1) {
		here.counted = h != nil && h.counted
		return
	}
	h.counted, here.counted = true, true
	c.users.known++
	s.profiles.clients.MarkDirty(c.key)
	s.profiles.accounts.MarkDirty(here.key)
	if c.users.known == 2 {
		s.profiles.clients.Protect(c.key)
	}
}
