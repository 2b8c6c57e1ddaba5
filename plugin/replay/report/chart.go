package report

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Kind is what an event of a timeline is.
type Kind uint8

// The kinds. Accepted: the password was right and a second step or a policy
// stopped the sign-in.
const (
	Failure Kind = iota
	Success
	Accepted
	Access
	Change
	kinds
)

var kindNames = [...]string{"failure", "success", "accepted", "access", "change"}

func (k Kind) String() string { return kindNames[min(k, kinds-1)] }

// kindWords count the events of a kind.
var kindWords = [...]string{"failure", "success", "accepted password", "mail access", "change"}

// Axis is the time of a chart.
type Axis struct {
	From, To time.Time
	Ticks    []Tick
}

// Tick is a time on an axis.
type Tick struct {
	X      string // per cent
	Anchor string // of its text: start, middle, end
	Text   string
	Minor  bool // without room on a narrow page
}

// Bar is an incident in the overview.
type Bar struct{ X, Width string }

// Lane is the timeline of an address or account.
type Lane struct {
	Label, Of string // Of: address, account, application
	Marked    bool   // an account with a valid credential
	counts    map[slot]int
	totals    [kinds]int
	Points    []Point
}

type slot struct {
	at   int
	kind Kind
}

// slots is how many points a lane may have from left to right.
const slots = 240

// Point is what happened within one slot of a lane.
type Point struct {
	X, Width string // per cent
	Kind     Kind
	N        int
	Height   int // 5 to 12, by N
	Text     string
}

// Add counts an event.
func (l *Lane) Add(a *Axis, at time.Time, kind Kind) {
	if l.counts == nil {
		l.counts = map[slot]int{}
	}
	l.counts[slot{min(int(a.share(at)*slots), slots-1), kind}]++
	l.totals[kind]++
}

// Empty reports whether nothing was added.
func (l *Lane) Empty() bool { return len(l.counts) == 0 }

// Summary returns the figures of a lane as a text.
func (l *Lane) Summary() string {
	var parts []string
	for k, n := range l.totals {
		if n > 0 {
			parts = append(parts, countOf(n, Kind(k)))
		}
	}
	return strings.Join(parts, ", ")
}

func countOf(n int, k Kind) string {
	if word := kindWords[k]; n == 1 {
		return "1 " + word
	} else if strings.HasSuffix(word, "s") {
		return fmt.Sprintf("%d %ses", n, word)
	} else {
		return fmt.Sprintf("%d %ss", n, word)
	}
}

// share is where on the axis a time is, from 0 to 1.
func (a *Axis) share(at time.Time) float64 {
	whole := a.To.Sub(a.From)
	if whole <= 0 {
		return 0
	}
	return max(0, min(1, float64(at.Sub(a.From))/float64(whole)))
}

func percent(share float64) string { return fmt.Sprintf("%.2f%%", 100*share) }

// NewAxis returns an axis from one time to another, and widens it to at
// least one minute.
func NewAxis(from, to time.Time) Axis {
	if to.Sub(from) < time.Minute {
		middle := from.Add(to.Sub(from) / 2)
		from, to = middle.Add(-30*time.Second), middle.Add(30*time.Second)
	}
	a := Axis{From: from.UTC(), To: to.UTC()}
	form := "15:04:05"
	switch whole := to.Sub(from); {
	case whole > 72*time.Hour:
		form = "2 Jan 2006"
	case from.UTC().YearDay() != to.UTC().YearDay():
		form = "2 Jan 15:04"
	case whole > time.Hour:
		form = "15:04"
	}
	const steps = 4
	for i := range steps + 1 {
		share := float64(i) / steps
		anchor := "middle"
		switch i {
		case 0:
			anchor = "start"
		case steps:
			anchor = "end"
		}
		at := a.From.Add(time.Duration(share * float64(a.To.Sub(a.From))))
		a.Ticks = append(a.Ticks, Tick{percent(share), anchor, at.Format(form), i%2 == 1})
	}
	return a
}

// place computes the positions of everything that is drawn.
func (p *Page) place() {
	if len(p.Incidents) == 0 {
		return
	}
	from, to := p.Incidents[0].Start, p.Incidents[0].End
	for _, i := range p.Incidents {
		if i.Start.Before(from) {
			from = i.Start
		}
		if i.End.After(to) {
			to = i.End
		}
	}
	around := max(to.Sub(from)/20, time.Minute)
	p.Overview = NewAxis(from.Add(-around), to.Add(around))
	for _, i := range p.Incidents {
		start, end := p.Overview.share(i.Start), p.Overview.share(i.End)
		width := max(end-start, 0.008)
		i.Bar = Bar{percent(min(start, 1-width)), percent(width)}
		for _, l := range i.Lanes {
			l.draw(&i.Axis)
		}
	}
}

// draw turns the counts of a lane into points, in order of time.
func (l *Lane) draw(a *Axis) {
	l.Points = nil
	step := a.To.Sub(a.From) / slots
	for at := range slots {
		for k := range kinds {
			n := l.counts[slot{at, k}]
			if n == 0 {
				continue
			}
			share := float64(at) / slots
			l.Points = append(l.Points, Point{
				X: percent(share), Width: percent(0.8 / slots), Kind: k, N: n,
				Height: min(3+int(2.4*math.Log2(float64(n)+1)), 12),
				Text:   fmt.Sprintf("%s, %s", a.From.Add(time.Duration(share*float64(step)*slots)).Format("2006-01-02 15:04:05"), countOf(n, k)),
			})
		}
	}
}
