package windows

import (
	"bytes"
	"strconv"
	"time"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// dataField is a named value of an event's data. Values that no decoder reads are
// fieldNone.
type dataField uint8

const (
	fieldNone dataField = iota
	fieldTargetUserName
	fieldTargetDomainName
	fieldTargetSID
	fieldStatus
	fieldSubStatus
	fieldLogonType
	fieldPackage
	fieldWorkstation
	fieldIPAddress
	fieldProcessName
	fieldContextInfo
	fieldPayload
	fieldMessageNumber
	fieldMessageTotal
	fieldScriptBlockText
	fieldScriptBlockID
	fieldImage
	fieldUser
	fieldInitiated
	fieldSourceIP
	fieldDestinationIP
	fieldDestinationHostname
	fieldQueryName
	fieldQueryStatus
	fieldQueryResults
	fieldUTCTime
	fieldCommandName // Beats only
	fieldCommandLine // Beats only
	fieldCount       // number of fields
)

// fieldNames are the names in the providers' manifests. They are compared without
// regard to case: Wazuh writes targetUserName. Only 4776 has different names for
// two of them.
var fieldNames = [...]struct {
	name  string
	field dataField
}{
	{"TargetUserName", fieldTargetUserName},
	{"TargetDomainName", fieldTargetDomainName},
	{"TargetUserSid", fieldTargetSID},
	{"TargetSid", fieldTargetSID},
	{"Status", fieldStatus},
	{"SubStatus", fieldSubStatus},
	{"LogonType", fieldLogonType},
	{"AuthenticationPackageName", fieldPackage},
	{"PackageName", fieldPackage},
	{"WorkstationName", fieldWorkstation},
	{"Workstation", fieldWorkstation},
	{"IpAddress", fieldIPAddress},
	{"ProcessName", fieldProcessName},
	{"ContextInfo", fieldContextInfo},
	{"Payload", fieldPayload},
	{"MessageNumber", fieldMessageNumber},
	{"MessageTotal", fieldMessageTotal},
	{"ScriptBlockText", fieldScriptBlockText},
	{"ScriptBlockId", fieldScriptBlockID},
	{"Image", fieldImage},
	{"User", fieldUser},
	{"Initiated", fieldInitiated},
	{"SourceIp", fieldSourceIP},
	{"DestinationIp", fieldDestinationIP},
	{"DestinationHostname", fieldDestinationHostname},
	{"QueryName", fieldQueryName},
	{"QueryStatus", fieldQueryStatus},
	{"QueryResults", fieldQueryResults},
	{"UtcTime", fieldUTCTime},
}

var fieldKeys = record.NewKeys(fieldTexts()...)

func fieldTexts() (names []string) {
	for _, f := range fieldNames {
		names = append(names, f.name)
	}
	return names
}

var fieldByName = func() map[string]dataField {
	m := make(map[string]dataField, len(fieldNames))
	for _, f := range fieldNames {
		m[f.name] = f.field
	}
	return m
}()

// fieldOf returns the field with a name, in any case and in snake case; fieldNone if no
// decoder reads the field.
func fieldOf(name []byte) dataField {
	i := fieldKeys.IndexFold(name)
	if i < 0 && len(name) <= maxFieldName && bytes.IndexByte(name, '_') > 0 {
		var plain [maxFieldName]byte
		squashed := plain[:0]
		for _, c := range name {
			if c != '_' {
				squashed = append(squashed, c)
			}
		}
		i = fieldKeys.IndexFold(squashed)
	}
	if i < 0 {
		return fieldNone
	}
	return fieldNames[i].field
}

// maxFieldName is the longest name in snake case, in bytes.
const maxFieldName = 40

const (
	// maxInserts bounds the positional values that are read. The longest decoded
	// event has 28.
	maxInserts = 32
	// maxWinText bounds one unescaped or joined value, in bytes. An event has at
	// most 64 KiB of UTF-16.
	maxWinText = 128 << 10
)

// row is one Windows event, independent of its form. Its texts are views into the
// record or into own, and are valid as long as the record.
type row struct {
	provider, channel, computer, record, message []byte

	clock     record.Value // when, as logged
	clockText []byte       // the same, from XML and text
	arrival   record.Value // @timestamp, which only some collectors set to the event's time
	user      []byte       // System/Security/UserID: SID, or DOMAIN\name if it was resolved
	sid       []byte       // nil unless the record has it beside a name
	id        int
	hasID     bool // some events have the id 0
	version   int  // -1 if the form has no version
	data      [fieldCount][]byte
	inserts   [maxInserts][]byte
	count     int // number of inserts

	own    []byte        // texts that are not in the record as such; reused
	blocks *scriptBlocks // parts of scripts from earlier records
}

// reset clears the row for the next record. Its memory is kept, unless one record
// has made it very large, and so are the parts of scripts.
func (r *row) reset() {
	own := r.own[:0]
	if cap(own) > 4*maxWinText {
		own = nil
	}
	*r = row{version: -1, own: own, blocks: r.blocks}
}

// text returns the text of a scalar. Only numbers and bools are copied.
func (r *row) text(v record.Value) []byte {
	if b := v.Bytes(); b != nil {
		return b
	}
	start := len(r.own)
	r.own = v.AppendText(r.own)
	return r.own[start:len(r.own):len(r.own)]
}

// join returns a, a separator and b as one text.
func (r *row) join(a []byte, sep byte, b []byte) []byte {
	start := len(r.own)
	r.own = append(r.own, ascii.Clip(a, maxWinName)...)
	r.own = append(r.own, sep)
	r.own = append(r.own, ascii.Clip(b, maxWinName)...)
	return r.own[start:len(r.own):len(r.own)]
}

// insert adds a positional value.
func (r *row) insert(at int, text []byte) {
	if at >= 0 && at < maxInserts {
		r.inserts[at] = text
		r.count = max(r.count, at+1)
	}
}

// put sets a field that is not set yet.
func (r *row) put(f dataField, text []byte) {
	if f != fieldNone && r.data[f] == nil {
		r.data[f] = text
	}
}

// get returns a field without surrounding spaces, nil if it is empty or "-".
func (r *row) get(f dataField) []byte { return present(r.data[f]) }

// present returns text without surrounding spaces, nil if nothing is left. Such
// spaces occur: LogonProcessName is "Advapi " in every event.
func present(text []byte) []byte {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) == 1 && text[0] == '-' {
		return nil
	}
	return text
}

