package analytics

import (
	"slices"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/alert"
	"redshank/analytics/drill"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/record"
	"redshank/analytics/source"
)

// extraField is the field that is added to an enriched record.
const extraField = "redshank"

// maxEvents bounds the events listed in one record; event_count has the true
// number.
const maxEvents = 32

// enricher builds the field of one record at a time. Its buffers are reused, so that
// a record costs no allocation.
type enricher struct {
	engine *Engine
	events []enrichedEvent
	count  int    // of events, listed or not
	text   []byte // the fields of the listed events, one event after the other
	value  []byte
	open   []*incident.Incident

	observe, again source.Emit
}

// enrichedEvent is the position of an event's fields in the enricher's text.
type enrichedEvent struct{ from, to, fields, risk int }

// Enrich does what Observe does and also appends every record of the chunk to dst,
// byte for byte. Records with events get an additional field redshank (see
// enricher.appendRecord). Group markers and everything else that is valid stay in
// place; damaged bytes are dropped.
//
// A chunk seen before is enriched again and changes nothing. An attempt that is
// logged in several rows belongs to the row that completes it; if the earlier rows
// were in another chunk, the repeated chunk lacks the event.
func (e *Engine) Enrich(dst []byte, tag string, chunk []byte) ([]byte, []*alert.Alert) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.enricher == nil {
		e.enricher = newEnricher(e)
	}
	x := e.enricher
	digest, repeated := e.digest(tag, chunk)
	if repeated {
		defer e.release()
		return x.appendChunk(dst, tag, chunk, e.sources.Again(tag), x.again), nil
	}
	e.readClock()
	dst = x.appendChunk(dst, tag, chunk, e.sources, x.observe)
	return dst, e.finish(tag, digest)
}

func newEnricher(e *Engine) *enricher {
	x := &enricher{engine: e}
	x.observe = func(ev *event.Event) {
		e.observe(ev)
		if idle(ev) {
			e.policy.Normalise(ev)
		}
		x.add(ev)
	}
	x.again = func(ev *event.Event) {
		e.policy.Normalise(ev)
		e.trustedTime(ev, ev.Time.UnixMilli(), e.received.UnixMilli())
		x.add(ev)
	}
	return x
}

func (x *enricher) appendChunk(dst []byte, tag string, chunk []byte, from *source.Set, emit source.Emit) []byte {
	r := &x.engine.reader
	done := 0
	var rec record.Record
	for r.Reset(chunk); r.Next(&rec); done = r.At() {
		x.events, x.text, x.count = x.events[:0], x.text[:0], 0
		x.engine.receive(rec.Time)
		from.Decode(tag, &rec, emit)
		dst = appendWhole(dst, chunk[done:r.At()-len(rec.Raw)])
		dst = x.appendRecord(dst, &rec)
	}
	return appendWhole(dst, chunk[done:])
}

// appendWhole appends the valid part of the bytes between records.
func appendWhole(dst, between []byte) []byte {
	return append(dst, between[:record.Whole(between)]...)
}

// appendRecord appends a record with its additional field. The field describes the
// event with the highest risk, the first of equals, so that queries find one form;
// all events of the record are in the list events. A record without events, or with
// a field of this name, is appended unchanged.
func (x *enricher) appendRecord(dst []byte, rec *record.Record) []byte {
	if x.count == 0 || rec.Body.Get(extraField).Present() {
		return append(dst, rec.Raw...)
	}
	top := slices.MaxFunc(x.events, func(a, b enrichedEvent) int { return a.risk - b.risk })
	fields := top.fields
	if x.count > 1 {
		fields += 2
	}
	v := msgp.AppendMapHeader(x.value[:0], uint32(fields))
	v = append(v, x.text[top.from:top.to]...)
	if x.count > 1 {
		v = msgp.AppendInt(msgp.AppendString(v, "event_count"), x.count)
		v = msgp.AppendArrayHeader(msgp.AppendString(v, "events"), uint32(len(x.events)))
		for _, one := range x.events {
			v = msgp.AppendMapHeader(v, uint32(one.fields))
			v = append(v, x.text[one.from:one.to]...)
		}
	}
	x.value = v
	return record.AppendWith(dst, rec, extraField, v)
}

