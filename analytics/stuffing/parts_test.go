package stuffing

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// A run opens an incident by its distinct accounts, or by its failures unless they look
// like a client that retries.
func TestRunOpens(t *testing.T) {
	const accounts, failures = 5, 10
	irregular := make([]window.Attempt, 12)
	for n := range irregular {
		irregular[n].At = int64(n*n) * event.Minute
	}
	regular := make([]window.Attempt, 12)
	for n := range regular {
		regular[n].At = int64(n+1) * 5 * event.Minute
	}
	for _, c := range []struct {
		name string
		w    attemptStats
		want bool
	}{
		{"accounts", attemptStats{foreign: 5, failures: 5, run: irregular}, true},
		{"one account fewer", attemptStats{foreign: 4, failures: 4, run: irregular}, false},
		{"as many succeed", attemptStats{foreign: 5, succeeded: 5, failures: 5, run: irregular}, false},
		{"known accounts, twice as many", attemptStats{foreign: 4, familiar: 6, failures: 4, run: irregular}, true},
		{"known accounts, while others succeed", attemptStats{foreign: 4, familiar: 6, succeeded: 4, failures: 4, run: irregular}, false},
		{"failures of one account", attemptStats{foreign: 1, failures: 10, run: irregular}, true},
		{"one failure fewer", attemptStats{foreign: 1, failures: 9, run: irregular}, false},
		{"failures without a name", attemptStats{unknown: 10, run: irregular}, true},
		{"failures at regular intervals", attemptStats{foreign: 1, failures: 10, run: regular}, false},
		{"failures of a mail program", attemptStats{foreign: 1, failures: 10, mail: 10, run: irregular}, false},
		{"three accounts at regular intervals", attemptStats{foreign: 3, failures: 10, run: regular}, true},
		{"failures while more succeed", attemptStats{foreign: 1, failures: 10, succeeded: 2, run: irregular}, false},
	} {
		if got := c.w.opens(accounts, failures); got != c.want {
			t.Errorf("%s: opens %v, want %v", c.name, got, c.want)
		}
	}
}

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
		a := &account{}
		for _, m := range c.successes {
			a.addKnown(client, 7, first+m*event.Minute, agent, event.Browser)
		}
		before := first + c.before*event.Minute
		own, ownAgent := a.owns(client, before, agent)
		if own != c.own || ownAgent != c.ownAgent || a.usedAgent(agent, before) != c.use {
			t.Errorf("%v, %d minutes later: own %v, agent %v, used %v", c.successes, c.before, own, ownAgent, a.usedAgent(agent, before))
		}
	}
}

var attackerKey = [16]byte{10: 0xff, 11: 0xff, 12: 203, 14: 113, 15: 66}

func TestFamiliar(t *testing.T) {
	home := event.ClientKey{10: 0xff, 11: 0xff, 12: 198, 13: 51, 14: 100, 15: 1}
	neighbour, elsewhere := home, home
	neighbour[15], elsewhere[13] = 200, 99
	a := &account{}
	a.addKnown(home, 7, event.Day, 11, event.Mobile)
	for _, c := range []struct {
		name  string
		where client
		t     window.Attempt
		want  bool
	}{
		{"the same subnet", client{key: neighbour, owner: 8}, window.Attempt{Agent: 99}, true},
		{"the same owner and agent", client{key: elsewhere, owner: 7}, window.Attempt{Agent: 11}, true},
		{"the same owner, another agent", client{key: elsewhere, owner: 7}, window.Attempt{Agent: 99, Family: event.Browser}, false},
		{"the same owner, another telephone", client{key: elsewhere, owner: 7}, window.Attempt{Agent: 99, Family: event.Mobile}, true},
		{"the same owner, by the Windows log", client{key: elsewhere, owner: 7}, window.Attempt{Service: event.Windows}, true},
		{"another owner, the same agent", client{key: elsewhere, owner: 8}, window.Attempt{Agent: 11}, false},
		{"no owner known", client{key: elsewhere}, window.Attempt{Agent: 11}, false},
	} {
		if got := a.familiar(&c.where, &c.t, 2*event.Day); got != c.want {
			t.Errorf("%s: familiar %v, want %v", c.name, got, c.want)
		}
	}
	if a.familiar(&client{key: home}, &window.Attempt{}, 0) {
		t.Error("familiar before the first success")
	}
}

