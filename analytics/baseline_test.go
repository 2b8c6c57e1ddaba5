package analytics

import (
	"fmt"
	"math/rand/v2"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"slices"
	"strings"
	"testing"
	"time"
)

var usual = policy.LearningPeriod{Days: 3, SignIns: 20}

const tuesday = 20522 * int64(day) // 2026-03-10

func TestBaselineRipens(t *testing.T) {
	t.Run("by days", func(t *testing.T) {
		var b baseline
		for d := range int64(3) {
			if b.mature != 0 {
				t.Errorf("ripe on day %d", d)
			}
			b.signIn(tuesday+d*day, usual, false)
		}
		if !b.isMature(tuesday+2*day) || !strings.HasPrefix(b.describe(usual), "ripe since 2026-03-12: 3 days, 3 sign-ins") {
			t.Errorf("%+v %s", b, b.describe(usual))
		}
	})
	t.Run("by sign-ins, of requests one an hour", func(t *testing.T) {
		var signIns, requests baseline
		for n := range int64(20) {
			signIns.signIn(tuesday+n*signInSpan, usual, false)
			requests.signIn(tuesday+n*signInSpan, usual, true)
		}
		if signIns.mature == 0 || requests.mature != 0 || requests.signIns != 4 {
			t.Errorf("ripe %d and %d", signIns.mature, requests.mature)
		}
	})
	t.Run("anew after a long silence", func(t *testing.T) {
		var b baseline
		for d := range int64(4) {
			b.signIn(tuesday+d*day, usual, false)
		}
		b.signIn(tuesday+100*day, usual, false)
		if b.mature != 0 || b.days != 1 {
			t.Errorf("%+v", b)
		}
	})
}

func TestPlaces(t *testing.T) {
	var b baseline
	for d := range int64(4) {
		b.use(1, tuesday+d*day, maxFeatures)
		b.signIn(tuesday+d*day, usual, false)
	}
	now := tuesday + 4*day
	b.use(2, now, maxFeatures)
	for _, tc := range []struct {
		name string
		key  uint64
		at   int64
		want bool
	}{
		{"the usual one", 1, now, false},
		{"a strange one", 3, now, true},
		{"one used before, once", 2, now + 2*hour, true},
		{"the usual one, months later", 1, now + 90*day, true},
		{"anything before it was ripe", 3, tuesday, false},
	} {
		if got := b.isNew(tc.key, tc.at, usual); got != tc.want {
			t.Errorf("%s: new %v", tc.name, got)
		}
	}
	b.use(2, now+day, maxFeatures)
	b.use(2, now+2*day, maxFeatures)
	if b.isNew(2, now+2*day, usual) {
		t.Error("new after three days")
	}
	for key := range uint64(1000) {
		b.use(100+key, now+int64(key), maxFeatures)
	}
	if len(b.features) != maxFeatures {
		t.Errorf("%d places", len(b.features))
	}
}

// A model that remembers every read and sums it the slow way.
func TestVolumeAgainstModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var v volume
		reads := map[int64]int{}
		newest := int64(0)
		at := tuesday
		for range 300 {
			at += random.Int64N(2 * hour)
			when := at - random.Int64N(12*hour)
			n := random.IntN(50)
			newest = max(newest, when/hour)
			reads[when/hour] += n
			want := 0
			for end := when / hour; end <= min(when/hour+23, newest); end++ {
				sum := 0
				for h := end - 23; h <= end; h++ {
					if h > newest-hoursKept {
						sum += reads[h]
					}
				}
				want = max(want, sum)
			}
			if got := v.read(when, n); got != want {
				t.Fatalf("read %d at %d: %d, want %d", n, when/hour, got, want)
			}
		}
	}
}

func TestVolumeMeanLeavesFloodsOut(t *testing.T) {
	var v volume
	for d := range int64(10) {
		v.read(tuesday+d*day, 100)
	}
	v.read(tuesday+10*day, 100_000)
	v.read(tuesday+11*day, 1)
	if v.mean < 99 || v.mean > 101 || v.much(leastVolume) != 500 {
		t.Errorf("mean %v", v.mean)
	}
}

