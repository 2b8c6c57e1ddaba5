package test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"redshank/analytics"
	"redshank/analytics/policy"
	"redshank/plugin/document"
	"redshank/test/day"
)

// panel is what one panel of a dashboard reads.
type panel struct {
	board, title string
	query        string   // terms with AND, valid in Lucene and in KQL
	grouped      []string // fields whose values are grouped or counted
	measured     []string // fields of which a maximum or a sum is taken
	shown        []string // other fields
}

func (p panel) fields() []string { return slices.Concat(p.grouped, p.measured, p.shown) }

// TestIncidentBoards requires that the query of each panel is valid and selects
// documents, and that these have the fields of the panel, with a suitable mapping.
func TestIncidentBoards(t *testing.T) {
	docs := append(samples(t), dayDocuments(t)...)
	var template struct {
		Template struct{ Mappings mapping }
	}
	if err := json.Unmarshal([]byte(read(t, contentDir+"/elasticsearch-template.json")), &template); err != nil {
		t.Fatal(err)
	}
	for _, p := range append(grafanaPanels(t), savedPanels(t)...) {
		selected, err := selectDocs(docs, p.query)
		if err != nil || len(selected) == 0 {
			t.Errorf("%s: %s: %q selects %d documents: %v", p.board, p.title, p.query, len(selected), err)
			continue
		}
		for _, field := range p.fields() {
			if !slices.ContainsFunc(selected, func(doc map[string]any) bool { return len(fieldValues(doc, field)) > 0 }) {
				t.Errorf("%s: %s: no selected document has %s", p.board, p.title, field)
			}
		}
		for _, field := range p.grouped {
			if kind := template.Template.Mappings.at(field).Type; kind == "text" || kind == "geo_point" {
				t.Errorf("%s: %s: %s is mapped as %s and cannot be grouped", p.board, p.title, field, kind)
			}
		}
		for _, field := range p.measured {
			if kind := template.Template.Mappings.at(field).Type; !slices.Contains([]string{"", "long", "float", "date"}, kind) || kind == "" && !isNumber(selected, field) {
				t.Errorf("%s: %s: %s is mapped as %q and is no number", p.board, p.title, field, kind)
			}
		}
	}
}

// what an analyst looks for first, on every board.
var expected = []string{"redshank.severity", "redshank.class", "redshank.phase", "redshank.services", "redshank.valid_credentials.user", "redshank.campaign",
	"redshank.members", "redshank.window", "redshank.signals.code", "redshank.suppressed", "redshank.open_findings.code", "redshank.findings.code", "related.ip", "related.user",
	"source.as.organization.name", "source.geo.country_iso_code", "threat.technique.name", "event.id", "event.sequence", "event.severity", "event.action", "observer.name", "redshank.health.records.read",
	"redshank.drill", "redshank.drill_run", "redshank.health.coverage.gaps.service", "redshank.health.coverage.gaps.evidence"}

func TestIncidentBoardsAreComplete(t *testing.T) {
	have := map[string]map[string]bool{}
	for _, p := range append(grafanaPanels(t), savedPanels(t)...) {
		if have[p.board] == nil {
			have[p.board] = map[string]bool{}
		}
		for _, field := range p.fields() {
			have[p.board][field] = true
		}
		terms, err := parseQuery(p.query)
		if err != nil {
			t.Errorf("%s: %s: %v", p.board, p.title, err)
		}
		for _, term := range terms {
			have[p.board][term.field] = true
		}
	}
	have["workbook"] = map[string]bool{}
	for _, query := range workbookQueries(t) {
		for _, column := range [][2]string{{"IncidentId", "event.id"}, {"IncidentSequence", "event.sequence"}, {"Severity", "redshank.severity"}, {"Shape", "redshank.class"}} {
			have["workbook"][column[1]] = have["workbook"][column[1]] || strings.Contains(query, column[0])
		}
		for _, field := range queryFields(query) {
			have["workbook"][field] = true
		}
	}
	for board, fields := range have {
		for _, field := range expected {
			if !fields[field] {
				t.Errorf("%s: no panel shows %s", board, field)
			}
		}
	}
}

// queryTerm is one term of a query: a field and its value, or * for any value.
type queryTerm struct {
	field, value string
	not          bool
}

var termForm = regexp.MustCompile(`^(NOT )?([a-z@][a-z_.]*):(\*|[a-z_.]+)$`)

// parseQuery reads the part of Lucene's syntax that is also valid in KQL.
func parseQuery(query string) ([]queryTerm, error) {
	var terms []queryTerm
	for text := range strings.SplitSeq(query, " AND ") {
		m := termForm.FindStringSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("%q: want field:value", text)
		}
		terms = append(terms, queryTerm{m[2], m[3], m[1] != ""})
	}
	return terms, nil
}

func selectDocs(docs []map[string]any, query string) (selected []map[string]any, err error) {
	terms, err := parseQuery(query)
	for _, doc := range docs {
		fits := err == nil
		for _, term := range terms {
			has := slices.ContainsFunc(fieldValues(doc, term.field), func(v any) bool { return term.value == "*" || fmt.Sprint(v) == term.value })
			fits = fits && has != term.not
		}
		if fits {
			selected = append(selected, doc)
		}
	}
	return selected, err
}

// fieldValues returns the values of a field, as an index has them.
func fieldValues(doc map[string]any, field string) (values []any) {
	leaves("", doc, func(path string, value any) {
		if path == field {
			values = append(values, value)
		}
	})
	return values
}

func isNumber(docs []map[string]any, field string) bool {
	for _, doc := range docs {
		for _, value := range fieldValues(doc, field) {
			if _, ok := value.(float64); !ok {
				return false
			}
		}
	}
	return true
}

// dayDocuments returns the documents of all messages about the day of the demo.
func dayDocuments(t *testing.T) (docs []map[string]any) {
	t.Helper()
	e, err := analytics.New(analytics.Options{Policy: policy.Default(), Source: "auto", MaxIPs: 20_000, MaxUsers: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	form := document.Form{By: document.Observer{Version: "1.2.3", Name: "agent-1"}}
	add := func(text []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, documents(t, text)...)
	}
	for tag, chunk := range day.Chunks(day.Arrivals(day.New(day.Options{Records: 20_000}).Streams), 1<<20) {
		for _, a := range e.Observe(tag, chunk) {
			add(form.Alert(a))
		}
	}
	for _, a := range e.Close() {
		add(form.Alert(a))
	}
	if len(docs) < 10 {
		t.Fatalf("%d messages about the day", len(docs))
	}
	return docs
}
