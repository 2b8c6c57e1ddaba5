package day_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/test/day"
	"redshank/test/extent"
)

// records is the number of records of a day, most of which are routine.
func records() int {
	if extent.Full() {
		return 60_000
	}
	return 20_000
}

// chunkSize is the approximate size of an agent's chunk in bytes.
const chunkSize = 1 << 20

// orders are the orders in which the lines of a day can reach the engine.
var orders = []struct {
	name string
	of   func([]*day.Stream) []day.Arrival
}{
	{"as they arrive", day.Arrivals},
	{"file by file", fileByFile},
	{"files backwards", func(streams []*day.Stream) []day.Arrival {
		streams = slices.Clone(streams)
		slices.Reverse(streams)
		return fileByFile(streams)
	}},
	{"every line twice", func(streams []*day.Stream) (all []day.Arrival) {
		for _, a := range day.Arrivals(streams) {
			all = append(all, a, a)
		}
		return all
	}},
	{"shuffled", shuffled},
}

func fileByFile(streams []*day.Stream) (all []day.Arrival) {
	for _, s := range streams {
		for line := range s.Text {
			all = append(all, day.Arrival{Stream: s, Text: line})
		}
	}
	return all
}

// shuffled returns the lines with those of JSON logs in random order. Lines of text
// keep their order, on which their formats depend.
func shuffled(streams []*day.Stream) []day.Arrival {
	all := fileByFile(streams)
	var at []int
	for i, a := range all {
		if a.Stream.JSON {
			at = append(at, i)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(at), func(i, j int) { all[at[i]], all[at[j]] = all[at[j]], all[at[i]] })
	return all
}

// views are the logs that one agent may read, and the attacks that it has to find.
var views = []struct {
	name  string
	sees  func(tag string) bool
	sites []day.Site
	mail  bool // includes records of mail that was read
}{
	{"everything", func(string) bool { return true }, []day.Site{day.Exchange, day.Cloud}, true},
	{"the server", func(tag string) bool { return tag != "m365.ual" && tag != "entra.signin" }, []day.Site{day.Exchange}, false},
	{"the tenant", func(tag string) bool { return tag == "m365.ual" || tag == "entra.signin" }, []day.Site{day.Cloud}, true},
	{"the audit log", func(tag string) bool { return tag == "m365.ual" }, []day.Site{day.Cloud}, true},
	{"sign-ins", func(tag string) bool { return tag == "entra.signin" }, []day.Site{day.Cloud}, false},
}

// TestAnyOrder: exactly the attacks are found in all logs for any order of the lines.
func TestAnyOrder(t *testing.T) {
	d := day.New(day.Options{Seed: 1, Records: records()})
	for _, order := range orders {
		t.Run(order.name, func(t *testing.T) {
			for _, wrong := range d.Compare(observe(t, order.of(d.Streams)), day.Exchange, day.Cloud) {
				t.Error(wrong)
			}
		})
	}
}

// TestAnyView: exactly the attacks that it shows are found in any part of the logs.
func TestAnyView(t *testing.T) {
	whole := day.New(day.Options{Seed: 2, Records: records()})
	for _, v := range views {
		t.Run(v.name, func(t *testing.T) {
			d := whole
			if !v.mail {
				d = withoutThefts(d)
			}
			seen := slices.DeleteFunc(slices.Clone(d.Streams), func(s *day.Stream) bool { return !v.sees(s.Tag) })
			for _, wrong := range d.Compare(observe(t, day.Arrivals(seen)), v.sites...) {
				t.Error(wrong)
			}
		})
	}
}

// withoutThefts returns d without the thefts, for logs that do not record reading mail.
func withoutThefts(d *day.Day) *day.Day {
	less := *d
	less.Expected = slices.DeleteFunc(slices.Clone(d.Expected), func(i day.Incident) bool { return i.Rule == "AN0131" })
	return &less
}

// observe passes the lines to an engine in chunks of one tag and returns the last
// message about each incident.
func observe(t *testing.T, lines []day.Arrival) []day.Found {
	t.Helper()
	p, err := policy.Load("../demo/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	e, err := analytics.New(analytics.Options{Policy: p, Source: "auto", MaxIPs: 200_000, MaxUsers: 200_000})
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]day.Found{}
	for tag, chunk := range day.Chunks(lines, chunkSize) {
		for _, a := range e.Observe(tag, chunk) {
			last[a.ID] = foundOf(a)
		}
	}
	var found []day.Found
	for _, f := range last {
		found = append(found, f)
	}
	return found
}

func foundOf(a *alert.Alert) day.Found {
	f := day.Found{
		ID: a.ID, Sequence: a.Sequence, Rule: a.Rule.ID, Class: a.Class, Severity: a.Severity.String(),
		Accounts: a.Counts.DistinctUsers, Addresses: a.Counts.DistinctIPs, Start: a.Start, End: a.End,
	}
	if a.Source.IsValid() {
		f.Source = a.Source.String()
	}
	for _, v := range a.Valid {
		f.Valid = append(f.Valid, v.User)
	}
	return f
}
