package document

import (
	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// Form is how alerts are written: by which schema, and what beside it.
type Form struct {
	OCSF bool // Detection Finding instead of ECS
	CEF  bool // a ready CEF line beside Redshank's own fields, for syslog
	By   Observer
}

// Alert is the document of a, as one line of JSON.
func (f Form) Alert(a *alert.Alert) ([]byte, error) {
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
