package test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// outbreak is an input whose incidents are known: attackers, each from a
// network of its own with a client of its own at accounts of its own, so that
// they are no campaign, some at a time, in the sign-ins of an ordinary office. All is within the time that a record may
// come late, because an agent that was killed reads what it had behind what is
// new; but for the end, which is days later and makes all incidents quiet.
type outbreak struct {
	lines    []string
	end      int            // the first line of the end
	failures map[string]int // by attacker
}

func newOutbreak(attackers, records int) *outbreak {
	const apart = 80 * time.Second
	type stamped struct {
		at   time.Duration
		text string
	}
	o := &outbreak{failures: map[string]int{}}
	r := rand.New(rand.NewPCG(1, 2))
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var all []stamped
	add := func(at time.Duration, fields string) {
		all = append(all, stamped{at, fmt.Sprintf(`{"CreationTime":%q,"Id":"id-%d","Workload":"AzureActiveDirectory","RecordType":15,%s}`,
			begin.Add(at).Format("2006-01-02T15:04:05"), len(all), fields)})
	}
	for a := range attackers {
		ip := fmt.Sprintf("2001:db8:%x::7", a+1)
		o.failures[ip] = attackSize + a%9
		for n := range o.failures[ip] {
			add(time.Duration(a)*apart+time.Duration(n)*90*time.Second, fmt.Sprintf(`"Operation":"UserLoginFailed","ResultStatus":"Failed","ClientIP":%q,`+
				`"UserId":"a%dn%d@contoso.com","ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword",`+
				`"ApplicationId":"5e1f0000-0000-4000-8000-%012d","ExtendedProperties":[{"Name":"UserAgent","Value":"client/%d"}]`, ip, a, n, a, a))
		}
	}
	const rest = 20
	for len(all) < records-rest {
		add(time.Duration(r.Int64N(int64(attackers)*int64(apart))), fmt.Sprintf(`"Operation":"UserLoggedIn","ResultStatus":"Success","ClientIP":"192.0.2.20","UserId":"staff%d@contoso.com"`, r.IntN(300)))
	}
	for n := range rest {
		add(time.Duration(attackers)*apart+96*time.Hour+time.Duration(n)*time.Minute, `"Operation":"UserLoggedIn","ResultStatus":"Success","ClientIP":"192.0.2.20","UserId":"staff1@contoso.com"`)
	}
	slices.SortStableFunc(all, func(a, b stamped) int { return int(a.at - b.at) })
	o.end = len(all) - rest
	for _, s := range all {
		o.lines = append(o.lines, s.text+"\n")
	}
	return o
}

func (o *outbreak) text() string { return strings.Join(o.lines, "") }

// lastTold is what has arrived of one incident.
type lastTold struct {
	id       string
	last     int // sequence
	failures int
}

// message is the part of an alert by which an outbreak is judged.
type message struct {
	Event struct {
		ID       string
		Sequence int
	}
	Source   struct{ IP string }
	Redshank struct {
		Counts struct{ Failures int }
	}
}

// arrived is a run as the receiving end saw it.
type arrived struct {
	incidents       map[string]lastTold // by attacker
	messages, again int
	twoIDs          []string
}

// arrive reads what a receiver has as lines of JSON. A last line that is not
// whole yet is left out.
func arrive(text string) arrived {
	a := arrived{incidents: map[string]lastTold{}}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		var m message
		if json.Unmarshal([]byte(line), &m) != nil || !strings.HasPrefix(m.Event.ID, "AN") {
			continue
		}
		a.messages++
		key := fmt.Sprintf("%s/%d", m.Event.ID, m.Event.Sequence)
		if seen[key] {
			a.again++
		}
		seen[key] = true
		have, ok := a.incidents[m.Source.IP]
		if ok && have.id != m.Event.ID {
			a.twoIDs = append(a.twoIDs, m.Source.IP)
		}
		if m.Event.Sequence >= have.last {
			a.incidents[m.Source.IP] = lastTold{m.Event.ID, m.Event.Sequence, m.Redshank.Counts.Failures}
		}
	}
	return a
}

// exact is how many attackers arrived with their true count last.
func (o *outbreak) exact(a arrived) (n int) {
	for ip, want := range o.failures {
		if got, ok := a.incidents[ip]; ok && got.failures == want {
			n++
		}
	}
	return n
}

// judge fails the test unless every incident arrived, none under two ids, and
// with exact counts in the end.
func (o *outbreak) judge(t *testing.T, name, text string) {
	t.Helper()
	a := arrive(text)
	t.Logf("%s: %d records, %d incidents of %d arrived, %d with exact counts, %d under two ids; %d messages, %d of them more than once",
		name, len(o.lines), len(a.incidents), len(o.failures), o.exact(a), len(a.twoIDs), a.messages, a.again)
	if len(a.incidents) != len(o.failures) || o.exact(a) != len(o.failures) || len(a.twoIDs) > 0 {
		wrong := 0
		for ip, want := range o.failures {
			if got := a.incidents[ip]; got.failures != want {
				if wrong++; wrong <= 5 {
					t.Errorf("%s: %s: %+v, want %d failures", name, ip, got, want)
				}
			}
		}
		t.Errorf("%s: under two ids: %v", name, a.twoIDs)
	}
}
