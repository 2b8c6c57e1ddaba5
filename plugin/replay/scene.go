package replay

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/plugin/replay/report"
)

// Bounds of what is shown of one incident.
const (
	maxScenes   = 500 // incidents with a timeline, the worst first
	maxLanes    = 20
	maxEvents   = 200 // in the table of events
	maxSessions = 50
	maxPlaces   = 1000
)

// margin is how much time around an incident its timeline shows, at least.
const margin = 5 * time.Minute

// scenes collects the events of incidents in a second walk through all events.
type scenes struct {
	policy *policy.Policy
	all    []*scene
	byIP   map[netip.Addr][]*scene
	byUser map[string][]*scene
}

// scene is what happened around one incident.
type scene struct {
	incident *Incident
	axis     report.Axis
	prefix   netip.Prefix // of the client, if that is more than an address
	ips      map[netip.Addr]*report.Lane
	users    map[string]*report.Lane
	order    []*report.Lane
	hidden   map[string]struct{} // names without a lane
	events   []report.Event
	more     int
	sessions []string
	places   map[netip.Addr]int
	proofs   map[string]report.Credential // of valid credentials, by account
}

// newScenes returns the scenes of the worst incidents.
func newScenes(p *policy.Policy, incidents []*Incident) *scenes {
	s := &scenes{policy: p, byIP: map[netip.Addr][]*scene{}, byUser: map[string][]*scene{}}
	worst := slices.Clone(incidents)
	slices.SortStableFunc(worst, func(a, b *Incident) int { return cmp.Compare(b.Severity, a.Severity) })
	for _, i := range worst[:min(len(worst), maxScenes)] {
		s.add(i)
	}
	return s
}

func (s *scenes) add(i *Incident) {
	around := max(i.End.Sub(i.Start)/20, margin)
	sc := &scene{incident: i, prefix: i.Prefix, axis: report.NewAxis(i.Start.Add(-around), i.End.Add(around)),
		ips: map[netip.Addr]*report.Lane{}, users: map[string]*report.Lane{}, hidden: map[string]struct{}{}, places: map[netip.Addr]int{}, proofs: map[string]report.Credential{}}
	s.all = append(s.all, sc)
	for _, v := range i.Valid {
		s.user(sc, v.User, true)
		sc.proofs[strings.ToLower(v.User)] = credentialOf(v)
	}
	if i.User != nil {
		s.user(sc, i.User.DisplayName(), false)
	}
	if i.Source.IsValid() {
		s.ip(sc, i.Source)
	}
	for _, ip := range i.IPs {
		s.ip(sc, ip)
	}
}

// user gives an account a lane, in which its events from anywhere are shown.
func (s *scenes) user(sc *scene, name string, valid bool) {
	name = strings.ToLower(name)
	if _, ok := sc.users[name]; ok {
		return
	}
	if lane := sc.lane(name, "account"); lane != nil {
		lane.Marked = valid
		sc.users[name] = lane
	}
	s.byUser[name] = append(s.byUser[name], sc)
}

// ip gives an address a lane.
func (s *scenes) ip(sc *scene, ip netip.Addr) {
	if _, ok := sc.ips[ip]; ok {
		return
	}
	sc.ips[ip] = sc.lane(ip.String(), "address")
	key := clientKey(ip)
	if !slices.Contains(s.byIP[key], sc) {
		s.byIP[key] = append(s.byIP[key], sc)
	}
}

// clientKey is what addresses of one client have in common: an IPv6 /64.
func clientKey(ip netip.Addr) netip.Addr {
	if ip.Is6() {
		p, _ := ip.Prefix(64)
		return p.Addr()
	}
	return ip
}

// lane adds a lane; nil if the scene is full.
func (sc *scene) lane(label, of string) *report.Lane {
	if len(sc.order) >= maxLanes {
		sc.hidden[label] = struct{}{}
		return nil
	}
	l := &report.Lane{Label: label, Of: of}
	sc.order = append(sc.order, l)
	return l
}

// observe adds an event to the scenes in which it plays.
func (s *scenes) observe(ev *event.Event) error {
	s.policy.Normalise(ev)
	if ev.Outcome == event.Challenge || ev.Outcome == event.Noise {
		return nil
	}
	var byIP []*scene
	if ev.IP.IsValid() {
		byIP = s.byIP[clientKey(ev.IP)]
	}
	for _, sc := range byIP {
		sc.fromClient(ev)
	}
	for _, name := range [...][]byte{ev.User, ev.Mailbox} {
		for _, sc := range s.byUser[string(name)] {
			if !slices.Contains(byIP, sc) || !sc.isClient(ev.IP) {
				sc.ofAccount(string(name), ev)
			}
		}
	}
	return nil
}

