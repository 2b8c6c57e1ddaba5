package delivery

import "redshank/analytics/alert"

// entry is one message of the spool. The entry of a message that is in the store
// takes about 60 bytes of memory, whatever the size of the message.
type entry struct {
	seq      uint64
	size     int64 // bytes that count against the bound of the spool
	put      int64 // unix nanoseconds
	severity alert.Severity
	unsaved  *Message // nil when the message is in the store
	gone     bool     // delivered or dropped
}

// entryOverhead is the size of a message in the store beyond its text, in bytes:
// key, head of the record, and its share of a page.
const entryOverhead = 64

func newEntry(seq uint64, m Message, put int64) *entry {
	return &entry{seq: seq, size: int64(len(m.JSON) + len(m.ID) + entryOverhead), put: put, severity: m.Severity}
}

// queues holds the waiting entries in one queue for each severity. Sequence
// numbers rise within a queue, so the next entry to send and the next to drop are
// both at the head of a queue.
type queues [alert.Critical + 1][]*entry

func (l *queues) push(e *entry) {
	s := min(e.severity, alert.Critical)
	l[s] = append(l[s], e)
}

// next removes and returns the oldest entry of all, or nil.
func (l *queues) next() *entry {
	oldest := -1
	for s, queue := range l {
		if len(queue) > 0 && (oldest < 0 || queue[0].seq < l[oldest][0].seq) {
			oldest = s
		}
	}
	if oldest < 0 {
		return nil
	}
	return l.pop(oldest)
}

// least removes and returns the oldest entry of the least severe ones, or nil.
func (l *queues) least() *entry {
	for s, queue := range l {
		if len(queue) > 0 {
			return l.pop(s)
		}
	}
	return nil
}

// pop removes the head of a queue. The other entries are not moved: append copies
// them to a new array once the old one is full, one copy per entry over time.
func (l *queues) pop(severity int) *entry {
	queue := l[severity]
	e := queue[0]
	queue[0] = nil
	l[severity] = queue[1:]
	return e
}

// peek returns the entry that next would remove.
func (l *queues) peek() *entry {
	var oldest *entry
	for _, queue := range l {
		if len(queue) > 0 && (oldest == nil || queue[0].seq < oldest.seq) {
			oldest = queue[0]
		}
	}
	return oldest
}

func (l *queues) len() (n int) {
	for _, queue := range l {
		n += len(queue)
	}
	return n
}
