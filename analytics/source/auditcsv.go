package source

import (
	"fmt"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// The directory audit that Entra's portal exports as CSV has a fixed number of
// columns for the lists and maps of the same record elsewhere, such as
// Target1ModifiedProperty2NewValue.

const (
	auditTargets    = 3
	auditProperties = 5  // of a target
	auditDetails    = 10 // the exports so far have six
)

// auditTarget are the columns of one changed object.
type auditTarget struct {
	id, name, kind, user string
	properties           [auditProperties]struct{ name, value string }
}

var auditTargetColumns = func() (all [auditTargets]auditTarget) {
	for i := range all {
		t, prefix := &all[i], fmt.Sprintf("Target%d", i+1)
		t.id, t.name, t.kind, t.user = prefix+"ObjectId", prefix+"DisplayName", prefix+"Type", prefix+"UserPrincipalName"
		for j := range t.properties {
			property := fmt.Sprintf("%sModifiedProperty%d", prefix, j+1)
			t.properties[j].name, t.properties[j].value = property+"Name", property+"NewValue"
		}
	}
	return all
}()

var auditDetailColumns = func() (all [auditDetails]struct{ key, value string }) {
	for i := range all {
		all[i].key, all[i].value = fmt.Sprintf("AdditionalDetail%dKey", i+1), fmt.Sprintf("AdditionalDetail%dValue", i+1)
	}
	return all
}()

// auditRow returns the record of the directory audit that a row of the export
// holds, in the form in which Graph has it. The export has no id of the record.
func auditRow(s *format.Scratch, row record.Value) record.Value {
	b := objects{s}
	who := "user"
	by := b.object(objectField{"id", row.GetFold("ActorObjectId")}, objectField{"userPrincipalName", row.GetFold("ActorUserPrincipalName")})
	if kind := row.GetFold("ActorType").Bytes(); len(kind) >= 3 && ascii.EqualAnyFold(kind[:3], "app") {
		who = "app"
		by = b.object(objectField{"servicePrincipalId", row.GetFold("ActorServicePrincipalId")}, objectField{"servicePrincipalName", row.GetFold("ActorServicePrincipalName")},
			objectField{"displayName", row.GetFold("ActorDisplayName")})
	}
	return b.object(
		objectField{"activityDateTime", row.GetFold("Date")}, objectField{"activityDisplayName", row.GetFold("Activity")},
		objectField{"loggedByService", row.GetFold("Service")}, objectField{"result", row.GetFold("Result")}, objectField{"ipAddress", row.GetFold("IPAddress")},
		objectField{"initiatedBy", b.object(objectField{who, by})}, objectField{"targetResources", b.targets(row)}, objectField{"additionalDetails", b.details(row)})
}

// targets returns the changed objects. Those without an id and a name are left out.
func (b objects) targets(row record.Value) record.Value {
	var list []record.Value
	for i := range auditTargetColumns {
		t := &auditTargetColumns[i]
		id, name := row.GetFold(t.id), row.GetFold(t.name)
		if !id.Present() && !name.Present() {
			continue
		}
		var properties []record.Value
		for _, p := range t.properties {
			if name := row.GetFold(p.name); name.Present() {
				properties = append(properties, b.object(objectField{"displayName", name}, objectField{"newValue", row.GetFold(p.value)}))
			}
		}
		list = append(list, b.object(objectField{"id", id}, objectField{"displayName", name}, objectField{"type", row.GetFold(t.kind)},
			objectField{"userPrincipalName", row.GetFold(t.user)}, objectField{"modifiedProperties", b.list(properties)}))
	}
	return b.list(list)
}

// details returns the additional details, with the agent, which has a column of
// its own, as the first of them.
func (b objects) details(row record.Value) record.Value {
	var list []record.Value
	agent := row.GetFold("UserAgent")
	if !agent.Present() {
		agent = row.GetFold("User Agent")
	}
	if agent.Present() {
		list = append(list, b.object(objectField{"key", b.text("User-Agent")}, objectField{"value", agent}))
	}
	for _, d := range auditDetailColumns {
		if key := row.GetFold(d.key); key.Present() {
			list = append(list, b.object(objectField{"key", key}, objectField{"value", row.GetFold(d.value)}))
		}
	}
	return b.list(list)
}

// objects builds values in memory that is given back with the record.
type objects struct{ *format.Scratch }

type objectField struct {
	name  string
	value record.Value
}

// object returns a map of the fields that are present.
func (b objects) object(fields ...objectField) record.Value {
	start, n := len(b.Buf), uint32(0)
	for _, f := range fields {
		if f.value.Present() {
			n++
		}
	}
	b.Buf = msgp.AppendMapHeader(b.Buf, n)
	for _, f := range fields {
		if f.value.Present() {
			b.Buf = append(msgp.AppendString(b.Buf, f.name), f.value...)
		}
	}
	return record.Value(b.Buf[start:])
}

func (b objects) list(items []record.Value) record.Value {
	start := len(b.Buf)
	b.Buf = msgp.AppendArrayHeader(b.Buf, uint32(len(items)))
	for _, item := range items {
		b.Buf = append(b.Buf, item...)
	}
	return record.Value(b.Buf[start:])
}

func (b objects) text(s string) record.Value {
	start := len(b.Buf)
	b.Buf = msgp.AppendString(b.Buf, s)
	return record.Value(b.Buf[start:])
}
