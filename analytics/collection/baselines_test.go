package collection

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/state"
)

// walked counts the baselines entry by entry.
func walked(c *Detector) (mature, all int) {
	c.subjects.profiles.Each(func(_ uint64, p *profile) {
		if p.kind != aUser || p.Baseline.SignIns == 0 {
			return
		}
		all++
		if p.Baseline.Mature != 0 {
			mature++
		}
	})
	return mature, all
}

// signInOn gives a sign-in of a person on a day.
func signInOn(c *Detector, person, day int) {
	at := event.UnixTime(event.Day * int64(20000+day)).Add(time.Duration(person) * time.Second)
	ev := event.Event{Time: at, Source: event.Entra, Service: event.M365, Action: event.SignIn, Outcome: event.Success,
		RawIP: fmt.Appendf(nil, "198.51.100.%d", person%250), RawUser: fmt.Appendf(nil, "user%d@contoso.com", person)}
	c.subjects.policy.Normalise(&ev)
	c.Observe(&ev)
}

// The counts of baselines are those of a walk over the accounts, while accounts
// come, mature, are pushed out, begin anew and are restored.
func TestBaselineCounts(t *testing.T) {
	c := newDetector()
	tables := map[string]map[string][]byte{}
	for _, table := range c.Tables() {
		if table.Track != nil {
			table.Track()
		}
		tables[table.Name] = map[string][]byte{}
	}
	check := func(c *Detector, when string) {
		t.Helper()
		mature, all := c.Baselines()
		if m, a := walked(c); m != mature || a != all {
			t.Errorf("%s: %d of %d are counted, %d of %d are there", when, mature, all, m, a)
		}
	}
	for day := range 12 {
		for person := range 40 {
			signInOn(c, person, day)
		}
		check(c, fmt.Sprint("day ", day))
	}
	mature, all := c.Baselines()
	if mature != 40 || all != 40 {
		t.Fatalf("%d of %d are mature, want 40 of 40", mature, all)
	}
	for person := range 300 {
		signInOn(c, 1000+person, 12)
	}
	check(c, "after a flood of new accounts")
	signInOn(c, 1, 300)
	check(c, "after a long silence")

	w := state.NewWriter(func(e state.Entry) {
		if e.Value != nil {
			tables[e.Table][string(e.Key)] = append([]byte(nil), e.Value...)
		}
	})
	for _, table := range c.Tables() {
		table.Changes(w)
	}
	again := newDetector()
	for _, table := range again.Tables() {
		for key, value := range tables[table.Name] {
			if err := table.Restore([]byte(key), value); err != nil {
				t.Fatal(err)
			}
		}
	}
	check(again, "after a restart")
	if _, restored := again.Baselines(); restored == 0 {
		t.Error("no baseline was restored")
	}
}
