package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"redshank/plugin/document"
	"redshank/plugin/replay"
	"redshank/test/day"
	"redshank/test/extent"
)

// TestDemoAlerts replays the logs of the demo's day and checks its alerts, of which one
// is in the README.
func TestDemoAlerts(t *testing.T) {
	if !*update {
		extent.NeedsFull(t)
	}
	folder := t.TempDir()
	if err := day.New(day.Options{}).Write(folder); err != nil {
		t.Fatal(err)
	}
	r, err := replay.Find(t.Context(), replay.Options{Paths: []string{folder}, Policy: "demo/policy.yaml"}, io.Discard)
	if err != nil || len(r.Incidents) == 0 {
		t.Fatalf("%+v %v", r, err)
	}
	t.Run("fields", func(t *testing.T) { demoFields(t, r.Incidents) })
	t.Run("readme", func(t *testing.T) { readmeAlert(t, r.Incidents, folder) })
}

// ecsOf returns an alert as a document, decoded.
func ecsOf(t *testing.T, i *replay.Incident) map[string]any {
	t.Helper()
	form := document.Form{By: document.Observer{Version: "v", Name: "EX01"}}
	text, err := form.Alert(i.Alert)
	var doc map[string]any
	if err == nil {
		err = json.Unmarshal(text, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// demoFields checks what an analyst acts on: who and where first, what to do, and
// records for every claim.
func demoFields(t *testing.T, found []*replay.Incident) {
	texts, mails := 0, 0
	for _, i := range found {
		doc := ecsOf(t, i)
		own := doc["redshank"].(map[string]any)
		if list(own["actions"]) == nil || list(own["evidence"]) == nil {
			t.Errorf("%s: actions %v, evidence %v", i.Message, own["actions"], own["evidence"])
		}
		for _, record := range list(own["evidence"]) {
			if text := record.(string); strings.HasPrefix(text, "sha256:") {
				if texts++; texts > 3 {
					continue
				}
				if n, err := replay.Locate(t.Context(), text, []string{text[strings.LastIndexByte(text, ' ')+1:]}, nil, io.Discard, io.Discard); n < 1 || err != nil {
					t.Errorf("%s: %d records, %v", text, n, err)
				}
			}
		}
		for n, v := range list(own["valid_credentials"]) {
			got := v.(map[string]any)
			related := doc["related"].(map[string]any)
			if got["ip"] == nil || got["agent"] == nil || got["record"] == nil || n == 0 && (list(related["ip"])[0] != got["ip"] || list(related["user"])[0] != got["user"] || at(doc, "user", "email") != got["user"]) {
				t.Errorf("%s: %v, related %v", i.Message, got, related)
			}
		}
		if (i.Counts.DistinctIPs > 20 || i.Counts.DistinctUsers > 20) && own["indicators"] == nil {
			t.Errorf("%s: no indicators", i.Message)
		}
		for _, s := range list(own["signals"]) {
			if got := s.(map[string]any); got["at"] == nil || got["ip"] == nil || got["record"] == nil {
				t.Errorf("%s: %v", i.Message, got)
			}
		}
		mails += len(list(own["mails"]))
		if technique := list(at(doc, "threat", "technique"))[0].(map[string]any); strings.Contains(technique["id"].(string), ".") || technique["subtechnique"] == nil {
			t.Errorf("%s: %v", i.Message, technique)
		}
		for _, c := range list(own["context"]) {
			for _, s := range list(c.(map[string]any)["last_sign_ins"]) {
				if when := at(s.(map[string]any), "at").(string); when > doc["@timestamp"].(string) {
					t.Errorf("%s: a sign-in at %s, later than the alert", i.Message, when)
				}
			}
		}
	}
	if texts == 0 || mails == 0 {
		t.Errorf("%d lines of text logs and %d mails among the evidence of all alerts", texts, mails)
	}
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// readmeAlert compares the alert in the README with the last one of the same incident,
// shortened.
func readmeAlert(t *testing.T, found []*replay.Incident, folder string) {
	for _, i := range found {
		if i.Source.String() != "198.51.100.250" {
			continue
		}
		want := "```json\n" + strings.ReplaceAll(shortened(t, ecsOf(t, i)), folder, "/logs") + "```\n"
		head, got, rest := marked(t, "alert")
		if got == want {
			return
		}
		if !*update {
			t.Fatalf("the alert in README.md is not the current one, go test ./test -run DemoAlerts -update writes it:\n%s", want)
		}
		write(t, readmePath, head+want+rest)
		return
	}
	t.Fatal("no incident from 198.51.100.250")
}

// shortened returns the fields of a document that the README shows, lists cut after
// their first members.
func shortened(t *testing.T, doc map[string]any) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("{\n")
	own := doc["redshank"].(map[string]any)
	delete(doc["event"].(map[string]any), "reference")
	delete(doc, "redshank")
	for _, key := range []string{"@timestamp", "message", "event", "rule", "threat", "source", "user", "related"} {
		fmt.Fprintf(&b, "  %q: %s,\n", key, compact(t, doc[key]))
	}
	b.WriteString("  \"redshank\": {\n")
	keys := []string{"class", "severity", "confidence", "window", "counts", "services", "agents", "actions", "valid_credentials", "users", "evidence", "indicators", "suppressed"}
	for n, key := range keys {
		fmt.Fprintf(&b, "    %q: %s%s\n", key, compact(t, own[key]), map[bool]string{true: ","}[n+1 < len(keys)])
	}
	b.WriteString("  }\n}\n")
	return b.String()
}

// compact returns a value as JSON on one line, with at most two members of a list.
func compact(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(cut(v)); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

func cut(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = cut(v[i])
		}
		return v[:min(len(v), 2)]
	case map[string]any:
		for key := range v {
			v[key] = cut(v[key])
		}
	}
	return v
}
