package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/source"
	"redshank/plugin/replay/report"
)

// report writes the HTML report.
func (r *run) report(ctx context.Context) error {
	s := newScenes(r.policy, r.result.Incidents)
	if len(s.all) > 0 {
		if _, err := r.walk(ctx, "drawing", s.observe); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(r.opts.Report, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := errors.Join(report.Write(file, r.page(s)), file.Close()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// page returns the content of the report.
func (r *run) page(s *scenes) *report.Page {
	p := &report.Page{Policy: r.opts.Policy, Version: r.opts.Version, Events: r.result.Events}
	p.First, p.Last = r.result.Period()
	p.Coverage = r.result.Coverage
	p.Findings = reportFindings(r.result.Findings)
	if r.against != nil {
		p.Against = r.opts.Against
		for _, c := range r.changes() {
			p.Changes = append(p.Changes, c.show())
		}
	}
	for _, err := range r.result.Unread {
		p.Unread = append(p.Unread, err.Error())
	}
	for _, l := range r.result.Logs {
		p.Logs = append(p.Logs, logRow(&l))
	}
	for _, i := range r.result.Incidents {
		p.Messages += i.Messages
		in := incidentOf(i)
		for _, sc := range s.all {
			if sc.incident == i {
				sc.fill(s, in)
			}
		}
		p.Incidents = append(p.Incidents, in)
	}
	return p
}

func logRow(l *Log) report.Log {
	row := report.Log{Name: l.Name, Events: l.Events, First: l.First, Last: l.Last, Records: l.Counts.Read(),
		Unknown: l.Counts.Total(source.Unknown) + l.Counts.Total(source.Malformed), Formats: strings.Join(l.Formats(), ", ")}
	if l.Err != nil {
		row.Err = l.Err.Error()
	}
	return row
}

// Formats returns the names of the formats that were found in a log.
func (l *Log) Formats() (names []string) {
	for s := range l.Counts {
		if event.Source(s) != event.SourceUnknown && l.Counts[s][source.Understood] > 0 {
			names = append(names, event.Source(s).String())
		}
	}
	return names
}

// incidentOf returns what the alert itself says.
func incidentOf(i *Incident) *report.Incident {
	in := &report.Incident{
		ID: i.ID, Rule: i.Rule.ID, RuleName: i.Rule.Name, Class: i.Class, Severity: i.Severity.String(),
		Confidence: int(i.Confidence*100 + .5), Sentence: i.Message, Origin: i.Origin(), Start: i.Start, End: i.End,
		Messages: i.Messages, Actions: alert.Actions(i.Alert), Facts: facts(i), Evidence: i.Evidence, Axis: report.NewAxis(i.Start, i.End),
	}
	for _, s := range i.Signals {
		in.Signals = append(in.Signals, signalOf(&s))
	}
	for _, v := range i.Valid {
		in.Valid = append(in.Valid, report.Credential{User: v.User, At: v.At, How: v.How})
	}
	for _, v := range i.Familiar {
		in.Familiar = append(in.Familiar, v.User)
	}
	for _, u := range i.Users {
		in.Accounts = append(in.Accounts, report.Account{Name: u.Name, Failures: u.Failures, Reason: u.LastReason, Marks: marks(u)})
	}
	for _, t := range i.Techniques {
		in.Techniques = append(in.Techniques, report.Technique{ID: t.ID, Name: t.Name, Reference: reference(t.ID)})
	}
	return in
}

// signalOf returns what an alert says about a signal.
func signalOf(s *alert.Signal) report.Signal {
	r := report.Signal{Code: s.Code, Says: s.Says, Detail: s.Detail, Seen: s.Seen, Record: s.Record, At: s.At, Weight: s.Weight}
	if s.IP.IsValid() {
		r.Address = s.IP.String()
	}
	return r
}

// mailsOf returns the mails of an incident as texts to copy.
func mailsOf(i *Incident) (list []string) {
	for _, m := range i.Mails {
		parts := slices.DeleteFunc([]string{m.ID, m.Subject, m.Folder}, func(s string) bool { return s == "" })
		if len(parts) == 1 && m.Folder != "" {
			parts[0] = "all of " + m.Folder
		}
		list = append(list, strings.Join(parts, "  "))
	}
	return list
}

// reference is where MITRE describes a technique.
func reference(id string) string {
	return "https://attack.mitre.org/techniques/" + strings.ReplaceAll(id, ".", "/") + "/"
}

// credentialOf returns what an alert itself says about a valid credential.
func credentialOf(v alert.Credential) report.Credential {
	c := report.Credential{User: v.User, How: v.How, At: v.At, Agent: v.Agent, App: v.App, Record: v.Record}
	if v.IP.IsValid() {
		c.Address = v.IP.String()
	}
	return c
}

func marks(u alert.UserCount) string {
	var names []string
	if u.Privileged {
		names = append(names, "privileged")
	}
	if u.Leaked {
		names = append(names, "leaked")
	}
	return strings.Join(names, ", ")
}

// fill adds what the second walk has found.
func (sc *scene) fill(s *scenes, in *report.Incident) {
	in.Axis, in.Events, in.MoreEvents, in.HiddenLanes = sc.axis, sc.events, sc.more, len(sc.hidden)
	for _, l := range sc.order {
		if !l.Empty() {
			in.Lanes = append(in.Lanes, l)
		}
	}
	for n, v := range in.Valid {
		in.Valid[n] = cmp.Or(sc.proofs[strings.ToLower(v.User)], v)
	}
	in.Lists = sc.lists()
	in.Places = sc.placesOf(s)
}

// lists are what somebody who reacts needs as a list.
func (sc *scene) lists() []report.List {
	i := sc.incident
	var reset, block []string
	valid, addresses := i.Valid, i.RelatedIPs()
	if x := i.Indicators; x != nil && !x.Empty() {
		valid, addresses = append(slices.Clip(valid), x.Valid...), append(addresses, x.IPs...)
	}
	for _, v := range valid {
		if !slices.Contains(reset, v.User) {
			reset = append(reset, v.User)
		}
	}
	if i.Rule.Kind == alert.Behaviour && i.User != nil && len(i.Valid) == 0 {
		reset = append(reset, i.User.DisplayName())
	}
	if i.Prefix.IsValid() {
		block = append(block, i.Prefix.String())
	}
	listed := map[netip.Addr]bool{}
	for _, ip := range addresses {
		if !listed[ip] && !i.Prefix.Contains(ip) {
			listed[ip], block = true, append(block, ip.String())
		}
	}
	var apps []string
	for n, id := range i.Apps {
		if n < len(i.AppNames) && len(i.AppNames) == len(i.Apps) {
			id += " " + i.AppNames[n]
		}
		apps = append(apps, id)
	}
	more := 0
	if i.Counts.DistinctIPs > len(block) && !i.Source.IsValid() {
		more = i.Counts.DistinctIPs
	}
	var concerned []string
	if i.User == nil {
		concerned = i.Alert.Accounts
	}
	var lists []report.List
	for _, l := range []report.List{{Title: "Accounts to reset", Items: reset}, {Title: "Accounts concerned", Items: concerned}, {Title: "Addresses to block", Items: block, Of: more},
		{Title: "Sessions to revoke", Items: sc.sessions}, {Title: "Applications to check", Items: apps}, mailList(i)} {
		if len(l.Items) > 0 {
			lists = append(lists, l)
		}
	}
	return lists
}

// mailList returns the mails that were accessed. Of is the number of items if that is
// larger, as where a program read more than the list has room for.
func mailList(i *Incident) report.List {
	l := report.List{Title: "Mails that were accessed", Items: mailsOf(i)}
	if i.Counts.Items > len(l.Items) {
		l.Of = i.Counts.Items
	}
	return l
}

// placesOf returns where the addresses are, by the database of cities.
func (sc *scene) placesOf(s *scenes) []report.Place {
	type city struct{ country, name string }
	found := map[city]*report.Place{}
	for ip, n := range sc.places {
		l := s.policy.Locate(ip)
		if l.Country == "" || !l.Located {
			continue
		}
		key := city{l.Country, l.City}
		if found[key] == nil {
			found[key] = &report.Place{Country: l.Country, City: l.City, Lat: l.Lat, Lon: l.Lon}
		}
		found[key].Events += n
	}
	var list []report.Place
	for _, p := range found {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b report.Place) int {
		return cmp.Or(b.Events-a.Events, strings.Compare(a.Country, b.Country), strings.Compare(a.City, b.City))
	})
	return list[:min(len(list), 40)]
}

// facts are the figures of an incident.
func facts(i *Incident) (all []report.Fact) {
	add := func(name, value string) {
		if value != "" {
			all = append(all, report.Fact{Name: name, Value: value})
		}
	}
	number := func(name string, n int) {
		if n > 0 {
			add(name, fmt.Sprint(n))
		}
	}
	c := i.Counts
	number("Failures", c.Failures)
	number("Accounts", c.DistinctUsers)
	number("Addresses", c.DistinctIPs)
	number("Unknown accounts", c.UnknownUsers)
	number("Lockouts", c.Locked)
	number("Passwords accepted", c.Accepted)
	number("Sign-ins succeeded", c.Succeeded)
	number("Accounts on leaked lists", c.Leaked)
	number("Mail items", c.Items)
	number("Mailboxes", c.Mailboxes)
	add("Services", strings.Join(i.Services, ", "))
	add("Applications", strings.Join(cmpOr(i.AppNames, i.Apps), ", "))
	add("Agents", strings.Join(i.Agents, "; "))
	add("Servers", strings.Join(i.Hosts, ", "))
	add("Network labels", strings.Join(i.Labels, ", "))
	add("Network owner", owner(i.AS))
	add("Country", strings.Trim(i.Geo.City+", "+i.Geo.CountryISO, ", "))
	add("Baseline", i.Baseline)
	return all
}

func cmpOr(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

func owner(as alert.AS) string {
	if as.Number == 0 {
		return ""
	}
	return fmt.Sprintf("AS%d %s", as.Number, as.Organization)
}