// A full list of known clients keeps those that are alone with their owner, and drops
// the oldest address of an owner with several.
func TestLeastUsefulClient(t *testing.T) {
	a := &account{}
	for n := range maxKnownClients {
		owner := uint32(n + 1)
		if n >= 6 {
			owner = 100 // the addresses of a telephone
		}
		a.addKnown(event.ClientKey{15: byte(n)}, owner, int64(n+1)*event.Day, 1, event.Mobile)
	}
	a.addKnown(event.ClientKey{14: 1}, 100, 100*event.Day, 1, event.Mobile)
	if len(a.known) != maxKnownClients || a.knows(event.ClientKey{15: 6}) || !a.knows(event.ClientKey{15: 0}) || !a.knows(event.ClientKey{14: 1}) {
		t.Errorf("%d clients, the oldest of the telephone kept: %v", len(a.known), a.knows(event.ClientKey{15: 6}))
	}
}

// The part of a shared address that is an attack is its tool, and for a tool that
// people there use, the accounts that do not live there, for an hour.
func TestUnit(t *testing.T) {
	for _, c := range []struct {
		u        unit
		tool     uint32
		familiar bool
		at       int64
		want     bool
	}{
		{unit{tools: []uint32{1}, rare: []uint32{1}}, 1, true, event.Day, true},
		{unit{tools: []uint32{1}, rare: []uint32{1}}, 2, false, 0, false},
		{unit{tools: []uint32{1}, newest: event.Hour, pause: event.Hour}, 1, false, 2 * event.Hour, true},
		{unit{tools: []uint32{1}, newest: event.Hour, pause: event.Hour}, 1, false, 2*event.Hour + 1, false},
		{unit{tools: []uint32{1}, oldest: event.Hour, newest: event.Hour, pause: event.Minute}, 1, false, event.Hour - event.Minute, true},
		{unit{tools: []uint32{1}, oldest: event.Hour, newest: event.Hour, pause: event.Minute}, 1, false, event.Hour - event.Minute - 1, false},
		{unit{tools: []uint32{1}, newest: event.Hour}, 1, true, event.Hour, false},
		{unit{tools: []uint32{1}, newest: event.Hour, familiar: true}, 1, true, event.Hour, true},
	} {
		if got := c.u.has(c.tool, c.tool == 1, c.familiar, c.at); got != c.want {
			t.Errorf("%+v: tool %d, familiar %v at %d: %v, want %v", c.u, c.tool, c.familiar, c.at, got, c.want)
		}
	}
	u := unit{tools: []uint32{1}, rare: []uint32{1}}
	for n := range uint32(2 * maxUnitTools) {
		u.join(&unit{tools: []uint32{1, n + 2}, familiar: true, newest: int64(n)})
	}
	if len(u.tools) != maxUnitTools || len(u.rare) != 1 || !u.familiar || u.newest != 2*maxUnitTools-1 {
		t.Errorf("joined: %+v", u)
	}
}

// The other analytics learn of an account's successes at once, and then ever more
// seldom, until a day has passed.
func TestReports(t *testing.T) {
	var r reports
	var sent []int64
	for m := int64(1); m < 3*24*60; m++ {
		if r.due(m * event.Minute) {
			sent = append(sent, m)
		}
	}
	if want := fmt.Sprint([]int64{1, 2, 6, 22, 86, 342, 1366}); fmt.Sprint(sent[:7]) != want || len(sent) > 12 {
		t.Errorf("sent in the minutes %v, want %s at first", sent, want)
	}
	if !r.due(10*event.Day) || !r.due(10*event.Day+event.Minute) {
		t.Error("after days of rest the pauses do not begin again with a minute")
	}
}

// A new build of a browser is the same tool, another application is not.
func TestTool(t *testing.T) {
	var tools tools
	of := func(agent, app string, service event.Service) uint32 {
		return tools.of(&event.Event{Agent: []byte(agent), App: []byte(app), Service: service})
	}
	chrome := of("Chrome/126.0", "a", event.M365)
	if of("Chrome/127.0", "a", event.OWA) != chrome || of("Chrome/126.0", "b", event.M365) == chrome || of("Firefox/126.0", "a", event.M365) == chrome {
		t.Error("agent without version, and application")
	}
	if owa := of("", "", event.OWA); window.NamesTool(owa) || owa == of("", "", event.EWSService) || !window.NamesTool(chrome) {
		t.Error("without agent and application the service stands for the tool")
	}
}

