package windows

import (
	"bytes"
	"strings"

	"redshank/analytics/ascii"
)

// messages are the orders of the values in the rendered Message of an event, by
// their number. The message is the last resort: for collectors that keep nothing
// else, and for values that nameByShape could not place. The labels are translated and
// therefore ignored; a value follows the tabs after a label.
var messages = []struct {
	id     int
	values string
}{
	{4624, `- - - - LogonType - TargetUserName TargetDomainName - - ProcessId ProcessName WorkstationName IpAddress -
		LogonProcessName AuthenticationPackageName - - -`},
	{4624, `- - - - LogonType - - TargetUserName TargetDomainName - - ProcessId ProcessName WorkstationName IpAddress -
		LogonProcessName AuthenticationPackageName - - -`},
	{4624, `- - - - LogonType - - - - - TargetUserName TargetDomainName - - - - - ProcessId ProcessName WorkstationName
		IpAddress - LogonProcessName AuthenticationPackageName - - -`},
	{4624, `- - - - LogonType - - - - - - TargetUserName TargetDomainName - - - - - ProcessId ProcessName WorkstationName
		IpAddress - LogonProcessName AuthenticationPackageName - - -`},
	{4625, `- - - - LogonType - TargetUserName TargetDomainName FailureReason Status SubStatus ProcessId ProcessName
		WorkstationName IpAddress - LogonProcessName AuthenticationPackageName - - -`},
	{4740, `- - - - - TargetUserName TargetDomainName`},
	{4768, `TargetUserName TargetDomainName - - - IpAddress - - Status - - - - -`},
	{4771, `- TargetUserName - IpAddress - - Status - - - -`},
	{4776, `PackageName TargetUserName Workstation Status`},
}

type messageKey struct{ id, values int }

// messageOf finds an order by event and number of values, which distinguishes the
// versions and rejects truncated messages.
var messageOf = func() map[messageKey][]field {
	all := make(map[messageKey][]field, len(messages))
	for _, m := range messages {
		var fields []field
		for _, name := range strings.Fields(m.values) {
			fields = append(fields, fieldByName[name])
		}
		all[messageKey{m.id, len(fields)}] = fields
	}
	return all
}()

// nameByMessage sets the missing fields from the rendered message of a Security event.
func nameByMessage(r *row) {
	var values [maxInserts][]byte
	n := 0
	for rest := ascii.Clip(r.message, maxWinText); len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, newline)
		value, ok := labelled(line)
		if !ok {
			continue
		}
		if n == maxInserts {
			return
		}
		values[n] = value
		n++
	}
	for i, f := range messageOf[messageKey{r.id, n}] {
		r.put(f, values[i])
	}
}

// labelled splits "\tLabel:\t\tvalue". Section titles have no tab after them, and
// explanations have none at all.
func labelled(line []byte) (value []byte, ok bool) {
	line = bytes.TrimRight(line, "\r ")
	tab := bytes.LastIndexByte(line, '\t')
	if tab < 0 || len(bytes.TrimSpace(line[:tab])) == 0 {
		return nil, false
	}
	return line[tab+1:], true
}
