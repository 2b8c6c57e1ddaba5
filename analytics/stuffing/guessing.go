package stuffing

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/credential"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// guessing watches the accounts that fail from foreign networks.
type guessing struct {
	policy      *policy.Policy
	incidents   *incidents
	profiles    *profile.Set
	clients     *clientIncidents
	foreign     *profile.ForeignSignIns
	credentials *credential.Finder
	geo         *policy.GeoCache
	burst, slow int64 // milliseconds
}

// observe watches one account that fails from foreign networks: ten clients in the burst
// window, ten networks in the slow one, several servers for rent, or, for a privileged account,
// often enough from wherever. It reports whether the failure became part of an incident.
func (s *guessing) observe(ev *event.Event, t *window.Attempt, c *profile.Client, a *profile.Account) bool {
	if profile.WindowsOnly(t) {
		return false // another log has more details
	}
	a.Attempts.Add(*t, profile.MaxAttempts)
	s.profiles.Accounts.MarkDirty(a.Key)
	a.Attempts.Prune(t.At - week)
	clients, privileged := s.fromMany(a, t) || s.fromRented(a, t), false
	switch {
	case clients:
	case !c.Shared(t.Marks) && s.privileged(a, t, c.Key):
		s.openGuesser(c, a, t, ev)
		return true
	case s.privileged(a, t, event.ClientKey{}):
		if from := s.mostlyFrom(a, t); from != nil { // the others may be the account's own typos
			if from == c {
				s.openGuesser(c, a, t, ev)
			}
			return from == c
		}
		privileged = true
	default:
		return false
	}
	i := s.incidents.open("account "+a.Name, windowAccount, s.incidents.began(&a.Attempts, t.At), t.At)
	i.Account, a.Incident = a.Name, i
	for _, t := range a.Attempts.Take() {
		if s.incidents.InReach(i, t.At) || privileged {
			i.AddFailure(t, nil)
		}
	}
	s.lookBack(a)
	i.AddEvent(ev)
	i.Assess()
	s.incidents.tracker.Update(i.Incident)
	return true
}

// lookBack adds the successes that came before the incident of an account opened.
func (s *guessing) lookBack(a *profile.Account) {
	for got := range s.foreign.All() {
		if got.Key != a.Key || !s.incidents.guesses(a, got) {
			continue
		}
		if c := s.profiles.ClientAt(got.From); c != nil && !a.WentOnAt(c.Key, got.First) {
			s.credentials.Add(a.Incident, c, got)
		}
	}
}

// guesses reports whether a success is one of the attacker who guesses the password of an
// account: with a program of the attack, which the account had not used, and with a
// browser, as its owner may have, while the guesses go on.
func (s *incidents) guesses(a *profile.Account, got *profile.SignIn) bool {
	i := a.Incident
	return s.InReach(i, got.First) && i.UsesAgent(got.Agent) && !a.UsedAgent(got.Agent, i.Start) && got.Password() &&
		(got.Family != event.Browser || got.First <= i.End+attack.MaxPause) && !s.ownersTypo(i, got)
}

// ownersTypo reports whether an incident has failures with the program of a success only
// shortly before it and at the same address, while the guesses are made with one other
// program: the account's owner has mistyped somewhere new.
func (s *incidents) ownersTypo(i *attack.Attack, got *profile.SignIn) bool {
	since, others := got.First-s.policy.Stuffing.Forgiveness.Milliseconds(), 0
	all := i.Attempts()
	for n := range all {
		switch t := &all[n]; {
		case t.Agent != got.Agent:
			others++
		case t.At < since || t.At > got.First || event.ClientKey(t.Client) != got.From:
			return false
		}
	}
	return i.Agents() == 2 && others > len(all)-others
}

// openGuesser opens the incident of a client that guesses the password of an account.
func (s *guessing) openGuesser(c *profile.Client, a *profile.Account, t *window.Attempt, ev *event.Event) {
	s.clients.open(c, windowAccount, t.At, ev)
	a.Attempts = window.AttemptsOf(slices.DeleteFunc(a.Attempts.Take(), func(o window.Attempt) bool { return s.profiles.KeyOf(o.Client) == c.Key }))
}

