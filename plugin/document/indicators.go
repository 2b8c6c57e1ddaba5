package document

import (
	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// Indicators is the id of the document with the full lists of an incident: the
// name of a file beside the alerts, or the event.id of a document of its own.
func Indicators(incident string) string { return incident + "-indicators" }

// ecsIndicators are the full lists of an incident. The lists of the alert itself
// are short.
type ecsIndicators struct {
	Timestamp string             `json:"@timestamp"`
	ECS       ecsVersion         `json:"ecs"`
	Message   string             `json:"message"`
	Event     ecsIndicatorsEvent `json:"event"`
	Rule      ecsRule            `json:"rule"`
	Related   ecsRelated         `json:"related"`
	Observer  ecsObserver        `json:"observer"`
	Redshank  ownIndicatorLists  `json:"redshank"`
}

type ecsIndicatorsEvent struct {
	Kind     string   `json:"kind"`
	Category []string `json:"category"`
	Type     []string `json:"type"`
	ID       string   `json:"id"`
	Sequence int      `json:"sequence"`
	Module   string   `json:"module"`
	Dataset  string   `json:"dataset"`
}

type ownIndicatorLists struct {
	Incident string          `json:"incident"`
	Complete bool            `json:"complete"`
	Valid    []ownCredential `json:"valid_credentials,omitempty"`
}

// ocsfIndicators are the full lists as a Base Event: the finding is the alert.
type ocsfIndicators struct {
	ocsfClass

	Time       int64  `json:"time"`
	Message    string `json:"message"`
	SeverityID int    `json:"severity_id"`
	Severity   string `json:"severity"`

	Metadata    ocsfMetadata     `json:"metadata"`
	Observables []ocsfObservable `json:"observables,omitempty"`
	Unmapped    struct {
		Redshank ownIndicatorLists `json:"redshank"`
	} `json:"unmapped"`
}

// Indicators returns the document with the full lists of an incident, and nil for
// an alert without them and for a drill.
func (f Form) Indicators(a *alert.Alert) ([]byte, error) {
	x := a.Indicators
	if x == nil || x.Empty() || f.Chat != NoChat || a.Drill != "" {
		return nil, nil
	}
	own := ownIndicatorLists{Incident: a.ID, Complete: x.Complete, Valid: credentialsOf(x.Valid)}
	said := "All addresses and accounts of " + titleOf(a)
	if !x.Complete {
		said = "Addresses and accounts, not all, of " + titleOf(a)
	}
	said = text.Cut(said, maxMessage)
	if f.OCSF {
		return text.JSON(ocsfIndicatorsOf(a, f.By, said, own))
	}
	doc := &ecsIndicators{
		Timestamp: stamp(a.Time), ECS: ecsVersion{ecsSchema}, Message: said,
		Event: ecsIndicatorsEvent{"enrichment", []string{"threat"}, []string{"indicator"}, Indicators(a.ID), a.Sequence, "redshank", "redshank.indicators"},
		Rule:  ecsRule{a.Rule.ID, a.Rule.Name, a.Rule.Version, "redshank"}, Observer: ecsObserver{"redshank", "fluent-bit", f.By.Version, f.By.Name}, Redshank: own,
	}
	for _, ip := range x.IPs {
		doc.Related.IP = append(doc.Related.IP, ip.String())
	}
	doc.Related.User = cutAll(x.Users, maxShort)
	return text.JSON(doc)
}

func ocsfIndicatorsOf(a *alert.Alert, by Observer, said string, own ownIndicatorLists) *ocsfIndicators {
	o := observables{seen: map[string]bool{}}
	for _, ip := range a.Indicators.IPs {
		o.add("related.ip", seenIP, ip.String())
	}
	for _, name := range a.Indicators.Users {
		o.account(name)
	}
	doc := &ocsfIndicators{
		ocsfClass: baseClass("Indicators"), Time: millis(a.Time), Message: said,
		SeverityID: 1, Severity: "Informational", Metadata: metadataOf(a, by), Observables: o.list,
	}
	doc.Metadata.Profiles, doc.Metadata.EventCode = nil, "indicators"
	doc.Metadata.UID = Indicators(a.ID)
	doc.Unmapped.Redshank = own
	return doc
}
