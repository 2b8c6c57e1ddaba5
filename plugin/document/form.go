// Package document converts alerts and health records to documents: ECS, OCSF and
// CEF. Documents are pure functions of alert.Alert and share no memory with it.
// What the package needs of an analytic is on alert.Rule; nothing depends on the
// id of a rule. All strings are cut to a bound, whatever the engine lets through.
package document

import (
	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// Form selects the schema of the documents.
type Form struct {
	OCSF bool // Detection Finding instead of ECS
	CEF  bool // add the alert as a CEF line to the map redshank, for syslog
	Chat Chat // a message for people instead of a document
	By   Observer
}

// Alert returns the document of a, or its message for a chat, as one line of JSON.
func (f Form) Alert(a *alert.Alert) ([]byte, error) {
	if f.Chat != NoChat {
		return f.Chat.message(a)
	}
	cef := ""
	if f.CEF {
		cef = CEF(a, f.By)
	}
	if f.OCSF {
		doc := NewOCSF(a, f.By)
		doc.Unmapped.Redshank.CEF = cef
		return text.JSON(doc)
	}
	doc := NewECS(a, f.By)
	doc.Redshank.CEF = cef
	return text.JSON(doc)
}
