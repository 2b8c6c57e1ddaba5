package test

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/plugin/document"
)

const contentDir = confDir + "/content"

// samples returns the documents that the tests of plugin/document check against
// the published schema, and a health record.
func samples(t *testing.T) []map[string]any {
	t.Helper()
	files, err := filepath.Glob("../plugin/document/testdata/ecs/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	f := []document.Finding{{Code: "silent_source", Subject: "iis", Detail: "nothing came from iis", Since: time.Now()}}
	raised := map[string]uint64{"low": 0, "medium": 0, "high": 0, "critical": 0}
	rule := document.Raised{Incidents: raised, Alerts: raised}
	health, err := document.Form{}.Health(&document.Health{Raised: f, Cleared: f, Open: f,
		Figures: document.Figures{Coverage: coverageSample(), Rules: map[string]document.Raised{"AN1269": rule, "AN0131": rule}}})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{string(health)}
	for _, file := range files {
		texts = append(texts, read(t, file))
	}
	var all []map[string]any
	for _, text := range texts {
		var doc map[string]any
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		all = append(all, doc)
	}
	return all
}

// coverageSample has a service that brings some of the evidence.
func coverageSample() *document.Coverage {
	return &document.Coverage{
		PresentFrom: 90,
		Services:    []document.CoveredService{{Service: "owa", Total: 9, Recent: 9, Last: "2026-03-10T10:00:00Z", Present: []string{"address"}, Partial: []string{"account"}, Missing: []string{"agent"}, NotSeen: []string{"items"}}},
		Gaps:        []document.CoverageGap{{Service: "owa", Evidence: "agent", State: "missing", Of: 9, Blind: map[string][]string{"AN0131": {"signin.tool"}}}},
	}
}

// leaves calls do with the path and value of every leaf of doc.
func leaves(path string, value any, do func(path string, value any)) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			leaves(strings.TrimPrefix(path+"."+key, "."), inner, do)
		}
	case []any:
		for _, inner := range v {
			leaves(path, inner, do)
		}
	default:
		do(path, v)
	}
}

type mapping struct {
	Type       string
	Properties map[string]mapping
}

func (m mapping) at(path string) mapping {
	for key := range strings.SplitSeq(path, ".") {
		m = m.Properties[key]
	}
	return m
}