func (sc *scene) isClient(ip netip.Addr) bool {
	_, ok := sc.ips[ip]
	return ok || sc.prefix.IsValid() && sc.prefix.Contains(ip)
}

func (sc *scene) isDuring(at time.Time) bool {
	return !at.Before(sc.axis.From) && !at.After(sc.axis.To)
}

// fromClient adds an event from an address of the incident.
func (sc *scene) fromClient(ev *event.Event) {
	if !sc.isDuring(ev.Time) || !sc.isClient(ev.IP) {
		return
	}
	kind := timelineKind(ev)
	lane := sc.ips[ev.IP]
	if lane == nil && sc.incident.Source.IsValid() {
		lane = sc.ips[sc.incident.Source] // another address of the prefix
	}
	if lane != nil {
		lane.Add(&sc.axis, ev.Time, kind)
	}
	sc.accountLane(ev, kind)
	sc.prove(ev, kind)
	if len(sc.places) < maxPlaces {
		sc.places[ev.IP]++
	}
	if len(ev.Session) > 0 && kind != report.Failure && len(sc.sessions) < maxSessions {
		if text := string(ev.User) + " " + string(ev.Session); !slices.Contains(sc.sessions, text) {
			sc.sessions = append(sc.sessions, text)
		}
	}
	if len(sc.events) == maxEvents {
		sc.more++
		return
	}
	sc.events = append(sc.events, lineOf(ev, kind))
}

// prove adds to a valid credential what the event of the sign-in says.
func (sc *scene) prove(ev *event.Event, kind report.Kind) {
	proof, ok := sc.proofs[string(ev.User)]
	if !ok || kind == report.Failure || ev.Time.Sub(proof.At).Abs() >= time.Second {
		return
	}
	proof.Address = cmp.Or(proof.Address, ev.IP.String()) // several logs may have the sign-in
	proof.Agent, proof.App = cmp.Or(proof.Agent, short(ev.AgentText())), cmp.Or(proof.App, short(ev.App))
	proof.Record = cmp.Or(proof.Record, short(ev.AppendRecord(nil)))
	sc.proofs[string(ev.User)] = proof
}

// accountLane adds an event to the lane of its account, or of its mailbox.
func (sc *scene) accountLane(ev *event.Event, kind report.Kind) {
	name := string(ev.User)
	if len(ev.Mailbox) > 0 {
		name = string(ev.Mailbox)
	}
	if name == "" {
		return
	}
	lane, ok := sc.users[name]
	if !ok {
		lane = sc.lane(name, "account")
		if lane == nil && len(sc.hidden) > 10_000 {
			return
		}
		if lane != nil {
			sc.users[name] = lane
		}
	}
	if lane != nil {
		lane.Add(&sc.axis, ev.Time, kind)
	}
}

// ofAccount adds an event of an account of the incident from elsewhere.
func (sc *scene) ofAccount(name string, ev *event.Event) {
	if lane := sc.users[name]; lane != nil && sc.isDuring(ev.Time) {
		lane.Add(&sc.axis, ev.Time, timelineKind(ev))
	}
}

// timelineKind returns the kind of an event in a timeline.
func timelineKind(ev *event.Event) report.Kind {
	switch {
	case ev.Outcome == event.Failure:
		return report.Failure
	case ev.Outcome == event.Accepted:
		return report.Accepted
	case ev.Action == event.MailAccess:
		return report.Access
	case ev.Action == event.MailboxChange, ev.Action == event.Consent, ev.Action == event.DirectoryChange:
		return report.Change
	}
	return report.Success
}

// lineOf is an event as the table shows it.
func lineOf(ev *event.Event, kind report.Kind) report.Event {
	what := strings.ReplaceAll(ev.Action.String(), "_", " ") + ", " + ev.Outcome.String()
	if reason := ev.Reason.String(); reason != "" {
		what += ": " + strings.ReplaceAll(reason, "_", " ")
	}
	if ev.Action != event.SignIn && len(ev.Operation) > 0 {
		what += ": " + short(ev.Operation)
	}
	user := short(ev.User)
	if len(ev.Mailbox) > 0 {
		user += " in " + short(ev.Mailbox)
	}
	return report.Event{At: ev.Time, Kind: kind, What: what, Address: ev.IP.String(), User: user,
		Service: ev.Service.String(), Agent: short(ev.AgentText())}
}

// short copies the beginning of a text.
func short(b []byte) string {
	if len(b) > event.MaxRecord {
		return strings.ToValidUTF8(string(b[:event.MaxRecord]), "") + "…"
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
