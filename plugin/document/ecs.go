package document

import (
	"math"
	"time"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// Observer is the plugin and the machine on which it runs.
type Observer struct {
	Version string
	Name    string // host name
}

// ECS is an alert in the Elastic Common Schema. All fields but Redshank are
// published ECS fields.
type ECS struct {
	Timestamp string      `json:"@timestamp"`
	ECS       ecsVersion  `json:"ecs"`
	Message   string      `json:"message"`
	Tags      []string    `json:"tags,omitempty"` // network labels of the source, and "drill"
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

// ecsSchema is the version of ECS whose fields are used. Later versions have all
// of them.
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

// scores are the values of event.severity. They are those of Elastic's detection
// rules, so that all alerts sort together.
var scores = map[alert.Severity]int{alert.Low: 21, alert.Medium: 47, alert.High: 73, alert.Critical: 99}

// NewECS returns the document of a, which shares no memory with a.
func NewECS(a *alert.Alert, by Observer) *ECS {
	return &ECS{
		Timestamp: stamp(a.Time),
		ECS:       ecsVersion{ecsSchema},
		Tags:      tagsOf(a),
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

// tagsOf returns the labels of the source's network, and that of a drill.
func tagsOf(a *alert.Alert) []string {
	tags := cutAll(a.Labels, maxName)
	if a.Drill != "" {
		tags = append(tags, "drill")
	}
	return tags
}

// eventOf returns the event fields. The type is always info: the types allowed and
// denied describe what a sensor did, and the plugin only observes.
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

// actionOf distinguishes the first message of an incident from later ones, so that
// a SIEM can page somebody once.
func actionOf(a *alert.Alert) string {
	switch {
	case a.Sequence <= 1:
		return "incident_opened"
	case a.Phase == alert.PhaseQuiet, a.Phase == alert.PhaseWithdrawn:
		return "incident_closed"
	}
	return "incident_updated"
}

// outcomeOf returns the outcome for the attacker. A password that the attacker
// knows is a success, even if a second factor stopped the sign-in, and so is mail
// that was read.
func outcomeOf(a *alert.Alert) string {
	switch {
	case len(a.Valid) > 0, a.Counts.Items > 0 && a.Rule.Kind == alert.Behaviour:
		return "success"
	case a.Counts.Failures > 0:
		return "failure"
	}
	return "unknown"
}

// riskOf returns the score of the severity times a factor from one half to one
// that rises with the confidence.
func riskOf(a *alert.Alert) float64 {
	return math.Round(float64(scores[a.Severity]) * (1 + confidenceOf(a)) / 2)
}

// confidenceOf returns the confidence, or 0 for a value outside 0 to 1. JSON cannot
// express NaN.
func confidenceOf(a *alert.Alert) float64 {
	if a.Confidence >= 0 && a.Confidence <= 1 {
		return a.Confidence
	}
	return 0
}

// stamp returns t as RFC 3339 in UTC with milliseconds, which sorts as text.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
