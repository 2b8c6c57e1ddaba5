package replay

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"text/tabwriter"
	"time"

	"redshank/analytics"
	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// maxExplained is how many events of the subject are accounted for.
const maxExplained = 50_000

// explanation accounts for the events of one account or address. It collects them
// while the engine observes them, and judges them when all are known: what forgives a
// failure may come after it.
type explanation struct {
	policy *policy.Policy
	engine *analytics.Engine
	text   string     // of the subject, as given
	addr   netip.Addr // of a client; invalid for an account
	name   []byte     // of an account

	events    []*explained
	more      int
	ids       map[string]struct{}
	decisions []explain.Decision // of the analytics, on the event that is observed
}

// explained is one event with what was made of it.
type explained struct {
	at       time.Time
	what     string
	ip       netip.Addr
	user     string
	service  string
	source   event.Source
	outcome  event.Outcome
	evidence bool // a failure that can count for AN1269
	weights  []weight
	incident string // id of the open one that it belongs to; empty: none
	explain.Decision
}

// weight is a signal of AN0131.
type weight struct {
	code string
	n    int
}

func newExplanation(p *policy.Policy, engine *analytics.Engine, subject string) *explanation {
	x := &explanation{policy: p, engine: engine, text: subject, ids: map[string]struct{}{}}
	engine.Explain(x)
	if addr, err := netip.ParseAddr(strings.TrimSpace(subject)); err == nil {
		x.addr = clientKey(addr.Unmap())
		return x
	}
	x.name = []byte(p.Account(subject))
	return x
}

// Decided implements explain.Observer.
func (x *explanation) Decided(_ *event.Event, d explain.Decision) {
	x.decisions = append(x.decisions, d)
}

// write writes the account of the subject, under the policy in a file.
func (x *explanation) write(out io.Writer, incidents []*Incident, policy string) {
	x.judge()
	x.print(out)
	x.incidents(out, incidents)
	lines := policyLines(policy)
	for _, s := range x.shortfalls() {
		fmt.Fprintln(out, s.sentence(lines))
	}
}

// observe keeps an event of the subject that the engine has observed.
func (x *explanation) observe(ev *event.Event) {
	decisions := x.decisions
	x.decisions = x.decisions[:0]
	if analytics.IsIdle(ev) {
		x.policy.Normalise(ev)
	}
	if !x.has(ev) {
		return
	}
	if len(x.events) == maxExplained {
		x.more++
		return
	}
	l := lineOf(ev, timelineKind(ev))
	e := &explained{at: ev.Time, what: l.What, ip: ev.IP, user: l.User, service: l.Service, source: ev.Source, outcome: ev.Outcome}
	e.Decision, e.evidence = firstLook(ev)
	if id := string(ev.ID); id != "" && e.evidence {
		id += "\x00" + l.User
		if _, twice := x.ids[id]; twice {
			e.Decision, e.evidence = explain.Decision{Reason: "the same record was delivered before"}, false
		}
		x.ids[id] = struct{}{}
	}
	e.signals(decisions)
	if ids := x.engine.IncidentsOf(ev); e.Verdict == explain.Counted && len(ids) > 0 {
		e.incident = ids[0]
	}
	x.events = append(x.events, e)
}

// has reports whether an event is one of the subject.
func (x *explanation) has(ev *event.Event) bool {
	if x.addr.IsValid() {
		return ev.IP.IsValid() && clientKey(ev.IP) == x.addr
	}
	return bytes.Equal(ev.User, x.name) || bytes.Equal(ev.Mailbox, x.name)
}

// signals takes over what the analytics have decided. Several signals of one event
// are one line.
func (e *explained) signals(decisions []explain.Decision) {
	var reasons []string
	for _, d := range decisions {
		if d.Weight == 0 {
			e.Decision = d
			e.evidence = e.evidence && d.Verdict == explain.Counted
			continue
		}
		reasons = append(reasons, fmt.Sprintf("%s, weight %d", d.Reason, d.Weight))
		e.weights = append(e.weights, weight{d.Reason, d.Weight})
	}
	switch {
	case len(reasons) > 0 && e.evidence:
		e.Reason += "; " + strings.Join(reasons, "; ")
	case len(reasons) > 0:
		e.Decision = explain.Decision{Rule: "AN0131", Verdict: explain.Counted, Reason: strings.Join(reasons, "; ")}
	case e.Rule == "AN0131":
		e.Decision = explain.Decision{Reason: "nothing unusual for the account"}
	}
}

