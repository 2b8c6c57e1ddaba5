package windows

import (
	"bytes"

	"redshank/analytics/ascii"
)

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
