package analytics

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"reflect"
	"slices"
	"testing"
	"time"
)

// town is AN1269 by itself, with what was looked up for each pair.
type town struct {
	*stuffing
	known  map[string]*acquaintance // nil: looked up each time
	stolen []string
}

func newTown(size int, known map[string]*acquaintance) *town {
	p := policy.Default()
	t := &town{known: known, stuffing: newStuffing(Options{Policy: p, MaxIPs: size, MaxUsers: size}, newTracker(p))}
	t.clients.Track()
	t.accounts.Track()
	t.stuffing.reportCredential = func(account string, from ClientKey, at int64) {
		t.stolen = append(t.stolen, fmt.Sprint(account, from.addr(), at))
	}
	return t
}

func (t *town) observe(a act) []*alert.Alert {
	var ev event.Event
	a.event(&ev)
	t.policy.Normalise(&ev)
	k := new(acquaintance)
	if pair := a.ip + a.user + a.agent; t.known != nil && t.known[pair] != nil {
		k = t.known[pair]
	} else if t.known != nil {
		t.known[pair] = k
	}
	t.tracker.newest = max(t.tracker.newest, ev.Time.UnixMilli())
	t.stuffing.observe(&ev, k)
	return t.tracker.flush()
}

// anyAct is mostly a sign-in shortly after the last one; now and then, for some
// time, every other one is an attacker's try, who shares an address with some.
// All times are grains apart, so that none is within the exactness of another.
func anyAct(random *rand.Rand, at *time.Duration, people int) act {
	if hours := *at / time.Hour; hours%7 == 3 && random.IntN(2) == 0 {
		*at += timeGrain * time.Millisecond
		return act{at: *at, ip: fmt.Sprintf("192.0.2.%d", 3+random.IntN(2)), user: person(random.IntN(people)), agent: "curl/8",
			outcome: []event.Outcome{event.Failure, event.Success}[random.IntN(8)/7], reason: event.WrongPassword}
	}
	switch random.IntN(100) {
	case 0:
		*at += 25 * time.Hour
	case 1, 2:
		*at -= timeGrain * time.Millisecond * time.Duration(random.IntN(200))
	case 3, 4, 5, 6, 7, 8:
		*at -= timeGrain * time.Millisecond * time.Duration(random.IntN(6))
	default:
		*at += timeGrain * time.Millisecond * time.Duration(random.IntN(12))
	}
	a := act{at: *at, ip: fmt.Sprintf("192.0.2.%d", 1+random.IntN(random.IntN(14)+1)), user: person(random.IntN(people)),
		agent: []string{"Apple-iPhone15C2/2107.102", "Mozilla/5.0", "Outlook", "mac", "x"}[random.IntN(random.IntN(5)+1)], outcome: event.Success}
	a.service = []event.Service{event.OWA, event.EAS}[random.IntN(2)]
	switch random.IntN(20) {
	case 0, 1:
		a.outcome, a.reason = event.Failure, event.WrongPassword
	case 2:
		a.outcome, a.reason = event.Accepted, event.Expired
	case 3:
		a.proof = event.ProofSession
	}
	return a
}

// TestStayingChangesNothing holds sign-ins that were recognised as routine
// against the same ones looked at as if each were the first of its pair.
func TestStayingChangesNothing(t *testing.T) {
	alerts := 0
	for seed := range uint64(40) {
		random, at := rand.New(rand.NewPCG(seed, 1)), time.Duration(0)
		quick, slow := newTown(1000, map[string]*acquaintance{}), newTown(1000, nil)
		people := []int{7, 12, 70}[seed%3]
		for n := range 3000 {
			a := anyAct(random, &at, people)
			got, want := quick.observe(a), slow.observe(a)
			if alerts += len(want); !reflect.DeepEqual(messages(got), messages(want)) {
				t.Fatalf("seed %d, act %d: %q, looked up each time %q", seed, n, messages(got), messages(want))
			}
			if got, want := quick.changed(), slow.changed(); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, act %d: to be put down %v, looked up each time %v", seed, n, got, want)
			}
			if n%100 == 0 {
				sameTown(t, seed, quick, slow)
			}
		}
		if quick.staying() == 0 {
			t.Errorf("seed %d: nobody stayed", seed)
		}
	}
	if alerts < 50 {
		t.Errorf("%d alerts: too little was tried", alerts)
	}
}

