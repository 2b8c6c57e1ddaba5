package source

import (
	"bytes"

	"redshank/analytics/event"
)

// winKind is the provider of an event, as far as one is of interest.
type winKind uint8

const (
	winOther winKind = iota
	winSecurity
	winPowerShell
	winSysmon
	winCmdlets   // Exchange cmdlets, channel MSExchange Management
	winTransport // Exchange transport, channel Application
)

// winProviders and winChannels are in lower case: writers disagree about it.
var winProviders = map[string]winKind{
	"microsoft-windows-security-auditing": winSecurity,
	"microsoft-windows-powershell":        winPowerShell,
	"powershellcore":                      winPowerShell,
	"microsoft-windows-sysmon":            winSysmon,
	"msexchange cmdletlogs":               winCmdlets,
	"msexchangetransport":                 winTransport,
	"msexchangefrontendtransport":         winTransport,
}

// winChannels serve records without a provider.
var winChannels = map[string]winKind{
	"security": winSecurity,
	"microsoft-windows-powershell/operational": winPowerShell,
	"powershellcore/operational":               winPowerShell,
	"microsoft-windows-sysmon/operational":     winSysmon,
	"msexchange management":                    winCmdlets,
}

// winAct is a kind of event: ids mean something below their provider only.
type winAct struct {
	kind winKind
	id   int
}

// winDecoders are the events that are decoded. All others are ignored: among
// them 4648 (a process used another account: on Exchange the health manager,
// all day; what it leads to is in 4624), 4768, 4105 and 4106 (a script block
// began and ended: 4104 has said what it is), and the classic PowerShell
// channel, which repeats 4103.
var winDecoders = map[winAct]func(*winEvent, *event.Event, Emit) Outcome{
	{winSecurity, 4624}:   (*winEvent).logon,
	{winSecurity, 4625}:   (*winEvent).failedLogon,
	{winSecurity, 4740}:   (*winEvent).lockout,
	{winSecurity, 4771}:   (*winEvent).kerberosFailure,
	{winSecurity, 4776}:   (*winEvent).ntlmValidation,
	{winPowerShell, 4103}: (*winEvent).pipeline,
	{winPowerShell, 4104}: (*winEvent).scriptBlock,
	{winSysmon, 3}:        (*winEvent).connection,
	{winSysmon, 22}:       (*winEvent).lookUp,
	{winCmdlets, 1}:       (*winEvent).cmdlet,
	{winCmdlets, 6}:       (*winEvent).cmdlet,
	{winTransport, 1035}:  (*winEvent).smtpRefusal,
}

// winEvent decodes Windows events: whatever wrote the record, it is first
// read into one row, and the row is decoded by provider and id.
type winEvent struct {
	heads  winHeadSet // what claims has found; decode goes on from there
	flat   bool       // Beats with dots in its keys
	row    winRow
	blocks *scriptBlocks
}

func newWinEvent() format { return &winEvent{blocks: newScriptBlocks()} }

func (w *winEvent) source() event.Source { return event.WinEvent }

// claims notes the heads for decode, so that the record is walked once.
func (w *winEvent) claims(in *Input) bool {
	w.heads, w.flat = winHeadSet{}, false
	if in.Line != nil {
		return isEventXML(in.Line)
	}
	if !in.Fields.IsMap() || !w.heads.winMap(in.Fields) {
		return false
	}
	w.flat = w.heads[headID] == nil && w.heads[headSystem].Bytes() == nil && w.heads[headText].Bytes() == nil
	return true
}

// decode reads what claims has just claimed.
func (w *winEvent) decode(in *Input, ev *event.Event, emit Emit) Outcome {
	r := &w.row
	r.reset()
	text := in.Line
	if text == nil {
		text = w.heads[headSystem].Bytes()
	}
	switch {
	case text != nil:
		return w.events(in, text, ev, emit)
	case w.flat:
		r.flat(in.Fields)
	case w.heads[headID] == nil:
		r.eventText(w.heads[headText].Bytes())
	default:
		r.head(&w.heads)
	}
	decoder, ok := winDecoders[r.act()]
	if !ok {
		return Ignored
	}
	if !w.flat {
		r.body(in, &w.heads, in.Fields)
	}
	if w.heads[headSystem].IsMap() {
		r.ecs(r.act().kind, in.Fields)
	}
	return w.finish(decoder, in, ev, emit)
}

// events decodes event XML. Collectors now and then put several events into
// one text; the record then has the best of their outcomes.
func (w *winEvent) events(in *Input, text []byte, ev *event.Event, emit Emit) Outcome {
	r, x := &w.row, &xmlReader{rest: text}
	best := Malformed
	for first := true; r.xml(x, w.wanted); first = false {
		if first && in.Line == nil { // inserts beside the XML have what the XML lacks
			w.heads[headSystem] = nil
			r.body(in, &w.heads, w.heads[headInserts])
		}
		outcome := Ignored
		if decoder, ok := winDecoders[r.act()]; ok {
			outcome = w.finish(decoder, in, ev, emit)
		}
		if best == Malformed || outcome == Understood {
			best = outcome
		}
		r.reset()
	}
	return best
}

func (w *winEvent) wanted() bool {
	_, ok := winDecoders[w.row.act()]
	return ok
}

// finish gives the row its data by name and decodes it.
func (w *winEvent) finish(decoder func(*winEvent, *event.Event, Emit) Outcome, in *Input, ev *event.Event, emit Emit) Outcome {
	r := &w.row
	act := r.act()
	r.byPosition(act)
	if act.kind == winSecurity && r.message != nil && r.data[fieldTargetUserName] == nil {
		r.byMessage()
	}
	ev.Reset()
	ev.Source, ev.Service, ev.Host = event.WinEvent, event.Windows, winPresent(r.computer)
	ev.Time = r.time(in.Time)
	ev.ID = r.recordID(ev.Time)
	return decoder(w, ev, emit)
}

// act is what kind of event the row is.
func (r *winRow) act() winAct {
	kind := winKindOf(winProviders, r.provider)
	if len(r.provider) == 0 {
		kind = winKindOf(winChannels, r.channel)
	}
	return winAct{kind, r.id}
}

// winKindOf looks a name up without regard to case.
func winKindOf(kinds map[string]winKind, name []byte) winKind {
	var lower [64]byte
	if len(name) > len(lower) {
		return winOther
	}
	for i, c := range bytes.TrimSpace(name) {
		if c-'A' < 26 {
			c |= 0x20
		}
		lower[i] = c
	}
	return kinds[string(lower[:len(bytes.TrimSpace(name))])]
}
