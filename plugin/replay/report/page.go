// Package report writes the result of a replay as one HTML page that works
// offline: style and script stand in it, and a content security policy keeps it
// from loading or running anything else.
package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode"

	"redshank/analytics/coverage"
)

// Page is what a report shows. Texts may come from logs and hold anything.
type Page struct {
	Policy, Version string
	First, Last     time.Time // of all events; zero if there are no events
	Events          int64
	Messages        int
	Logs            []Log
	Unread          []string // paths that lead nowhere
	Incidents       []*Incident
	Overview        Axis
	Against         string // path of a second policy; empty: none
	Changes         []Difference
	Coverage        *coverage.Report // which evidence the logs bring, and what its gaps blind
	Findings        []Finding
}

// Finding is what the run shows about the logs themselves.
type Finding struct{ Code, Detail string }

// Difference is an incident that the second policy opens, closes or changes. A value
// that changes has both values in it.
type Difference struct {
	Kind, ID, Class, Severity, Origin, Accounts, Failures, Valid, Messages string
	At                                                                     time.Time
}

// Log is a log that was read.
type Log struct {
	Name, Formats    string
	Events           int64
	First, Last      time.Time
	Records, Unknown uint64
	Err              string // empty: read to its end
}

// Incident is one incident with what to do about it.
type Incident struct {
	ID, Rule, RuleName, Class, Severity string
	Confidence                          int // per cent
	Sentence, Origin                    string
	Start, End                          time.Time
	Messages                            int
	Bar                                 Bar // in the overview
	Actions                             []string
	Lists                               []List
	Axis                                Axis
	Lanes                               []*Lane
	HiddenLanes                         int // that the page has no room for
	Places                              []Place
	Signals                             []Signal
	Valid                               []Credential
	Familiar                            []string
	Accounts                            []Account
	Facts                               []Fact
	Techniques                          []Technique
	Events                              []Event
	MoreEvents                          int
	Evidence                            []string
}

// List is something to copy: accounts to reset, addresses to block.
type List struct {
	Title string
	Items []string
	Of    int // how many there are; 0: all are listed
}

// Signal is an observation that counted.
type Signal struct {
	Code, Says, Detail    string
	Seen, Address, Record string    // empty: not known
	At                    time.Time // zero: not known
	Weight                int
}

// Credential is an account whose password the attacker has, with the sign-in that
// shows this.
type Credential struct {
	User, How                   string
	At                          time.Time
	Address, Agent, App, Record string // empty: not known
}

// Account is an account of an incident.
type Account struct {
	Name, Reason, Marks string
	Failures            int
}

// Fact is a named figure or list.
type Fact struct{ Name, Value string }

// Technique is one of MITRE ATT&CK.
type Technique struct{ ID, Name, Reference string }

// Event is a line of the table of events.
type Event struct {
	At                                  time.Time
	What, Address, User, Service, Agent string
	Kind                                Kind
}

//go:embed page.html
var pageText string

//go:embed style.css
var styleText string

//go:embed script.js
var scriptText string

// funcs are what the template calls.
var funcs = template.FuncMap{
	"clean":    clean,
	"columns":  coverage.Columns,
	"sentence": coverage.Sentence,
	"clock":    func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"span":     span,
	"words":    words,
	"title": func(code string) string {
		return strings.ToUpper(code[:min(1, len(code))]) + words(code[min(1, len(code)):])
	},
	"plural": plural,
	"land":   func() []string { return land },
}

var page = template.Must(template.New("page").Funcs(funcs).Parse(pageText))

// Write writes the page.
func Write(w io.Writer, p *Page) error {
	p.place()
	var b bytes.Buffer
	err := page.Execute(&b, struct {
		*Page
		Policies template.HTMLAttr
		Style    template.CSS
		Script   template.JS
	}{p, contentPolicy(), template.CSS(styleText), template.JS(scriptText)})
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// contentPolicy allows the page its own style and script by their hashes, and
// nothing else: what a log smuggles in does not run, and nothing is loaded.
func contentPolicy() template.HTMLAttr {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return template.HTMLAttr(fmt.Sprintf(`content="default-src 'none'; style-src %s; script-src %s; img-src data:; base-uri 'none'; form-action 'none'"`,
		hash(styleText), hash(scriptText)))
}

// clean returns a text without characters that are invisible or change the
// direction of what stands around them.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// words makes a code readable.
func words(code string) string { return strings.ReplaceAll(code, "_", " ") }

func plural(n any, one string) string {
	if text := fmt.Sprint(n); text != "1" {
		return text + " " + one + "s"
	}
	return "1 " + one
}

// span returns the time between two times, for people.
func span(from, to time.Time) string {
	switch d := to.Sub(from); {
	case d < 2*time.Minute:
		return plural(int(d.Seconds()), "second")
	case d < 2*time.Hour:
		return plural(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return plural(int(d.Hours()), "hour")
	default:
		return plural(int(d.Hours()/24), "day")
	}
}
