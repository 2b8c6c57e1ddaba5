package windows

import (
	"bytes"
	"strings"

	"redshank/analytics/ascii"
)

// schemas are the positions of the values of each decoded event, from the
// providers' manifests. Later versions of an event only append values, so the
// longest version serves for all; counts has the number of values of each version,
// from version 0 on.
//
// The letter after a name is the shape of its values, which reveals missing values:
// forwarded events can lack their empty values (fluent-bit issue 11360), and the
// later ones are then in the wrong positions.
//
//	s SID  x 0x hex  p %%message  d digits  g GUID  a address  n path  b bool
//	u UTC time  h host or query name  r list of answers  c lines of a = b
//	e always empty  t text, none of s x p g u
var schemas = []struct {
	kind   providerKind
	id     int
	counts []int
	fields string
}{
	{security, 4624, []int{20, 21, 27, 28}, `SubjectUserSid:s SubjectUserName:t SubjectDomainName:t SubjectLogonId:x
		TargetUserSid:s TargetUserName:t TargetDomainName:t TargetLogonId:x LogonType:d LogonProcessName:t
		AuthenticationPackageName:t WorkstationName:t LogonGuid:g TransmittedServices:t LmPackageName:t KeyLength:d
		ProcessId:x ProcessName:n IpAddress:a IpPort:d`},
	{security, 4625, []int{21}, `SubjectUserSid:s SubjectUserName:t SubjectDomainName:t SubjectLogonId:x
		TargetUserSid:s TargetUserName:t TargetDomainName:t Status:x FailureReason:p SubStatus:x LogonType:d
		LogonProcessName:t AuthenticationPackageName:t WorkstationName:t TransmittedServices:t LmPackageName:t
		KeyLength:d ProcessId:x ProcessName:n IpAddress:a IpPort:d`},
	{security, 4740, []int{7}, `TargetUserName:t TargetDomainName:t TargetSid:s SubjectUserSid:s SubjectUserName:t
		SubjectDomainName:t SubjectLogonId:x`},
	{security, 4768, []int{14}, `TargetUserName:t TargetDomainName:t TargetSid:s ServiceName:t ServiceSid:s TicketOptions:x
		Status:x TicketEncryptionType:x PreAuthType:d IpAddress:a IpPort:d CertIssuerName:t CertSerialNumber:t CertThumbprint:t`},
	{security, 4771, []int{11}, `TargetUserName:t TargetSid:s ServiceName:t TicketOptions:x Status:x PreAuthType:d
		IpAddress:a IpPort:d CertIssuerName:t CertSerialNumber:t CertThumbprint:t`},
	{security, 4776, []int{4}, `PackageName:t TargetUserName:t Workstation:t Status:x`},
	{powerShell, 4103, []int{3, 3}, `ContextInfo:c UserData:e Payload:t`},
	{powerShell, 4104, []int{5, 5}, `MessageNumber:d MessageTotal:d ScriptBlockText:t ScriptBlockId:g Path:t`},
	{sysmon, 3, []int{18}, `RuleName:t UtcTime:u ProcessGuid:g ProcessId:d Image:n User:t Protocol:t Initiated:b
		SourceIsIpv6:b SourceIp:a SourceHostname:h SourcePort:d SourcePortName:h DestinationIsIpv6:b DestinationIp:a
		DestinationHostname:h DestinationPort:d DestinationPortName:h`},
	{sysmon, 22, []int{9}, `RuleName:t UtcTime:u ProcessGuid:g ProcessId:d QueryName:h QueryStatus:d QueryResults:r
		Image:n User:t`},
}

// position is one position of a schema.
type position struct {
	field dataField
	shape byte
}

// eventSchema is the parsed form of a schema.
type eventSchema struct {
	positions []position
	counts    []int
}

var schemaOf = func() map[eventType]*eventSchema {
	all := make(map[eventType]*eventSchema, len(schemas))
	for _, s := range schemas {
		var positions []position
		for _, word := range strings.Fields(s.fields) {
			name, shape, _ := strings.Cut(word, ":")
			positions = append(positions, position{fieldByName[name], shape[0]})
		}
		all[eventType{s.kind, s.id}] = &eventSchema{positions, s.counts}
	}
	return all
}()

// name gives the inserts of a row their names.
func (s *eventSchema) name(r *row) {
	if !s.complete(r.version, r.count) {
		s.nameByShape(r)
		return
	}
	for i := range min(r.count, len(s.positions)) {
		r.put(s.positions[i].field, r.inserts[i])
	}
}

// complete reports whether count is the number of values of the version. More
// values than in any known version belong to a later version.
func (s *eventSchema) complete(version, count int) bool {
	last := len(s.counts) - 1
	if count >= s.counts[last] {
		return true
	}
	if version >= 0 && version <= last {
		return count == s.counts[version]
	}
	if version > last {
		return false
	}
	for _, n := range s.counts {
		if count == n {
			return true
		}
	}
	return false
}

// nameByShape names the inserts of an event that has lost some: each insert takes the
// first position after the previous one that its shape allows. If only one of
// TargetUserName and TargetDomainName is present, it becomes the name, which is
// correct: logons with a UPN have no domain, and no logon has a domain without a
// name. If an insert fits no position, the remaining inserts stay unset.
func (s *eventSchema) nameByShape(r *row) {
	at := 0
	for i := range r.count {
		text := r.inserts[i]
		for at < len(s.positions) && !fits(s.positions[at].shape, text) {
			at++
		}
		if at == len(s.positions) {
			return
		}
		r.put(s.positions[at].field, text)
		at++
	}
}

// fits reports whether text can be a value of the shape. "-" and the empty
// text stand for any absent value.
func fits(shape byte, text []byte) bool {
	if present(text) == nil {
		return true
	}
	switch shape {
	case 'd':
		_, ok := smallNumber(text)
		return ok
	case 'a':
		return bytes.IndexByte(text, '.') > 0 || bytes.IndexByte(text, ':') >= 0
	case 'n':
		return bytes.IndexByte(text, '\\') >= 0 || text[0] == '<' || string(text) == "System"
	case 'b':
		return string(text) == "true" || string(text) == "false"
	case 'h':
		_, ok := smallNumber(text)
		return !ok && shapeOf(text) == 't'
	case 'r':
		return bytes.IndexByte(text, ';') >= 0
	case 'c':
		return bytes.IndexByte(text, '=') >= 0
	case 'e':
		return false
	}
	return shapeOf(text) == shape
}

// shapeOf returns the shape of a text that is recognisable by itself, t for any
// other.
func shapeOf(text []byte) byte {
	switch {
	case bytes.HasPrefix(text, sidPrefix):
		return 's'
	case bytes.HasPrefix(text, hexPrefix):
		return 'x'
	case bytes.HasPrefix(text, messagePrefix):
		return 'p'
	case ascii.IsGUID(text):
		return 'g'
	case len(text) > 19 && text[4] == '-' && text[7] == '-' && text[13] == ':' && text[16] == ':':
		return 'u'
	}
	return 't'
}

var (
	sidPrefix     = []byte("S-1-")
	hexPrefix     = []byte("0x")
	messagePrefix = []byte("%%")
)

var openBrace = []byte("{")
