package m365

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// NewEntra returns the format. operation returns what a directory operation means.
func NewEntra(operation func(name []byte) event.Operation) format.Format {
	return &Entra{operation: operation}
}

// Source is event.Entra.
func (*Entra) Source() event.Source { return event.Entra }

// Claims reports whether a record is a sign-in or a directory audit, with or
// without an envelope.
func (e *Entra) Claims(in *format.Input) bool {
	if !in.Fields.IsMap() {
		return false
	}
	in.Values(entraKeys, true, e.f[:])
	switch inner := e.f[entraProperties]; {
	case inner.Present():
		if inner = in.Structured(inner); !inner.IsMap() {
			return false
		}
		entraPropertyKeys.FindFold(inner, e.p[:])
	case e.f[entraCreated].Present() || e.f[entraActivity].Present(),
		e.f[entraResultType].Present() && e.f[entraTimeGenerated].Present(),
		e.f[entraUPN].Present() && e.f[entraErrorCode].Present():
		in.Values(entraPropertyKeys, true, e.p[:])
	case (e.f[entraApplication].Present() || e.f[entraRemoteIP].Present()) && isLogon(e.f[entraActionType]):
		e.kind = entraIdentity
		return true
	default:
		return false // most records of other formats end here
	}
	e.kind = e.sort()
	return e.kind != entraNot && (e.nested() || !in.Flattened(entraRoots))
}

// nested reports whether the record has one of the maps and lists of its kind.
func (e *Entra) nested() bool {
	for _, slot := range entraNested {
		if e.p[slot].Present() {
			return true
		}
	}
	return false
}

// sort returns the kind of log, by the record's category or, for a missing or
// unknown category, by the fields that only one log has.
func (e *Entra) sort() entraKind {
	category := e.f[entraCategory].Bytes()
	var lower [48]byte
	if len(category) > 0 && len(category) <= len(lower) {
		kind, ok := entraCategories[string(ascii.AppendLower(lower[:0], category))]
		if ok {
			return kind
		}
	}
	p := &e.p
	switch {
	case p[propUPN].Present() && p[propErrorCode].Present() && p[propTimestamp].Present():
		return entraUser
	case p[propActivity].Present() && (p[propInitiatedBy].Present() || p[propLoggedBy].Present()):
		return entraAudit
	case (p[propStatus].Present() || e.f[entraResultType].Present()) && p[propCreated].Present() && p[propAppID].Present():
		if known(p[propUser]) == nil && known(p[propPrincipalID]) != nil {
			return entraPrincipal
		}
		return entraUser
	case (e.f[entraResultType].Present() || p[propStatus].Present() || p[propErrorCode].Present()) && p[propUser].Present() && p[propIP].Present():
		return entraUser // a query of Log Analytics with few columns, or what people select in PowerShell
	case bytes.Contains(e.f[entraResource].Bytes(), []byte("icrosoft.aadiam")):
		return entraOther
	}
	return entraNot
}

// Decode emits a sign-in, or a directory change that the content names.
func (e *Entra) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	if e.kind == entraIdentity {
		fields := in.Structured(e.f[entraProperties])
		if !fields.Present() {
			fields = in.Fields
		}
		return decodeIdentity(in, fields, e.f[entraTime], &e.detail, ev, emit)
	}
	ev.Service = event.M365
	if ev.ID = known(e.p[propID]); ev.ID == nil {
		ev.ID = known(e.p[propRequestID])
	}
	// The envelope's address is sometimes that of a proxy of Azure.
	if ev.RawIP = known(e.p[propIP]); ev.RawIP == nil {
		ev.RawIP = known(e.f[entraCallerIP])
	}
	switch e.kind {
	case entraUser, entraPrincipal, entraManaged:
		if e.signIn(in, ev); ev.Outcome == event.OutcomeUnknown {
			return in.Fail(format.NoFields)
		}
	case entraAudit:
		if outcome := e.audit(in, ev); outcome != format.Understood {
			return outcome
		}
	default:
		return format.Ignored
	}
	if ev.RawUser == nil && ev.RawIP == nil && ev.App == nil && ev.Action == event.SignIn {
		return in.Fail(format.NoFields)
	}
	at, why := firstTime(e.p[propCreated], e.p[propActivityTime], e.p[propTimestamp], e.f[entraTime], e.f[entraTimeGenerated], e.f[entraTimestamp])
	if why != format.NoReason {
		return in.Fail(why)
	}
	ev.Time = at
	emit(ev)
	return format.Understood
}
