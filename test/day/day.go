// Package day generates one synthetic day of logs of an Exchange server and a
// Microsoft 365 tenant: the ordinary traffic of 400 people, benign activity that
// resembles an attack, and five real attacks. The same options give the same bytes.
// All names are those of Contoso and Fabrikam, all addresses are from documentation
// and private ranges.
package day

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"time"

	"redshank/test/world/dice"
	"redshank/test/world/lines"
)

// Date is the generated day, from 00:00 to 24:00 UTC.
var Date = time.Date(2026, time.March, 10, 0, 0, 0, 0, time.UTC)

// A day has about fixedLines lines that do not depend on the pace (attacks, probes,
// logins) and pacedLines for each unit of pace. Both were counted once.
const (
	fixedLines, pacedLines = 17_000, 48_000
	defaultLines           = 90_000
	leastPace              = 0.05
)

// Options are the seed and the size of a day.
type Options struct {
	Seed    uint64 // 0 means 1
	Records int    // number of lines, within 10 %; 0 means 90,000, at least 20,000. The attacks have a fixed size.
}

// Day is a finished day. It is immutable.
type Day struct {
	Streams  []*Stream  // sorted by tag, then path
	Expected []Incident // the incidents that a detector has to find, each once, and no others
	Quiet    []Quiet    // benign activity that a detector must not report
}

// Site is the half of the logs in which an incident can be seen in full.
type Site string

// The sites: an agent on the Exchange server reads the logs of Exchange, a collector
// of the tenant's logs those of Cloud.
const (
	Exchange Site = "exchange"
	Cloud    Site = "m365"
)

// Incident is one attack as it should be reported.
type Incident struct {
	Name     string
	Site     Site
	Rule     string
	Class    string
	Severity string   // not compared if empty
	Source   string   // client address; empty for a campaign
	Accounts int      // distinct accounts that failed
	Least    int      // least number of accounts in any message, which is the threshold
	Valid    []string // accounts whose password the attacker has, as user principal names
}

// Quiet is benign activity that resembles an attack: its name and its source.
type Quiet struct {
	Name    string
	Address string
}

// New generates a day.
func New(opts Options) *Day {
	m := newMaker(opts)
	traffic{m}.ordinary()
	benign{traffic{m}}.oddities()
	attacker{traffic{m}}.attacks()
	attacker{traffic{m}}.theft()
	m.day.Streams = m.streams()
	return &m.day
}

// Lines returns the number of lines in all files, headers included.
func (d *Day) Lines() int {
	n := 0
	for _, s := range d.Streams {
		n += len(s.lines)
	}
	return n
}

// maker builds one day. It owns the only random source, so the order of calls
// determines the drawn values: new traffic must be added at the end of New,
// otherwise every identifier in the day changes.
type maker struct {
	dice.Dice
	log    *lines.Writer
	box    *lines.Outbox
	pace   float64 // multiplies how often periodic traffic happens
	people []*person
	day    Day
}

// setup is how Contoso logs: one server, and everything is collected.
var setup = lines.Setup{
	Domain: "contoso.com", NetBIOS: "CONTOSO", Others: map[string]string{"fabrikam.com": "FABRIKAM"},
	Tenant: "6f4a1d0e-93c2-4b1b-8f7e-2d5c1a9b3e40", Servers: []string{"EX01"},
	BackEnd: true, Proxy: true, Security: true, Entra: true, Local: time.UTC,
}

func newMaker(opts Options) *maker {
	seed, records := cmp.Or(opts.Seed, 1), cmp.Or(opts.Records, defaultLines)
	m := &maker{
		Dice: dice.New(rand.New(rand.NewPCG(seed, 0)), seed, 2*time.Second),
		box:  lines.NewOutbox(seed, 0, false),
		pace: max(leastPace, float64(records-fixedLines)/pacedLines),
	}
	here := func(netip.Addr) (code, city string) { return "DE", "Hamburg" }
	m.log = lines.NewWriter(setup, m.Rand, here, m.box.Add)
	m.people = m.staff()
	return m
}

func (m *maker) expect(i Incident) {
	i.Rule = cmp.Or(i.Rule, "AN1269")
	m.day.Expected = append(m.day.Expected, i)
}

func (m *maker) quiet(name, address string) {
	m.day.Quiet = append(m.day.Quiet, Quiet{name, address})
}
