package delivery

import "redshank/analytics/alert"

// entry is one message of the spool. Where the store has the message, the
// entry costs about 60 bytes of memory whatever the message weighs.
type entry struct {
	seq      uint64
	size     int64 // bytes it counts for
	put      int64 // unix nanoseconds
	severity alert.Severity
	unsaved  *Message // nil where the store has it
	gone     bool     // delivered or dropped before it was saved
}

// entryOverhead is what a message costs in the store beside its text: key,
// record header, its share of a page.
const entryOverhead = 64

func newEntry(seq uint64, m Message, put int64) *entry {
	return &entry{seq: seq, size: int64(len(m.JSON) + len(m.ID) + entryOverhead), put: put, severity: m.Severity}
}

// lanes are the entries that wait, one queue for each severity. Within a lane
// sequence numbers rise, so both the next to send and the next to drop are
// always at the head of a lane: no search, no order to repair.
type lanes [alert.Critical + 1][]*entry

func (l *lanes) push(e *entry) {
	s := min(e.severity, alert.Critical)
	l[s] = append(l[s], e)
}

// next takes out the oldest entry of all; nil where there is none.
func (l *lanes) next() *entry {
	oldest := -1
	for s, lane := range l {
		if len(lane) > 0 && (oldest < 0 || lane[0].seq < l[oldest][0].seq) {
			oldest = s
		}
	}
	if oldest < 0 {
		return nil
	}
	return l.pop(oldest)
}

// least takes out the oldest of the least severe; nil where there is none.
func (l *lanes) least() *entry {
	for s, lane := range l {
		if len(lane) > 0 {
			return l.pop(s)
		}
	}
	return nil
}

// pop does not move what is left: append copies it to a new array when the
// old one is used up, which is one copy an entry over time.
func (l *lanes) pop(severity int) *entry {
	lane := l[severity]
	e := lane[0]
	lane[0] = nil
	l[severity] = lane[1:]
	return e
}

// peek is the entry that next would take out.
func (l *lanes) peek() *entry {
	var oldest *entry
	for _, lane := range l {
		if len(lane) > 0 && (oldest == nil || lane[0].seq < oldest.seq) {
			oldest = lane[0]
		}
	}
	return oldest
}

func (l *lanes) len() (n int) {
	for _, lane := range l {
		n += len(lane)
	}
	return n
}
