package document

import (
	"slices"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// Bounds of text in a document, in bytes. The engine has bounds of its own; these
// hold independently of them.
const (
	maxMessage = 2048
	maxName    = 320 // the longest mail address of RFC 5321
	maxText    = 512
	maxShort   = 160 // details of one credential or signal
)

// ownFields is the map redshank of an alert, for values without a field in the
// schemas. In OCSF the map is in unmapped.
type ownFields struct {
	Class      string          `json:"class"`
	Drill      bool            `json:"drill,omitempty"`
	DrillRun   string          `json:"drill_run,omitempty"`
	Phase      string          `json:"phase,omitempty"`
	Subject    *ownSubject     `json:"subject,omitempty"`
	Severity   string          `json:"severity"`
	Confidence float64         `json:"confidence"`
	Counts     ownCounts       `json:"counts"`
	Window     string          `json:"window,omitempty"`
	Campaign   string          `json:"campaign,omitempty"`
	Members    []string        `json:"members,omitempty"`
	Services   []string        `json:"services,omitempty"`
	Agents     []string        `json:"agents,omitempty"`
	Apps       []string        `json:"apps,omitempty"`
	AppNames   []string        `json:"app_names,omitempty"`
	Actions    []string        `json:"actions,omitempty"`
	Indicators string          `json:"indicators,omitempty"`
	Valid      []ownCredential `json:"valid_credentials,omitempty"`
	Familiar   []ownCredential `json:"at_home,omitempty"`
	Users      []ownUser       `json:"users,omitempty"`
	Accounts   []string        `json:"accounts,omitempty"`
	Signals    []ownSignal     `json:"signals,omitempty"`
	Mails      []ownMail       `json:"mails,omitempty"`
	Evidence   []string        `json:"evidence,omitempty"`
	Labels     []string        `json:"labels,omitempty"`
	Baseline   string          `json:"baseline,omitempty"`
	Context    []ownContext    `json:"context,omitempty"`
	Suppressed int             `json:"suppressed"`
	CEF        string          `json:"cef,omitempty"`
}

// ownSubject is the account, application or host that an incident is about.
type ownSubject struct {
	Kind string `json:"kind"` // account, application, host
	Name string `json:"name"`
}

// ownCounts has the fields of alert.Counts in the same order, so that a conversion
// fails to compile when a count is missing. All counts are always present, so a
// rule of a SIEM can compare them without a test for presence.
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

// ownCredential names an account. The engine sees no passwords.
type ownCredential struct {
	User string `json:"user"`
	At   string `json:"at"`
	How  string `json:"how"`

	IP     string `json:"ip,omitempty"`
	Agent  string `json:"agent,omitempty"`
	App    string `json:"app,omitempty"`
	Record string `json:"record,omitempty"`
}

type ownUser struct {
	Name       string `json:"name"`
	Failures   int    `json:"failures"`
	LastReason string `json:"last_reason,omitempty"`
	Privileged bool   `json:"privileged,omitempty"`
	Leaked     bool   `json:"leaked,omitempty"`
}

// ownSignal is one signal of the incident, by its stable code.
type ownSignal struct {
	Code   string `json:"code"`
	Weight int    `json:"weight"`
	Detail string `json:"detail,omitempty"`
	At     string `json:"at,omitempty"`
	IP     string `json:"ip,omitempty"`
	Record string `json:"record,omitempty"`
	Seen   string `json:"seen,omitempty"`

	Mails []string `json:"mails,omitempty"`
}

// ownMail is a mail that was accessed; a folder alone stands for all mails in it.
type ownMail struct {
	ID      string `json:"id,omitempty"`
	Subject string `json:"subject,omitempty"`
	Folder  string `json:"folder,omitempty"`
}

func ownFieldsOf(a *alert.Alert) ownFields {
	own := ownFields{
		Class:      a.Class,
		Drill:      a.Drill != "",
		DrillRun:   text.Cut(a.Drill, maxShort),
		Phase:      a.Phase,
		Subject:    subjectOf(a),
		Severity:   a.Severity.String(),
		Confidence: confidenceOf(a),
		Counts:     ownCounts(a.Counts),
		Window:     a.Window,
		Campaign:   text.Cut(a.Campaign, maxShort),
		Members:    cutAll(a.Members, maxShort),
		Services:   cutAll(a.Services, maxName),
		Agents:     cutAll(a.Agents, maxText),
		Apps:       cutAll(a.Apps, maxName),
		AppNames:   cutAll(a.AppNames, maxName),
		Actions:    cutAll(alert.Actions(a), maxMessage),
		Valid:      credentialsOf(a.Valid),
		Familiar:   credentialsOf(a.Familiar),
		Accounts:   cutAll(a.Accounts, maxName),
		Evidence:   cutAll(a.Evidence, maxName),
		Labels:     cutAll(a.Labels, maxName),
		Baseline:   text.Cut(a.Baseline, maxText),
		Context:    contextsOf(a),
		Suppressed: a.Suppressed,
	}
	if a.Indicators != nil && a.Drill == "" {
		own.Indicators = Indicators(a.ID)
	}
	for _, u := range a.Users {
		own.Users = append(own.Users, ownUser{text.Cut(u.Name, maxName), u.Failures, text.Cut(u.LastReason, maxName), u.Privileged, u.Leaked})
	}
	for _, m := range a.Mails {
		own.Mails = append(own.Mails, ownMail{text.Cut(m.ID, maxShort), text.Cut(m.Subject, maxShort), text.Cut(m.Folder, maxShort)})
	}
	for _, s := range a.Signals {
		own.Signals = append(own.Signals, signalOf(&s))
	}
	return own
}

// signalOf converts a signal. It omits a zero time.
func signalOf(s *alert.Signal) ownSignal {
	own := ownSignal{Code: s.Code, Weight: s.Weight, Detail: text.Cut(s.Detail, maxText), IP: addressText(s.IP),
		Record: text.Cut(s.Record, maxShort), Seen: text.Cut(s.Seen, maxShort)}
	if !s.At.IsZero() {
		own.At = stamp(s.At)
	}
	for _, m := range s.Mails {
		own.Mails = append(own.Mails, text.Cut(m.String(), maxShort))
	}
	return own
}

// The kinds of subject.
const (
	anAccount     = "account"
	anApplication = "application"
	aHost         = "host"
)

// subjectOf returns nil for an incident about a client or a campaign.
func subjectOf(a *alert.Alert) *ownSubject {
	switch {
	case a.Subject == "":
		return nil
	case a.User != nil:
		return &ownSubject{anAccount, text.Cut(a.Subject, maxName)}
	case slices.Contains(a.Hosts, a.Subject):
		return &ownSubject{aHost, text.Cut(a.Subject, maxName)}
	}
	return &ownSubject{anApplication, text.Cut(a.Subject, maxName)}
}

// is reports whether there is a subject of this kind.
func (s *ownSubject) is(kind string) bool { return s != nil && s.Kind == kind }

func credentialsOf(found []alert.Credential) []ownCredential {
	var out []ownCredential
	for _, c := range found {
		out = append(out, ownCredential{text.Cut(c.User, maxName), stamp(c.At), text.Cut(c.How, maxText),
			addressText(c.IP), text.Cut(c.Agent, maxShort), text.Cut(c.App, maxShort), text.Cut(c.Record, maxShort)})
	}
	return out
}

// cutAll cuts every string of list. The engine bounds the number of strings.
func cutAll(list []string, limit int) []string {
	var out []string
	for _, s := range list {
		out = append(out, text.Cut(s, limit))
	}
	return out
}
