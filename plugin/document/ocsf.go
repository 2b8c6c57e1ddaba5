package document

import (
	"strconv"
	"time"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// ocsfSchema is the version of OCSF whose attributes are used. Later versions have
// all of them, actor.app_uid as deprecated since 1.9.
const ocsfSchema = "1.8.0"

// OCSF is an alert as a Detection Finding of the Open Cybersecurity Schema
// Framework. Times are Unix milliseconds. Every number of an enumeration comes
// with its caption. Values without an attribute in the class are in Unmapped.
type OCSF struct {
	ocsfClass

	Time      int64  `json:"time"`       // of the event that caused this message
	StartTime int64  `json:"start_time"` // first and last event of the incident
	EndTime   int64  `json:"end_time"`
	Duration  int64  `json:"duration"` // milliseconds
	Message   string `json:"message"`
	Count     int    `json:"count,omitempty"` // failures

	SeverityID      int    `json:"severity_id"`
	Severity        string `json:"severity"`
	ConfidenceID    int    `json:"confidence_id"`
	Confidence      string `json:"confidence"`
	ConfidenceScore int    `json:"confidence_score"` // percent
	RiskScore       int    `json:"risk_score"`       // as event.risk_score in ECS
	StatusID        int    `json:"status_id"`
	Status          string `json:"status"`
	StatusDetail    string `json:"status_detail,omitempty"` // the phase of the incident
	IsAlert         bool   `json:"is_alert"`                // false for the final update, which needs no reaction
	IsBreach        bool   `json:"is_suspected_breach"`

	Metadata    ocsfMetadata     `json:"metadata"`
	FindingInfo ocsfFinding      `json:"finding_info"`
	Device      *ocsfDevice      `json:"device,omitempty"` // the host that the incident is about
	Evidences   []ocsfEvidence   `json:"evidences,omitempty"`
	Resources   []ocsfResource   `json:"resources,omitempty"`
	Observables []ocsfObservable `json:"observables,omitempty"`
	Enrichments []ocsfEnrichment `json:"enrichments,omitempty"`
	Unmapped    ocsfUnmapped     `json:"unmapped"`
}

// ocsfClass is the activity and the class of an event.
type ocsfClass struct {
	ActivityID   int    `json:"activity_id"`
	ActivityName string `json:"activity_name"`
	CategoryUID  int    `json:"category_uid"`
	CategoryName string `json:"category_name"`
	ClassUID     int    `json:"class_uid"`
	ClassName    string `json:"class_name"`
	TypeUID      int    `json:"type_uid"`
	TypeName     string `json:"type_name"`
}

// otherActivity is the id of an activity that its name alone describes.
const otherActivity = 99

// baseClass returns the class of a document that is no finding: Base Event, whose
// category and class are 0.
func baseClass(activity string) ocsfClass {
	return ocsfClass{
		ActivityID: otherActivity, ActivityName: activity, CategoryName: "Uncategorized", ClassName: "Base Event",
		TypeUID: otherActivity, TypeName: "Base Event: Other",
	}
}

// The class and its category.
const (
	ocsfFindings  = 2
	ocsfDetection = 2004
)

// ocsfUnmapped holds the map redshank as in ECS, without the context of accounts,
// which is in the enrichments.
type ocsfUnmapped struct {
	Redshank ownFields `json:"redshank"`
}

// ocsfMetadata identifies a message and the incident that it belongs to.
type ocsfMetadata struct {
	Version     string        `json:"version"`
	Product     ocsfProduct   `json:"product"`
	Profiles    []string      `json:"profiles,omitempty"`
	UID         string        `json:"uid"`             // of this message, by which a receiver can drop a repeated one
	Correlation string        `json:"correlation_uid"` // of the incident, as finding_info.uid
	Sequence    int           `json:"sequence"`        // of the message within the incident
	EventCode   string        `json:"event_code,omitempty"`
	Labels      []string      `json:"labels,omitempty"` // network labels of the source, and "drill"
	Reporter    *ocsfReporter `json:"reporter,omitempty"`
}

// ocsfProduct is the plugin, as the source of the event and of the finding.
type ocsfProduct struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version"`
}

// ocsfReporter is the machine on which the plugin runs.
type ocsfReporter struct {
	Hostname string `json:"hostname"`
}

// caption is a value of an enumeration with its text.
type caption struct {
	id   int
	text string
}

