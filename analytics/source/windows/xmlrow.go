package windows

import (
	"bytes"

	"redshank/analytics/ascii"
)

// always makes xml read an event to its end.
func always() bool { return true }

// readXML fills the row from the next event, and reports whether it reached the end of
// the event or of the text. wanted is called between the heads and the data, so
// that the data of an irrelevant event is not read.
func readXML(r *row, x *xmlReader, wanted func() bool) bool {
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
			readXMLData(r, x, &tag, &unnamed)
		default:
			readXMLHead(r, x, &tag)
		}
	}
}

var eventXMLEnd = []byte("</Event>")

// readXMLData reads one value. Classic events, such as those of Exchange, have Data
// without names: positional values as in StringInserts.
func readXMLData(r *row, x *xmlReader, tag *xmlTag, unnamed *int) {
	value := []byte{}
	if !tag.empty {
		value = readXMLText(r, x)
	}
	if name := tag.attr("Name"); len(name) > 0 {
		r.put(fieldByName[string(name)], value)
		return
	}
	r.insert(*unnamed, value)
	*unnamed++
}

// readXMLHead reads one element around the data. UserData is skipped, since no decoded
// event has any.
func readXMLHead(r *row, x *xmlReader, tag *xmlTag) {
	switch string(tag.name) {
	case "Provider":
		r.system(xmlProvider, tag.attr("Name"))
	case "TimeCreated":
		r.system(tag.name, tag.attr("SystemTime"))
	case "Security":
		r.system(xmlUser, tag.attr("UserID"))
	case "EventID", "Version", "EventRecordID", "Channel", "Computer", "Message":
		if !tag.empty {
			r.system(tag.name, bytes.TrimSpace(readXMLText(r, x)))
		}
	}
}

var (
	xmlProvider = []byte("ProviderName")
	xmlUser     = []byte("UserID")
)

// readXMLText returns the following text, unescaped. The result is a view if nothing is
// escaped.
func readXMLText(r *row, x *xmlReader) []byte {
	text, escaped := x.text()
	if !escaped || bytes.IndexByte(text, '&') < 0 {
		return text
	}
	start := len(r.own)
	r.own = appendXMLText(r.own, ascii.Clip(text, maxWinText))
	return r.own[start:len(r.own):len(r.own)]
}
