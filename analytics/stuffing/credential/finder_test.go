package credential

import (
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// A success from the client of an attack is the attacker's, unless the address is the account's
// own, or another program got in long before. Where the log names no program, another log decides.
func TestClassify(t *testing.T) {
	const begin, script, browser = 100 * event.Day, 22, 33
	i := attack.New(&incident.Incident{Start: begin, End: begin}).(*attack.Attack)
	i.AddFailure(window.Attempt{At: begin, Key: 1, Name: "tried", Agent: script, Family: event.Scripting}, nil)
	c := &profile.Client{Key: event.ClientKey{10: 0xff, 11: 0xff, 12: 203, 14: 113, 15: 66}, Owner: 7}
	stranger, owner := &profile.Account{Key: 1}, &profile.Account{Key: 2}
	for n := range int64(3) {
		owner.AddKnown(c.Key, c.Owner, begin-(5-n)*event.Day, browser, event.Browser)
	}
	f := NewFinder(nil, nil, nil, profile.NewRarity(&policy.Policy{}, 10))
	for _, x := range []struct {
		name string
		got  profile.SignIn
		want Judgement
	}{
		{"with the program of the attack", profile.SignIn{Account: stranger, Agent: script, Foreign: true}, Valid},
		{"with another program", profile.SignIn{Account: stranger, Agent: browser, Foreign: true}, Valid},
		{"with another program, long before", profile.SignIn{Account: stranger, Agent: browser, Foreign: true, Last: begin - event.Hour}, Legitimate},
		{"at the account's own place", profile.SignIn{Account: owner, Agent: browser}, Legitimate},
		{"at the account's own place, with the program of the attack", profile.SignIn{Account: owner, Agent: script}, Valid},
		{"known from the Windows log", profile.SignIn{Account: stranger, Service: event.Windows}, Renewed},
	} {
		x.got.Key, x.got.Outcome = x.got.Account.Key, event.Success
		if x.got.Last == 0 {
			x.got.First, x.got.Last = begin, begin
		}
		if got := f.Classify(i, c, &x.got); got != x.want {
			t.Errorf("%s: %d, want %d", x.name, got, x.want)
		}
	}
}
