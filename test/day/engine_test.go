package day_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/test/day"
)

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

// TestExactlyTheAttacks: exactly the attacks are found, for any seed, any part of
// the logs and any order of the lines.
func TestExactlyTheAttacks(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		d := day.New(day.Options{Seed: seed})
		for _, v := range views {
			d := d
			if !v.mail {
				d = withoutThefts(d)
			}
			var streams []*day.Stream
			for _, s := range d.Streams {
				if v.sees(s.Tag) {
					streams = append(streams, s)
				}
			}
			for _, order := range orders {
				t.Run(fmt.Sprintf("seed %d/%s/%s", seed, v.name, order.name), func(t *testing.T) {
					for _, wrong := range d.Compare(observe(t, order.of(streams)), v.sites...) {
						t.Error(wrong)
					}
				})
			}
		}
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
	var chunk []byte
	for i, l := range lines {
		chunk = appendRecord(chunk, l)
		if i+1 == len(lines) || lines[i+1].Stream.Tag != l.Stream.Tag || len(chunk) > chunkSize {
			for _, a := range e.Observe(l.Stream.Tag, chunk) {
				last[a.ID] = foundOf(a)
			}
			chunk = chunk[:0]
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

// appendRecord packs a line as an agent does: [[time, {}], {...}]. The time is that
// of reading, long after the day.
func appendRecord(chunk []byte, l day.Arrival) []byte {
	read := day.Date.AddDate(0, 0, 2).Unix()
	chunk = append(chunk, 0x92, 0x92, 0xd7, 0x00, byte(read>>24), byte(read>>16), byte(read>>8), byte(read), 0, 0, 0, 0, 0x80)
	if l.Stream.JSON {
		return append(chunk, packed(l.Text)...)
	}
	chunk = msgp.AppendMapHeader(chunk, 2)
	chunk = msgp.AppendString(msgp.AppendString(chunk, "path"), l.Stream.Path)
	return msgp.AppendString(msgp.AppendString(chunk, "log"), l.Text)
}

// packedLines holds the lines that packed has seen: every order and view of a day
// packs the same ones.
var packedLines = map[string][]byte{}

// packed returns a line of JSON as a msgpack map.
func packed(text string) []byte {
	if b, ok := packedLines[text]; ok {
		return b
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		panic(err)
	}
	b, err := msgp.AppendIntf(nil, fields)
	if err != nil {
		panic(err)
	}
	packedLines[text] = b
	return b
}