// A sign-in goes on for a day at most, and keeps the better proof of two logs.
func TestSignInMerge(t *testing.T) {
	stopped := signIn{first: 10 * event.Hour, last: 10 * event.Hour, hours: 1, outcome: event.Accepted, tool: 1}
	succeeded := signIn{first: 12 * event.Hour, last: 12 * event.Hour, hours: 1, outcome: event.Success, tool: 2}
	a := stopped
	if !a.merge(&succeeded) || a.outcome != event.Success || a.tool != 2 || a.first != stopped.first || a.last != succeeded.last {
		t.Errorf("a success after a stopped sign-in: %+v", a)
	}
	if !a.activeBetween(10*event.Hour, 10*event.Hour) || a.activeBetween(11*event.Hour, 11*event.Hour+1) {
		t.Errorf("hours %b: active at ten and twelve only", a.hours)
	}
	b := succeeded
	if b.merge(&stopped); b.tool != 2 {
		t.Errorf("a stopped sign-in replaced a success: %+v", b)
	}
	later := succeeded
	later.first, later.last = 50*event.Hour, 50*event.Hour
	if a.merge(&later); a.first != later.first {
		t.Errorf("a sign-in after %s goes on with the one before", time.Duration(38)*time.Hour)
	}
}

// The successes that a campaign may look back on are the latest; a restored list goes
// on where the saved one stopped.
func TestForeignSignInsAreBounded(t *testing.T) {
	var f foreignSignIns
	for n := range maxForeignSignIns + 100 {
		f.add(&signIn{first: int64(n)})
	}
	oldest := f.list[f.next].first
	next := f.next
	f.next = 0
	f.loaded()
	if len(f.list) != maxForeignSignIns || oldest != 100 || f.next != next {
		t.Errorf("%d kept, the oldest %d, next %d, restored %d", len(f.list), oldest, next, f.next)
	}
}

// An attack with the browser that everybody uses begins while another, with a program
// of its own for each try, goes on: they are two incidents.
func TestAttackInTheShadowOfAnother(t *testing.T) {
	b := newBench()
	const people = 200
	for day := range 5 {
		for n := range people {
			b.with("Chrome/126.0", "office").sign(time.Duration(24*day)*time.Hour+time.Duration(n)*time.Minute, "192.0.2.20", person(n), event.Success)
		}
	}
	morning := 5 * 24 * time.Hour
	for n := range 360 { // minutes
		if at := morning + time.Duration(n)*time.Minute; n%4 == 0 {
			program := fmt.Sprintf("Tool%c%c", 'a'+n/4%26, 'a'+n/4/26)
			b.with(program, program).fails(at, fmt.Sprintf("%d.%d.7.9", 41+n%9, n/4), person(n/4))
		} else if n > 240 {
			b.with("Chrome/126.0", "office").fails(at, fmt.Sprintf("%d.%d.7.9", 61+n%9, n-200), person(n-200))
		}
	}
	incidents := map[string]int{}
	for _, a := range b.tracker.Flush() {
		incidents[a.ID] = a.Counts.DistinctUsers
	}
	if len(incidents) != 2 {
		t.Errorf("accounts of the incidents %v, want two", incidents)
	}
}

// Accounts that a full list of sign-ins has replaced still count among those that got in,
// for six hours and whatever the order of their times.
func TestReplacedSignIns(t *testing.T) {
	const begin = 100 * event.Day
	c := &client{}
	getsIn := func(account int, at int64) {
		c.addSignIn(&signIn{key: uint64(account + 1), account: &account0, outcome: event.Success, first: at, last: at, hours: 1})
	}
	for n := range 300 {
		getsIn(n, begin+int64(n%7)*event.Minute)
	}
	for n := range 100 {
		getsIn(1000+n, begin-5*event.Hour+int64(n)*1000)
	}
	for _, x := range []struct {
		from, to int64
		least    int
		most     int
	}{
		{begin, begin + 10*event.Minute, 300, 300},
		{begin - 5*event.Hour, begin - 4*event.Hour, 100, 100},
		{begin - 4*event.Hour, begin - event.Hour, 0, 0},
		{begin + event.Hour, begin + 2*event.Hour, 0, 0},
	} {
		if n := c.succeeded(x.from, x.to); n < x.least || n > x.most {
			t.Errorf("%d accounts got in from minute %d to %d, want %d to %d", n, (x.from-begin)/event.Minute, (x.to-begin)/event.Minute, x.least, x.most)
		}
	}
	for n := range 2 * maxSignIns {
		getsIn(5000+n, begin+7*event.Hour)
	}
	if n := c.succeeded(begin, begin+10*event.Minute); n != 0 {
		t.Errorf("%d accounts got in seven hours before, want none", n)
	}
	getsIn(1, -event.Day) // a time before 1970
}

var account0 account
