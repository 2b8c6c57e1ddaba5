package profile

import (
	"testing"

	"redshank/analytics/event"
)

// Accounts that a full list of sign-ins has replaced still count among those that got in,
// for six hours and whatever the order of their times.
func TestReplacedSignIns(t *testing.T) {
	const begin = 100 * event.Day
	c := &Client{}
	getsIn := func(account int, at int64) {
		c.AddSignIn(&SignIn{Key: uint64(account + 1), Account: &account0, Outcome: event.Success, First: at, Last: at, hours: 1})
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
		if n := c.Succeeded(x.from, x.to); n < x.least || n > x.most {
			t.Errorf("%d accounts got in from minute %d to %d, want %d to %d", n, (x.from-begin)/event.Minute, (x.to-begin)/event.Minute, x.least, x.most)
		}
	}
	for n := range 2 * maxSignIns {
		getsIn(5000+n, begin+7*event.Hour)
	}
	if n := c.Succeeded(begin, begin+10*event.Minute); n != 0 {
		t.Errorf("%d accounts got in seven hours before, want none", n)
	}
	getsIn(1, -event.Day) // a time before 1970
}

var account0 Account
