package test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestWorkbook requires that each query of the workbook names only fields that are
// sent, columns of the table, and balanced brackets.
func TestWorkbook(t *testing.T) {
	known := map[string]bool{}
	for _, doc := range append(samples(t), dayDocuments(t)...) {
		leaves("", doc, func(path string, _ any) {
			for ; path != ""; path = path[:max(0, strings.LastIndexByte(path, '.'))] {
				known[path] = true
			}
		})
	}
	declared := columns(t)
	queries := workbookQueries(t)
	if len(queries) < 10 {
		t.Fatalf("%d queries", len(queries))
	}
	for name, query := range queries {
		fields := queryFields(query)
		if !strings.HasPrefix(query, "Redshank_CL\n") || len(fields) == 0 {
			t.Errorf("%s: %s", name, query)
		}
		for _, field := range fields {
			if !known[field] || !declared[strings.SplitN(field, ".", 2)[0]] {
				t.Errorf("%s: no field %s", name, field)
			}
		}
		for _, pair := range []string{"()", "[]", "{}"} {
			if strings.Count(query, pair[:1]) != strings.Count(query, pair[1:]) {
				t.Errorf("%s: unbalanced %s", name, pair)
			}
		}
		for _, parameter := range regexp.MustCompile(`\{(\w+)`).FindAllStringSubmatch(query, -1) {
			if !slices.Contains([]string{"TimeRange", "Severity"}, parameter[1]) {
				t.Errorf("%s: no parameter %s", name, parameter[1])
			}
		}
	}
}

// expanded names the field whose elements a query of the workbook has under a
// shorter name.
var expanded = regexp.MustCompile(`mv-(?:expand|apply) (\w+) = ([a-z_.]+)`)

// queryFields returns the fields of documents that a query in KQL names.
func queryFields(query string) []string {
	query = strings.ReplaceAll(query, `source["as"]`, "source.as")
	found := map[string]bool{}
	for _, m := range expanded.FindAllStringSubmatch(query, -1) {
		for _, inner := range regexp.MustCompile(`\b`+m[1]+`\.([a-z_]+)`).FindAllStringSubmatch(query, -1) {
			found[m[2]+"."+inner[1]] = true
		}
	}
	for _, field := range regexp.MustCompile(`\b(?:event|rule|threat|source|user|related|observer|redshank)\.[a-z_]+(?:\.[a-z_]+)*`).FindAllString(strings.ReplaceAll(query, `"redshank.`, `"`), -1) {
		found[field] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// workbookQueries returns the queries over the table, by the names of their steps.
func workbookQueries(t *testing.T) map[string]string {
	t.Helper()
	var doc struct {
		Version string
		Items   []struct {
			Type    int
			Name    string
			Content struct{ Query, TimeContextFromParameter, Visualization string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, contentDir+"/sentinel-workbook.json")), &doc); err != nil || doc.Version != "Notebook/1.0" {
		t.Fatalf("no workbook: %v", err)
	}
	queries := map[string]string{}
	for _, item := range doc.Items {
		if _, twice := queries[item.Name]; twice || item.Name == "" {
			t.Errorf("%q: twice, or no name", item.Name)
		}
		if item.Type == 3 {
			queries[item.Name] = item.Content.Query
			if item.Content.TimeContextFromParameter != "TimeRange" || item.Content.Visualization == "" {
				t.Errorf("%s: no time range or no visualization", item.Name)
			}
		}
	}
	return queries
}
