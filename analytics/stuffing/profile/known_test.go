package profile

import (
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// An address is an account's own a day after the first success there, or an hour
// after it if the account came back; an agent two hours after its first use.
func TestKnownClient(t *testing.T) {
	const first = 100 * event.Day
	client, agent := event.ClientKey(attackerKey), uint32(11)
	for _, c := range []struct {
		successes          []int64 // minutes after the first
		before             int64   // minutes after the first
		own, ownAgent, use bool
	}{
		{[]int64{0}, 30, false, false, false},
		{[]int64{0}, 3 * 60, false, true, true},
		{[]int64{0, 40}, 61, true, false, false},
		{[]int64{0, 20}, 61, false, false, false},
		{[]int64{0}, 24 * 60, true, true, true},
	} {
		a := &Account{}
		for _, m := range c.successes {
			a.AddKnown(client, 7, first+m*event.Minute, agent, event.Browser)
		}
		before := first + c.before*event.Minute
		own, ownAgent := a.Owns(client, before, agent)
		if own != c.own || ownAgent != c.ownAgent || a.UsedAgent(agent, before) != c.use {
			t.Errorf("%v, %d minutes later: own %v, agent %v, used %v", c.successes, c.before, own, ownAgent, a.UsedAgent(agent, before))
		}
	}
}

var attackerKey = [16]byte{10: 0xff, 11: 0xff, 12: 203, 14: 113, 15: 66}

func TestFamiliar(t *testing.T) {
	home := event.ClientKey{10: 0xff, 11: 0xff, 12: 198, 13: 51, 14: 100, 15: 1}
	neighbour, elsewhere := home, home
	neighbour[15], elsewhere[13] = 200, 99
	a := &Account{}
	a.AddKnown(home, 7, event.Day, 11, event.Mobile)
	for _, c := range []struct {
		name  string
		where Client
		t     window.Attempt
		want  bool
	}{
		{"the same subnet", Client{Key: neighbour, Owner: 8}, window.Attempt{Agent: 99}, true},
		{"the same owner and agent", Client{Key: elsewhere, Owner: 7}, window.Attempt{Agent: 11}, true},
		{"the same owner, another agent", Client{Key: elsewhere, Owner: 7}, window.Attempt{Agent: 99, Family: event.Browser}, false},
		{"the same owner, another telephone", Client{Key: elsewhere, Owner: 7}, window.Attempt{Agent: 99, Family: event.Mobile}, true},
		{"the same owner, by the Windows log", Client{Key: elsewhere, Owner: 7}, window.Attempt{Service: event.Windows}, true},
		{"another owner, the same agent", Client{Key: elsewhere, Owner: 8}, window.Attempt{Agent: 11}, false},
		{"no owner known", Client{Key: elsewhere}, window.Attempt{Agent: 11}, false},
	} {
		if got := a.Familiar(&c.where, &c.t, 2*event.Day); got != c.want {
			t.Errorf("%s: familiar %v, want %v", c.name, got, c.want)
		}
	}
	if a.Familiar(&Client{Key: home}, &window.Attempt{}, 0) {
		t.Error("familiar before the first success")
	}
}

// A full list of known clients keeps those that are alone with their owner, and drops
// the oldest address of an owner with several.
func TestLeastUsefulClient(t *testing.T) {
	a := &Account{}
	for n := range maxKnownClients {
		owner := uint32(n + 1)
		if n >= 6 {
			owner = 100 // the addresses of a telephone
		}
		a.AddKnown(event.ClientKey{15: byte(n)}, owner, int64(n+1)*event.Day, 1, event.Mobile)
	}
	a.AddKnown(event.ClientKey{14: 1}, 100, 100*event.Day, 1, event.Mobile)
	if len(a.Known) != maxKnownClients || a.Knows(event.ClientKey{15: 6}) || !a.Knows(event.ClientKey{15: 0}) || !a.Knows(event.ClientKey{14: 1}) {
		t.Errorf("%d clients, the oldest of the telephone kept: %v", len(a.Known), a.Knows(event.ClientKey{15: 6}))
	}
}
