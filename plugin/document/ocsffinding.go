package document

import (
	"strings"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// ocsfFinding is the incident. Its uid is the same in all messages.
type ocsfFinding struct {
	UID         string       `json:"uid"`
	Title       string       `json:"title"`           // the same in all messages, unless the class changes
	Desc        string       `json:"desc"`            // the sentence of this message
	Types       []string     `json:"types,omitempty"` // the class
	FirstSeen   int64        `json:"first_seen_time"`
	LastSeen    int64        `json:"last_seen_time"`
	Modified    int64        `json:"modified_time"` // later messages do not know the time of creation
	Analytic    ocsfAnalytic `json:"analytic"`
	Attacks     []ocsfAttack `json:"attacks,omitempty"`      // in the class itself attacks require a profile
	DataSources []string     `json:"data_sources,omitempty"` // services of the mail system
	Product     ocsfProduct  `json:"product"`
	Source      string       `json:"src_url,omitempty"` // page of the analytic at MITRE
}

// ocsfAnalytic is the analytic by its id at MITRE.
type ocsfAnalytic struct {
	UID     string `json:"uid"`
	Name    string `json:"name"`
	Version string `json:"version"`
	TypeID  int    `json:"type_id"`
	Type    string `json:"type"`
}

func findingOf(a *alert.Alert, by Observer) ocsfFinding {
	f := ocsfFinding{
		UID:         a.ID,
		Title:       titleOf(a),
		Desc:        text.Cut(a.Message, maxMessage),
		FirstSeen:   millis(a.Start),
		LastSeen:    millis(a.End),
		Modified:    millis(a.Time),
		Analytic:    analyticOf(a),
		Attacks:     attacksOf(a.Techniques),
		DataSources: cutAll(a.Services, maxName),
		Product:     productOf(by),
		Source:      a.Rule.Reference,
	}
	if a.Class != "" {
		f.Types = []string{a.Class}
	}
	return f
}

// titleOf returns a title without figures, by which a SIEM can group the messages
// of an incident.
func titleOf(a *alert.Alert) string {
	title := a.Rule.Name
	if a.Class != "" {
		title = strings.ToUpper(a.Class[:1]) + strings.ReplaceAll(a.Class[1:], "_", " ")
	}
	if a.Drill != "" {
		title = "Drill: " + title
	}
	switch s := subjectOf(a); {
	case s != nil:
		return title + ": " + s.Name
	case a.Prefix.IsValid():
		return title + " from " + a.Prefix.String()
	case a.Source.IsValid():
		return title + " from " + a.Source.String()
	case a.User != nil:
		return title + " against " + text.Cut(accountOf(a.User), maxName)
	}
	return title
}

// analyticOf returns the analytic with the OCSF type of its kind.
func analyticOf(a *alert.Alert) ocsfAnalytic {
	kind := caption{1, "Rule"}
	if a.Rule.Kind == alert.Behaviour {
		kind = caption{2, "Behavioral"}
	}
	return ocsfAnalytic{a.Rule.ID, a.Rule.Name, a.Rule.Version, kind.id, kind.text}
}
