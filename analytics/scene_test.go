package analytics

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// scene is a list of acts to play through an engine: what the tests of the
// analytics are written in.
type scene struct {
	t      *testing.T
	policy *policy.Policy
	acts   []act
	ids    int
}

// act is one event in the terms of a test; the zero fields take the defaults
// of act.event.
type act struct {
	at      time.Duration // since the scene's midnight
	ip      string
	user    string
	agent   string
	service event.Service
	source  event.Source
	outcome event.Outcome
	reason  event.Reason
	app     string
	id      string
	proof   event.Proof

	// What AN0131 looks at.
	action    event.Action // default: SignIn
	protocol  event.Protocol
	access    event.Access
	items     int
	throttled bool
	mailbox   string
	session   string
	token     string
	userID    string
	device    string
	country   string
	client    string
	operation string
	detail    string
	target    string
	host      string
	past      bool // before the attack: it stays before it in any order
}

var midnight = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

func newScene(t *testing.T) *scene { return &scene{t: t, policy: standard()} }

func (s *scene) add(a act) *scene {
	s.ids++
	if a.id == "" {
		a.id = fmt.Sprintf("id-%d", s.ids)
	}
	s.acts = append(s.acts, a)
	return s
}

func (s *scene) fail(at time.Duration, ip, user string) *scene {
	return s.add(act{at: at, ip: ip, user: user, outcome: event.Failure, reason: event.WrongPassword})
}

func (s *scene) succeed(at time.Duration, ip, user string) *scene {
	return s.add(act{at: at, ip: ip, user: user, outcome: event.Success})
}

// family returns the family of an agent that the tests use, without the content.
func family(agent string) event.Family {
	switch {
	case agent == "":
		return event.FamilyNone
	case strings.HasPrefix(agent, "Apple-iPhone"):
		return event.Mobile
	case strings.HasPrefix(agent, "python"):
		return event.Scripting
	}
	return event.Browser
}

func (a act) event(ev *event.Event) {
	ev.Reset()
	ev.Time = midnight.Add(a.at)
	ev.Source, ev.Service, ev.Action = a.source, a.service, event.SignIn
	if ev.Source == event.SourceUnknown {
		ev.Source = event.IIS
	}
	if ev.Service == event.ServiceUnknown {
		ev.Service = event.OWA
	}
	ev.Outcome, ev.Reason = a.outcome, a.reason
	if a.ip != "" {
		ev.RawIP, ev.IP, ev.IPFrom = []byte(a.ip), netip.MustParseAddr(a.ip), event.IPDirect
	}
	if a.user != "" {
		ev.RawUser = []byte(a.user)
	}
	ev.Agent, ev.App, ev.ID, ev.Proof = []byte(a.agent), []byte(a.app), []byte(a.id), a.proof
	ev.Family = family(a.agent)
	a.mail(ev)
}

// mail fills what only AN0131 looks at.
func (a act) mail(ev *event.Event) {
	if a.action != event.ActionNone {
		ev.Action = a.action
	}
	ev.Protocol, ev.Access, ev.Items, ev.Throttled = a.protocol, a.access, a.items, a.throttled
	for to, text := range map[*[]byte]string{
		&ev.Mailbox: a.mailbox, &ev.Session: a.session, &ev.Token: a.token, &ev.UserID: a.userID,
		&ev.Device: a.device, &ev.Country: a.country, &ev.Client: a.client, &ev.Operation: a.operation,
		&ev.Detail: a.detail, &ev.Target: a.target, &ev.Host: a.host,
	} {
		if text != "" {
			*to = []byte(text)
		}
	}
}

// play runs the acts in their order and returns the last alert of each
// incident, by id, after the engine has been closed.
func (s *scene) play() map[string]*alert.Alert {
	s.t.Helper()
	e, err := New(Options{Policy: s.policy, MaxIPs: 1000, MaxUsers: 1000})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.playOn(e)
}

// lastAlerts holds the last alert of each incident, by id.
type lastAlerts map[string]*alert.Alert

// keep enters alerts, of which none may be missing or come twice.
func (l lastAlerts) keep(t *testing.T, alerts []*alert.Alert) {
	t.Helper()
	for _, a := range alerts {
		before := 0
		if old := l[a.ID]; old != nil {
			before = old.Sequence
		}
		if a.Sequence != before+1 {
			t.Errorf("%s: sequence %d after %d", a.ID, a.Sequence, before)
		}
		l[a.ID] = a
	}
}

func (s *scene) playOn(e *Engine) map[string]*alert.Alert {
	last := lastAlerts{}
	var ev event.Event
	for n, a := range s.acts {
		a.event(&ev)
		e.observe(&ev)
		if n%7 == 0 {
			last.keep(s.t, e.tracker.Flush())
		}
	}
	last.keep(s.t, e.tracker.Flush())
	last.keep(s.t, e.Close())
	return last
}

// under makes a policy of a text the policy of a scene.
func (s *scene) under(text string) *scene {
	s.t.Helper()
	p, err := policy.Parse("policy.yaml", "", []byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	s.policy = p
	return s
}

// spray adds failures of the attacker, one a minute, each on another account.
func (s *scene) spray(from, until int) *scene {
	for n := from; n < until; n++ {
		s.fail(minutes(n), attacker, person(n))
	}
	return s
}

// messages plays a scene, a chunk for each act, and returns all messages up to
// the end of the input and those that only Close gave.
func (s *scene) messages() (sent, closing []*alert.Alert) {
	s.t.Helper()
	e, err := New(Options{Policy: s.policy, MaxIPs: 10_000, MaxUsers: 10_000})
	if err != nil {
		s.t.Fatal(err)
	}
	var ev event.Event
	for _, a := range s.acts {
		a.event(&ev)
		e.observe(&ev)
		sent = append(sent, e.tracker.Flush()...)
	}
	return sent, e.Close()
}

// one plays the scene and returns its only incident.
func (s *scene) one() *alert.Alert {
	s.t.Helper()
	got := s.play()
	if len(got) != 1 {
		for _, a := range got {
			s.t.Logf("%s %s", a.ID, a.Message)
		}
		s.t.Fatalf("%d incidents, want 1", len(got))
	}
	for _, a := range got {
		return a
	}
	return nil
}

func (s *scene) quiet() {
	s.t.Helper()
	for _, a := range s.play() {
		s.t.Errorf("raised %s: %s", a.ID, a.Message)
	}
}

// sorted puts the acts in time order: scenes are written attack by attack.
func (s *scene) sorted() *scene {
	slices.SortStableFunc(s.acts, func(a, b act) int { return int(a.at - b.at) })
	return s
}

// late shuffles the acts as if each arrived up to so much later than it
// happened.
func (s *scene) late(by time.Duration, seed uint64) *scene {
	random := rand.New(rand.NewPCG(seed, 1))
	arrival := make(map[string]time.Duration, len(s.acts))
	for _, a := range s.acts {
		arrival[a.id] = a.at + time.Duration(random.Int64N(int64(by)))
	}
	slices.SortStableFunc(s.acts, func(a, b act) int { return int(arrival[a.id] - arrival[b.id]) })
	return s
}

// doubled plays every act twice, each copy right after the other.
func (s *scene) doubled() *scene {
	twice := make([]act, 0, 2*len(s.acts))
	for _, a := range s.acts {
		twice = append(twice, a, a)
	}
	s.acts = twice
	return s
}

func person(n int) string { return fmt.Sprintf("user%02d@contoso.com", n) }
