package attack

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// The classes of AN1269.
const (
	classStuffing = "credential_stuffing"
	classSpraying = "password_spraying"
	classGuessing = "password_guessing"
	classClient   = "misconfigured_client"
)

// Assess sets the class and the severity. The class is decided again when the
// failures have grown by an eighth: that looks at every account and at the
// latest attempts.
func (i *Attack) Assess() {
	i.UpdateCounts((*window.Distinct).Estimate)
	if i.Withdrawn() {
		i.Severity = alert.Low
		return
	}
	if i.assessed == 0 || i.Counts.Failures >= i.assessed+i.assessed/8 {
		i.Class, i.assessed = shape(i), i.Counts.Failures
	}
	i.Severity = max(i.Severity, grade(i))
}

// Regrade sets the severity anew when a credential has been taken back.
func (i *Attack) Regrade() { i.Severity = grade(i) }

// shape names an attack by what its attempts look like: how many accounts, how
// often each, in rounds or one after the other, and whether the accounts exist.
func shape(i *Attack) string {
	accounts := i.Counts.DistinctUsers
	if accounts == 0 {
		return classGuessing // the logs name nobody
	}
	perAccount := float64(i.Counts.Failures) / float64(accounts)
	switch {
	case onlyServiceAccounts(i):
		return classClient
	case accounts <= 2, i.most >= 10 && i.most*10 >= i.Counts.Failures*8:
		return classGuessing
	case perAccount >= 1.5 && inRounds(i):
		return classSpraying
	case perAccount <= 3.5 && invented(i, accounts), perAccount < 3:
		return classStuffing
	}
	return classSpraying
}

// onlyServiceAccounts reports whether service accounts alone fail, and often.
func onlyServiceAccounts(i *Attack) bool {
	for _, t := range i.tallies {
		if t.failures < 8 || !t.marks.Has(event.ServiceAccount) {
			return false
		}
	}
	return true
}

// invented reports whether the names appear to come from an external list: at
// least 30 % of them do not exist here or are on a leaked list.
func invented(i *Attack, accounts int) bool {
	return (i.Counts.UnknownUsers+i.Counts.Leaked)*10 >= accounts*3
}

// inRounds reports whether accounts are retried after other accounts: a, b, c,
// a, b, c. A list of pairs groups the passwords of one account: a, a, b.
func inRounds(i *Attack) bool {
	if i.Counts.Failures > maxAttempts {
		return i.roundsByAccount()
	}
	seen := make(map[uint64]struct{}, maxAttempts)
	again, apart := 0, 0
	previous := uint64(0)
	for _, t := range i.latest.All() {
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

// roundsByAccount is inRounds for an attack of which not all attempts are kept. Attempts
// on one account that follow each other last as many mean intervals as there are; in
// rounds, the accounts in between make them last longer.
func (i *Attack) roundsByAccount() bool {
	mean := (i.End - i.Start) / int64(i.Counts.Failures)
	again, apart := 0, 0
	for _, t := range i.tallies {
		if t.failures < 2 {
			continue
		}
		again++
		if t.last-t.first >= 3*mean*int64(t.failures-1) {
			apart++
		}
	}
	return again*2 >= len(i.tallies) && apart*10 >= again*8
}

// grade returns the current severity of an incident.
func grade(i *Attack) alert.Severity {
	switch {
	case i.Valid.Count() > 0:
		return alert.Critical
	case i.Class == classClient:
		return alert.Low
	case i.Counts.DistinctUsers >= i.highFrom.users, i.Counts.Failures >= i.highFrom.failures, i.Counts.Leaked >= 3, i.targeted:
		return alert.High
	}
	return alert.Medium
}

// attackTechniques are the ATT&CK ids of the classes.
var attackTechniques = map[string]string{
	classStuffing: "T1110.004",
	classSpraying: "T1110.003",
	classGuessing: "T1110.001",
}
