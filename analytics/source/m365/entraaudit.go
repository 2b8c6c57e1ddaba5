package m365

import (
	"bytes"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

var auditDetails = []string{"User-Agent", "AppId"}

// audit fills a directory change. The outcome is Ignored for an irrelevant one.
func (e *Entra) audit(in *format.Input, ev *event.Event) format.Outcome {
	name := bytes.TrimSpace(e.p[propActivity].Bytes())
	if len(name) == 0 {
		name = bytes.TrimSpace(e.f[entraOperation].Bytes())
	}
	if len(name) == 0 {
		return in.Fail(format.NoFields)
	}
	op, ok := e.directoryOperation(name)
	if !ok {
		return format.Ignored
	}
	ev.Operation, ev.Action, ev.Outcome = name, op.Action, event.Success
	if ualFailed(e.p[propResult]) {
		ev.Outcome = event.Failure
	}
	by := e.object(in, propInitiatedBy)
	if !by.Present() {
		return in.Fail(format.NoFields)
	}
	e.initiator(by, ev)
	var details [2]record.Value
	pick(e.object(in, propDetails), auditDetails, details[:])
	ev.Agent, ev.Target = known(details[0]), known(details[1])
	e.targets(in, ev)
	return format.Understood
}

// initiator fills in the actor: a user, or an application by itself.
func (e *Entra) initiator(by record.Value, ev *event.Event) {
	user := by.GetFold("user")
	if ev.RawUser = known(user.GetFold("userPrincipalName")); ev.RawUser == nil {
		ev.RawUser = known(user.GetFold("id"))
	}
	if ip := known(user.GetFold("ipAddress")); ip != nil {
		ev.RawIP = ip
	}
	app := by.GetFold("app")
	ev.App = known(app.GetFold("appId"))
	for _, name := range [...]string{"servicePrincipalId", "servicePrincipalName", "displayName"} {
		if ev.RawUser != nil {
			return
		}
		ev.RawUser = known(app.GetFold(name))
	}
}

// targets fills in what was changed. If the details name no application, the id of
// the first target is used.
func (e *Entra) targets(in *format.Input, ev *event.Event) {
	d := &e.detail
	d.reset()
	for target := range e.object(in, propTargets).Items() {
		if ev.Target == nil {
			ev.Target = known(target.GetFold("id"))
		}
		d.pairs(in.Structured(target.GetFold("modifiedProperties")))
	}
	if len(d.buf) > 0 {
		ev.Detail = d.buf
	}
}

// directoryOperation returns what a directory operation means; none for any other.
func (e *Entra) directoryOperation(name []byte) (op event.Operation, ok bool) {
	op = e.operation(name)
	return op, op.Action == event.Consent || op.Action == event.DirectoryChange
}
