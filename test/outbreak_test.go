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

// outbreak is an input with known incidents among the sign-ins of an ordinary
// office. Several attackers are active at a time; each has its own network, client
// and accounts, so they do not form a campaign. All records but the last ones are
// within the permitted lateness, because an agent that was killed rereads old
// records after newer ones. The last records are days later, so that all incidents
// end.
type outbreak struct {
	lines    []string
	end      int            // the first of the last records
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

// lastMessage is the state of one incident at the receiver.
type lastMessage struct {
	id       string
	last     int // sequence
	failures int
}

// message holds the fields of an alert that judge compares.
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

// arrived is a run as seen by the receiver.
type arrived struct {
	incidents       map[string]lastMessage // by attacker
	messages, again int
	twoIDs          []string
}

// arrive reads the lines of JSON of a receiver. An incomplete last line is
// skipped, and so are documents without a single attacker: the campaign that links
// the incidents, and full lists of indicators.
func arrive(text string) arrived {
	a := arrived{incidents: map[string]lastMessage{}}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		var m message
		if json.Unmarshal([]byte(line), &m) != nil || !strings.HasPrefix(m.Event.ID, "AN") || m.Source.IP == "" {
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
			a.incidents[m.Source.IP] = lastMessage{m.Event.ID, m.Event.Sequence, m.Redshank.Counts.Failures}
		}
	}
	return a
}

// exact returns for how many attackers the last message has the true count.
func (o *outbreak) exact(a arrived) (n int) {
	for ip, want := range o.failures {
		if got, ok := a.incidents[ip]; ok && got.failures == want {
			n++
		}
	}
	return n
}

// judge fails the test unless every incident arrived under one id and its last
// message has exact counts.
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
