package windows

import (
	"bytes"

	"redshank/analytics/record"
	"redshank/analytics/source/table"
)

// Some collectors take the rendered message of an event apart and use its labels as names:
// fluentd with the section before the label (account_for_which_logon_failed.account_name),
// Splunk without it. A label of several sections then has several values, that of the logon
// behind that of the process which asked for it.

// labelName is the label of one value of an event, folded as column names are.
type labelName struct {
	id   int
	name string
}

// fieldOfLabel are the fields by their labels, with and without the section.
var fieldOfLabel = func() map[labelName]dataField {
	all := make(map[labelName]dataField, 2*len(labels))
	for _, l := range labels {
		all[labelName{l.id, table.FoldName(l.section + l.label)}] = l.field
		all[labelName{l.id, table.FoldName(l.label)}] = l.field
	}
	return all
}()

// byLabel sets the missing fields of a Security event from a map whose names are labels.
func (r *row) byLabel(m record.Value) {
	for key, value := range m.All() {
		if field := fieldOfLabel[labelName{r.id, table.FoldName(string(key[:min(len(key), maxLabel)]))}]; field != fieldNone {
			r.put(field, r.lastText(value))
		}
	}
}

// maxLabel is the longest label with its section, in bytes.
const maxLabel = 64

// lastText returns the last element of a list, or the last line of a text.
func (r *row) lastText(v record.Value) []byte {
	last := v
	for item := range v.Items() {
		last = item
	}
	text := r.text(last)
	return text[bytes.LastIndexByte(text, '\n')+1:]
}
