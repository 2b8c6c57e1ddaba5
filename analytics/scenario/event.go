package scenario

import (
	"fmt"
	"strconv"

	"redshank/analytics/event"
)

// kinds are the values of do: what the log of an act says if the act says nothing.
var kinds = map[string]event.Event{
	"sign_in":   {Source: event.Entra, Service: event.M365, Action: event.SignIn, Outcome: event.Success},
	"fail":      {Source: event.Entra, Service: event.M365, Action: event.SignIn, Outcome: event.Failure, Reason: event.WrongPassword},
	"accept":    {Source: event.Entra, Service: event.M365, Action: event.SignIn, Outcome: event.Accepted, Reason: event.MFARequired},
	"request":   {Source: event.IIS, Service: event.OWA, Action: event.SignIn, Outcome: event.Success},
	"reject":    {Source: event.IIS, Service: event.OWA, Action: event.SignIn, Outcome: event.Failure, Reason: event.WrongPassword},
	"read":      {Source: event.UAL, Service: event.M365, Action: event.MailAccess, Outcome: event.Success, Access: event.Bind, Operation: []byte("MailItemsAccessed")},
	"graph":     {Source: event.Graph, Service: event.GraphService, Action: event.MailAccess, Outcome: event.Success, Access: event.Bind, Operation: []byte("GET /me/messages")},
	"change":    {Source: event.UAL, Service: event.M365, Action: event.MailboxChange, Outcome: event.Success},
	"consent":   {Source: event.UAL, Service: event.M365, Action: event.Consent, Outcome: event.Success, Operation: []byte("Consent to application.")},
	"directory": {Source: event.UAL, Service: event.M365, Action: event.DirectoryChange, Outcome: event.Success},
	"script":    {Source: event.WinEvent, Service: event.PowerShell, Action: event.Script, Outcome: event.Success},
	"network":   {Source: event.WinEvent, Service: event.Windows, Action: event.Network, Outcome: event.Success},
}

// fields set the fields of an event.
var fields = map[string]func(*event.Event, string) error{
	"user":      textOf(func(ev *event.Event) *[]byte { return &ev.RawUser }),
	"ip":        textOf(func(ev *event.Event) *[]byte { return &ev.RawIP }),
	"forwarded": textOf(func(ev *event.Event) *[]byte { return &ev.RawForwarded }),
	"user_id":   textOf(func(ev *event.Event) *[]byte { return &ev.UserID }),
	"mailbox":   textOf(func(ev *event.Event) *[]byte { return &ev.Mailbox }),
	"agent":     textOf(func(ev *event.Event) *[]byte { return &ev.Agent }),
	"app":       textOf(func(ev *event.Event) *[]byte { return &ev.App }),
	"client":    textOf(func(ev *event.Event) *[]byte { return &ev.Client }),
	"device":    textOf(func(ev *event.Event) *[]byte { return &ev.Device }),
	"model":     textOf(func(ev *event.Event) *[]byte { return &ev.Model }),
	"session":   textOf(func(ev *event.Event) *[]byte { return &ev.Session }),
	"token":     textOf(func(ev *event.Event) *[]byte { return &ev.Token }),
	"operation": textOf(func(ev *event.Event) *[]byte { return &ev.Operation }),
	"detail":    textOf(func(ev *event.Event) *[]byte { return &ev.Detail }),
	"target":    textOf(func(ev *event.Event) *[]byte { return &ev.Target }),
	"country":   textOf(func(ev *event.Event) *[]byte { return &ev.Country }),
	"host":      textOf(func(ev *event.Event) *[]byte { return &ev.Host }),
	"id":        textOf(func(ev *event.Event) *[]byte { return &ev.ID }),
	"source":    enum(func(ev *event.Event) *event.Source { return &ev.Source }),
	"service":   enum(func(ev *event.Event) *event.Service { return &ev.Service }),
	"action":    enum(func(ev *event.Event) *event.Action { return &ev.Action }),
	"outcome":   enum(func(ev *event.Event) *event.Outcome { return &ev.Outcome }),
	"reason":    enum(func(ev *event.Event) *event.Reason { return &ev.Reason }),
	"protocol":  enum(func(ev *event.Event) *event.Protocol { return &ev.Protocol }),
	"access":    enum(func(ev *event.Event) *event.Access { return &ev.Access }),
	"items": func(ev *event.Event, s string) (err error) {
		ev.Items, err = strconv.Atoi(s)
		return err
	},
	"no_agents": func(ev *event.Event, s string) (err error) {
		ev.NoAgents, err = strconv.ParseBool(s)
		return err
	},
	"throttled": func(ev *event.Event, s string) (err error) {
		ev.Throttled, err = strconv.ParseBool(s)
		return err
	},
	"proof": func(ev *event.Event, s string) error {
		proofs := map[string]event.Proof{"password": event.ProofPassword, "session": event.ProofSession}
		ev.Proof = proofs[s]
		if ev.Proof == event.ProofUnknown {
			return fmt.Errorf("want password or session")
		}
		return nil
	},
}

func textOf(of func(*event.Event) *[]byte) func(*event.Event, string) error {
	return func(ev *event.Event, s string) error {
		*of(ev) = []byte(s)
		return nil
	}
}

// enum sets a field by the name of a value.
func enum[T interface {
	~uint8
	fmt.Stringer
}](of func(*event.Event) *T) func(*event.Event, string) error {
	return func(ev *event.Event, s string) error {
		for v := T(0); v < 64; v++ {
			if v.String() == s {
				*of(ev) = v
				return nil
			}
		}
		return fmt.Errorf("unknown %T", *of(ev))
	}
}

// fill sets ev, which is empty, to what a record of an act with these fields gives.
func fill(ev *event.Event, values map[string]string) error {
	kind, ok := kinds[values["do"]]
	if !ok {
		return fmt.Errorf("do: unknown kind of act %q", values["do"])
	}
	ev.Source, ev.Service, ev.Action, ev.Outcome, ev.Reason = kind.Source, kind.Service, kind.Action, kind.Outcome, kind.Reason
	ev.Access, ev.Operation = kind.Access, kind.Operation
	for key, value := range values {
		if key == "do" || value == "" {
			continue
		}
		if err := fields[key](ev, value); err != nil {
			return fmt.Errorf("%s: %q: %w", key, value, err)
		}
	}
	return nil
}
