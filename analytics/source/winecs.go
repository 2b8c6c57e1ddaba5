package source

import "redshank/analytics/record"

// winECS is where Beats' own modules move an event's data to. They take some
// of it out of winlog.event_data, so that each is looked for where it is
// missing there. user.* is the subject in some events and the target in
// others, and so is only used where it is the account that runs a program.
var winECS = []struct {
	kind  winKind
	field winField
	path  []string
}{
	{winSecurity, fieldIPAddress, []string{"source", "ip"}},
	{winSysmon, fieldSourceIP, []string{"source", "ip"}},
	{winSysmon, fieldDestinationIP, []string{"destination", "ip"}},
	{winSysmon, fieldDestinationHostname, []string{"destination", "domain"}},
	{winSysmon, fieldQueryName, []string{"dns", "question", "name"}},
	{winSysmon, fieldImage, []string{"process", "executable"}},
	{winSysmon, fieldInitiated, []string{"network", "direction"}},
	{winPowerShell, fieldCommandName, []string{"powershell", "command", "name"}},
	{winPowerShell, fieldCommandLine, []string{"process", "command_line"}},
	{winPowerShell, fieldScriptBlockText, []string{"powershell", "file", "script_block_text"}},
	{winPowerShell, fieldScriptBlockID, []string{"powershell", "file", "script_block_id"}},
	{winPowerShell, fieldMessageNumber, []string{"powershell", "sequence"}},
	{winPowerShell, fieldMessageTotal, []string{"powershell", "total"}},
}

// ecs fills from a Beats record what its event_data does not have.
func (r *winRow) ecs(kind winKind, m record.Value) {
	for i := range winECS {
		if e := &winECS[i]; e.kind == kind && r.data[e.field] == nil {
			if v := m.Path(e.path...); v.Present() {
				r.put(e.field, r.text(v))
			}
		}
	}
	switch kind {
	case winPowerShell:
		if account := r.ecsUser(m); account != nil {
			r.user = account
		}
		if r.data[fieldPayload] == nil {
			r.put(fieldPayload, r.message) // it begins with the payload
		}
	case winSysmon:
		if account := r.ecsUser(m); account != nil {
			r.put(fieldUser, account)
		}
	}
}

func (r *winRow) ecsUser(m record.Value) []byte {
	user := m.Get("user")
	name, domain := user.Get("name").Bytes(), user.Get("domain").Bytes()
	if len(name) == 0 || len(domain) == 0 {
		return winPresent(name)
	}
	return r.join(domain, '\\', name)
}