// changed is what would have to be put down since it was asked last.
func (t *town) changed() map[any]bool {
	all := map[any]bool{}
	t.clients.Changes(func(k ClientKey, _ *client, there, _ bool) { all[k] = there })
	t.accounts.Changes(func(k uint64, _ *account, there, _ bool) { all[k] = there })
	return all
}

func messages(alerts []*alert.Alert) (list []string) {
	for _, a := range alerts {
		list = append(list, a.ID+a.Message)
	}
	return list
}

// sameTown compares what would be put down.
func sameTown(t *testing.T, seed uint64, a, b *town) {
	t.Helper()
	if !reflect.DeepEqual(a.stolen, b.stolen) {
		t.Errorf("seed %d: stolen %q, looked up each time %q", seed, a.stolen, b.stolen)
	}
	a.clients.Each(func(k ClientKey, c *client) {
		if o, _ := b.clients.Peek(k); !bytes.Equal(c.saved(nil, false), o.saved(nil, false)) {
			t.Errorf("seed %d, client %s: %+v, looked up each time %+v", seed, k.addr(), c, o)
		}
	})
	a.accounts.Each(func(k uint64, c *account) {
		if o, _ := b.accounts.Peek(k); !bytes.Equal(c.saved(nil, false), o.saved(nil, false)) {
			t.Errorf("seed %d, account %s: %+v, looked up each time %+v", seed, c.name, c, o)
		}
	})
}

// staying is how many stays are going on.
func (t *town) staying() (n int) {
	t.clients.Each(func(_ ClientKey, c *client) {
		for _, a := range c.logonList() {
			if a.home {
				n++
			}
		}
	})
	return n
}

// A typo is forgiven by the sign-in after it also where a late one, from before
// it, was told of in between.
func TestTypoToldEarly(t *testing.T) {
	s := newTown(100, map[string]*acquaintance{})
	in := func(at time.Duration) { s.observe(act{at: at, ip: office, user: person(1), outcome: event.Success}) }
	in(0)
	in(minutes(5))
	in(minutes(10))
	s.observe(act{at: minutes(20), ip: office, user: person(1), outcome: event.Failure, reason: event.WrongPassword})
	in(minutes(19))
	in(minutes(21))
	s.clients.Each(func(_ ClientKey, c *client) {
		if tries := c.attempts.All(); len(tries) != 1 || !tries[0].Succeeded || s.staying() != 1 {
			t.Errorf("%d at home, tries %+v", s.staying(), tries)
		}
	})
}

// TestStaysAreMutual plays the same where the tables forget: an admission that
// says that it is a stay is the one of its account's home there, and none else
// is.
func TestStaysAreMutual(t *testing.T) {
	for seed := range uint64(20) {
		random, at := rand.New(rand.NewPCG(seed, 2)), time.Duration(0)
		small := newTown([]int{3, 9, 12, 43}[seed%4], map[string]*acquaintance{})
		for range 3000 {
			a := anyAct(random, &at, 80)
			small.observe(a)
			small.mutual(t)
			k := small.known[a.ip+a.user+a.agent]
			if c, ok := small.clients.StillValid(&k.client); ok && k.stay != nil && !slices.Contains(c.logonList(), k.stay) {
				t.Fatalf("seed %d: a pair goes by a stay that is not its client's", seed)
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
}

func (s *stuffing) mutual(t *testing.T) {
	s.clients.Each(func(k ClientKey, c *client) {
		for _, a := range c.logonList() {
			at := slices.IndexFunc(a.account.knownClients, func(h knownClient) bool { return h.client == k })
			if a.home != (at >= 0 && a.account.knownClients[at].stay == a) {
				t.Errorf("%s at %s: stay %v, homes %+v", a.account.name, k.addr(), a.home, a.account.knownClients)
			}
		}
	})
	s.accounts.Each(func(_ uint64, a *account) {
		for _, h := range a.knownClients {
			if h.stay != nil && (!h.stay.home || h.stay.account != a || h.first >= h.stay.last || !h.knows(h.stay.agent)) {
				t.Errorf("%s at home at %s: stay %+v", a.name, h.client.addr(), h.stay)
			}
		}
	})
}
