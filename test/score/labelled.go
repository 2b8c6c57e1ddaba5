package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"redshank/test/otherworld"
	"redshank/test/world"
	"redshank/test/world/lines"
)

// labelled is a world that can be played and judged.
type labelled interface {
	Play(yield func(lines.Line) bool)
	End() time.Time
	Databases(dir string) error
	Policy(databases, leaked bool) string
	Leaked() []string
}

// The names that -world accepts beside those of package otherworld.
const (
	home   = "home"
	others = "others"
)

// worldNames returns the worlds that a value of -world stands for.
func worldNames(name string) ([]string, error) {
	switch {
	case name == others:
		return otherworld.Names(), nil
	case name == home || slices.Contains(otherworld.Names(), name):
		return []string{name}, nil
	}
	return nil, fmt.Errorf("-world: %q: want %s, %s or one of %q", name, home, others, otherworld.Names())
}

// newWorld makes the world of a seed, and returns its truth, which is complete when
// the world has been played, and the number of people.
func newWorld(name string, seed uint64, o options) (labelled, *world.Truth, int, error) {
	size := world.Options{Seed: seed, Days: o.days, People: o.people, Late: o.late, Double: o.double, Calm: o.calm, Plain: o.plain, Only: o.only}
	if name == home {
		w := world.New(size)
		return w, &w.Truth, w.People, nil
	}
	w, err := otherworld.New(otherworld.Options{Organisation: name, Options: size})
	if err != nil {
		return nil, nil, 0, err
	}
	return w, &w.Truth, w.People, nil
}

// organisationTable writes one row of figures for each world by name.
func organisationTable(out io.Writer, names []string, all map[string][]*result) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WORLD\tSEEDS\tUSER DAYS\tAN1269\tAN0131\tCLASS\tINCIDENTS PER ATTACK\tVALID RECALL\tPRECISION\tFALSE PER 1,000\tQUESTIONS\tMOST MESSAGES\tENGINE")
	for _, name := range names {
		s := summarise(all[name])
		rules := map[string]attackLine{}
		for _, r := range s.Rules {
			rules[r.Rule] = r
		}
		a, b := rules["AN1269"], rules["AN0131"]
		fmt.Fprintf(t, "%s\t%d\t%d\t%d of %d\t%d of %d\t%d, %d\t%.2f, %.2f\t%.2f (%d)\t%.2f (%d)\t%.2f (%d)\t%d\t%d\t%.1f s\n", name, s.Worlds, s.UserDays, a.Found, a.Count, b.Found, b.Count, a.Class, b.Class,
			a.Incidents, b.Incidents, ratio(s.Named, s.Valid), s.Valid, ratio(s.Believable, s.Credentials), s.Credentials, s.FalseRate, s.False, s.Questions, s.MostMessages, s.Engine.Seconds())
	}
	t.Flush()
}
