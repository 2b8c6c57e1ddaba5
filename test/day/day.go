// Package day makes one synthetic day of an Exchange server and a Microsoft
// 365 tenant: the ordinary traffic of 400 people, what looks like an attack
// and is none, and five real ones. The same options give the same bytes. All
// names are Contoso's and Fabrikam's, all addresses are from the documentation
// and private ranges.
package day

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Date is the day that is made, from 00:00 to 24:00 UTC.
var Date = time.Date(2026, time.March, 10, 0, 0, 0, 0, time.UTC)

// A day has about fixedLines that do not depend on the pace (attacks, probes,
// logins) and pacedLines for each unit of it; both were counted once.
const (
	fixedLines, pacedLines = 17_000, 48_000
	defaultLines           = 90_000
	leastPace              = 0.05
)

// Options size a day.
type Options struct {
	Seed    uint64 // 0: 1
	Records int    // lines wanted, give or take a tenth; 0: 90,000, least 20,000. The attacks do not shrink.
}

// Day is a finished day. It is immutable.
type Day struct {
	Streams  []*Stream  // sorted by tag, then path
	Expected []Incident // what a detector has to find, each once, and nothing else
	Quiet    []Quiet    // what it must not find
}

// Site is the half of the logs in which an incident can be seen in full.
type Site string

// The sites: an agent on the Exchange server sees the one, a collector of the
// tenant's logs the other.
const (
	Exchange Site = "exchange"
	Cloud    Site = "m365"
)

// Incident is one attack as it should be told.
type Incident struct {
	Name     string
	Site     Site
	Rule     string
	Class    string
	Severity string   // empty: not compared
	Source   string   // client address; empty for a campaign
	Accounts int      // distinct accounts that failed
	Least    int      // of them that any message counts: what opens an incident
	Valid    []string // accounts whose password the attacker has, as user principal names
}

// Quiet is a near miss: who it is and where it comes from.
type Quiet struct {
	Name    string
	Address string
}

// New makes a day.
func New(opts Options) *Day {
	m := newMaker(opts)
	m.ordinary()
	m.oddities()
	m.attacks()
	m.theft()
	return m.finish()
}

// Lines returns the number of lines in all files, headers included.
func (d *Day) Lines() int {
	n := 0
	for _, s := range d.Streams {
		n += len(s.rows)
	}
	return n
}

// maker builds one day. It owns the only random source, so that the order of
// its calls is the order of the draws: new traffic belongs at the end of New,
// or every identifier in the day changes.
type maker struct {
	rng     *rand.Rand
	pace    float64 // multiplies how often periodic traffic happens
	people  []*person
	streams map[string]*Stream // by path
	seq     int                // rows so far; keeps the sort stable
	events  int                // Security events so far
	day     Day
}

func newMaker(opts Options) *maker {
	seed, records := cmp.Or(opts.Seed, 1), cmp.Or(opts.Records, defaultLines)
	m := &maker{
		rng:     rand.New(rand.NewPCG(seed, 0)),
		pace:    max(leastPace, float64(records-fixedLines)/pacedLines),
		streams: map[string]*Stream{},
	}
	m.people = m.staff()
	return m
}

func (m *maker) finish() *Day {
	for _, s := range m.streams {
		s.sort()
		m.day.Streams = append(m.day.Streams, s)
	}
	slices.SortFunc(m.day.Streams, func(a, b *Stream) int {
		return cmp.Or(cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Path, b.Path))
	})
	return &m.day
}

func (m *maker) expect(i Incident) {
	i.Rule = cmp.Or(i.Rule, "AN1269")
	m.day.Expected = append(m.day.Expected, i)
}

func (m *maker) quiet(name, address string) {
	m.day.Quiet = append(m.day.Quiet, Quiet{name, address})
}