// fromMany reports whether one account fails from many clients at a time, from many
// networks in a day, or from a few networks at a time as often as the failures of one
// client that open an incident. The account's telephone with an old password, which
// fails from wherever it is carried, does not count.
func (s *guessing) fromMany(a *profile.Account, t *window.Attempt) bool {
	least := s.policy.Stuffing.Campaign.AccountAddresses
	all := a.Attempts.All()
	if len(all) < least || disabled(all) {
		return false
	}
	if a.FailsFromSeveral(t.At) && s.often(a, t) {
		return true
	}
	phone := telephone(all)
	return a.Attempts.Windows(t.At, s.burst, func(run []window.Attempt) bool {
		return len(run) >= least && distinctClients(run, phone, s.profiles.KeyOf) >= least
	}) || a.Attempts.Windows(t.At, s.slow, func(run []window.Attempt) bool {
		return len(run) >= least && distinctClients(run, phone, event.ClientKey.Subnet) >= least
	})
}

// fromRented reports whether a known account fails as often in the slow window as opens
// the incident of a client, from several servers for rent and with programs that it has
// not used.
func (s *guessing) fromRented(a *profile.Account, t *window.Attempt) bool {
	least := s.policy.Stuffing.FailureThreshold.Slow
	all := a.Attempts.All()
	if len(all) < least || len(a.Known) == 0 || disabled(all) || distinctClients(all, 0, s.profiles.KeyOf) < 2 {
		return false
	}
	return a.Attempts.Windows(t.At, s.slow, func(run []window.Attempt) bool {
		if len(run) < least {
			return false
		}
		var one event.ClientKey
		n, several := 0, false
		for i := range run {
			if o := &run[i]; !a.UsedAgent(o.Agent, o.At) && s.geo.Rented(event.ClientKey(o.Client).Addr()) {
				if n++; n == 1 {
					one = s.profiles.KeyOf(o.Client)
				}
				several = several || s.profiles.KeyOf(o.Client) != one
			}
		}
		return n >= least && several
	})
}

// often reports whether an account fails as often in a window as the failures of one
// client that open an incident.
func (s *guessing) often(a *profile.Account, t *window.Attempt) bool {
	least := &s.policy.Stuffing.FailureThreshold
	return a.Attempts.Windows(t.At, s.burst, func(run []window.Attempt) bool { return len(run) >= least.Burst }) ||
		a.Attempts.Windows(t.At, s.slow, func(run []window.Attempt) bool { return len(run) >= least.Slow })
}

// telephone returns the agent of the mail program with the most attempts, or 0.
func telephone(all []window.Attempt) (agent uint32) {
	counts, most := map[uint32]int{}, 0
	for i := range all {
		if t := &all[i]; profile.IsMail(t) {
			if counts[t.Agent]++; counts[t.Agent] > most {
				agent, most = t.Agent, counts[t.Agent]
			}
		}
	}
	return agent
}

// disabled reports whether an account was disabled when it last failed: its own
// programs go on, and nobody can guess its password.
func disabled(all []window.Attempt) bool {
	for n := len(all) - 1; n >= 0; n-- {
		switch all[n].Reason {
		case event.Disabled:
			return true
		case event.WrongPassword:
			return false
		}
	}
	return false
}

// guesses counts the failures of a privileged account in a day.
type guesses struct {
	foreign int
	beside  int // in new networks of owners that the account uses
	subnets [profile.SeveralNetworks]event.ClientKey
	several int // of subnets, those in use
}

// add counts a failure.
func (g *guesses) add(t *window.Attempt, beside bool) {
	if !beside {
		g.foreign++
		return
	}
	g.beside++
	subnet := event.ClientKey(t.Client).Subnet()
	if g.several < len(g.subnets) && !slices.Contains(g.subnets[:g.several], subnet) {
		g.subnets[g.several] = subnet
		g.several++
	}
}

// count returns the failures that count: those beside networks of the account only if
// they come from several of them, because a person mistypes in one.
func (g *guesses) count() int {
	if g.several < profile.SeveralNetworks {
		return g.foreign
	}
	return g.foreign + g.beside
}

