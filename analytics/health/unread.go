package health

import (
	"fmt"

	"redshank/analytics/event"
	"redshank/analytics/source"
)

// Minimum number of records of a source before its share of records that are not
// understood is checked, and the minimum if no record is understood.
const (
	unreadBatch = 20
	unreadAll   = 5
)

// unreadCheck counts records since the last check.
type unreadCheck struct {
	read, unread uint64
	last         int64 // arrival of the newest, Unix milliseconds
}

// maxTags bounds how many tags are checked by themselves.
const maxTags = 256

// readable adds what a chunk of one tag has changed in the counts. Records of no known
// format have no source, so that they are checked by their tag: a whole stream of them
// must not hide among the records of others.
func (w *Monitor) readable(tag string, counts *source.Counts) {
	all := unreadCheck{}
	for s := range counts {
		c := &w.unread[s]
		for o := range counts[s] {
			n := counts[s][o] - w.counts[s][o]
			c.read += n
			all.read += n
			switch {
			case source.Outcome(o) == source.Malformed:
				c.unread += n
			case source.Outcome(o) == source.Unknown:
				all.unread += n
			}
		}
		if event.Source(s) == event.SourceUnknown {
			all.unread += counts[s][source.Malformed] - w.counts[s][source.Malformed]
		}
	}
	if t := w.tagCheck(tag); t != nil {
		t.read += all.read
		t.unread += all.unread
		t.last = w.now
	}
}

// tagCheck returns the counts of a tag, nil if there are too many tags.
func (w *Monitor) tagCheck(tag string) *unreadCheck {
	if w.tags == nil {
		w.tags = map[string]*unreadCheck{}
	}
	t := w.tags[tag]
	if t == nil && len(w.tags) < maxTags {
		t = new(unreadCheck)
		w.tags[tag] = t
	}
	return t
}

// CheckUnread raises the sources that do not understand all, or a large share, of
// their records, and the tags whose records no source knows. They are blind, and
// their records would otherwise look like any that detection does not need. The
// engine calls it before each health record, so that the finding comes within one
// interval.
func (w *Monitor) CheckUnread() {
	for s := 1; s < len(w.unread); s++ {
		of := event.Source(s)
		w.checkShare(&w.unread[s], of.String(), func(share int) string {
			return fmt.Sprintf("%d %% of the records of %s are not understood: detection is blind to them%s", share, of, w.sample(of, ""))
		})
	}
	for key, c := range w.tags {
		tag := key[:min(len(key), event.MaxText)]
		if w.now-c.last > event.Hour { // gone, or comes under another tag now
			w.set(false, w.now, findUnread, "unknown "+tag, nil)
			delete(w.tags, key)
			continue
		}
		w.checkShare(c, "unknown "+tag, func(share int) string {
			return fmt.Sprintf("%d %% of the records under the tag %s are of no known format: detection is blind to them%s", share, tag, w.sample(event.SourceUnknown, tag))
		})
	}
}

func (w *Monitor) checkShare(c *unreadCheck, subject string, detail func(share int) string) {
	if c.read < unreadBatch && (c.read < unreadAll || c.unread < c.read) {
		return
	}
	share := int(c.unread * 100 / c.read)
	_, open := w.open[findingKey{findUnread, subject}]
	w.set(share >= unknownMost || open && share >= unknownFew, w.now, findUnread, subject, func() string { return detail(share) })
	if c.read >= unreadBatch {
		c.read, c.unread = 0, 0
	}
}

// sample describes the most frequent kind of record that a source does not
// understand, under a tag or any: why, under which tag, and the names of its fields.
func (w *Monitor) sample(of event.Source, tag string) string {
	if w.Unread == nil {
		return ""
	}
	for _, u := range w.Unread() {
		if u.Source == of && (tag == "" || u.Tag == tag) {
			return fmt.Sprintf(" (%s; tag %s; %s)", u.Reason, u.Tag[:min(len(u.Tag), event.MaxText)], u.Shape)
		}
	}
	return ""
}
