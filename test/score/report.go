package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// result is one world that was played and judged.
type result struct {
	Seed          uint64
	Days, People  int
	lines         int
	judgement     *judgement
	incidents     int
	took, engine  time.Duration
	found         *found
	memory        int64 // bytes of heap that the engine kept at the end; 0: not measured
	mostMessages  int
	totalMessages int
}

// report writes the figures of all worlds of one name.
func report(out io.Writer, name string, all []*result, details bool) {
	s := summarise(all)
	for _, r := range all {
		fmt.Fprintf(out, "%s, seed %d: %d days of %d people, %d lines, %d incidents in %d messages, %.1f s (engine %.1f s)\n",
			name, r.Seed, r.Days, r.People, r.lines, r.incidents, r.totalMessages, r.took.Seconds(), r.engine.Seconds())
		if r.memory > 0 {
			fmt.Fprintf(out, "  the engine kept %.1f MB\n", float64(r.memory)/1e6)
		}
		if details {
			detail(out, r)
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nATTACK\tOF\tFOUND\tPARTLY\tMISSED\tCLASS\tINCIDENTS\tMESSAGES\tMEDIAN DELAY\tVALID NAMED")
	for _, a := range s.Attacks {
		fmt.Fprintf(w, "%s %s\t%d\t%d\t%d\t%d\t%d\t%.1f\t%d\t%s\t%d of %d\n",
			a.Rule, a.Kind, a.Count, a.Found, a.Partly, a.Missed, a.Class, a.Incidents, a.Messages, a.Delay, a.Named, a.Valid)
	}
	fmt.Fprintln(w, "\nFALSE INCIDENTS\tAN1269\tAN0131\tPER 1,000 USERS AND DAY")
	for _, n := range s.Noise {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\n", n.Kind, n.Stuffing, n.Collection, n.Rate)
	}
	w.Flush()
	fmt.Fprintf(out, "\n")
	for _, rule := range s.Rules {
		fmt.Fprintf(out, "%s: %d attacks, %d found, %d partly, %d missed; class right %d; %.2f incidents per attack\n",
			rule.Rule, rule.Count, rule.Found, rule.Partly, rule.Missed, rule.Class, rule.Incidents)
	}
	fmt.Fprintf(out, "valid credentials: recall %.2f (%d of %d), precision %.2f (%d of %d)\n",
		ratio(s.Named, s.Valid), s.Named, s.Valid, ratio(s.Believable, s.Credentials), s.Believable, s.Credentials)
	fmt.Fprintf(out, "false incidents: %d, %.2f per 1,000 users and day; beside them %d questions (low); most messages of one incident: %d\n",
		s.False, s.FalseRate, s.Questions, s.MostMessages)
}

// detail writes the single attacks and the false incidents of a world.
func detail(out io.Writer, r *result) {
	for _, a := range r.judgement.attacks {
		fmt.Fprintf(out, "  %-7s %s %s %s, %d addresses, %d accounts, %d valid (%d named)", [...]string{"MISSED", "PARTLY", "found"}[a.verdict], a.Rule, a.Kind,
			a.Start.UTC().Format("01-02 15:04"), len(a.Addresses), len(a.Accounts), len(a.Valid), a.named)
		for _, i := range a.incidents {
			fmt.Fprintf(out, "\n          %s", describe(i))
		}
		fmt.Fprintln(out)
		for _, v := range a.unnamed {
			fmt.Fprintf(out, "          UNNAMED credential of %s at %s\n", v.Account, v.Address)
		}
		if a.verdict != complete {
			a.near(out, r.found)
		}
	}
	for _, n := range r.judgement.unknown {
		fmt.Fprintf(out, "  UNKNOWN credential of %s named by %s\n", n.account, describe(n.incident))
	}
	for _, i := range r.judgement.wrong {
		fmt.Fprintf(out, "  FALSE   %s: %s\n", i.kind, describe(i.incident))
	}
	for _, i := range r.judgement.asked {
		fmt.Fprintf(out, "  ASKED   %s: %s\n", i.kind, describe(i.incident))
	}
}

func describe(i *incident) string {
	m := &i.last
	return fmt.Sprintf("%s %s %s, %s to %s, source %s, user %s, %d users, %d ips, %d messages, valid %d, %s %s",
		m.Rule, m.Class, m.Severity, m.Start.Format("01-02 15:04"), m.End.Format("01-02 15:04"), m.Source, strings.TrimSpace(m.Subject+" "+m.User), m.Users, m.IPs, i.messages, len(i.valid),
		strings.Join(m.Signals, ","), m.ID)
}

// near writes the first addresses and accounts of an attack that was not found, and the
// incidents of its rule that name some of them.
func (a *judged) near(out io.Writer, f *found) {
	fmt.Fprintf(out, "          to %s, from %s, at %s\n", a.End.UTC().Format("01-02 15:04"), firstOf(texts(a.Addresses)), firstOf(a.Accounts))
	for _, i := range f.order {
		users, addresses := shareOf(a.Accounts, i.accounts), shareOf(texts(a.Addresses), i.addresses)
		if i.last.Rule == a.Rule && i.last.Start.Before(a.End.Add(slack)) && i.last.End.After(a.Start.Add(-slack)) && (users > 0.2 || addresses > 0) {
			fmt.Fprintf(out, "          names %.0f %% of the accounts, %.0f %% of the addresses: %s\n", 100*users, 100*addresses, describe(i))
		}
	}
}

// firstOf returns the first values of a list, and how many there are.
func firstOf(list []string) string {
	return fmt.Sprintf("%d: %s", len(list), strings.Join(list[:min(3, len(list))], " "))
}