// privileged reports whether the failures of a privileged account are many in a day, or
// several a day on three days, or on the average of the last three: those from one client,
// or from all where the client is zero. Mail programs that retry do not count if the
// account has used them or the owner of their network.
func (s *guessing) privileged(a *profile.Account, t *window.Attempt, from event.ClientKey) bool {
	p := &s.policy.Stuffing.Privileged
	if !t.Marks.Has(event.PrivilegedUser) || len(a.Attempts.All()) < min(p.Day, 3*p.Days) {
		return false
	}
	all := a.Attempts.All()
	newest := all[len(all)-1].At
	perDay := map[int64]*guesses{} // counted back from the newest: an attack may begin at any hour
	var inDay guesses
	for n := range all {
		o := &all[n]
		if from != (event.ClientKey{}) && s.profiles.KeyOf(o.Client) != from || o.Reason == event.Disabled {
			continue
		}
		c := s.profiles.ClientAt(o.Client)
		if c == nil {
			c = &profile.Client{Key: s.profiles.KeyOf(o.Client)}
		}
		if profile.IsMail(o) && retries(a, c, o) {
			continue
		}
		beside := a.Familiar(c, o, o.At)
		if beside && !besideOwnNetworks(o, c, a) {
			continue // it has got in there since
		}
		of := perDay[(newest-o.At)/day]
		if of == nil {
			of = &guesses{}
			perDay[(newest-o.At)/day] = of
		}
		of.add(o, beside)
		if o.At > t.At-s.slow && o.At <= t.At {
			inDay.add(o, beside)
		}
	}
	days, half, recent := 0, 0, 0
	for n, g := range perDay {
		if g.count() >= p.Days {
			days++
		}
		if n < 3 && 2*g.count() >= p.Days {
			half, recent = half+1, recent+g.count()
		}
	}
	return inDay.count() >= p.Day || days >= 3 || half == 3 && recent >= 3*p.Days
}

// besideOwnNetworks reports whether an attempt on a privileged account comes from a
// network that the account has not signed in from, and is not made by a mail program.
// An owner that the account uses does not excuse it, nor a common browser: one who
// guesses may have both.
func besideOwnNetworks(t *window.Attempt, c *profile.Client, a *profile.Account) bool {
	return t.Marks.Has(event.PrivilegedUser) && !profile.IsMail(t) && t.Agent != profile.MailProtocols && !a.KnowsSubnet(c.Key)
}

// retries reports whether a mail program that fails for an account is probably its
// own.
func retries(a *profile.Account, c *profile.Client, t *window.Attempt) bool {
	return a.UsedAgent(t.Agent, t.At) || a.KnowsOwner(c.Owner, t.At)
}

// mostlyFrom returns the client that two thirds of the failures of an account come
// from, in the day up to t or in the week, if it is not shared, or nil.
func (s *guessing) mostlyFrom(a *profile.Account, t *window.Attempt) *profile.Client {
	if c := s.mostlyFromSince(t.At-s.slow, a, t); c != nil {
		return c
	}
	return s.mostlyFromSince(t.At-week, a, t)
}

func (s *guessing) mostlyFromSince(since int64, a *profile.Account, t *window.Attempt) *profile.Client {
	counts, all := map[event.ClientKey]int{}, 0
	for _, o := range a.Attempts.All() {
		if o.At > since && o.At <= t.At {
			all++
			counts[s.profiles.KeyOf(o.Client)]++
		}
	}
	for k, n := range counts {
		if 3*n < 2*all {
			continue
		}
		if c, ok := s.profiles.Clients.Peek(k); ok && !c.Shared(t.Marks) {
			return c
		}
	}
	return nil
}

// distinctClients returns how many different clients or networks the attempts come from,
// without those of a telephone.
func distinctClients(run []window.Attempt, phone uint32, of func(event.ClientKey) event.ClientKey) int {
	seen := make(map[event.ClientKey]struct{}, len(run))
	for i := range run {
		if t := &run[i]; t.Agent != phone || !profile.IsMail(t) {
			seen[of(event.ClientKey(t.Client))] = struct{}{}
		}
	}
	return len(seen)
}
