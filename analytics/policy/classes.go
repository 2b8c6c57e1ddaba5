package policy

import "go.yaml.in/yaml/v3"

// Classes are the classes of incidents of both analytics.
var Classes = []string{
	"credential_stuffing", "password_spraying", "password_guessing", "misconfigured_client",
	"scripted_mail_access", "session_replay", "application_mail_access", "mailbox_export", "collection_tool", "mail_diversion",
}

// Values of alerts.classes.
const (
	classOn    = "on"
	classOff   = "off"
	classValid = "valid_credential" // only with a valid credential
)

// AlertsOn reports whether messages about incidents of a class are sent, for an
// incident with or without a valid credential.
func (p *Policy) AlertsOn(class string, valid bool) bool {
	mode := p.classes[class]
	return mode != classOff && (mode != classValid || valid)
}

// readClasses reads {class: on, off or valid_credential}.
func (p *Policy) readClasses(r *reader, at string, n *yaml.Node) {
	p.classes = map[string]string{}
	known := fields{}
	for _, class := range Classes {
		known[class] = func(r *reader, at string, n *yaml.Node) {
			mode := classOn
			oneOf(&mode, classOn, classOff, classValid)(r, at, n)
			p.classes[class] = mode
		}
	}
	section(known)(r, at, n)
}