// named reports whether the data has names.
func (r *row) named() bool {
	for _, text := range r.data {
		if text != nil {
			return true
		}
	}
	return false
}

// unwanted returns the outcome of an event that is not decoded: ignored, unless the
// event cannot be identified.
func (r *row) unwanted(in *format.Input) format.Outcome {
	if !r.hasID || len(r.provider) == 0 && len(r.channel) == 0 {
		return in.Fail(format.BadShape)
	}
	return format.Ignored
}

// act returns the kind of the row's event. If the provider's name is rendered or
// missing, the channel identifies the event.
func (r *row) act() eventType {
	kind := kindOf(providers, r.provider)
	if kind == other {
		if kind = kindOf(channels, r.channel); kind == cmdlets && len(r.provider) > 0 {
			kind = other
		}
	}
	return eventType{kind, r.id}
}

// recordID returns computer/channel/record id/second, which is unique over
// deliveries. The second is included because record ids restart when a log is
// cleared and repeat when machines are cloned.
func (r *row) recordID(t time.Time) []byte {
	if len(r.record) == 0 {
		return nil
	}
	start := len(r.own)
	for _, part := range [...][]byte{r.computer, r.channel, r.record} {
		r.own = append(append(r.own, ascii.Clip(part, maxWinName)...), '/')
	}
	r.own = strconv.AppendInt(r.own, t.Unix(), 10)
	return r.own[start:len(r.own):len(r.own)]
}

// maxWinName bounds a name (account, domain, computer, channel) in a joined text,
// in bytes. Windows allows 255 characters.
const maxWinName = 512
