package m365

import (
	"bytes"
	"time"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
	"redshank/analytics/timestamp"
)

// NewUAL returns the format. operation returns what an operation means.
func NewUAL(operation func(name []byte) event.Operation) format.Format {
	return &UAL{operation: operation}
}

// Source is event.UAL.
func (*UAL) Source() event.Source { return event.UAL }

// Claims requires an operation and two more of the fields that every form has, or four
// that people select in PowerShell. It rejects rows with AuditData, which contains the
// actual record. Rows of Search-MailboxAuditLog and Search-AdminAuditLog have no type and
// no workload.
func (u *UAL) Claims(in *format.Input) bool {
	if !in.Fields.IsMap() {
		return false
	}
	at := &u.at
	in.Find(ualKeys, true, at[:])
	u.fields = in.Index
	if at[ualCmdletName] > 0 && at[ualRunDate] > 0 && at[ualOperation] == 0 {
		u.adminAudit()
		return u.f(ualOperation).Bytes() != nil
	}
	if at[ualOperation] == 0 || at[ualAuditData] > 0 || u.f(ualOperation).Bytes() == nil {
		return false
	}
	return (at[ualLastAccessed] > 0 && at[ualLogonType] > 0 || at[ualRecordType]+at[ualWorkload]+at[ualOfficeWorkload] > 0 &&
		at[ualCreationTime]+at[ualOfficeWorkload]+at[ualUserID] > 0 || u.selected()) && !u.flattened(in)
}

// selected reports whether the record has the time, the account and the address of an
// operation.
func (u *UAL) selected() bool {
	at := &u.at
	return at[ualCreationTime] > 0 && at[ualUserID] > 0 && at[ualClientIP]+at[ualClientIPAddress]+at[ualActorIP] > 0
}

// flattened reports whether a pipeline has put the fields of all lists and maps beside the
// others.
func (u *UAL) flattened(in *format.Input) bool {
	for _, slot := range ualNested {
		if u.at[slot] > 0 {
			return false
		}
	}
	return in.Flattened(ualRoots)
}

// Decode emits an operation that the content names.
func (u *UAL) Decode(in *format.Input, ev *event.Event, emit format.Emit) format.Outcome {
	name := bytes.TrimSpace(u.f(ualOperation).Bytes())
	op := u.operation(name)
	if op.Action == event.ActionNone {
		return format.Ignored
	}
	at, why := u.time()
	if why != format.NoReason {
		return in.Fail(why)
	}
	ev.Time, ev.Operation, ev.Action = at, name, op.Action
	u.common(in, ev)
	if op.Action == event.SignIn {
		u.signIn(in, ev, &op)
	} else if !u.mail(in, ev, &op) {
		return format.Ignored
	}
	if u.hasMails() {
		u.in, ev.Mails = in, u
	}
	emit(ev)
	return format.Understood
}

// time returns the time of the operation, from the first field that has a time.
func (u *UAL) time() (t time.Time, why format.Reason) {
	return firstTime(u.f(ualCreationTime), u.f(ualStartTime), u.f(ualTimeGenerated), u.f(ualCreationDate), u.f(ualLastAccessed), u.f(ualTimestamp))
}

// firstTime returns the first of the fields that can be read as a time. A record
// whose fields are all absent, or cannot be read, is not understood.
func firstTime(fields ...record.Value) (t time.Time, why format.Reason) {
	why = format.NoTime
	for _, field := range fields {
		if !field.Present() || field.Type() == msgp.NilType || string(field.Bytes()) == "" && !field.IsMap() && field.Bytes() != nil {
			continue
		}
		if t, ok := timestamp.Of(field); ok {
			return t, format.NoReason
		}
		why = format.BadTime
	}
	return t, why
}

// common fills the fields that all operations have.
func (u *UAL) common(in *format.Input, ev *event.Event) {
	ev.ID = u.first(ualID, ualOfficeID, ualSourceRecordID, ualIdentity)
	ev.RawIP = u.first(ualClientIP, ualClientIPAddress, ualClientIPOffice, ualActorIP)
	ev.RawUser, ev.SID = u.user(in), u.first(ualLogonSID)
	ev.Session = u.first(ualSessionID)
	if access := in.Structured(u.f(ualAppAccess)); access.IsMap() {
		ev.Token = known(access.GetFold("UniqueTokenId"))
		if ev.Session == nil {
			ev.Session = known(access.GetFold("AADSessionId"))
		}
		ev.App = known(access.GetFold("ClientAppId"))
	}
	if ev.Host = u.first(ualServer); ev.Host != nil {
		if end := bytes.IndexByte(ev.Host, ' '); end >= 0 {
			ev.Host = ev.Host[:end:end]
		}
	}
}

// user returns the account as logged. If the record has no name, the list of actors
// often has one: type 5 is a user principal name.
func (u *UAL) user(in *format.Input) []byte {
	id := u.first(ualUserID, ualUserKey)
	if id == nil && u.at[ualLastAccessed] > 0 {
		return u.auditedUser()
	}
	if id != nil && !unnamed(id) {
		return id
	}
	for actor := range in.Structured(u.f(ualActor)).Items() {
		name := known(actor.GetFold("ID"))
		if kind, ok := actor.GetFold("Type").Int(); ok && kind == 5 && bytes.IndexByte(name, '@') > 0 {
			return name
		}
	}
	return id
}

// auditedUser returns the account of a row of Search-MailboxAuditLog: the owner of the
// mailbox, or the SID of the other one, of whom the row has only the name for display.
func (u *UAL) auditedUser() []byte {
	if string(u.first(ualLogonType)) == "Owner" {
		return u.first(ualMailboxOwner)
	}
	return u.first(ualLogonSID, ualDisplayName)
}

// adminAudit gives the fields of a row of Search-AdminAuditLog their names in the unified
// audit log.
func (u *UAL) adminAudit() {
	at := &u.at
	at[ualOperation], at[ualParameters], at[ualUserID] = at[ualCmdletName], at[ualCmdletParameters], at[ualCaller]
	at[ualCreationTime], at[ualResultStatus] = at[ualRunDate], at[ualSucceeded]
}
