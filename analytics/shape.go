package analytics

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
)

// The classes of AN1269.
const (
	classStuffing = "credential_stuffing"
	classSpraying = "password_spraying"
	classGuessing = "password_guessing"
	classClient   = "misconfigured_client"
)

// assess sets the class and severity that an incident of AN1269 has come to.
// It looks at every account, and so is done once a chunk and not once a
// failure.
func (i *incident) assess() {
	if i.rule == &ruleStuffing {
		i.class = shape(i)
		i.severity = max(i.severity, grade(i))
	}
}

// shape names an attack by what its tries look like: how many accounts, how
// often each, in rounds or one after the other, and whether the accounts exist.
func shape(i *incident) string {
	accounts := i.users.Count()
	if accounts == 0 {
		return classGuessing // the logs name nobody
	}
	perAccount := float64(i.counts.Failures) / float64(accounts)
	most, clients := 0, true
	for _, t := range i.tallies {
		most = max(most, t.failures)
		clients = clients && t.failures >= 8 && t.marks.Has(event.ServiceAccount)
	}
	switch {
	case clients:
		return classClient
	case accounts <= 2, most >= 10 && most*10 >= i.counts.Failures*8:
		return classGuessing
	case perAccount <= 3.5 && invented(i, accounts):
		return classStuffing
	case perAccount >= 3, perAccount >= 1.5 && inRounds(i):
		return classSpraying
	}
	return classStuffing
}

// invented tells whether the names come from somebody else's list: three in
// ten do not exist here, or are on a leaked list.
func invented(i *incident, accounts int) bool {
	return (i.counts.UnknownUsers+i.counts.Leaked)*10 >= accounts*3
}

// inRounds tells whether accounts are tried again after others were: a, b, c,
// a, b, c. A list of pairs has the passwords of one account together: a, a, b.
func inRounds(i *incident) bool {
	seen := make(map[uint64]struct{}, maxAttempts)
	again, apart := 0, 0
	previous := uint64(0)
	for _, t := range i.attempts.All() {
		if _, ok := seen[t.Key]; ok {
			again++
			if t.Key != previous {
				apart++
			}
		}
		seen[t.Key] = struct{}{}
		previous = t.Key
	}
	return again*2 >= len(seen) && apart*10 >= again*8
}

// grade is the severity an incident deserves as it stands.
func grade(i *incident) alert.Severity {
	switch {
	case i.valid.count() > 0:
		return alert.Critical
	case i.class == classClient:
		return alert.Low
	case i.users.Count() >= i.highFrom.users, i.counts.Failures >= i.highFrom.failures, i.counts.Leaked >= 3, i.privileged():
		return alert.High
	}
	return alert.Medium
}

func (i *incident) privileged() bool {
	for _, t := range i.tallies {
		if t.marks.Has(event.PrivilegedUser) {
			return true
		}
	}
	return false
}
