package source

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// Unread is how many records of one tag a source did not understand for one
// reason, and what one of them looked like.
type Unread struct {
	Source event.Source  // event.SourceUnknown: no format knows the record
	Reason format.Reason // why
	Tag    string        // empty: of any tag, since there are too many kinds
	Count  uint64

	// Shape names the fields of one record, or for a line the number of its words:
	// what a maintainer needs, and no value of any field.
	Shape string
}

const (
	maxUnread = 64  // kinds of records that are distinguished
	maxShape  = 512 // bytes of Unread.Shape
	maxKey    = 40  // bytes of one name in it
)

type unreadKey struct {
	source event.Source
	reason format.Reason
	tag    string
}

// unreadTable counts the records that are not understood, by kind.
type unreadTable map[unreadKey]*Unread

// fault is why the current record is not understood.
type fault struct {
	source event.Source
	reason format.Reason
	shape  string // of the record that the source claimed; empty if the kind is known
}

// tally counts what becomes of the records.
type tally struct {
	counts   Counts
	unread   unreadTable
	unneeded [8]uint64 // records of unneededLogs

	tag   string // of the current record
	fault fault  // why the current record is not understood, so far
}

// Counts returns what became of all records so far.
func (t *tally) Counts() Counts { return t.counts }

// leaf counts one record that no format has decoded.
func (t *tally) leaf(o format.Outcome) { t.counts[event.SourceUnknown][o]++ }

// fail notes that a text cannot be read, whatever it is; the first fault counts.
func (t *tally) fail(why format.Reason) {
	if t.fault.reason == format.NoReason || t.fault.reason == format.NoFormat {
		t.fault = fault{reason: why}
	}
}

// misread notes that a format has claimed the record in and did not understand it.
// The first format counts: it is the one that the stream's last record was of.
func (t *tally) misread(of event.Source, in *format.Input) {
	if t.fault.reason != format.NoReason && t.fault.reason != format.NoFormat {
		return
	}
	why := in.Reason
	if why == format.NoReason {
		why = format.BadShape
	}
	t.fault = fault{source: of, reason: why}
	if t.unread[unreadKey{of, why, t.tag}] == nil && len(t.unread) < maxUnread {
		t.fault.shape = shapeOf(in.Fields, in.Line)
	}
}

// unknown notes the names of the fields of JSON in a text that no format knows: the
// record as it came only has the text.
func (t *tally) unknown(v record.Value) {
	if t.fault.reason == format.NoReason && t.unread[unreadKey{reason: format.NoFormat, tag: t.tag}] == nil && len(t.unread) < maxUnread {
		t.fault = fault{reason: format.NoFormat, shape: shapeOf(v, nil)}
	}
}

// reject counts a record that no format has taken: as malformed if one has claimed
// it or its text is broken, as unknown if not. v is the record as it came.
func (t *tally) reject(v record.Value) {
	f := t.fault
	t.fault = fault{}
	if f.reason == format.NoReason || f.reason == format.NoFormat {
		f.reason = format.NoFormat
		t.leaf(Unknown)
	} else {
		t.counts[f.source][Malformed]++
	}
	u := t.unread.kind(f, t.tag)
	if u.Count++; u.Count == 1 {
		if u.Shape = f.shape; u.Shape == "" {
			u.Shape = shapeOf(v, v.Bytes())
		}
	}
}

// kind returns the kind of a fault, which it makes at the first call.
func (t *unreadTable) kind(f fault, tag string) *Unread {
	key := unreadKey{f.source, f.reason, tag}
	u := (*t)[key]
	if u == nil && len(*t) >= maxUnread {
		key.tag = ""
		u = (*t)[key]
	}
	if u == nil {
		if *t == nil {
			*t = unreadTable{}
		}
		u = &Unread{Source: key.source, Reason: key.reason, Tag: key.tag}
		(*t)[key] = u
	}
	return u
}

// Unread returns the kinds of records that were not understood, the most frequent
// first.
func (t *tally) Unread() []Unread {
	all := make([]Unread, 0, len(t.unread))
	for _, u := range t.unread {
		all = append(all, *u)
	}
	slices.SortFunc(all, func(a, b Unread) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Tag, b.Tag))
	})
	return all
}

