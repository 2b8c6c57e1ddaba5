package windows

import (
	"bytes"

	"redshank/analytics/ascii"
)

// always lets xml read an event to its end.
func always() bool { return true }

// xml fills the row from the next event and reports whether it came to its
// end, or to the end of the text. wanted is called between the heads and the
// data: most events are of no interest, and then their data costs nothing.
func (r *row) xml(x *xmlReader, wanted func() bool) bool {
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
			r.xmlData(x, &tag, &unnamed)
		default:
			r.xmlHead(x, &tag)
		}
	}
}

var eventXMLEnd = []byte("</Event>")

// xmlData takes one value. Classic events (Exchange's among them) have Data
// without names, which then stand in positions as in StringInserts.
func (r *row) xmlData(x *xmlReader, tag *xmlTag, unnamed *int) {
	value := []byte{}
	if !tag.empty {
		value = r.xmlText(x)
	}
	if name := tag.attr("Name"); len(name) > 0 {
		r.put(fieldByName[string(name)], value)
		return
	}
	r.insert(*unnamed, value)
	*unnamed++
}

// xmlHead takes one element around the data. UserData is passed over: no event
// that is decoded has any.
func (r *row) xmlHead(x *xmlReader, tag *xmlTag) {
	switch string(tag.name) {
	case "Provider":
		r.system(xmlProvider, tag.attr("Name"))
	case "TimeCreated":
		r.system(tag.name, tag.attr("SystemTime"))
	case "Security":
		r.system(xmlUser, tag.attr("UserID"))
	case "EventID", "Version", "EventRecordID", "Channel", "Computer", "Message":
		if !tag.empty {
			r.system(tag.name, bytes.TrimSpace(r.xmlText(x)))
		}
	}
}

var (
	xmlProvider = []byte("ProviderName")
	xmlUser     = []byte("UserID")
)

// xmlText returns the text that follows, unescaped. It is a view where nothing had
// to be.
func (r *row) xmlText(x *xmlReader) []byte {
	text, escaped := x.text()
	if !escaped || bytes.IndexByte(text, '&') < 0 {
		return text
	}
	start := len(r.own)
	r.own = appendXMLText(r.own, ascii.Clip(text, maxWinText))
	return r.own[start:len(r.own):len(r.own)]
}
