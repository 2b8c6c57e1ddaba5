package m365

import (
	"bytes"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// Source is event.Graph.
func (*Graph) Source() event.Source { return event.Graph }

// Claims identifies a record by the category, and a flat row by its fields.
func (g *Graph) Claims(in *format.Input) bool {
	if !in.Fields.IsMap() {
		return false
	}
	in.Values(graphKeys, true, g.f[:])
	if isGraphLog(g.f[graphCategory]) || isGraphLog(g.f[graphType]) {
		return true
	}
	return !g.f[graphProperties].Present() &&
		g.f[graphMethod].Present() && g.f[graphURI].Present() && (g.f[graphSignIn].Present() || g.f[graphXDRApp].Present())
}

// isGraphLog reports whether v is the name of a log or table of Graph's requests.
func isGraphLog(v record.Value) bool {
	name := v.Bytes()
	if len(name) != len(activityLogs) && len(name) != len(defenderTable) {
		return false
	}
	return bytes.EqualFold(name, activityLogs) || bytes.EqualFold(name, defenderTable)
}

var (
	activityLogs  = []byte("MicrosoftGraphActivityLogs")
	defenderTable = []byte("AdvancedHunting-GraphApiAuditEvents")
)

// Decode emits an event for a request for mail.
func (g *Graph) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	g.p = g.f
	if properties := in.Structured(g.f[graphProperties]); properties.IsMap() {
		graphKeys.FindFold(properties, g.p[:])
	}
	g.operation, g.message = g.operation[:0], nil
	request := g.read(ev)
	if request.action == event.ActionNone {
		if !g.p[graphURI].Present() {
			return in.Fail(format.NoFields)
		}
		return format.Ignored
	}
	at, why := firstTime(g.p[graphTimeGenerated], g.p[graphXDRTime], g.f[graphTime], g.f[graphTimeGenerated], g.f[graphTimestamp])
	if why != format.NoReason {
		return in.Fail(why)
	}
	ev.Time = at
	ev.Action, ev.Access, ev.Items = request.action, request.access, request.items
	ev.Operation = g.operation
	ev.Service = event.GraphService
	if g.message != nil {
		ev.Mails = g
	}
	g.actor(ev)
	g.status(ev)
	emit(ev)
	return format.Understood
}

// actor fills in the actor, the time and the address of a request. userId is null
// for applications, which act as their service principal.
func (g *Graph) actor(ev *event.Event) {
	if ev.RawUser = g.first(graphUser, graphXDRUser); ev.RawUser == nil {
		ev.RawUser, ev.Protocol = known(g.p[graphPrincipal]), event.ClientCredential
	}
	ev.Mailbox = notOwn(ev.Mailbox, ev.RawUser)
	if ev.RawIP = known(g.f[graphCallerIP]); ev.RawIP == nil {
		ev.RawIP = known(g.p[graphIP])
	}
	ev.App = g.first(graphApp, graphXDRApp)
	ev.Agent = known(g.p[graphAgent])
	ev.Token = g.first(graphSignIn, graphXDRToken)
	ev.Session = known(g.p[graphSession])
	ev.ID = known(g.p[graphRequest])
}

// status reads the HTTP status. Its meaning does not depend on the tenant, so it is
// not in the policy's tables of codes.
func (g *Graph) status(ev *event.Event) {
	code, ok := g.p[graphStatus].Int()
	if !ok {
		return
	}
	ev.Code = ev.HoldInt(code)
	switch {
	case code >= 200 && code < 400:
		ev.Outcome = event.Success
	case code == 401 || code == 403:
		ev.Outcome, ev.Reason = event.Failure, event.NotAllowed
	case code == 429 || code >= 500: // throttled, or an error of the server: the client will try again
		ev.Outcome = event.Noise
	default:
		ev.Outcome, ev.Reason = event.Failure, event.OtherReason
	}
}