// marked are the marks of the policy that keep an event from counting.
var marked = []struct {
	mark        event.Marks
	reason, key string
}{
	{event.AllowedNetwork, "its network is allowed", "networks.allowed"},
	{event.IgnoredAccount, "its account is ignored", "accounts.ignored"},
	{event.KnownAutomation, "it is declared automation", "automation"},
	{event.MicrosoftRange, "its address is a back end of the cloud, and no client", "networks.microsoft"},
	{event.ServerItself, "its address is that of the server itself", ""},
}

// firstLook judges an event by itself, with the rules of both analytics that need
// no more than that. evidence: it is a failure that can count for AN1269.
func firstLook(ev *event.Event) (d explain.Decision, evidence bool) {
	for _, m := range marked {
		if ev.Marks.Has(m.mark) {
			return explain.Decision{Reason: m.reason, Policy: m.key}, false
		}
	}
	switch {
	case ev.Outcome == event.Challenge:
		d.Reason = "a handshake without a password"
	case ev.Outcome == event.Noise:
		d.Reason = "an interrupt that says nothing about a password"
	case ev.Family == event.Probe:
		d.Reason = "a health probe, by its agent"
	case ev.UserKind == event.UserMachine, ev.UserKind == event.UserHealth, ev.UserKind == event.UserSystem:
		d.Reason = "its account is of a machine or of the system"
	case ev.Action == event.ActionNone:
		d.Reason = "nothing that concerns a detection"
	case ev.Outcome == event.Failure && (ev.Action == event.SignIn || ev.Action == event.MailAccess) && !ev.IP.IsValid():
		d.Reason = "a failure without an address"
	case ev.Outcome == event.Failure && (ev.Action == event.SignIn || ev.Action == event.MailAccess):
		return explain.Decision{Verdict: explain.Counted, Rule: "AN1269", Reason: "a failure"}, true
	case ev.Outcome == event.Accepted:
		d = explain.Decision{Verdict: explain.Counted, Rule: "AN1269", Reason: "the password was right: a valid credential if its client has an incident"}
	case ev.Action == event.SignIn:
		d.Reason = "no evidence by itself; it teaches what is usual"
	default:
		d = explain.Decision{Verdict: explain.Counted, Rule: "AN0131", Reason: "assessed against what is usual for the account"}
	}
	return d, false
}

// judge looks at the failures again, now that what follows them is known.
func (x *explanation) judge() {
	type pair struct {
		user string
		ip   netip.Addr
	}
	x.join()
	forgiveness := x.policy.Stuffing.Forgiveness
	next, ever := map[pair]time.Time{}, map[pair]time.Time{}
	for _, e := range x.events {
		if e.outcome == event.Success && ever[pair{e.user, e.ip}].IsZero() {
			ever[pair{e.user, e.ip}] = e.at
		}
	}
	for i := len(x.events) - 1; i >= 0; i-- {
		e := x.events[i]
		key := pair{e.user, e.ip}
		if e.outcome == event.Success {
			next[key] = e.at
		}
		if !e.evidence || e.incident != "" { // an attack is not forgiven
			continue
		}
		success, first := next[key], ever[key]
		switch {
		case !success.IsZero() && success.Sub(e.at) <= forgiveness:
			e.forgive("the account signs in from there at "+success.Format(time.TimeOnly), "stuffing.forgiveness")
		case !first.IsZero() && first.Before(e.at):
			e.forgive("the address is a known client of the account since "+first.Format(time.DateTime), "")
		}
	}
}