// TestElasticsearchTemplate requires a suitable mapping for every field for which
// the dynamic mapping to a keyword or a number is not sufficient.
func TestElasticsearchTemplate(t *testing.T) {
	var doc struct {
		IndexPatterns []string  `json:"index_patterns"`
		DataStream    *struct{} `json:"data_stream"`
		Template      struct{ Mappings mapping }
	}
	if err := json.Unmarshal([]byte(read(t, contentDir+"/elasticsearch-template.json")), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.DataStream == nil || len(doc.IndexPatterns) != 1 {
		t.Error("not a template of a data stream")
	}
	if ok, _ := filepath.Match(doc.IndexPatterns[0], "logs-redshank.alert-default"); !ok {
		t.Errorf("%v does not cover the index of siem/elasticsearch.yaml", doc.IndexPatterns)
	}
	for _, sample := range samples(t) {
		leaves("", sample, func(path string, value any) {
			if want, got := typeOf(path, value), doc.Template.Mappings.at(path).Type; want != got && !fits(want, got) {
				t.Errorf("%s: %v: mapped as %q (want %s)", path, value, got, want)
			}
		})
	}
}

func typeOf(path string, value any) string {
	switch v := value.(type) {
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		if _, err := time.Parse(time.RFC3339, v); err == nil {
			return "date"
		}
		if _, err := netip.ParseAddr(v); err == nil && !strings.HasSuffix(path, "address") {
			return "ip"
		}
	}
	return "string"
}

// fits reports whether a field mapped as got accepts values of the kind want.
// An unmapped field gets the type of its value, except for dates.
func fits(want, got string) bool {
	switch want {
	case "number":
		return got == "" || got == "long" || got == "float"
	case "string":
		return got == "" || got == "text" || got == "keyword" || got == "geo_point"
	case "boolean":
		return got == ""
	}
	return false
}

// columns returns the columns that the data collection rule declares.
func columns(t *testing.T) map[string]bool {
	t.Helper()
	var doc struct {
		Properties struct {
			StreamDeclarations map[string]struct{ Columns []struct{ Name, Type string } }
			DataFlows          []struct{ Streams []string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, contentDir+"/sentinel-dcr.json")), &doc); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, column := range doc.Properties.StreamDeclarations["Custom-Redshank_CL"].Columns {
		names[column.Name] = true
	}
	if len(doc.Properties.DataFlows) != 1 || doc.Properties.DataFlows[0].Streams[0] != "Custom-Redshank_CL" {
		t.Error("no data flow of the stream")
	}
	return names
}

// TestSentinelRule: columns that are not declared are silently dropped.
func TestSentinelRule(t *testing.T) {
	names := columns(t)
	for _, sample := range samples(t) {
		delete(sample, "@timestamp") // is TimeGenerated
		for name := range sample {
			if !names[name] {
				t.Errorf("column %s is not declared", name)
			}
		}
	}
}

// fieldPath matches fields in the queries, with the array syntax of either
// language.
var fieldPath = regexp.MustCompile(`\b(?:event|rule|threat|source|user|observer|redshank)\.[a-z_]+(?:(?:\{\})?\.[a-z_]+)*`)

// TestQueries requires that every field named in a query is sent.
func TestQueries(t *testing.T) {
	known := map[string]bool{}
	for _, sample := range samples(t) {
		leaves("", sample, func(path string, _ any) {
			for ; path != ""; path = path[:max(0, strings.LastIndexByte(path, '.'))] {
				known[path] = true
			}
		})
	}
	for _, file := range []string{"sentinel.kql", "sentinel-dcr.json", "splunk/props.conf", "splunk/savedsearches.conf"} {
		found := fieldPath.FindAllString(read(t, filepath.Join(contentDir, file)), -1)
		for _, path := range found {
			if !known[strings.ReplaceAll(path, "{}", "")] {
				t.Errorf("%s: no field %s", file, path)
			}
		}
		if len(found) == 0 {
			t.Errorf("%s: names no field", file)
		}
	}
}

// TestContentNames requires that files use the names that other files define: the table
// and the destination of Sentinel, the source type and the macro of Splunk.
func TestContentNames(t *testing.T) {
	in := func(file, pattern string) (names []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, filepath.Join(contentDir, file)), -1) {
			names = append(names, m[1])
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	for what, names := range map[string][][]string{
		"table": {in("sentinel-dcr.json", `"Custom-(\w+)"`), in("sentinel.kql", `(?m)^(\w+)$`), in("sentinel-workbook.json", `"query": "(\w+)\\n`),
			in("../siem/sentinel.yaml", `table_name: (\w+)`)},
		"destination": {in("sentinel-dcr.json", `"destinations": \["(\w+)"\]`), in("sentinel-dcr.json", `"name": "(\w+)",\s*"workspaceResourceId"`)},
		"source type": {in("splunk/macros.conf", `sourcetype=(\S+)`), in("splunk/props.conf", `(?m)^\[(.*)\]$`), in("../siem/splunk.yaml", `event_sourcetype: (\S+)`)},
		"macro":       {in("splunk/macros.conf", `(?m)^\[(.*)\]$`), in("splunk/savedsearches.conf", "search = `(\\w+)`")},
	} {
		for _, list := range names {
			if len(list) != 1 || list[0] != names[0][0] {
				t.Errorf("%s: %q, want one name everywhere", what, names)
				break
			}
		}
	}
}

var guideLink = regexp.MustCompile(`\]\(([^)#:]+)\)`)

func TestGuideLinks(t *testing.T) {
	for _, link := range guideLink.FindAllStringSubmatch(read(t, confDir+"/README.md"), -1) {
		if _, err := os.Stat(filepath.Join(confDir, link[1])); err != nil {
			t.Errorf("conf/README.md: %v", err)
		}
	}
}

func TestContentParses(t *testing.T) {
	err := filepath.WalkDir(contentDir, func(path string, _ os.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".json" && !json.Valid([]byte(read(t, path))) {
			t.Errorf("%s: not JSON", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