func TestRhythm(t *testing.T) {
	even := func(n int, gap, jitter int64) []int64 {
		random := rand.New(rand.NewPCG(3, 4))
		var times []int64
		for i := range int64(n) {
			times = append(times, tuesday+i*gap+random.Int64N(jitter+1))
		}
		return times
	}
	for name, tc := range map[string]struct {
		times []int64
		want  bool
	}{
		"every two seconds":         {even(40, 2000, 100), true},
		"sixteen are too few":       {even(16, 2000, 0), false},
		"a person":                  {even(100, 10_000, 9_000), false},
		"a burst":                   {even(100, 200, 10), false},
		"every two hours":           {even(40, 2*hour, 0), false},
		"the same time, many times": {make([]int64, 40), false},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(5) {
				times := slices.Clone(tc.times)
				if seed > 0 {
					rand.New(rand.NewPCG(seed, 9)).Shuffle(len(times), func(i, j int) { times[i], times[j] = times[j], times[i] })
				}
				var r beacon
				got := false
				for _, at := range times {
					got = r.add(at) || got
				}
				if got != tc.want {
					t.Errorf("order %d: %v", seed, got)
				}
				if !slices.IsSorted(r.times[:r.count]) {
					t.Error("not in order")
				}
			}
		})
	}
}

// A new colleague's own baseline is not ripe, that of the group is: what is new
// to all of them counts half.
func TestGroupBaseline(t *testing.T) {
	p, err := policy.Parse("p.yaml", "", []byte("version: 1\naccounts: {groups: {finance: [\"*@contoso.com\"]}}"))
	if err != nil {
		t.Fatal(err)
	}
	build := func(p *policy.Policy) *scene {
		s := newScene(t)
		s.policy = p
		for n := range 5 {
			s.lives(person(n), 7)
		}
		s.signsIn(act{at: 9 * time.Hour, ip: thief, user: "new@contoso.com", agent: browser, app: officeID, country: "BR", protocol: event.DeviceCode})
		s.reads(act{at: 9*time.Hour + time.Minute, ip: thief, user: "new@contoso.com", app: rogueID, client: "Client=REST;;", items: 5})
		return s.sorted()
	}
	build(policy.Default()).quiet()
	a := only(t, build(p).play(), classScripted, alert.High, "signin.new_network", "signin.new_country")
	for _, s := range a.Signals {
		if s.Code == "signin.new_country" && s.Weight != 20 {
			t.Errorf("%+v: want half", s)
		}
	}
	if !strings.Contains(a.Baseline, "group") {
		t.Errorf("baseline %q", a.Baseline)
	}
}

// Whatever comes, what is kept stays bounded, and an account with a life is
// not pushed out by a flood of names.
func TestCollectionUnderFlood(t *testing.T) {
	e, err := New(Options{Policy: policy.Default(), MaxIPs: 1000, MaxUsers: 1000})
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t)
	s.lives(alice, 7)
	for n := range 20_000 {
		a := act{at: time.Duration(n) * time.Second, ip: fmt.Sprintf("203.%d.%d.%d", n>>16, n>>8&255, n&255), user: fmt.Sprintf("u%d@contoso.com", n), agent: python, app: fmt.Sprintf("app-%d", n),
			session: fmt.Sprintf("s-%d", n), token: fmt.Sprintf("t-%d", n), protocol: event.ROPC}
		s.signsIn(a)
		a.user = "bob@contoso.com"
		s.reads(a)
		a.mailbox = fmt.Sprintf("box%d@contoso.com", n)
		s.reads(a)
	}
	s.acts = s.sorted().acts
	var ev event.Event
	for _, a := range s.acts {
		a.event(&ev)
		e.observe(&ev)
		e.tracker.flush()
	}
	c := e.collection
	if c.profiles.Len() > 1000 || c.sessions.Len() > 1000 || c.names.Len() > 2000 || c.geoCache.Len() > maxGeoCache {
		t.Errorf("%d dossiers, %d sessions, %d names", c.profiles.Len(), c.sessions.Len(), c.names.Len())
	}
	bob := c.profile(aUser, []byte("bob@contoso.com"))
	if len(bob.observations) > maxObservations || len(bob.mailboxes.All()) > maxMailboxes || len(bob.baseline.features) > maxFeatures {
		t.Errorf("%d notes, %d mailboxes, %d places", len(bob.observations), len(bob.mailboxes.All()), len(bob.baseline.features))
	}
	if d := c.profile(aUser, []byte(alice)); d.baseline.mature == 0 {
		t.Error("alice was pushed out")
	}
}

// Signals of one kind do not push out those of others.
func TestNotesUnderFlood(t *testing.T) {
	var d profile
	d.keep(observation{kind: signInROPC, first: tuesday, last: tuesday}, nil)
	for n := range int64(1000) {
		d.keep(observation{kind: accessNewApp, first: tuesday + n*hour, last: tuesday + n*hour}, []byte("x"))
	}
	if len(d.observations) != maxObservations || !d.has(signInROPC) {
		t.Errorf("%d notes", len(d.observations))
	}
}
