package windows

import (
	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/timestamp"
)

// decodeConnection decodes Sysmon 3: Client is the program, Target the host that it
// connected to. Incoming connections are ignored, because their program is the
// server.
func decodeConnection(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	switch string(r.get(fieldInitiated)) {
	case "false", "ingress", "inbound": // the last two are the values of Beats
		return format.Ignored
	}
	ev.Target = firstOf(r.get(fieldDestinationHostname), r.get(fieldDestinationIP))
	ev.RawIP, ev.Outcome = r.get(fieldSourceIP), event.Success // the address of the machine itself
	return fillNetwork(r, ev, emit)
}

// decodeLookUp decodes Sysmon 22: Target is the name that was looked up, Detail the
// answers.
func decodeLookUp(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	ev.Target, ev.Detail = r.get(fieldQueryName), ascii.Clip(r.get(fieldQueryResults), maxWinParameters)
	ev.Outcome = event.Success
	if !zero(r.get(fieldQueryStatus)) {
		ev.Outcome = event.Failure
	}
	return fillNetwork(r, ev, emit)
}

// fillNetwork fills the fields of both events. System/Security/UserID is Sysmon's own
// account and not that of the program. UtcTime is the time of the action; the event
// is written up to a second later.
func fillNetwork(r *row, ev *event.Event, emit format.Emit) format.Outcome {
	if ev.Target == nil {
		return format.Malformed
	}
	ev.Action = event.Network
	ev.Target = ascii.Clip(ev.Target, maxWinName)
	ev.Client = ascii.Clip(r.get(fieldImage), maxWinName)
	ev.RawUser = r.get(fieldUser)
	if t, ok := timestamp.Parse(r.get(fieldUTCTime)); ok {
		ev.Time = t
	}
	emit(ev)
	return format.Understood
}
