package document

import (
	"strings"

	"redshank/analytics/alert"
)

// ecsThreat lists the techniques of an alert with the page that explains each.
type ecsThreat struct {
	Framework string         `json:"framework"`
	Technique []ecsTechnique `json:"technique"`
	Tactic    []ecsTactic    `json:"tactic"`
}

type ecsTechnique struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	Reference    string         `json:"reference"`
	Subtechnique []ecsTechnique `json:"subtechnique,omitempty"`
}

type ecsTactic struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// threatOf returns the techniques and tactics of an alert, each once, with
// sub-techniques below their technique.
func threatOf(techniques []alert.Technique) *ecsThreat {
	if len(techniques) == 0 {
		return nil
	}
	t := &ecsThreat{Framework: "MITRE ATT&CK"}
	place, tactics := map[string]int{}, map[string]bool{}
	for _, technique := range techniques {
		parent, sub := parentOf(technique)
		at, ok := place[parent.ID]
		if !ok {
			at = len(t.Technique)
			place[parent.ID] = at
			t.Technique = append(t.Technique, ecsTechniqueOf(parent))
		}
		if sub {
			below := &t.Technique[at].Subtechnique
			*below = append(*below, ecsTechniqueOf(technique))
		}
		if !tactics[technique.TacticID] {
			tactics[technique.TacticID] = true
			t.Tactic = append(t.Tactic, ecsTactic{technique.TacticID, technique.TacticName})
		}
	}
	return t
}

func ecsTechniqueOf(t alert.Technique) ecsTechnique {
	return ecsTechnique{ID: t.ID, Name: t.Name, Reference: techniquePage(t.ID)}
}

// ocsfAttack is a technique with its tactic and, for a sub-technique, the
// technique above.
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

// attacksOf returns the techniques of an alert.
func attacksOf(techniques []alert.Technique) []ocsfAttack {
	var out []ocsfAttack
	for _, t := range techniques {
		if t.ID == "" {
			continue
		}
		attack := ocsfAttack{Tactic: &ocsfNamed{t.TacticID, t.TacticName, "https://attack.mitre.org/tactics/" + t.TacticID + "/"}}
		parent, sub := parentOf(t)
		attack.Technique = ocsfTechniqueOf(parent)
		if sub {
			attack.SubTechnique = ocsfTechniqueOf(t)
		}
		out = append(out, attack)
	}
	return out
}

func ocsfTechniqueOf(t alert.Technique) *ocsfNamed {
	return &ocsfNamed{t.ID, t.Name, techniquePage(t.ID)}
}

// parentOf returns the technique above a sub-technique and reports whether t is
// a sub-technique; otherwise it returns t itself.
func parentOf(t alert.Technique) (parent alert.Technique, sub bool) {
	id, _, sub := strings.Cut(t.ID, ".")
	if !sub {
		return t, false
	}
	return alert.Technique{ID: id, Name: parents[id], TacticID: t.TacticID, TacticName: t.TacticName}, true
}

// parents are the names of the techniques whose sub-techniques are used.
// Source: MITRE ATT&CK Enterprise.
var parents = map[string]string{
	"T1059": "Command and Scripting Interpreter",
	"T1078": "Valid Accounts",
	"T1098": "Account Manipulation",
	"T1110": "Brute Force",
	"T1114": "Email Collection",
	"T1505": "Server Software Component",
	"T1550": "Use Alternate Authentication Material",
	"T1562": "Impair Defenses",
	"T1564": "Hide Artifacts",
}

// techniquePage returns the page of a technique at MITRE.
func techniquePage(id string) string {
	return "https://attack.mitre.org/techniques/" + strings.ReplaceAll(id, ".", "/") + "/"
}
