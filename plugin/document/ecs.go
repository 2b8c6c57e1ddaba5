package document

import (
	"math"
	"time"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// Observer is who saw it: this plugin on this machine.
type Observer struct {
	Version string
	Name    string // host name
}

// ECS is an alert in the Elastic Common Schema: nested maps, fields in this
// order. Everything outside Redshank is a published ECS field.
type ECS struct {
	Timestamp string      `json:"@timestamp"`
	ECS       ecsVersion  `json:"ecs"`
	Message   string      `json:"message"`
	Tags      []string    `json:"tags,omitempty"` // network labels of the source
	Event     ecsEvent    `json:"event"`
	Rule      ecsRule     `json:"rule"`
	Threat    *ecsThreat  `json:"threat,omitempty"`
	Source    *ecsSource  `json:"source,omitempty"`
	User      *ecsUser    `json:"user,omitempty"`
	Host      *ecsHost    `json:"host,omitempty"`
	Related   *ecsRelated `json:"related,omitempty"`
	Observer  ecsObserver `json:"observer"`
	Redshank  ownFields   `json:"redshank"`
}

// ecsSchema is the version of ECS whose fields are used; later ones have them
// too.
const ecsSchema = "9.0.0"

type ecsVersion struct {
	Version string `json:"version"`
}

type ecsEvent struct {
	Kind      string   `json:"kind"`
	Category  []string `json:"category"`
	Type      []string `json:"type"`
	Action    string   `json:"action"`
	Outcome   string   `json:"outcome"`
	Severity  int      `json:"severity"`
	RiskScore float64  `json:"risk_score"`
	ID        string   `json:"id"`
	Sequence  int      `json:"sequence"`
	Start     string   `json:"start"`
	End       string   `json:"end"`
	Module    string   `json:"module"`
	Dataset   string   `json:"dataset"`
	Reference string   `json:"reference,omitempty"`
}

type ecsRule struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Ruleset string `json:"ruleset"`
}

type ecsObserver struct {
	Vendor  string `json:"vendor"`
	Type    string `json:"type"`
	Version string `json:"version"`
	Name    string `json:"name"`
}

// scores are event.severity by severity: the steps that Elastic's own rules
// use, so that alerts sort among theirs.
var scores = map[alert.Severity]int{alert.Low: 21, alert.Medium: 47, alert.High: 73, alert.Critical: 99}

// NewECS makes the document of a. It shares nothing with a that changes.
func NewECS(a *alert.Alert, by Observer) *ECS {
	return &ECS{
		Timestamp: stamp(a.Time),
		ECS:       ecsVersion{ecsSchema},
		Tags:      cutAll(a.Labels, maxName),
		Message:   text.Cut(a.Message, maxMessage),
		Event:     eventOf(a),
		Rule:      ecsRule{a.Rule.ID, a.Rule.Name, a.Rule.Version, "redshank"},
		Threat:    threatOf(a.Techniques),
		Source:    sourceOf(a),
		User:      userOf(a),
		Host:      ecsHostOf(a),
		Related:   relatedOf(a),
		Observer:  ecsObserver{"redshank", "fluent-bit", by.Version, by.Name},
		Redshank:  ownFieldsOf(a),
	}
}

// eventOf fills what ECS wants of every alert. The type is always info: ECS
// expects allowed or denied of what a sensor did, and this one only watches.
func eventOf(a *alert.Alert) ecsEvent {
	category := a.Rule.Category
	if category == nil {
		category = []string{"intrusion_detection"}
	}
	return ecsEvent{
		Kind:      "alert",
		Category:  category,
		Type:      []string{"info"},
		Action:    actionOf(a),
		Outcome:   outcomeOf(a),
		Severity:  scores[a.Severity],
		RiskScore: riskOf(a),
		ID:        a.ID,
		Sequence:  a.Sequence,
		Start:     stamp(a.Start),
		End:       stamp(a.End),
		Module:    "redshank",
		Dataset:   "redshank.alert",
		Reference: a.Rule.Reference,
	}
}

// actionOf lets a SIEM page somebody for the first message only.
func actionOf(a *alert.Alert) string {
	switch {
	case a.Sequence <= 1:
		return "incident_opened"
	case a.Phase == alert.PhaseQuiet:
		return "incident_closed"
	}
	return "incident_updated"
}

// outcomeOf is the attacker's: a password he knows is his success, even where
// a second step stopped the sign-in; so is mail that was read.
func outcomeOf(a *alert.Alert) string {
	switch {
	case len(a.Valid) > 0, a.Counts.Items > 0 && a.Rule.Kind == alert.Behaviour:
		return "success"
	case a.Counts.Failures > 0:
		return "failure"
	}
	return "unknown"
}

// riskOf weighs severity by confidence, never below half of it: what is sure
// to be small stays below what may be large.
func riskOf(a *alert.Alert) float64 {
	return math.Round(float64(scores[a.Severity]) * (1 + confidenceOf(a)) / 2)
}

// confidenceOf keeps what JSON cannot say, as NaN, from losing the alert.
func confidenceOf(a *alert.Alert) float64 {
	if a.Confidence >= 0 && a.Confidence <= 1 {
		return a.Confidence
	}
	return 0
}

// stamp is RFC 3339 in UTC with milliseconds, which sorts as text.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
