package report

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"redshank/analytics/coverage"
	"redshank/analytics/event"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// sampleCoverage is a service with a gap.
func sampleCoverage() *coverage.Report {
	cell := coverage.Cell{State: coverage.Partial, With: 2, Of: 5}
	row := coverage.Row{Service: coverage.Service(event.OWA), Total: 6, Last: noon}
	row.Cells[coverage.Agent] = cell
	return &coverage.Report{Rows: []coverage.Row{row}, NotSeen: []coverage.Service{coverage.Service(event.EAS)},
		Gaps: []coverage.Gap{{Service: row.Service, Evidence: coverage.Agent, Cell: cell, Blind: []coverage.Part{{Rule: "AN0131", Code: "signin.tool"}}}}}
}

// sample is a page with one incident of everything.
func sample() *Page {
	axis := NewAxis(noon, noon.Add(time.Hour))
	lane := &Lane{Label: "alice@contoso.com", Of: "account", Marked: true}
	for n, kind := range []Kind{Failure, Failure, Success, Accepted, Access, Change} {
		lane.Add(&axis, noon.Add(time.Duration(n)*10*time.Minute), kind)
	}
	return &Page{Version: "test", First: noon, Last: noon.Add(time.Hour), Events: 6, Messages: 1, Logs: []Log{{Name: "a.log", Formats: "iis", Events: 6, Records: 9, Unknown: 1, Err: "cut"}},
		Unread:   []string{"b.log: missing"},
		Coverage: sampleCoverage(),
		Incidents: []*Incident{{ID: "AN0131-1", Rule: "AN0131", Class: "session_replay", Severity: "high", Confidence: 70, Sentence: "Session replay.", Origin: "alice@contoso.com",
			Start: noon, End: noon.Add(time.Hour), Messages: 1, Actions: []string{"Revoke the session."}, Lists: []List{{Title: "Accounts to reset", Items: []string{"alice@contoso.com"}}},
			Axis: axis, Lanes: []*Lane{lane}, HiddenLanes: 3, Places: []Place{{"NL", "Amsterdam", 52.4, 4.9, 3}, {"BR", "São Paulo", -23.5, -46.6, 90}, {"JP", "Tokyo", 35.7, 139.7, 1}, {"AU", "Sydney", -33.9, 151.2, 1}, {"US", "Chicago", 41.9, -87.6, 1}, {"ZA", "Cape Town", -33.9, 18.4, 1}},
			Signals: []Signal{{Code: "signin.new_country", Says: "a country new to the account", Detail: "BR", Seen: "1 of 400 accounts", Address: "203.0.113.9", Record: "f947", At: noon, Weight: 40}}, Valid: []Credential{{User: "alice@contoso.com", How: "signed in (m365)", At: noon, Address: "203.0.113.9", Agent: "curl/8"}},
			Accounts: []Account{{"alice@contoso.com", "wrong_password", "privileged", 2}}, Facts: []Fact{{"Failures", "2"}}, Techniques: []Technique{{"T1114.002", "Remote Email Collection", "https://attack.mitre.org/techniques/T1114/002/"}},
			Events: []Event{{At: noon, What: "sign in, failure", Address: "203.0.113.9", User: "alice@contoso.com", Service: "m365"}}, MoreEvents: 5, Evidence: []string{"id-1"}}}}
}

func TestPage(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"1 incident in 6 events of 1 log", "Session replay, <bdi>alice@contoso.com</bdi>", "Revoke the session.", "Accounts to reset (1)",
		"3 further lanes not shown", `aria-label="2 failures, 1 success, 1 accepted password, 1 mail access, 1 change"`, "<strong>cut</strong>", "b.log: missing",
		"São Paulo, BR: 90 events", "id-1", "and 5 further events",
		`<td class="partial">40 %</td>`, "in 2 of 5 events", "AN0131 signin.tool", "no record seen"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	// Nothing is loaded: the only addresses are those of MITRE's descriptions.
	for _, m := range regexp.MustCompile(`(?:src|href|url)\s*[=(]\s*"?([^">) ]+)`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") && !strings.HasPrefix(m[1], "https://attack.mitre.org/") && m[1] != "data:," {
			t.Errorf("the page refers to %s", m[1])
		}
	}
	var again strings.Builder
	if err := Write(&again, sample()); err != nil || again.String() != page {
		t.Errorf("a second page differs, error %v", err)
	}
}

func TestEmptyPage(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, &Page{}); err != nil || !strings.Contains(b.String(), "No incident.") {
		t.Errorf("error %v\n%s", err, b.String())
	}
}

func TestLane(t *testing.T) {
	axis := NewAxis(noon, noon) // of one instant
	if axis.To.Sub(axis.From) < time.Minute || len(axis.Ticks) != 5 {
		t.Errorf("axis %+v", axis)
	}
	axis = NewAxis(noon, noon.Add(time.Hour))
	var lane Lane
	for range 1000 {
		lane.Add(&axis, noon.Add(30*time.Minute), Failure)
	}
	lane.Add(&axis, noon.Add(-time.Hour), Success) // outside: moved to the edge
	lane.Add(&axis, noon.Add(2*time.Hour), Success)
	lane.draw(&axis)
	if len(lane.Points) != 3 || lane.Points[0].X != "0.00%" || lane.Points[1].X != "50.00%" || lane.Points[1].N != 1000 || lane.Points[1].Height > 12 || lane.Points[2].X != "99.58%" {
		t.Errorf("points %+v", lane.Points)
	}
}
