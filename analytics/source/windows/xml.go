package windows

import (
	"bytes"
	"unicode/utf8"

	"redshank/analytics/ascii"
)

// xmlReader reads the tags of event XML, in the subset of XML that Windows, Event
// Viewer's copies and evtxexport write. It terminates on any input. encoding/xml is
// not used because it costs some 150 allocations an event and rejects truncated
// events.
type xmlReader struct{ rest []byte }

// xmlTag is one tag. Its texts are views.
type xmlTag struct {
	name  []byte // without its prefix
	attrs []byte // everything between the name and the end of the tag
	end   bool   // </name>
	empty bool   // <name/>
}

// next returns the next tag; ok is false at the end. Comments, declarations and the
// text between tags are skipped.
func (x *xmlReader) next() (tag xmlTag, ok bool) {
	for {
		start := bytes.IndexByte(x.rest, '<')
		if start < 0 {
			x.rest = nil
			return xmlTag{}, false
		}
		x.rest = x.rest[start+1:]
		if len(x.rest) == 0 {
			return xmlTag{}, false
		}
		switch {
		case bytes.HasPrefix(x.rest, xmlComment):
			x.past(xmlCommentEnd)
		case bytes.HasPrefix(x.rest, xmlCDATA):
			x.past(xmlCDATAEnd)
		case x.rest[0] == '!' || x.rest[0] == '?':
			x.past(xmlTagEnd)
		default:
			return x.tag()
		}
	}
}

var (
	xmlComment    = []byte("!--")
	xmlCommentEnd = []byte("-->")
	xmlCDATA      = []byte("![CDATA[")
	xmlCDATAEnd   = []byte("]]>")
	xmlTagEnd     = []byte(">")
)

// past moves past the next mark, or to the end without one.
func (x *xmlReader) past(mark []byte) {
	if at := bytes.Index(x.rest, mark); at >= 0 {
		x.rest = x.rest[at+len(mark):]
		return
	}
	x.rest = nil
}

// tag reads the tag after its <. The name ends at the first white space. Attributes
// are read only on demand, because most tags have no relevant ones.
func (x *xmlReader) tag() (tag xmlTag, ok bool) {
	end := xmlTagLen(x.rest)
	if end < 0 {
		x.rest = nil
		return xmlTag{}, false
	}
	inner := x.rest[:end]
	x.rest = x.rest[end+1:]
	if tag.end = len(inner) > 0 && inner[0] == '/'; tag.end {
		inner = inner[1:]
	}
	if n := len(inner); n > 0 && inner[n-1] == '/' {
		tag.empty, inner = true, inner[:n-1]
	}
	start, split := 0, 0
	for ; split < len(inner) && inner[split] > ' '; split++ {
		if inner[split] == ':' {
			start = split + 1
		}
	}
	tag.name, tag.attrs = inner[start:split], inner[split:]
	return tag, true
}

// xmlTagLen returns the end of the tag: the first > that is not in quotes.
func xmlTagLen(b []byte) int {
	quote := byte(0)
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

// text returns the text up to the next tag, still escaped, or the contents of a
// CDATA section, which are not escaped.
func (x *xmlReader) text() (text []byte, escaped bool) {
	if len(x.rest) > 0 && x.rest[0] == '<' && bytes.HasPrefix(x.rest[1:], xmlCDATA) {
		text = x.rest[1+len(xmlCDATA):]
		x.past(xmlCDATAEnd)
		if x.rest != nil {
			text = text[:len(text)-len(x.rest)-len(xmlCDATAEnd)]
		}
		return text, false
	}
	end := bytes.IndexByte(x.rest, '<')
	if end < 0 {
		end = len(x.rest)
	}
	text, x.rest = x.rest[:end], x.rest[end:]
	return text, true
}

// attr returns the attribute with a name, nil for none.
func (t *xmlTag) attr(name string) []byte {
	rest := t.attrs
	for {
		equals := bytes.IndexByte(rest, '=')
		if equals < 0 {
			return nil
		}
		key := bytes.TrimSpace(rest[:equals])
		rest = bytes.TrimSpace(rest[equals+1:])
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return nil
		}
		quote := rest[0]
		rest = rest[1:]
		end := bytes.IndexByte(rest, quote)
		if end < 0 {
			return nil
		}
		if string(key) == name {
			return rest[:end]
		}
		rest = rest[end+1:]
	}
}

