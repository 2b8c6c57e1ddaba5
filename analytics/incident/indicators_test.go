package incident

import (
	"fmt"
	"net/netip"
	"testing"

	"redshank/analytics/alert"
	"redshank/analytics/policy"
)

// counted is a Detail with a given number of accounts.
type counted struct{ accounts int }

func (c *counted) Assess()               {}
func (c *counted) Volume() int           { return 1 }
func (c *counted) Fill(a *alert.Alert)   { a.Counts.DistinctUsers = c.accounts }
func (c *counted) Save() ([]byte, error) { return nil, nil }
func (c *counted) Restore([]byte) error  { return nil }
func (c *counted) Accounts() ([]string, bool) {
	return []string{"alice@contoso.com"}, c.accounts == 1
}

func largeIncident(t *testing.T, addresses int) (*Tracker, *Incident) {
	t.Helper()
	p, err := policy.Load("")
	if err != nil {
		t.Fatal(err)
	}
	tracker, rule := NewTracker(p), &alert.Rule{ID: "AN1269"}
	tracker.Register(rule, func(*Incident) Detail { return &counted{1} })
	i := tracker.Open(rule, "campaign", 0)
	for n := range addresses {
		i.AddClient(netip.AddrFrom4([4]byte{198, 18, byte(n >> 8), byte(n)}).As16())
	}
	return tracker, i
}

func TestIndicatorsOfALargeIncident(t *testing.T) {
	if _, i := largeIncident(t, MaxListed); i.message(alert.PhaseOpened).Indicators != nil {
		t.Error("indicators of an incident whose alert lists everything")
	}
	_, i := largeIncident(t, 200)
	for n := range 30 {
		i.Valid.Add(uint64(n+1), alert.Credential{User: fmt.Sprint(n)})
	}
	a := i.message(alert.PhaseOpened)
	x := a.Indicators
	if len(a.IPs) != MaxListed || len(a.Valid) != MaxListed || x == nil || len(x.IPs) != 200 || len(x.Valid) != 30 || len(x.Users) != 1 || !x.Complete {
		t.Fatalf("%d addresses, %d credentials, indicators %+v", len(a.IPs), len(a.Valid), x)
	}
	if x := i.message(alert.PhaseEscalated).Indicators; x == nil || !x.Empty() {
		t.Error("the same lists leave again")
	}
	if x := i.message(alert.PhaseQuiet).Indicators; len(x.IPs) != 200 {
		t.Error("no lists in the last message")
	}
}

func TestIndicatorsAreBounded(t *testing.T) {
	tracker, i := largeIncident(t, maxKeptIPs+100)
	if x := i.message(alert.PhaseOpened).Indicators; len(x.IPs) != maxKeptIPs || x.Complete {
		t.Errorf("%d addresses, complete %v", len(x.IPs), x.Complete)
	}
	if tracker.budget.kept != maxKeptIPs-MaxListed {
		t.Errorf("%d addresses counted", tracker.budget.kept)
	}
	tracker.budget.kept = maxAllKeptIPs
	other := tracker.Open(i.Rule, "another", 0)
	for n := range 100 {
		other.AddClient(netip.AddrFrom4([4]byte{203, 0, 113, byte(n)}).As16())
	}
	if x := other.message(alert.PhaseOpened).Indicators; len(x.IPs) != MaxListed || x.Complete {
		t.Errorf("%d addresses beyond the bound of all incidents", len(x.IPs))
	}
	tracker.incidents.Remove(i.ID)
	if tracker.budget.kept != maxAllKeptIPs-(maxKeptIPs-MaxListed) {
		t.Errorf("%d addresses counted after the end", tracker.budget.kept)
	}
}
