package delivery

import (
	"fmt"
	"strconv"
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/source"
)

// Health is a health record: figures since the start, and the findings that
// came and went since the last one.
type Health struct {
	Report
	analytics.Health // whose Stats are those of the report
	At               time.Time
	Start            time.Time // of the instance
	Sequence         int       // 1, 2, 3, ... since the start
	Final            bool      // at exit
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

// ownHealth is the map redshank of a health record. The lists of findings are
// there only where they have something.
type ownHealth struct {
	Health  ownFigures   `json:"health"`
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

type ownFigures struct {
	Final     bool                  `json:"final"`
	Records   ownRecords            `json:"records"`
	Sources   map[string]ownSource  `json:"sources,omitempty"`
	Events    ownEvents             `json:"events"`
	Tables    ownTables             `json:"tables"`
	Baselines ownBaselines          `json:"baselines"`
	Incidents uint64                `json:"incidents"`
	Alerts    uint64                `json:"alerts"`
	Held      uint64                `json:"suppressed"`
	Rules     map[string]ownRaising `json:"rules"`
	Spool     ownSpool              `json:"spool"`
	Enriched  ownEnriched           `json:"enriched"`
	Errors    uint64                `json:"sink_errors"`
	Flush     float64               `json:"flush_seconds"`
	Crashes   uint64                `json:"crashes"`
}

// ownRecords adds up: read is the sum of understood, ignored, unknown and
// malformed.
type ownRecords struct {
	Chunks     uint64 `json:"chunks"`
	Repeated   uint64 `json:"repeated_chunks"`
	Read       uint64 `json:"read"`
	Understood uint64 `json:"understood"`
	Ignored    uint64 `json:"ignored"`
	Unknown    uint64 `json:"unknown"`
	Malformed  uint64 `json:"malformed"`
	Bad        uint64 `json:"bad"`
	LostBytes  uint64 `json:"lost_bytes"`
}

type ownSource struct {
	Understood uint64 `json:"understood"`
	Ignored    uint64 `json:"ignored"`
	Malformed  uint64 `json:"malformed"`
}

type ownEvents struct {
	Total      uint64 `json:"total"`
	Duplicates uint64 `json:"duplicates"`
	Late       uint64 `json:"late"`
	Future     uint64 `json:"future"`
}

type ownTables struct {
	Clients         int    `json:"clients"`
	ClientsEvicted  uint64 `json:"clients_evicted"`
	Accounts        int    `json:"accounts"`
	AccountsEvicted uint64 `json:"accounts_evicted"`
}

type ownBaselines struct {
	Mature int `json:"ripe"`
	All    int `json:"all"`
}

// ownRaising is by severity: low, medium, high, critical.
type ownRaising struct {
	Incidents map[string]uint64 `json:"incidents"`
	Alerts    map[string]uint64 `json:"alerts"`
}

type ownSpool struct {
	Messages  int     `json:"messages"`
	Bytes     int64   `json:"bytes"`
	Age       float64 `json:"age_seconds"`
	Delivered uint64  `json:"delivered"`
	Dropped   uint64  `json:"dropped"`
	Refused   uint64  `json:"refused"`
}

type ownEnriched struct {
	Chunks  uint64 `json:"chunks"`
	Errors  uint64 `json:"errors"`
	Refused uint64 `json:"refused"`
}

// Health is the document of h, as one line of JSON. In OCSF it is a Detection
// Finding too, an informational one that is no alert: a pipeline made for one
// class takes it.
func (f Form) Health(h *Health) ([]byte, error) {
	if f.OCSF {
		return JSON(ocsfHealthOf(h, f.By))
	}
	return JSON(&ecsHealth{
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
	if h.Final {
		return "health_at_exit"
	}
	return "health_reported"
}

// message names the first new finding: it is what somebody has to act on.
func (h *Health) message() string {
	m := fmt.Sprintf("%d records read, %d incidents, %d findings open", h.Report.Sources.Read(), h.Report.Incidents, len(h.Open))
	if len(h.Raised) > 0 {
		m = h.Raised[0].Detail + "; " + m
	}
	return capped(m, maxMessage)
}

func (h *Health) own() ownHealth {
	return ownHealth{Health: h.figures(), Raised: ownFindings(h.Raised), Cleared: ownFindings(h.Cleared), Open: ownFindings(h.Open)}
}

func ownFindings(list []analytics.Finding) (own []ownFinding) {
	for _, f := range list {
		own = append(own, ownFinding{f.Code, capped(f.Subject, maxName), capped(f.Detail, maxMessage), stamp(f.Since)})
	}
	return own
}

func (h *Health) figures() ownFigures {
	r := &h.Report
	return ownFigures{
		Final: h.Final,
		Records: ownRecords{r.Chunks, r.RepeatedChunks, r.Sources.Read(), r.Sources.Total(source.Understood), r.Sources.Total(source.Ignored),
			r.Sources.Total(source.Unknown), r.Sources.Total(source.Malformed), r.BadRecords, r.LostBytes},
		Sources:   ownSources(&r.Sources),
		Events:    ownEvents{r.Events, r.Duplicates, r.Late, r.Future},
		Tables:    ownTables{r.Clients, r.ClientsEvicted, r.Accounts, r.AccountsEvicted},
		Baselines: ownBaselines(h.Baselines),
		Incidents: r.Incidents, Alerts: r.Alerts, Held: r.Suppressed,
		Rules:    ownRules(&r.Told),
		Spool:    ownSpool{r.Queue.Messages, r.Queue.Bytes, r.Queue.Age.Seconds(), r.Spool.Settled, r.Spool.Dropped, r.Spool.Dead},
		Enriched: ownEnriched(r.Enriched),
		Errors:   r.SinkErrors, Flush: r.Flush.Seconds(), Crashes: r.Crashes,
	}
}

// ownSources names the sources that anything came from.
func ownSources(counts *source.Counts) map[string]ownSource {
	all := map[string]ownSource{}
	for s, c := range counts {
		if own := (ownSource{c[source.Understood], c[source.Ignored], c[source.Malformed]}); own != (ownSource{}) {
			all[event.Source(s).String()] = own
		}
	}
	return all
}

func ownRules(told *Told) map[string]ownRaising {
	all := map[string]ownRaising{}
	for i, rule := range Rules {
		own := ownRaising{map[string]uint64{}, map[string]uint64{}}
		for s := alert.Low; s <= alert.Critical; s++ {
			own.Incidents[s.String()], own.Alerts[s.String()] = told[i][s].Incidents, told[i][s].Alerts
		}
		all[rule] = own
	}
	return all
}

// ocsfHealth is a health record as a finding without anything found.
type ocsfHealth struct {
	ActivityID   int    `json:"activity_id"`
	ActivityName string `json:"activity_name"`
	CategoryUID  int    `json:"category_uid"`
	CategoryName string `json:"category_name"`
	ClassUID     int    `json:"class_uid"`
	ClassName    string `json:"class_name"`
	TypeUID      int    `json:"type_uid"`
	TypeName     string `json:"type_name"`

	Time       int64  `json:"time"`
	StartTime  int64  `json:"start_time"`
	EndTime    int64  `json:"end_time"`
	Message    string `json:"message"`
	SeverityID int    `json:"severity_id"`
	Severity   string `json:"severity"`
	StatusID   int    `json:"status_id"`
	Status     string `json:"status"`
	IsAlert    bool   `json:"is_alert"`

	Metadata    ocsfMetadata `json:"metadata"`
	FindingInfo ocsfFinding  `json:"finding_info"`
	Unmapped    struct {
		Redshank ownHealth `json:"redshank"`
	} `json:"unmapped"`
}

func ocsfHealthOf(h *Health, by Observer) *ocsfHealth {
	severity := caption{1, "Informational"}
	if len(h.Raised) > 0 {
		severity = ocsfSeverities[alert.Medium]
	}
	at, id := millis(h.At), h.id(by)
	doc := &ocsfHealth{
		ActivityID: created.id, ActivityName: created.text,
		CategoryUID: ocsfFindings, CategoryName: "Findings",
		ClassUID: ocsfDetection, ClassName: "Detection Finding",
		TypeUID: ocsfDetection*100 + created.id, TypeName: "Detection Finding: " + created.text,
		Time: at, StartTime: millis(h.Start), EndTime: at, Message: h.message(),
		SeverityID: severity.id, Severity: severity.text, StatusID: 1, Status: "New",
		Metadata: ocsfMetadata{Version: ocsfSchema, Product: productOf(by), Profiles: incidentProfile, UID: id, Correlation: id, Sequence: h.Sequence, EventCode: "health"},
		FindingInfo: ocsfFinding{UID: id, Title: "Health of Redshank", Desc: h.message(), FirstSeen: millis(h.Start), LastSeen: at, Modified: at,
			Analytic: ocsfAnalytic{"health", "Redshank health", "1", 1, "Rule"}, Product: productOf(by)},
	}
	if by.Name != "" {
		doc.Metadata.Reporter = &ocsfReporter{by.Name}
	}
	doc.Unmapped.Redshank = h.own()
	return doc
}