// add encodes one event, which is only valid during the call.
func (x *enricher) add(ev *event.Event) {
	x.count++
	if len(x.events) >= maxEvents {
		return
	}
	p := pairs{b: x.text}
	one := enrichedEvent{from: len(p.b)}
	x.describe(&p, ev)
	x.open = x.open[:0]
	if run := x.drillOf(ev); run != "" {
		p.word("drill", run)
	} else {
		x.open = x.engine.openFor(ev, x.open)
	}
	if len(x.open) > 0 {
		p.list("incidents", len(x.open))
		for _, i := range x.open {
			p.b = msgp.AppendString(p.b, i.ID)
		}
	}
	one.risk = riskOf(ev, x.open)
	p.number("risk", int64(one.risk))
	x.text = p.b
	one.to, one.fields = len(p.b), p.n
	x.events = append(x.events, one)
}

// drillOf returns the run of the drill that an event belongs to, "" for an ordinary
// event. An event of a drill has no part in the incidents of its address or account.
func (x *enricher) drillOf(ev *event.Event) string {
	if drill.Find(markOf(ev)) == nil {
		return ""
	}
	run, ok := runOf(x.engine.policy, x.engine.now, ev)
	if !ok {
		return ""
	}
	return string(run)
}

// describe encodes the fields of an event. Unknown fields are left out.
func (x *enricher) describe(p *pairs, ev *event.Event) {
	p.word("source", ev.Source.String())
	if ev.Service != event.ServiceUnknown {
		p.word("service", ev.Service.String())
	}
	if ev.Action != event.ActionNone {
		p.word("action", ev.Action.String())
	}
	if ev.Outcome != event.OutcomeUnknown {
		p.word("outcome", ev.Outcome.String())
	}
	p.word("reason", ev.Reason.String())
	p.address("ip", ev.IP)
	p.text("user", ev.User)
	p.word("agent", ev.Family.String())
	if name := x.engine.policy.AppName(ev.App); name != "" {
		p.word("app", name)
	} else {
		p.text("app", ev.App)
	}
	x.place(p, ev)
	p.marks(ev.Marks)
}

// place encodes the location of the address: from the policy's databases, or else
// the country that the log names.
func (x *enricher) place(p *pairs, ev *event.Event) {
	var l policy.Location
	if ev.IP.IsValid() {
		l = x.engine.geo.Locate(ev.IP)
	}
	country := l.Country
	if country == "" && len(ev.Country) == 0 && l.City == "" && l.ASN == 0 {
		return
	}
	inner := pairs{b: x.value[:0]} // free until appendRecord
	if country != "" {
		inner.word("country_iso_code", country)
	} else {
		inner.text("country_iso_code", ev.Country)
	}
	inner.word("city_name", l.City)
	if l.ASN != 0 {
		inner.number("as_number", int64(l.ASN))
		inner.word("as_organization", l.Organization)
	}
	x.value = inner.b
	p.n++
	p.b = msgp.AppendMapHeader(msgp.AppendString(p.b, "geo"), uint32(inner.n))
	p.b = append(p.b, inner.b...)
}

// openFor appends the open incidents of an event's address, account, application and
// host, each once.
func (e *Engine) openFor(ev *event.Event, list []*incident.Incident) []*incident.Incident {
	for _, a := range e.analytics {
		list = a.Incidents(ev, list)
	}
	at, open := ev.Time.UnixMilli(), list[:0]
	for _, i := range list {
		if e.tracker.IsOpen(i, at) && !slices.Contains(open, i) {
			open = append(open, i)
		}
	}
	return open
}

// Risks of an event, 0 to 100: the severity of its worst open incident, in the steps
// of event.severity of alerts; without an incident, the risk of the event itself.
var (
	riskBySeverity = [...]int{0, alert.Low: 21, alert.Medium: 47, alert.High: 73, alert.Critical: 99}
	riskOfTool     = riskBySeverity[alert.Medium]
	riskOfLeaked   = riskBySeverity[alert.Low]
)

func riskOf(ev *event.Event, open []*incident.Incident) (risk int) {
	for _, i := range open {
		risk = max(risk, riskBySeverity[min(i.Severity, alert.Critical)])
	}
	switch {
	case ev.Marks&(event.AllowedNetwork|event.IgnoredAccount|event.KnownAutomation) != 0:
		return risk
	case ev.Family == event.Tool:
		return max(risk, riskOfTool)
	case ev.Marks.Has(event.LeakedAccount) && ev.Action == event.SignIn:
		return max(risk, riskOfLeaked)
	}
	return risk
}