// appendXMLText appends text with its entities resolved. Invalid entities are kept.
// The result is never longer than text.
func appendXMLText(dst, text []byte) (out []byte) {
	for {
		amp := bytes.IndexByte(text, '&')
		if amp < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:amp]...)
		text = text[amp:]
		r, n := xmlEntity(text)
		if n == 0 {
			dst, text = append(dst, '&'), text[1:]
			continue
		}
		dst, text = utf8.AppendRune(dst, r), text[n:]
	}
}

// xmlEntities are the five named entities of XML.
var xmlEntities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// longestEntity is the length of &#x10ffff; with some leading zeros, in bytes.
const longestEntity = 14

// xmlEntity reads the entity at the beginning of text; n is its length, 0 for none.
func xmlEntity(text []byte) (r rune, n int) {
	end := bytes.IndexByte(ascii.Clip(text, longestEntity), ';')
	if end < 2 {
		return 0, 0
	}
	name := text[1:end]
	if r, ok := xmlEntities[string(name)]; ok {
		return r, end + 1
	}
	if name[0] != '#' || len(name) < 2 {
		return 0, 0
	}
	// A surrogate becomes U+FFFD when it is appended: UTF-8 has no surrogates.
	base, digits := rune(10), name[1:]
	if digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	if len(digits) == 0 {
		return 0, 0
	}
	for _, c := range digits {
		d := rune(ascii.Hex(c))
		if d >= base || r > utf8.MaxRune {
			return 0, 0
		}
		r = r*base + d
	}
	return r, end + 1
}

// always makes xml read an event to its end.
func always() bool { return true }

// event fills the row from the next event, and reports whether it reached the end of
// the event or of the text. wanted is called between the heads and the data, so
// that the data of an irrelevant event is not read.
func (x *xmlReader) event(r *row, wanted func() bool) bool {
	unnamed := 0
	for {
		tag, ok := x.next()
		switch {
		case !ok:
			return r.id != 0
		case tag.end:
			if string(tag.name) == "Event" {
				return true
			}
			if string(tag.name) == "System" && !wanted() {
				x.past(eventXMLEnd)
				return true
			}
		case string(tag.name) == "Data":
			x.data(r, &tag, &unnamed)
		default:
			x.head(r, &tag)
		}
	}
}

var eventXMLEnd = []byte("</Event>")

// data reads one value. Classic events, such as those of Exchange, have Data
// without names: positional values as in StringInserts.
func (x *xmlReader) data(r *row, tag *xmlTag, unnamed *int) {
	value := []byte{}
	if !tag.empty {
		value = x.value(r)
	}
	if name := tag.attr("Name"); len(name) > 0 {
		r.put(fieldByName[string(name)], value)
		return
	}
	r.insert(*unnamed, value)
	*unnamed++
}

// head reads one element around the data. UserData is skipped, since no decoded
// event has any.
func (x *xmlReader) head(r *row, tag *xmlTag) {
	switch string(tag.name) {
	case "Provider":
		r.system(xmlProvider, tag.attr("Name"))
	case "TimeCreated":
		r.system(tag.name, tag.attr("SystemTime"))
	case "Security":
		r.system(xmlUser, tag.attr("UserID"))
	case "EventID", "Version", "EventRecordID", "Channel", "Computer", "Message":
		if !tag.empty {
			r.system(tag.name, bytes.TrimSpace(x.value(r)))
		}
	}
}

var (
	xmlProvider = []byte("ProviderName")
	xmlUser     = []byte("UserID")
)

// value returns the following text, unescaped. The result is a view if nothing is
// escaped.
func (x *xmlReader) value(r *row) []byte {
	text, escaped := x.text()
	if !escaped || bytes.IndexByte(text, '&') < 0 {
		return text
	}
	start := len(r.own)
	r.own = appendXMLText(r.own, ascii.Clip(text, maxWinText))
	return r.own[start:len(r.own):len(r.own)]
}
