package windows

import "redshank/analytics/record"

// ecs are the fields to which the modules of Beats move data of an event. Some of
// it is then missing from winlog.event_data. user.* is the subject in some events
// and the target in others, so it is used only if it is the account that runs a
// program.
var ecs = []struct {
	kind  providerKind
	field dataField
	path  []string
}{
	{security, fieldIPAddress, []string{"source", "ip"}},
	{sysmon, fieldSourceIP, []string{"source", "ip"}},
	{sysmon, fieldDestinationIP, []string{"destination", "ip"}},
	{sysmon, fieldDestinationHostname, []string{"destination", "domain"}},
	{sysmon, fieldQueryName, []string{"dns", "question", "name"}},
	{sysmon, fieldImage, []string{"process", "executable"}},
	{sysmon, fieldInitiated, []string{"network", "direction"}},
	{powerShell, fieldCommandName, []string{"powershell", "command", "name"}},
	{powerShell, fieldCommandLine, []string{"process", "command_line"}},
	{powerShell, fieldScriptBlockText, []string{"powershell", "file", "script_block_text"}},
	{powerShell, fieldScriptBlockID, []string{"powershell", "file", "script_block_id"}},
	{powerShell, fieldMessageNumber, []string{"powershell", "sequence"}},
	{powerShell, fieldMessageTotal, []string{"powershell", "total"}},
}

// ecsRecord is a record of Beats.
type ecsRecord struct{ record.Value }

// read fills in the fields that the record's event_data lacks.
func (m ecsRecord) read(r *row) {
	kind := r.act().kind
	for i := range ecs {
		if e := &ecs[i]; e.kind == kind && r.data[e.field] == nil {
			if v := m.Path(e.path...); v.Present() {
				r.put(e.field, r.text(v))
			}
		}
	}
	switch kind {
	case powerShell:
		if account := m.user(r); account != nil {
			r.user = account
		}
		if r.data[fieldPayload] == nil {
			r.put(fieldPayload, r.message) // the message begins with the payload
		}
	case sysmon:
		if account := m.user(r); account != nil {
			r.put(fieldUser, account)
		}
	}
}

// user returns the account of the record.
func (m ecsRecord) user(r *row) []byte {
	user := m.Get("user")
	name, domain := user.Get("name").Bytes(), user.Get("domain").Bytes()
	if len(name) == 0 || len(domain) == 0 {
		return present(name)
	}
	return r.join(domain, '\\', name)
}
