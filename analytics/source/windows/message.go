package windows

import (
	"bytes"
	"strings"

	"redshank/analytics/record"
	"redshank/analytics/source/table"
)

// messages are the orders of the values in the rendered Message of an event, by
// their number. The message is the last resort: for collectors that keep nothing
// else, and for values that the schema could not place. The labels are translated and
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
var messageOf = func() map[messageKey][]dataField {
	all := make(map[messageKey][]dataField, len(messages))
	for _, m := range messages {
		var fields []dataField
		for _, name := range strings.Fields(m.values) {
			fields = append(fields, fieldByName[name])
		}
		all[messageKey{m.id, len(fields)}] = fields
	}
	return all
}()

// renderedMessage is the message of an event as Windows renders it.
type renderedMessage []byte

// nameByOrder sets the missing fields of a Security event by the order of the values.
func (m renderedMessage) nameByOrder(r *row) {
	var values [maxInserts][]byte
	n := 0
	for rest := []byte(m); len(rest) > 0; {
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

// labelPosition is the position of one value in the English message of an event: the value
// follows a label, which follows the title of a section.
type labelPosition struct {
	id      int // of the event
	field   dataField
	section string // empty: the whole message
	label   string
	last    bool // the last occurrence counts, because the client chooses the text before it
}

// labels are for messages that have lost their line breaks, or their end. Windows
// itself writes the source address and the text after it. The client chooses
// account and workstation, so a label inside them must not count.
var labels = []labelPosition{
	{4624, fieldTargetUserName, "New Logon:", "Account Name:", false},
	{4624, fieldTargetDomainName, "New Logon:", "Account Domain:", false},
	{4624, fieldTargetSID, "New Logon:", "Security ID:", false},
	{4625, fieldTargetUserName, "Account For Which Logon Failed:", "Account Name:", false},
	{4625, fieldTargetDomainName, "Account For Which Logon Failed:", "Account Domain:", false},
	{4625, fieldSubStatus, "Failure Information:", "Sub Status:", true},
	{4625, fieldStatus, "Failure Information:", "Status:", false},
	{4624, fieldLogonType, "", "Logon Type:", false},
	{4625, fieldLogonType, "", "Logon Type:", false},
	{4624, fieldProcessName, "Process Information:", "Process Name:", true},
	{4625, fieldProcessName, "Process Information:", "Caller Process Name:", true},
	{4624, fieldWorkstation, "Network Information:", "Workstation Name:", false},
	{4625, fieldWorkstation, "Network Information:", "Workstation Name:", false},
	{4624, fieldIPAddress, "Network Information:", "Source Network Address:", true},
	{4625, fieldIPAddress, "Network Information:", "Source Network Address:", true},
	{4624, fieldPackage, "Detailed Authentication Information:", "Authentication Package:", true},
	{4625, fieldPackage, "Detailed Authentication Information:", "Authentication Package:", true},
	{4740, fieldTargetUserName, "Account That Was Locked Out:", "Account Name:", false},
	{4740, fieldTargetDomainName, "Additional Information:", "Caller Computer Name:", true},
	{4768, fieldTargetUserName, "Account Information:", "Account Name:", false},
	{4768, fieldIPAddress, "Network Information:", "Client Address:", true},
	{4768, fieldStatus, "Additional Information:", "Result Code:", true},
	{4771, fieldTargetUserName, "Account Information:", "Account Name:", false},
	{4771, fieldTargetSID, "Account Information:", "Security ID:", false},
	{4771, fieldIPAddress, "Network Information:", "Client Address:", true},
	{4771, fieldStatus, "Additional Information:", "Failure Code:", true},
	{4776, fieldTargetUserName, "", "Logon Account:", false},
	{4776, fieldWorkstation, "", "Source Workstation:", false},
	{4776, fieldStatus, "", "Error Code:", true},
}

// nameByLabel sets the missing fields from an English message.
func (m renderedMessage) nameByLabel(r *row) {
	for i := range labels {
		l := &labels[i]
		if l.id != r.id || r.data[l.field] != nil {
			continue
		}
		_, text, found := bytes.Cut(m, []byte(l.section))
		if !found {
			continue
		}
		at := bytes.Index(text, []byte(l.label))
		if l.last {
			at = bytes.LastIndex(text, []byte(l.label))
		}
		if at >= 0 {
			r.put(l.field, labelValue(text[at+len(l.label):]))
		}
	}
}

// labelValue returns the value after a label: up to a line break, a tab, two
// spaces, or the next label.
func labelValue(text []byte) []byte {
	text = bytes.TrimLeft(text, " \t")
	end := len(text)
	if at := bytes.IndexAny(text, "\r\n\t"); at >= 0 {
		end = at
	}
	for _, mark := range [...]string{"  ", "#011", " Account Domain:", " Logon ID:", " Failure Information:", " Sub Status:", " Status:", " Source Port:",
		" Source Network Address:", " Process Information:", " Network Information:", " Authentication Package:", " Transited Services:",
		" Detailed Authentication Information:", " Source Workstation:", " Error Code:", " Additional Information:", " Caller Process Name:",
		" Account For Which Logon Failed:", " New Logon:", " Security ID:", " Impersonation Level:", " Service Information:", " Client Port:"} {
		if at := bytes.Index(text[:end], []byte(mark)); at >= 0 {
			end = at
		}
	}
	return text[:end]
}

// Some collectors take the rendered message of an event apart and use its labels as names:
// fluentd with the section before the label (account_for_which_logon_failed.account_name),
// Splunk without it. A label of several sections then has several values, that of the logon
// behind that of the process which asked for it.

// labelName is the label of one value of an event, folded as column names are.
type labelName struct {
	id   int
	name string
}

// fieldOfLabel are the fields by their labels, with and without the section.
var fieldOfLabel = func() map[labelName]dataField {
	all := make(map[labelName]dataField, 2*len(labels))
	for _, l := range labels {
		all[labelName{l.id, table.FoldName(l.section + l.label)}] = l.field
		all[labelName{l.id, table.FoldName(l.label)}] = l.field
	}
	return all
}()

// labelledRecord is an event whose names are the labels of its message.
type labelledRecord struct{ record.Value }

// read sets the missing fields of a Security event.
func (m labelledRecord) read(r *row) {
	for key, value := range m.All() {
		if field := fieldOfLabel[labelName{r.id, table.FoldName(string(key[:min(len(key), maxLabel)]))}]; field != fieldNone {
			text := r.text(lastOf(value))
			r.put(field, text[bytes.LastIndexByte(text, '\n')+1:])
		}
	}
}

// maxLabel is the longest label with its section, in bytes.
const maxLabel = 64

// lastOf returns the last element of a list, and any other value as it is: in CSV the
// elements are lines of a text.
func lastOf(v record.Value) record.Value {
	for item := range v.Items() {
		v = item
	}
	return v
}
