package campaign

import (
	"testing"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
)

// newFinder returns a finder by itself, with the default policy.
func newFinder() *Finder {
	p := policy.Default()
	return NewFinder(p, incident.NewTracker(p), baseline.NewPopulation(40_000), &evidence.List{})
}

// A cluster is wide once enough clients and accounts are in it at a time; a pair that
// comes again counts once.
func TestCluster(t *testing.T) {
	const clients, accounts, horizon = 3, 5, event.Day
	add := func(c *cluster, n int, at int64) bool {
		return c.add(clusterPair{at: at, client: uint32(n%3 + 1), account: uint32(n + 1)}, horizon, clients, accounts)
	}
	c := &cluster{}
	for n := range accounts {
		for range 3 {
			if add(c, n, int64(n)*event.Hour) && n < accounts-1 {
				t.Errorf("wide with %d accounts", n+1)
			}
		}
	}
	if len(c.pairs) != accounts {
		t.Errorf("%d pairs, want %d", len(c.pairs), accounts)
	}
	if !add(c, accounts, 6*event.Hour) {
		t.Error("not wide with six accounts of three clients")
	}
	c = &cluster{}
	for n := range 4 * accounts {
		if add(c, n, int64(n)*(horizon/(accounts-1)+1)) {
			t.Fatal("wide with four accounts at a time")
		}
	}
	for n := range 3 * maxPairs {
		add(c, n, int64(n))
	}
	if len(c.pairs) > maxPairs {
		t.Errorf("%d pairs kept", len(c.pairs))
	}
}

// Failures with programs that people use count for a campaign after two minutes, others
// at once.
func TestSettled(t *testing.T) {
	now := int64(20_000) * event.Day
	b := newFinder()
	b.tracker.Advance(now)
	old, recent := &evidence.Failure{}, &evidence.Failure{}
	old.At, recent.At = now-2*minute, now-2*minute+1
	script := &evidence.Failure{Traits: [evidence.MaxTraits]uint64{evidence.TraitTool: 1}}
	script.At = now
	old.Sources, recent.Sources = 1<<event.IIS, 1<<event.IIS
	if got := b.settled([]*evidence.Failure{old, recent, script}); len(got) != 2 || got[0] != old || got[1] != script {
		t.Errorf("%d failures have settled, want the old one and that of a rare tool", len(got))
	}
	for n := range uint64(10_000) { // a large tenant
		b.population.AddAccount((1+n)*0x9e3779b97f4a7c15, now+int64(n/9000)*hour) // counted once an hour
	}
	late := &evidence.Failure{}
	late.At, late.Sources = now-7*minute, 1<<event.Entra
	for n := range 100 {
		if got := b.settled([]*evidence.Failure{late}); n == 0 && len(got) == 0 || n == 99 && len(got) > 0 {
			t.Errorf("after %d records: %d failures have settled", n, len(got))
		}
		b.evidence.Lags.Arrived(late.Sources, int64(2+n%8)*minute)
	}
}

// A failure that may be of several campaigns is of the first in the order of Set.
func TestOrderOfCampaigns(t *testing.T) {
	const owner, tool, trait, at = 7, 8, 9, 10 * event.Hour
	s := NewSet(newFinder(), func(*evidence.Failure) uint32 { return owner })
	open := func(c *Candidate) *Campaign {
		c.Members = []*evidence.Failure{{}}
		c.Members[0].At = at
		return s.Open(c, attack.New(&incident.Incident{}).(*attack.Attack))
	}
	wide := open(ofTenant(nil, nil))
	ofTool := open(ofTenant(nil, []uint32{tool}))
	ofTrait := open(&Candidate{key: trait})
	split := open(&Candidate{nature: nature{parted: true, origin: origin{Owners: []uint32{owner}, Tools: []uint32{tool}}}})
	for _, want := range []*Campaign{split, ofTrait, ofTool, wide, nil} {
		f := evidence.Failure{Traits: [evidence.MaxTraits]uint64{evidence.TraitTool: trait}}
		f.At, f.Tool = at, tool
		if got, _ := s.Of(&f, owner); got != want {
			t.Errorf("a failure is of %p, want %p of %p, %p, %p, %p", got, want, split, ofTrait, ofTool, wide)
		}
		if claiming := s.Claiming(at, tool, owner); (claiming == split) != (want == split) {
			t.Errorf("%p claims it, want %p only while it is open", claiming, split)
		}
		if want != nil {
			s.Retire(want)
		}
	}
}

// A failure after the end of a campaign without a rare trait is part of it once there are
// several, and those that were too few before are then part of it, too.
func TestGoesOn(t *testing.T) {
	const at = 100 * event.Day
	finder := newFinder()
	s := NewSet(finder, func(*evidence.Failure) uint32 { return 0 })
	failure := func(n int64) evidence.Failure {
		f := evidence.Failure{}
		f.At, f.Client[15], f.Key = at+n*event.Minute, byte(n), uint64(n+1)
		return f
	}
	first := failure(0)
	k := s.Open(&Candidate{Members: []*evidence.Failure{&first}, nature: nature{tenant: true}}, attack.New(&incident.Incident{}).(*attack.Attack))
	for n := range int64(quorum) {
		f := failure(n + 1)
		of, before := s.Of(&f, 0)
		switch {
		case n < quorum-1 && of != nil:
			t.Errorf("%d failures after its end are enough", n+1)
		case n == quorum-1 && (of != k || len(before) != quorum-1):
			t.Errorf("with %d failures %p goes on, want %p, and %d before them, want %d", n+1, of, k, len(before), quorum-1)
		}
		finder.evidence.Add(f)
	}
}
