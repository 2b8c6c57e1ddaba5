package windows

import (
	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// decoder decodes the row of one kind of event.
type decoder func(r *row, ev *event.Event, emit format.Emit) format.Outcome

// decoders are the events that are decoded. All others are ignored, among them 4648
// (a process used another account, as the health manager of Exchange does all day;
// 4624 has the result), 4105 and 4106 (a script block began or ended; 4104
// has the text), and the classic PowerShell channel, which repeats 4103.
var decoders = map[eventType]decoder{
	{security, 4624}:   decodeLogon,
	{security, 4625}:   decodeFailedLogon,
	{security, 4740}:   decodeLockout,
	{security, 4768}:   decodeKerberosTicket,
	{security, 4771}:   decodeKerberosFailure,
	{security, 4776}:   decodeNTLM,
	{powerShell, 4103}: decodePipeline,
	{powerShell, 4104}: decodeScriptBlock,
	{sysmon, 3}:        decodeConnection,
	{sysmon, 22}:       decodeLookUp,
	{cmdlets, 1}:       decodeCmdlet,
	{cmdlets, 6}:       decodeCmdlet,
	{transport, 1035}:  decodeSMTPRefusal,

	{federation, adfsToken}:      decodeFederationAudit,
	{federation, adfsPassword}:   decodeFederationAudit,
	{federation, adfsRefused}:    decodeFederationAudit,
	{federation, adfsLockout}:    decodeFederationAudit,
	{federation, adfsTokenError}: decodeFederationText,
	{federation, adfsLockedTrue}: decodeFederationText,
	{federation, adfsLocked}:     decodeFederationText,
}

// Events decodes Windows events. A record of any collector is first read into one
// row, and the row is decoded by provider and id.
type Events struct {
	heads headSet // found by Claims, used by Decode
	flat  bool    // the path of each field is in its key
	row   row
}

// New returns the format.
func New() format.Format { return &Events{row: row{blocks: newScriptBlocks()}} }

// Source is event.WinEvent.
func (w *Events) Source() event.Source { return event.WinEvent }

// Claims stores the heads for Decode, so that the record is walked once.
func (w *Events) Claims(in *format.Input) bool {
	w.heads, w.flat = headSet{}, false
	if in.Line != nil {
		return isEventXML(in.Line) || isEventText(in.Line)
	}
	if !in.Fields.IsMap() || !w.heads.find(in.Fields) {
		return false
	}
	w.flat = w.heads[headID] == nil && w.heads[headSystem].Bytes() == nil && w.heads[headText].Bytes() == nil
	return true
}

// Decode decodes the record that Claims has just accepted.
func (w *Events) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	r := &w.row
	r.reset()
	text := in.Line
	if text == nil {
		text = w.heads[headSystem].Bytes()
	}
	switch {
	case text != nil && !isEventText(text):
		return w.events(in, text, ev, emit)
	case text != nil:
		eventText(text).read(r)
	case w.flat:
		flatRecord{in.Fields}.read(r)
	case w.heads[headID] == nil:
		eventText(w.heads[headText].Bytes()).read(r)
	default:
		r.head(&w.heads)
	}
	decode, ok := decoders[r.act()]
	if !ok {
		return r.unwanted(in)
	}
	if !w.flat && text == nil {
		r.body(in, &w.heads, in.Fields)
	}
	if w.heads[headSystem].IsMap() {
		ecsRecord{in.Fields}.read(r)
	}
	return w.finish(decode, in, ev, emit)
}

// events decodes event XML. Some collectors put several events into one text; the
// record then has the best of their outcomes.
func (w *Events) events(in *format.Input, text []byte, ev *event.Event, emit format.Emit) format.Outcome {
	r, x := &w.row, &xmlReader{rest: text}
	best := format.Malformed
	for first := true; x.event(r, w.wanted); first = false {
		if first && in.Line == nil { // inserts beside the XML have values that the XML lacks
			w.heads[headSystem] = nil
			r.body(in, &w.heads, w.heads[headInserts])
		}
		outcome := r.unwanted(in)
		if decode, ok := decoders[r.act()]; ok {
			outcome = w.finish(decode, in, ev, emit)
		}
		if best == format.Malformed || outcome == format.Understood {
			best = outcome
		}
		r.reset()
	}
	return best
}

func (w *Events) wanted() bool {
	_, ok := decoders[w.row.act()]
	return ok
}

// finish gives the row its data by name and decodes it.
func (w *Events) finish(decode decoder, in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	r := &w.row
	act := r.act()
	if schema, ok := schemaOf[act]; ok {
		schema.name(r)
	}
	switch m := renderedMessage(ascii.Clip(r.message, maxWinText)); {
	case m == nil:
	case act.kind == security && r.data[fieldTargetUserName] == nil:
		m.nameByOrder(r)
		m.nameByLabel(r)
	case (act.kind == sysmon || act.kind == powerShell) && !r.named():
		m.nameByForm(r, act)
	}
	at, why := r.eventTime(in.Time)
	if why != format.NoReason {
		return in.Fail(why)
	}
	ev.Reset()
	ev.Source, ev.Service, ev.Host = event.WinEvent, event.Windows, present(r.computer)
	ev.Time = at
	ev.ID = r.recordID(ev.Time)
	outcome := decode(r, ev, emit)
	if outcome == format.Malformed {
		return in.Fail(format.NoFields)
	}
	return outcome
}