var (
	// ocsfSeverities omits 1 (Informational) and 6 (Fatal, for a failure that has
	// happened), which no alert has.
	ocsfSeverities = map[alert.Severity]caption{0: {0, "Unknown"}, alert.Low: {2, "Low"}, alert.Medium: {3, "Medium"},
		alert.High: {4, "High"}, alert.Critical: {5, "Critical"}}

	// incidentProfile allows is_suspected_breach. Its verdict and assignee are for
	// an analyst to fill in. The profile security_control is for products that
	// stop attacks; host and cloud require a device or a provider, which the logs
	// do not contain.
	incidentProfile = []string{"incident"}
)

// NewOCSF returns the document of a, which shares no memory with a.
func NewOCSF(a *alert.Alert, by Observer) *OCSF {
	activity, status := activityOf(a), statusOf(a)
	severity, confidence := ocsfSeverities[a.Severity], ocsfConfidence(a)
	own := ownFieldsOf(a)
	own.Context = nil
	return &OCSF{
		ocsfClass: ocsfClass{activity.id, activity.text, ocsfFindings, "Findings", ocsfDetection, "Detection Finding",
			ocsfDetection*100 + activity.id, "Detection Finding: " + activity.text},
		Time: millis(a.Time), StartTime: millis(a.Start), EndTime: millis(a.End), Duration: a.End.Sub(a.Start).Milliseconds(),
		Message:    text.Cut(a.Message, maxMessage),
		Count:      a.Counts.Failures,
		SeverityID: severity.id, Severity: severity.text,
		ConfidenceID: confidence.id, Confidence: confidence.text, ConfidenceScore: int(100*confidenceOf(a) + 0.5),
		RiskScore: int(riskOf(a)),
		StatusID:  status.id, Status: status.text, StatusDetail: a.Phase,
		IsAlert: activity.id != closed.id, IsBreach: breachOf(a),
		Metadata:    metadataOf(a, by),
		FindingInfo: findingOf(a, by),
		Device:      deviceOf(a),
		Evidences:   evidencesOf(a),
		Resources:   resourcesOf(a),
		Observables: observablesOf(a),
		Enrichments: enrichmentsOf(a),
		Unmapped:    ocsfUnmapped{own},
	}
}

// The activities of a finding.
var (
	created = caption{1, "Create"}
	updated = caption{2, "Update"}
	closed  = caption{3, "Close"}
)

// activityOf returns the activity of a message. The first message is a creation in
// every phase, since an evicted incident may have only one message, its last.
func activityOf(a *alert.Alert) caption {
	switch {
	case a.Sequence <= 1:
		return created
	case a.Phase == alert.PhaseQuiet, a.Phase == alert.PhaseWithdrawn:
		return closed
	}
	return updated
}

// statusOf returns New, Quiet for a final update, or Resolved for a withdrawn incident.
// The plugin does not know whether somebody has reviewed or resolved the incident.
func statusOf(a *alert.Alert) caption {
	switch a.Phase {
	case alert.PhaseQuiet:
		return caption{99, "Quiet"}
	case alert.PhaseWithdrawn:
		return caption{4, "Resolved"}
	}
	return caption{1, "New"}
}

// breachOf reports whether the attacker knows a password, or whether unusual
// behaviour of an account is severe.
func breachOf(a *alert.Alert) bool {
	return len(a.Valid) > 0 || a.Rule.Kind == alert.Behaviour && a.Severity >= alert.High
}

// ocsfConfidence returns High from 0.8, which takes a valid credential or several
// signals, and Medium from 0.5, which a threshold alone reaches.
func ocsfConfidence(a *alert.Alert) caption {
	switch c := confidenceOf(a); {
	case c >= 0.8:
		return caption{3, "High"}
	case c >= 0.5:
		return caption{2, "Medium"}
	case c > 0:
		return caption{1, "Low"}
	}
	return caption{0, "Unknown"}
}

func metadataOf(a *alert.Alert, by Observer) ocsfMetadata {
	m := ocsfMetadata{
		Version:     ocsfSchema,
		Product:     productOf(by),
		Profiles:    incidentProfile,
		UID:         a.ID + "-" + strconv.Itoa(a.Sequence),
		Correlation: a.ID,
		Sequence:    a.Sequence,
		EventCode:   a.Rule.ID,
		Labels:      tagsOf(a),
	}
	if by.Name != "" {
		m.Reporter = &ocsfReporter{by.Name}
	}
	return m
}

func productOf(by Observer) ocsfProduct { return ocsfProduct{"Redshank", "Redshank", by.Version} }

// millis returns t as Unix milliseconds, and 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