// joinWithin is the largest difference between the times of one failure in two logs.
const joinWithin = window.JoinWithin * time.Millisecond

// join finds failures that another log has reported already.
func (x *explanation) join() {
	for i, e := range x.events {
		if !e.evidence {
			continue
		}
		for j := i - 1; j >= 0 && e.at.Sub(x.events[j].at) <= joinWithin; j-- {
			o := x.events[j]
			if o.evidence && o.source != e.source && o.ip == e.ip && (o.user == e.user || o.user == "" || e.user == "") {
				e.evidence = false
				e.Decision = explain.Decision{Reason: "the same failure as " + o.at.Format(time.TimeOnly) + ", in another log"}
				break
			}
		}
	}
}

func (e *explained) forgive(reason, key string) {
	e.evidence = false
	e.Decision = explain.Decision{Verdict: explain.Forgiven, Rule: "AN1269", Reason: reason, Policy: key}
}

// print writes the events, several that are alike in one line.
func (x *explanation) print(out io.Writer) {
	var count [3]int
	for _, e := range x.events {
		count[e.Verdict]++
	}
	fmt.Fprintf(out, "\n%s: %s, %d counted, %d forgiven, %d ignored\n", printable(x.text), plural(len(x.events), "event"),
		count[explain.Counted], count[explain.Forgiven], count[explain.Ignored])
	if x.more > 0 {
		fmt.Fprintf(out, "%s not looked at (at most %d are)\n", plural(x.more, "further event"), maxExplained)
	}
	if len(x.events) == 0 {
		return
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TIME (UTC)\tEVENT\tADDRESS\tACCOUNT\tSERVICE\tVERDICT\tREASON")
	for i := 0; i < len(x.events); {
		e, n := x.events[i], 1
		for i+n < len(x.events) && alike(e, x.events[i+n]) {
			n++
		}
		times := ""
		if n > 1 {
			times = fmt.Sprintf(", %d times until %s", n, x.events[i+n-1].at.Format(time.TimeOnly))
		}
		reason := e.Reason
		if e.Policy != "" {
			reason += " (" + e.Policy + ")"
		}
		if e.incident != "" {
			reason += ", in " + e.incident
		}
		fmt.Fprintf(t, "%s\t%s%s\t%s\t%s\t%s\t%s\t%s\n", e.at.Format(time.DateTime), printable(e.what), times, addressText(e.ip), cmp.Or(printable(e.user), "-"), e.service, e.Verdict, reason)
		i += n
	}
	t.Flush()
}

func alike(a, b *explained) bool {
	return a.what == b.what && a.ip == b.ip && a.user == b.user && a.service == b.service && a.incident == b.incident && a.Decision == b.Decision
}

func addressText(ip netip.Addr) string {
	if !ip.IsValid() {
		return "-"
	}
	return ip.String()
}

// incidents writes which incidents the subject has to do with.
func (x *explanation) incidents(out io.Writer, all []*Incident) {
	var in []*Incident
	for _, i := range all {
		if x.concerns(i) {
			in = append(in, i)
		}
	}
	fmt.Fprintln(out)
	if len(in) == 0 {
		fmt.Fprintln(out, "in no incident")
		return
	}
	fmt.Fprintf(out, "in %s:\n\n", plural(len(in), "incident"))
	incidentTable(out, in)
	fmt.Fprintln(out)
}

// concerns reports whether an incident names the subject.
func (x *explanation) concerns(i *Incident) bool {
	if x.addr.IsValid() {
		for _, ip := range append(i.IPs[:len(i.IPs):len(i.IPs)], i.Source) {
			if ip.IsValid() && clientKey(ip) == x.addr {
				return true
			}
		}
		return false
	}
	name := string(x.name)
	for _, u := range i.Users {
		if strings.EqualFold(u.Name, name) {
			return true
		}
	}
	for _, v := range i.Valid {
		if strings.EqualFold(v.User, name) {
			return true
		}
	}
	return strings.EqualFold(i.Subject, name) || i.User != nil && strings.EqualFold(i.User.DisplayName(), name)
}
