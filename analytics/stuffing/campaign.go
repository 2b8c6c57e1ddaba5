package stuffing

import (
	"strconv"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// maxSightings bounds what one campaign list keeps: about 40 KB.
const maxSightings = 512

// campaign watches one thing that many clients may share: a user agent, an
// app, a network, or a service whose log names neither.
type campaign struct {
	failures   window.Attempts // of clients foreign to the account, with no incident of their own
	successes  window.Attempts // likewise, for the share of successes
	incident   *attack
	sinceCount int // failures since a long list was last looked at

	// Of a flood most lists never have a second try: the first one's place is
	// allocated with the list.
	first [1]window.Attempt
}

// lookEvery is how many failures a long list takes before it is counted again:
// a count walks all of it.
const countEvery, longList = 8, 64

// traits are the lists that an event belongs to, as table keys. An attacker
// who changes one of them at every try still shares another.
func traits(ev *event.Event, k event.ClientKey, keys []uint64) []uint64 {
	if len(ev.AgentText()) > 0 {
		keys = append(keys, event.SaltedHash('a', ev.AgentText()))
	}
	if len(ev.App) > 0 {
		keys = append(keys, event.SaltedHash('p', ev.App))
	}
	if len(keys) == 0 {
		keys = append(keys, event.SaltedHash('s', []byte{byte(ev.Service)}))
	}
	near := k
	if k.Addr().Is4() {
		near[15] = 0 // /24
	} else {
		clear(near[6:]) // /48
	}
	return append(keys, event.SaltedHash('n', near[:]))
}

// maxTraits is how many lists one event can be in.
const maxTraits = 3

// campaignOf is the open campaign that the event shares a trait with.
func (s *Detector) campaignOf(ev *event.Event, at int64) *attack {
	var room [maxTraits]uint64
	for _, key := range traits(ev, s.keyOf(ev), room[:0]) {
		if c, ok := s.campaigns.Get(key); ok && s.inReach(c.incident, at) {
			return c.incident
		}
	}
	return nil
}

// spread adds a failure that opened nothing on its own client to the lists of
// the distributed form: by trait, and by account.
func (s *Detector) watchCampaigns(ev *event.Event, t window.Attempt, c *client, a *account) {
	if hasKnownClientNear(a, c.key) {
		return
	}
	var room [maxTraits]uint64
	for _, key := range traits(ev, c.key, room[:0]) {
		list := s.list(key)
		list.failures.Add(t, maxSightings)
		list.failures.Prune(t.At - 2*s.slow)
		s.campaigns.MarkDirty(key)
		if s.isCampaign(list, t.At) {
			s.openCampaign(list, key, ev, t.At)
			return
		}
	}
	if a != nil {
		s.watchAccount(ev, t, a)
	}
}

func (s *Detector) list(key uint64) *campaign {
	c, ok := s.campaigns.Get(key)
	if !ok {
		c = &campaign{}
		c.failures = window.AttemptsOf(c.first[:0])
		s.campaigns.Add(key, c)
	}
	return c
}

// spreads tells whether one list's failures make a campaign: enough clients
// and accounts (or none named) in the burst window, or twice the clients in
// the slow one; and three clients that fail for each one that gets in, since
// an agent that many people use sees mostly successes.
func (s *Detector) isCampaign(c *campaign, at int64) bool {
	if c.sinceCount++; len(c.failures.All()) >= longList && c.sinceCount < countEvery {
		return false
	}
	c.sinceCount = 0
	t := &s.policy.Stuffing.Campaign
	wide := func(length int64, clients int) bool {
		return c.failures.Windows(at, length, func(run []window.Attempt) bool {
			if len(run) < clients || !s.mayBeWide(c, run, clients) {
				return false
			}
			failing, accounts, unnamed := s.census(run)
			if failing < clients || accounts < t.Accounts && unnamed*2 < len(run) {
				return false
			}
			return failing >= 3*s.succeededAddresses(c, run[0].At, run[len(run)-1].At)
		})
	}
	return wide(s.burst, t.Addresses) || wide(s.slow, 2*t.Addresses)
}

// could tells whether a run may be wide enough at all, by what needs no look at
// each client: most are not, and a census costs a hundred times as much.
func (s *Detector) mayBeWide(c *campaign, run []window.Attempt, clients int) bool {
	from, to := run[0].At, run[len(run)-1].At
	clear(s.addresses)
	for i := range run {
		s.addresses[run[i].Client] = struct{}{} // whole addresses: at least as many as clients
	}
	failing := len(s.addresses)
	return failing >= clients && failing >= 3*s.succeededAddresses(c, from, to)
}

// succeededAddresses counts the addresses that succeeded between two times.
func (s *Detector) succeededAddresses(c *campaign, from, to int64) int {
	clear(s.addresses)
	successes := c.successes.All()
	for i := range successes {
		if t := &successes[i]; t.Succeeded && t.At >= from && t.At <= to {
			s.addresses[t.Client] = struct{}{}
		}
	}
	return len(s.addresses)
}

// census counts distinct clients and accounts of a run, and tries that name no
// account, without clients that became part of an incident meanwhile. It
// allocates: by then the run is long enough to be looked at.
func (s *Detector) census(run []window.Attempt) (clients, accounts, unnamed int) {
	who := make(map[event.ClientKey]bool, len(run))
	names := make(map[uint64]struct{}, len(run))
	for i := range run {
		k := s.cut(run[i].Client)
		free, known := who[k]
		if !known {
			c, ok := s.clients.Get(k)
			free = !ok || !s.inReach(c.incident, run[i].At)
			who[k] = free
		}
		switch {
		case !free:
		case run[i].Key == 0:
			unnamed++
		default:
			names[run[i].Key] = struct{}{}
		}
	}
	for _, free := range who {
		if free {
			clients++
		}
	}
	return clients, len(names), unnamed
}

// openCampaign gathers the clients of a list into one incident.
func (s *Detector) openCampaign(c *campaign, key uint64, ev *event.Event, at int64) {
	i := s.tracker.Open(&ruleStuffing, "campaign "+strconv.FormatUint(key, 16), s.began(&c.failures, at)).Detail.(*attack)
	i.Extend(at)
	i.Window = "campaign"
	s.begin(i)
	c.incident = i
	for _, t := range c.failures.Take() {
		if s.inReach(i, t.At) {
			s.addToCampaign(i, t)
		}
	}
	i.AddEvent(ev)
	for _, t := range c.successes.Take() {
		s.classifySighting(i, t)
	}
	i.Assess()
	s.tracker.Update(i.Incident)
}

// enlist adds one client's try, and all else the client did, to a campaign.
func (s *Detector) addToCampaign(i *attack, t window.Attempt) {
	c, ok := s.clients.Get(s.cut(t.Client))
	switch {
	case !ok:
		i.addFailure(t, nil)
	case c.incident == nil || !s.inReach(c.incident, t.At):
		if !contains(c.attempts.All(), t) {
			i.addFailure(t, nil)
		}
		s.absorb(i, c)
	case c.incident == i: // adopted with an earlier try, this one among the rest
	}
}

func contains(tries []window.Attempt, t window.Attempt) bool {
	for i := range tries {
		if tries[i].At == t.At && tries[i].Key == t.Key {
			return true
		}
	}
	return false
}

// noteAdmission remembers a success from afar under its traits: it weighs
// against a campaign that is not open yet, and is judged when one opens.
func (s *Detector) rememberLogon(ev *event.Event, got logon, c *client) {
	if got.outcome == event.Success && got.proof == event.ProofSession || got.account.hadKnownClientNear(c.key, got.first) {
		return
	}
	var room [maxTraits]uint64
	for _, key := range traits(ev, c.key, room[:0]) {
		if list, ok := s.campaigns.Get(key); ok {
			t := newAttempt(ev, got.account)
			t.Succeeded = got.outcome == event.Success // else the password was right and no more
			list.successes.Add(t, maxSightings)
			list.successes.Prune(t.At - 2*s.slow)
			s.campaigns.MarkDirty(key)
		}
	}
}

// livesNear tells whether the account had a home in the client's network
// before the given time.
func (a *account) hadKnownClientNear(k event.ClientKey, before int64) bool {
	for i := range a.knownClients {
		if h := &a.knownClients[i]; h.first < before && h.client.Near(k) {
			return true
		}
	}
	return false
}

func (s *Detector) classifySighting(i *attack, t window.Attempt) {
	a, ok := s.accounts.Get(t.Key)
	if !ok || !s.inReach(i, t.At) || !i.usesAgent(t.Agent) || a.hadKnownClientNear(event.ClientKey(t.Client), t.At) {
		return
	}
	got := logon{key: a.key, account: a, from: t.Client, first: t.At, last: t.At,
		agent: t.Agent, service: t.Service, outcome: event.Success, reason: t.Reason}
	if !t.Succeeded {
		got.outcome = event.Accepted
	}
	s.classifyLogon(i, t.Client, &got)
}

// converge watches one account that fails from many clients: ten in the burst
// window, or ten networks in the slow one. A phone that changes its address
// stays within a network or two.
func (s *Detector) watchAccount(ev *event.Event, t window.Attempt, a *account) {
	a.attempts.Add(t, maxClientAttempts)
	s.accounts.MarkDirty(a.key)
	a.attempts.Prune(t.At - 2*s.slow)
	least := s.policy.Stuffing.Campaign.AccountAddresses
	found := a.attempts.Windows(t.At, s.burst, func(run []window.Attempt) bool {
		return len(run) >= least && distinct(run, s.cut) >= least
	}) || a.attempts.Windows(t.At, s.slow, func(run []window.Attempt) bool {
		return len(run) >= least && distinct(run, event.ClientKey.Network) >= least
	})
	if !found {
		return
	}
	i := s.tracker.Open(&ruleStuffing, "account "+a.name, s.began(&a.attempts, t.At)).Detail.(*attack)
	i.Extend(t.At)
	i.Window, i.Account, a.incident = "account", a.name, i
	s.begin(i)
	for _, t := range a.attempts.Take() {
		if s.inReach(i, t.At) {
			i.addFailure(t, nil)
		}
	}
	i.AddEvent(ev)
	i.Assess()
	s.tracker.Update(i.Incident)
}

func distinct(run []window.Attempt, of func(event.ClientKey) event.ClientKey) int {
	seen := make(map[event.ClientKey]struct{}, len(run))
	for i := range run {
		seen[of(event.ClientKey(run[i].Client))] = struct{}{}
	}
	return len(seen)
}
