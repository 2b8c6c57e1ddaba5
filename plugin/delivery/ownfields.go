package delivery

import (
	"slices"
	"strings"
	"unicode/utf8"

	"redshank/analytics/alert"
)

// Bounds of what an attacker can write into an alert, in bytes. The engine
// caps what it keeps; these hold whatever it lets through.
const (
	maxMessage = 2048
	maxName    = 320 // the longest mail address RFC 5321 allows
	maxText    = 512
)

// ownFields is the map redshank of an alert: what the schemas have no field
// for. In OCSF it stands under unmapped.
type ownFields struct {
	Class      string          `json:"class"`
	Phase      string          `json:"phase,omitempty"`
	Subject    *ownSubject     `json:"subject,omitempty"`
	Severity   string          `json:"severity"`
	Confidence float64         `json:"confidence"`
	Counts     ownCounts       `json:"counts"`
	Window     string          `json:"window,omitempty"`
	Services   []string        `json:"services,omitempty"`
	Agents     []string        `json:"agents,omitempty"`
	Apps       []string        `json:"apps,omitempty"`
	AppNames   []string        `json:"app_names,omitempty"`
	Valid      []ownCredential `json:"valid_credentials,omitempty"`
	AtHome     []ownCredential `json:"at_home,omitempty"`
	Users      []ownUser       `json:"users,omitempty"`
	Signals    []ownSignal     `json:"signals,omitempty"`
	Evidence   []string        `json:"evidence,omitempty"`
	Labels     []string        `json:"labels,omitempty"`
	Baseline   string          `json:"baseline,omitempty"`
	Context    []ownContext    `json:"context,omitempty"`
	Suppressed int             `json:"suppressed"`
	CEF        string          `json:"cef,omitempty"`
}

// ownSubject is what an incident of AN0131 is about.
type ownSubject struct {
	Kind string `json:"kind"` // account, application, host
	Name string `json:"name"`
}

// ownCounts has the fields of analytics.Counts in their order, which lets one
// be converted to the other, so that a new count cannot be forgotten here. All
// are always there: a rule in a SIEM can compare them without asking first.
type ownCounts struct {
	Failures      int `json:"failures"`
	DistinctUsers int `json:"distinct_users"`
	DistinctIPs   int `json:"distinct_ips"`
	UnknownUsers  int `json:"unknown_users"`
	Locked        int `json:"locked"`
	Accepted      int `json:"accepted"`
	Succeeded     int `json:"succeeded"`
	Leaked        int `json:"leaked"`
	Items         int `json:"items"`
	Mailboxes     int `json:"mailboxes"`
}

// ownCredential never has a secret: the engine sees none.
type ownCredential struct {
	User string `json:"user"`
	At   string `json:"at"`
	How  string `json:"how"`
}

type ownUser struct {
	Name       string `json:"name"`
	Failures   int    `json:"failures"`
	LastReason string `json:"last_reason,omitempty"`
	Privileged bool   `json:"privileged,omitempty"`
	Leaked     bool   `json:"leaked,omitempty"`
}

// ownSignal is one observation that counted, by a stable code.
type ownSignal struct {
	Code   string `json:"code"`
	Weight int    `json:"weight"`
	Detail string `json:"detail,omitempty"`
}

func ownFieldsOf(a *alert.Alert) ownFields {
	own := ownFields{
		Class:      a.Class,
		Phase:      a.Phase,
		Subject:    subjectOf(a),
		Severity:   a.Severity.String(),
		Confidence: confidenceOf(a),
		Counts:     ownCounts(a.Counts),
		Window:     a.Window,
		Services:   cappedAll(a.Services, maxName),
		Agents:     cappedAll(a.Agents, maxText),
		Apps:       cappedAll(a.Apps, maxName),
		AppNames:   cappedAll(a.AppNames, maxName),
		Valid:      credentialsOf(a.Valid),
		AtHome:     credentialsOf(a.Familiar),
		Evidence:   cappedAll(a.Evidence, maxName),
		Labels:     cappedAll(a.Labels, maxName),
		Baseline:   capped(a.Baseline, maxText),
		Context:    contextsOf(a),
		Suppressed: a.Suppressed,
	}
	for _, u := range a.Users {
		own.Users = append(own.Users, ownUser{capped(u.Name, maxName), u.Failures, capped(u.LastReason, maxName), u.Privileged, u.Leaked})
	}
	for _, s := range a.Signals {
		own.Signals = append(own.Signals, ownSignal{s.Code, s.Weight, capped(s.Detail, maxText)})
	}
	return own
}

// The kinds of subject.
const (
	anAccount     = "account"
	anApplication = "application"
	aHost         = "host"
)

// subjectOf is nil where the incident is a client's or a campaign's.
func subjectOf(a *alert.Alert) *ownSubject {
	switch {
	case a.Subject == "":
		return nil
	case a.User != nil:
		return &ownSubject{anAccount, capped(a.Subject, maxName)}
	case slices.Contains(a.Hosts, a.Subject):
		return &ownSubject{aHost, capped(a.Subject, maxName)}
	}
	return &ownSubject{anApplication, capped(a.Subject, maxName)}
}

// is tells the kind of a subject, if there is one.
func (s *ownSubject) is(kind string) bool { return s != nil && s.Kind == kind }

func credentialsOf(found []alert.Credential) []ownCredential {
	var out []ownCredential
	for _, c := range found {
		out = append(out, ownCredential{capped(c.User, maxName), stamp(c.At), capped(c.How, maxText)})
	}
	return out
}

// cappedAll caps every string; how many there are is the engine's to cap.
func cappedAll(list []string, most int) []string {
	var out []string
	for _, s := range list {
		out = append(out, capped(s, most))
	}
	return out
}

// capped is s in valid UTF-8, at most most bytes and a mark of the cut.
func capped(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}
