package day

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"
)

// Found is an incident as described by its last message.
type Found struct {
	ID         string
	Sequence   int
	Rule       string
	Class      string
	Severity   string
	Source     string // empty for a campaign
	Accounts   int
	Mailboxes  int // that were read
	Addresses  int
	Valid      []string
	Start, End time.Time
}

// alert holds the fields of a message that are compared.
type alert struct {
	Event struct {
		Kind     string    `json:"kind"`
		ID       string    `json:"id"`
		Sequence int       `json:"sequence"`
		Start    time.Time `json:"start"`
		End      time.Time `json:"end"`
	} `json:"event"`
	Rule struct {
		ID string `json:"id"`
	} `json:"rule"`
	Source struct {
		IP string `json:"ip"`
	} `json:"source"`
	Redshank struct {
		Class    string `json:"class"`
		Severity string `json:"severity"`
		Counts   struct {
			Users int `json:"distinct_users"`
			IPs   int `json:"distinct_ips"`
			Boxes int `json:"mailboxes"`
		} `json:"counts"`
		Valid []struct {
			User string `json:"user"`
		} `json:"valid_credentials"`
	} `json:"redshank"`
}

func (a *alert) found() Found {
	f := Found{
		ID: a.Event.ID, Sequence: a.Event.Sequence, Rule: a.Rule.ID, Class: a.Redshank.Class, Severity: a.Redshank.Severity,
		Source: a.Source.IP, Accounts: a.Redshank.Counts.Users, Addresses: a.Redshank.Counts.IPs,
		Mailboxes: a.Redshank.Counts.Boxes,
		Start:     a.Event.Start, End: a.Event.End,
	}
	for _, v := range a.Redshank.Valid {
		f.Valid = append(f.Valid, strings.ToLower(v.User))
	}
	slices.Sort(f.Valid)
	return f
}

// ReadAlerts reads a file of alerts in ECS form, one a line. It returns the
// incidents as described by their last messages, sorted by start, and the number of
// messages. Health records are skipped.
func ReadAlerts(path string) (found []Found, messages int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	last := map[string]Found{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var a alert
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return nil, 0, fmt.Errorf("%s:%d: %w", path, messages+1, err)
		}
		if a.Event.Kind != "alert" {
			continue // a health record, or the full lists of an incident
		}
		messages++
		if a.Event.Sequence > last[a.Event.ID].Sequence {
			last[a.Event.ID] = a.found()
		}
	}
	for _, f := range last {
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b Found) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
	return found, messages, lines.Err()
}

// Compare returns the differences between found and the attacks of the day at
// sites, one line each. It returns nil if exactly the attacks were found, each once.
func (d *Day) Compare(found []Found, sites ...Site) []string {
	var wrong []string
	rest := slices.Clone(found)
	for _, want := range d.Expected {
		if !slices.Contains(sites, want.Site) {
			continue
		}
		i := slices.IndexFunc(rest, want.is)
		if i < 0 {
			wrong = append(wrong, fmt.Sprintf("missing: %s (%s from %s)", want.Name, want.Class, cmp.Or(want.Source, "many")))
			continue
		}
		wrong = append(wrong, want.differences(rest[i])...)
		rest = slices.Delete(rest, i, i+1)
	}
	for _, f := range rest {
		wrong = append(wrong, fmt.Sprintf("not an attack, or reported twice: %s from %s, %d accounts (%s)", f.Class, cmp.Or(f.Source, "many"), f.Accounts, d.nameOf(f)))
	}
	return wrong
}

// is reports whether f is about the attack want, by its source. Any address in the
// network of an IPv6 client counts as that client.
func (want Incident) is(f Found) bool {
	a, b := netip.Addr{}, netip.Addr{}
	if want.Source != "" {
		a = netip.MustParseAddr(want.Source)
	}
	if f.Source != "" {
		b, _ = netip.ParseAddr(f.Source)
	}
	if a.Is6() && b.Is6() {
		net, _ := a.Prefix(64)
		return net.Contains(b)
	}
	return a == b
}

func (want Incident) differences(f Found) []string {
	var wrong []string
	differ := func(what string, got, wanted any) {
		wrong = append(wrong, fmt.Sprintf("%s: %s is %v, want %v", want.Name, what, got, wanted))
	}
	if f.Rule != want.Rule {
		differ("rule", f.Rule, want.Rule)
	}
	if f.Class != want.Class {
		differ("class", f.Class, want.Class)
	}
	if want.Severity != "" && f.Severity != want.Severity {
		differ("severity", f.Severity, want.Severity)
	}
	// The last message may not include the last account: growth alone is reported in
	// steps, which depend on the chunk boundaries.
	if f.Accounts < want.Least || f.Accounts > want.Accounts {
		differ("number of accounts", f.Accounts, fmt.Sprintf("%d to %d", want.Least, want.Accounts))
	}
	if !slices.Equal(f.Valid, want.Valid) {
		differ("valid credentials", f.Valid, want.Valid)
	}
	return wrong
}

// nameOf returns the benign activity or the attack behind an unexpected incident.
func (d *Day) nameOf(f Found) string {
	for _, q := range d.Quiet {
		if q.Address == f.Source {
			return q.Name
		}
	}
	for _, e := range d.Expected {
		if e.Source == f.Source {
			return e.Name
		}
	}
	return "ordinary traffic"
}