// shapeOf writes the names of the fields of a record, and below them those of the
// maps in it; of a line how many words it has.
func shapeOf(fields record.Value, line []byte) string {
	if text, _ := plainLine(fields); text != nil {
		fields, line = nil, text
	}
	if !fields.IsMap() {
		if name := lineKind(line); name != "" {
			return name
		}
		return "line of " + strconv.Itoa(len(bytes.Fields(line))) + " words"
	}
	if key := unwritten(fields); key != nil {
		return string(appendPrintable(nil, key[:min(len(key), maxKey)])) + " is the name of a type: export with ConvertTo-Json -Depth 10, or export the field by itself"
	}
	return string(appendShape(nil, fields, 2))
}

// unwritten returns the key of a value of which PowerShell has written the type only, or nil.
func unwritten(fields record.Value) []byte {
	for key, value := range fields.All() {
		for _, name := range typeNames {
			if bytes.HasPrefix(value.Bytes(), name) {
				return key
			}
		}
	}
	return nil
}

var typeNames = [...][]byte{[]byte("Microsoft.Graph.PowerShell."), []byte("System.Collections."), []byte("System.Object[]")}

// lineKind returns what a line is that no format reads, and what to do about it; empty if
// that is not known.
func lineKind(line []byte) string {
	line = line[:min(len(line), maxShape)]
	switch {
	case bytes.Count(line, []byte(", ")) >= 12 && bytes.Contains(line, []byte(", W3SVC")):
		return "the IIS log file format, with local times and without agents: select W3C as the format of the site's log"
	case len(line) > 8 && bytes.Count(line, []byte{0}) >= len(line)/3:
		return "text in UTF-16: set the encoding of the input"
	case bytes.Contains(line, []byte("CEF:0|")):
		return cefProduct(line)
	case bytes.Contains(line, []byte("LEEF:1.0|")) || bytes.Contains(line, []byte("LEEF:2.0|")):
		return "LEEF, which has no result codes: forward the log itself as JSON or XML"
	case bytes.Contains(line, []byte("Security-Auditing")):
		return "a rendered Windows event without its number or time: forward it as JSON or XML"
	case bytes.HasPrefix(line, []byte("<Objs ")):
		return "PowerShell's Export-Clixml: export with ConvertTo-Json -Depth 10"
	case bytes.HasPrefix(line, []byte("<Event MailboxGuid")):
		return "a mailbox audit search as XML: export it with Search-MailboxAuditLog -ShowDetails and Export-Csv"
	}
	return ""
}

// cefProduct returns the vendor and the product in the head of a line of CEF.
func cefProduct(line []byte) string {
	_, rest, _ := bytes.Cut(line, []byte("CEF:0|"))
	vendor, rest, _ := bytes.Cut(rest, []byte("|"))
	product, _, _ := bytes.Cut(rest, []byte("|"))
	name := append(appendPrintable([]byte("CEF of "), vendor[:min(len(vendor), maxKey)]), ' ')
	return string(appendPrintable(name, product[:min(len(product), maxKey)]))
}

// appendPrintable appends text with an underscore for each byte that is not printable.
func appendPrintable(dst, text []byte) []byte {
	for _, c := range text {
		if c < '!' || c > '~' {
			c = '_'
		}
		dst = append(dst, c)
	}
	return dst
}

func appendShape(dst []byte, v record.Value, levels int) []byte {
	start := len(dst)
	for key, field := range v.All() {
		if len(dst) > maxShape {
			return append(dst, " ..."...)
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = appendPrintable(dst, key[:min(len(key), maxKey)])
		switch {
		case field.IsMap() && levels > 0:
			dst = append(appendShape(append(dst, '{'), field, levels-1), '}')
		case field.IsArray():
			dst = append(dst, "[]"...)
		}
	}
	return dst
}

// Unneeded returns the logs that no analytic needs and of which records were seen, the
// most frequent first.
func (t *tally) Unneeded() (list []Unneeded) {
	for i, n := range t.unneeded {
		if n > 0 {
			list = append(list, Unneeded{unneededLogs[i].name, n})
		}
	}
	slices.SortFunc(list, func(a, b Unneeded) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return list
}
