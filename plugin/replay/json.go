package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"redshank/analytics/source"
	"redshank/plugin/document"
	"redshank/plugin/matrix"
	"redshank/plugin/text"
)

// resultDocument is the result as JSON.
type resultDocument struct {
	First     *time.Time         `json:"first,omitempty"` // event
	Last      *time.Time         `json:"last,omitempty"`
	Events    int64              `json:"events"`
	Repeated  int64              `json:"repeated"` // of logs that were there twice
	Unread    []string           `json:"unread,omitempty"`
	Logs      []logDocument      `json:"logs"`
	Incidents []json.RawMessage  `json:"incidents"`         // the last alert of each, in ECS
	Changes   []changeDocument   `json:"changes,omitempty"` // under the second policy
	Coverage  *document.Coverage `json:"coverage"`
	Findings  []FindingDocument  `json:"findings,omitempty"` // about the logs themselves
}

// changeDocument has the alerts of an incident under both policies.
type changeDocument struct {
	Change string          `json:"change"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

type logDocument struct {
	Name          string   `json:"name"`
	Formats       []string `json:"formats"`
	Events        int64    `json:"events"`
	Outside       int64    `json:"outside_period"`
	Untimed       int64    `json:"without_time"`
	Records       uint64   `json:"records"`
	NotUnderstood uint64   `json:"not_understood"`
	Error         string   `json:"error,omitempty"`
}

// json writes the result as one JSON document.
func (r *run) json(out io.Writer) error {
	res := &r.result
	doc := resultDocument{Events: res.Events, Repeated: res.Repeated, Logs: []logDocument{}, Incidents: []json.RawMessage{}, Coverage: matrix.Document(res.Coverage), Findings: Documents(res.Findings)}
	if first, last := res.Period(); !first.IsZero() {
		doc.First, doc.Last = &first, &last
	}
	for _, err := range res.Unread {
		doc.Unread = append(doc.Unread, err.Error())
	}
	for _, l := range res.Logs {
		row := logDocument{Name: l.Name, Formats: l.Formats(), Events: l.Events, Outside: l.Outside, Untimed: l.Untimed,
			Records: l.Counts.Read(), NotUnderstood: l.Counts.Total(source.Unknown) + l.Counts.Total(source.Malformed)}
		if l.Err != nil {
			row.Error = l.Err.Error()
		}
		doc.Logs = append(doc.Logs, row)
	}
	for _, i := range res.Incidents {
		alert, err := r.form().Alert(i.Alert)
		if err != nil {
			return fmt.Errorf("alert of %s: %w", i.ID, err)
		}
		doc.Incidents = append(doc.Incidents, alert)
	}
	var err error
	if doc.Changes, err = changeDocuments(r.form(), r.changes()); err != nil {
		return err
	}
	body, err := text.JSON(doc)
	if err != nil {
		return err
	}
	_, err = out.Write(append(body, '\n'))
	return err
}

// changeDocuments returns the documents of changes.
func changeDocuments(form document.Form, changes []Change) (all []changeDocument, err error) {
	alertOf := func(i *Incident) (json.RawMessage, error) {
		if i == nil {
			return nil, nil
		}
		return form.Alert(i.Alert)
	}
	for _, c := range changes {
		change := changeDocument{Change: c.Kind()}
		if change.Before, err = alertOf(c.Before); err != nil {
			return nil, err
		}
		if change.After, err = alertOf(c.After); err != nil {
			return nil, err
		}
		all = append(all, change)
	}
	return all, nil
}
