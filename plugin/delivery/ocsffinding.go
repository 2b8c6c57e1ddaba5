package delivery

import (
	"strings"

	"redshank/analytics/alert"
)

// ocsfFinding is the incident: its uid is the same in all messages.
type ocsfFinding struct {
	UID         string       `json:"uid"`
	Title       string       `json:"title"`           // the same in all messages, unless the class changes
	Desc        string       `json:"desc"`            // the sentence of this message
	Types       []string     `json:"types,omitempty"` // the class
	FirstSeen   int64        `json:"first_seen_time"`
	LastSeen    int64        `json:"last_seen_time"`
	Modified    int64        `json:"modified_time"` // when created is not known any more in later messages
	Analytic    ocsfAnalytic `json:"analytic"`
	Attacks     []ocsfAttack `json:"attacks,omitempty"`      // here and not in the class: there it needs a profile
	DataSources []string     `json:"data_sources,omitempty"` // services of the mail system
	Product     ocsfProduct  `json:"product"`
	Source      string       `json:"src_url,omitempty"` // the analytic's page at MITRE
}

// ocsfAnalytic is MITRE's analytic by its own id.
type ocsfAnalytic struct {
	UID     string `json:"uid"`
	Name    string `json:"name"`
	Version string `json:"version"`
	TypeID  int    `json:"type_id"`
	Type    string `json:"type"`
}

// ocsfAttack has the technique of a sub-technique beside it.
type ocsfAttack struct {
	Tactic       *ocsfNamed `json:"tactic,omitempty"`
	Technique    *ocsfNamed `json:"technique,omitempty"`
	SubTechnique *ocsfNamed `json:"sub_technique,omitempty"`
}

// ocsfNamed is a tactic or technique.
type ocsfNamed struct {
	UID    string `json:"uid"`
	Name   string `json:"name,omitempty"`
	Source string `json:"src_url,omitempty"`
}

func findingOf(a *alert.Alert, by Observer) ocsfFinding {
	f := ocsfFinding{
		UID:         a.ID,
		Title:       titleOf(a),
		Desc:        capped(a.Message, maxMessage),
		FirstSeen:   millis(a.Start),
		LastSeen:    millis(a.End),
		Modified:    millis(a.Time),
		Analytic:    analyticOf(a),
		Attacks:     attacksOf(a.Techniques),
		DataSources: cappedAll(a.Services, maxName),
		Product:     productOf(by),
		Source:      rules[a.Rule.ID].reference,
	}
	if a.Class != "" {
		f.Types = []string{a.Class}
	}
	return f
}

// titleOf stays the same while an incident's figures grow: a SIEM groups by it.
func titleOf(a *alert.Alert) string {
	title := a.Rule.Name
	if a.Class != "" {
		title = strings.ToUpper(a.Class[:1]) + strings.ReplaceAll(a.Class[1:], "_", " ")
	}
	switch s := subjectOf(a); {
	case s != nil:
		return title + ": " + s.Name
	case a.Prefix.IsValid():
		return title + " from " + a.Prefix.String()
	case a.Source.IsValid():
		return title + " from " + a.Source.String()
	case a.User != nil:
		return title + " against " + capped(accountOf(a.User), maxName)
	}
	return title
}

// analyticOf: AN1269 counts against thresholds, AN0131 weighs against what is
// usual.
func analyticOf(a *alert.Alert) ocsfAnalytic {
	kind := caption{1, "Rule"}
	if a.Rule.ID == ruleCollection {
		kind = caption{2, "Behavioral"}
	}
	return ocsfAnalytic{a.Rule.ID, a.Rule.Name, a.Rule.Version, kind.id, kind.text}
}

// parents are the names of the techniques whose sub-techniques are used.
// Source: MITRE ATT&CK Enterprise.
var parents = map[string]string{
	"T1059": "Command and Scripting Interpreter",
	"T1078": "Valid Accounts",
	"T1098": "Account Manipulation",
	"T1110": "Brute Force",
	"T1114": "Email Collection",
	"T1550": "Use Alternate Authentication Material",
	"T1562": "Impair Defenses",
	"T1564": "Hide Artifacts",
}

// attacksOf: OCSF keeps a sub-technique below its technique, where ECS and the
// alert have the one id.
func attacksOf(techniques []alert.Technique) []ocsfAttack {
	var out []ocsfAttack
	for _, t := range techniques {
		if t.ID == "" {
			continue
		}
		attack := ocsfAttack{Tactic: &ocsfNamed{t.TacticID, t.TacticName, "https://attack.mitre.org/tactics/" + t.TacticID + "/"}}
		if parent, _, sub := strings.Cut(t.ID, "."); sub {
			attack.Technique = &ocsfNamed{parent, parents[parent], techniquePage(parent)}
			attack.SubTechnique = &ocsfNamed{t.ID, t.Name, techniquePage(t.ID)}
		} else {
			attack.Technique = &ocsfNamed{t.ID, t.Name, techniquePage(t.ID)}
		}
		out = append(out, attack)
	}
	return out
}

// techniquePage explains a technique.
func techniquePage(id string) string {
	return "https://attack.mitre.org/techniques/" + strings.ReplaceAll(id, ".", "/") + "/"
}
