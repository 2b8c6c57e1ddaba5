package collection

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/incident"
)

// The address of an attack is learned from people who sign in there, unless the attack
// has their passwords or they use scripts.
func TestAddressOfAnAttackIsLearned(t *testing.T) {
	for name, want := range map[string]struct {
		agent   string
		stolen  bool
		learned bool
	}{
		"people":                {agent: "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36", learned: true},
		"scripts":               {agent: "python-requests/2.31.0"},
		"with stolen passwords": {agent: "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36", stolen: true},
	} {
		c := newDetector()
		begin := event.UnixTime(tuesday)
		attack := &incident.Incident{Start: tuesday, End: tuesday}
		c.evidence.tracker.Open(&ruleCollection, "somebody else", tuesday)
		c.evidence.tracker.AddClients(func(event.ClientKey, int64) *incident.Incident { return attack })
		var last *event.Event
		for person := range 40 {
			ev := event.Event{Time: begin.Add(time.Duration(person) * time.Minute), Source: event.UAL, Service: event.M365, Action: event.SignIn,
				Outcome: event.Success, RawIP: []byte("198.51.100.9"), RawUser: fmt.Appendf(nil, "p%d@contoso.com", person), Agent: []byte(want.agent)}
			c.subjects.policy.Normalise(&ev)
			if want.stolen {
				attack.Valid.Add(ev.UserHash(), alert.Credential{User: string(ev.User)})
			}
			c.Observe(&ev)
			last = &ev
		}
		d := c.subjects.profile(aUser, last.User)
		if got := !c.evidence.fromAttack(d, last); got != want.learned {
			t.Errorf("%s: learned %t, want %t", name, got, want.learned)
		}
	}
}
