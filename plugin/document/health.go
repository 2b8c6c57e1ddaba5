package document

import (
	"fmt"
	"strconv"
	"time"

	"redshank/plugin/text"
)

// Health is a health record: figures since the start of an instance, and the
// findings that were raised and cleared since the previous record.
type Health struct {
	Figures  Figures
	Raised   []Finding // since the previous record
	Cleared  []Finding // since the previous record
	Open     []Finding // all that hold
	At       time.Time
	Start    time.Time // of the instance
	Sequence int       // 1, 2, 3, ... since the start
}

// Finding is a blind spot of the detection, for instance a source that has
// become silent.
type Finding struct {
	Code    string // for instance silent_source
	Subject string // source, table, address or automation concerned; may be empty
	Detail  string // one sentence with the figures
	Since   time.Time
}

// ecsHealth is a health record in the Elastic Common Schema.
type ecsHealth struct {
	Timestamp string         `json:"@timestamp"`
	ECS       ecsVersion     `json:"ecs"`
	Message   string         `json:"message"`
	Event     ecsHealthEvent `json:"event"`
	Observer  ecsObserver    `json:"observer"`
	Redshank  ownHealth      `json:"redshank"`
}

type ecsHealthEvent struct {
	Kind     string   `json:"kind"`
	Category []string `json:"category"`
	Type     []string `json:"type"`
	Action   string   `json:"action"`
	ID       string   `json:"id"`
	Sequence int      `json:"sequence"`
	Start    string   `json:"start"`
	End      string   `json:"end"`
	Module   string   `json:"module"`
	Dataset  string   `json:"dataset"`
}

// ownHealth is the map redshank of a health record. Empty lists of findings are
// left out.
type ownHealth struct {
	Health  Figures      `json:"health"`
	Raised  []ownFinding `json:"findings,omitempty"`
	Cleared []ownFinding `json:"cleared_findings,omitempty"`
	Open    []ownFinding `json:"open_findings,omitempty"`
}

type ownFinding struct {
	Code    string `json:"code"`
	Subject string `json:"subject,omitempty"`
	Detail  string `json:"detail"`
	Since   string `json:"since"`
}

// Health returns the document of a health record as one line of JSON: a metric
// in ECS, an informational Base Event in OCSF.
func (f Form) Health(h *Health) ([]byte, error) {
	if f.OCSF {
		return text.JSON(ocsfHealthOf(h, f.By))
	}
	return text.JSON(&ecsHealth{
		Timestamp: stamp(h.At),
		ECS:       ecsVersion{ecsSchema},
		Message:   h.message(),
		Event: ecsHealthEvent{Kind: "metric", Category: []string{"intrusion_detection"}, Type: []string{"info"}, Action: h.action(), ID: h.id(f.By), Sequence: h.Sequence,
			Start: stamp(h.Start), End: stamp(h.At), Module: "redshank", Dataset: "redshank.health"},
		Observer: ecsObserver{"redshank", "fluent-bit", f.By.Version, f.By.Name},
		Redshank: h.own(),
	})
}

func (h *Health) id(by Observer) string {
	return "health-" + by.Name + "-" + strconv.FormatInt(h.Start.UnixMilli(), 36) + "-" + strconv.Itoa(h.Sequence)
}

func (h *Health) action() string {
	if h.Figures.Final {
		return "health_at_exit"
	}
	return "health_reported"
}

// message begins with the first new finding, which somebody has to act on.
func (h *Health) message() string {
	m := fmt.Sprintf("%d records read, %d incidents, %d findings open", h.Figures.Records.Read, h.Figures.Incidents, len(h.Open))
	if len(h.Raised) > 0 {
		m = h.Raised[0].Detail + "; " + m
	}
	return text.Cut(m, maxMessage)
}

func (h *Health) own() ownHealth {
	return ownHealth{Health: h.Figures, Raised: ownFindings(h.Raised), Cleared: ownFindings(h.Cleared), Open: ownFindings(h.Open)}
}

func ownFindings(list []Finding) (own []ownFinding) {
	for _, f := range list {
		own = append(own, ownFinding{f.Code, text.Cut(f.Subject, maxName), text.Cut(f.Detail, maxMessage), stamp(f.Since)})
	}
	return own
}

// ocsfHealth is a health record as a Base Event, the only class of OCSF for
// figures of a product about itself. A class of findings would make every
// record a detection.
type ocsfHealth struct {
	ocsfClass

	Time       int64  `json:"time"`
	StartTime  int64  `json:"start_time"`
	EndTime    int64  `json:"end_time"`
	Message    string `json:"message"`
	SeverityID int    `json:"severity_id"`
	Severity   string `json:"severity"`

	Metadata ocsfMetadata `json:"metadata"`
	Unmapped struct {
		Redshank ownHealth `json:"redshank"`
	} `json:"unmapped"`
}

func ocsfHealthOf(h *Health, by Observer) *ocsfHealth {
	at, id := millis(h.At), h.id(by)
	doc := &ocsfHealth{
		ocsfClass: baseClass("Health"),
		Time:      at, StartTime: millis(h.Start), EndTime: at, Message: h.message(),
		SeverityID: 1, Severity: "Informational",
		Metadata: ocsfMetadata{Version: ocsfSchema, Product: productOf(by), UID: id, Correlation: id, Sequence: h.Sequence, EventCode: "health"},
	}
	if by.Name != "" {
		doc.Metadata.Reporter = &ocsfReporter{by.Name}
	}
	doc.Unmapped.Redshank = h.own()
	return doc
}
