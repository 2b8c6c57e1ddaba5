package coverage

import "redshank/analytics/event"

// Evidence is a column of the matrix: a field that the analytics need.
type Evidence uint8

// The columns.
const (
	ClientAddress Evidence = iota
	Account                // of everything but failed sign-ins
	FailedAccount          // of failed sign-ins
	Result
	Agent
	Application
	Device
	Session // session or token
	Items   // number of mail items touched
	Content // parameters of a change, text of a script
	evidences
)

var evidenceNames = [evidences]string{"client_address", "account", "failed_account", "result", "agent", "application", "device", "session_or_token", "items", "content"}

func (e Evidence) String() string { return evidenceNames[e] }

// evidenceSet is a set of columns.
type evidenceSet uint16

func setOf(list ...Evidence) (s evidenceSet) {
	for _, e := range list {
		s |= 1 << e
	}
	return s
}

// evidenceOf returns the fields that tally.of expects of a normalised event and that
// the event has.
func evidenceOf(ev *event.Event) (s evidenceSet) {
	named := ev.UserKind != event.UserUnknown && len(ev.User) > 0
	switch {
	case ev.Outcome == event.Failure && named:
		s |= 1 << FailedAccount
	case ev.Outcome != event.Failure:
		if named {
			s |= 1 << Account
		}
		if len(ev.Session)+len(ev.Token) > 0 {
			s |= 1 << Session
		}
		if len(ev.Device) > 0 {
			s |= 1 << Device
		}
		if countsItems(ev) && ev.Items > 0 {
			s |= 1 << Items
		}
	}
	if ev.IP.IsValid() {
		s |= 1 << ClientAddress
	}
	if ev.Outcome != event.OutcomeUnknown {
		s |= 1 << Result
	}
	if len(ev.Agent)+len(ev.Client) > 0 {
		s |= 1 << Agent
	}
	if len(ev.App) > 0 {
		s |= 1 << Application
	}
	if hasContent(ev) && len(ev.Detail)+len(ev.Target) > 0 {
		s |= 1 << Content
	}
	return s
}

// countsItems reports whether an event is an access to mail that did not fail, and
// should say how many items it touched.
func countsItems(ev *event.Event) bool {
	return ev.Action == event.MailAccess && ev.Outcome != event.Failure && (ev.Access == event.Bind || ev.Access == event.Sync)
}

// hasContent reports whether an event should name the change, the script or the destination.
func hasContent(ev *event.Event) bool { return ev.Action >= event.MailboxChange }
