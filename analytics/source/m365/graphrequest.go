package m365

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/request"
)

// mailAct is the meaning of a request for mail.
type mailAct struct {
	action event.Action
	access event.Access
	items  int
}

const (
	maxOperation = 256 // bytes of Event.Operation for a request
	maxSegments  = 16
	maxPage      = 1000 // the largest $top of Graph
	defaultPage  = 10   // messages of one page without $top
)

// read parses the request. It writes the method and the shape of the path into
// g.operation ("GET /users/{id}/messages/{id}") and the mailbox into ev, and returns
// the action of the request. Paths below a chat or a team also have messages, but
// only messages of a user are mail.
func (g *Graph) read(ev *event.Event) mailAct {
	method := g.p[graphMethod].Bytes()
	path, query := splitURI(g.p[graphURI].Bytes())
	var segments [maxSegments][]byte
	s := segmentsOf(path, segments[:0], ev)
	if len(s) > 0 && (ascii.EqualFold(s[0], "beta") || s[0][0]|0x20 == 'v' && len(s[0]) == len("v1.0")) {
		s = s[1:]
	}
	if len(s) < 2 {
		return mailAct{}
	}
	request := g.meaning(method, s, query, ev)
	if request.action != event.ActionNone {
		g.shape(method, s)
		g.message = messageOf(s)
	}
	return request
}

// segmentsOf appends the segments of a path to list, as many as there is room for. A
// key of OData in parentheses is a segment of its own: users('id')/messages('id') is
// the same as users/id/messages/id. Functions lose their parameters and their
// namespace. Graph takes names in any case and with any letter escaped, and logs them as the
// client has written them.
func segmentsOf(path []byte, list [][]byte, ev *event.Event) [][]byte {
	for len(path) > 0 && len(list) < cap(list) {
		var segment []byte
		if segment, path, _ = bytes.Cut(path, []byte("/")); len(segment) == 0 {
			continue
		}
		if bytes.IndexByte(segment, '%') >= 0 {
			if name := request.Unescaped(segment, ev); isWord(name) {
				segment = name
			}
		}
		if len(segment) > len(namespace) && ascii.HasPrefix(segment, namespace) {
			segment = segment[len(namespace):]
		}
		name, key := cutKey(segment)
		if list = append(list, name); len(key) > 0 && len(list) < cap(list) {
			list = append(list, key)
		}
	}
	return list
}

// namespace is what may stand before the name of an OData function.
const namespace = "microsoft.graph."

// cutKey cuts a segment into its name and the key in parentheses behind it, which may
// be quoted. The parameters of a function, name=value, are no key.
func cutKey(segment []byte) (name, key []byte) {
	open := bytes.IndexByte(segment, '(')
	if open <= 0 || segment[len(segment)-1] != ')' || !isWord(segment[:open]) {
		return segment, nil
	}
	name, key = segment[:open], segment[open+1:len(segment)-1]
	for _, quote := range [...]string{"'", "%27"} {
		if ascii.HasPrefix(key, quote) {
			return name, bytes.TrimSuffix(key[len(quote):], []byte(quote))
		}
	}
	if bytes.IndexByte(key, '=') >= 0 {
		return name, nil
	}
	return name, key
}

// messageOf returns the id of the message in a path, nil for none.
func messageOf(path [][]byte) []byte {
	for i, segment := range path[1:] {
		if ascii.EqualFold(path[i], "messages") && !isWord(segment) {
			return segment
		}
	}
	return nil
}

// Mails implements event.MailList: the one message of the request.
func (g *Graph) Mails(take func(*event.Mail) bool) { take(&event.Mail{ID: g.message}) }

// splitURI returns path and query of a URI.
func splitURI(uri []byte) (path, query []byte) {
	path, query, _ = bytes.Cut(uri, []byte("?"))
	if _, rest, ok := bytes.Cut(path, []byte("://")); ok {
		_, path, _ = bytes.Cut(rest, []byte("/"))
	}
	return path, query
}

// meaning returns the mailbox in the path and the action. A search covers
// everything a user can see; the log does not say whether that includes mail.
func (g *Graph) meaning(method []byte, s [][]byte, query []byte, ev *event.Event) mailAct {
	switch first := s[0]; {
	case ascii.EqualFold(first, "search"):
		return mailAct{event.MailAccess, event.Search, 0}
	case ascii.EqualFold(first, "me"):
		return mailRequest(method, s[1:], query)
	case ascii.EqualFold(first, "users"):
		ev.Mailbox = request.Unescaped(s[1], ev)
		return mailRequest(method, s[2:], query)
	case len(s) > 4 && ascii.EqualFold(first, "admin") && ascii.EqualFold(s[1], "exchange") && ascii.EqualFold(s[2], "mailboxes"):
		ev.Mailbox = request.Unescaped(s[3], ev)
		return exportRequest(s[4:])
	}
	return mailAct{}
}

// exportRequest returns the meaning of the path below a mailbox of the interface that
// exports and imports mailboxes.
func exportRequest(s [][]byte) mailAct {
	switch last := s[len(s)-1]; {
	case ascii.EqualFold(last, "exportitems"):
		return mailAct{action: event.MailAccess, access: event.Export}
	case ascii.EqualFold(last, "delta"):
		return mailAct{action: event.MailAccess, access: event.Sync}
	case within(s, "items"):
		return mailAct{event.MailAccess, event.Bind, 1}
	}
	return mailAct{action: event.MailAccess}
}

// mailRequest returns the meaning of the path below a user.
func mailRequest(method []byte, s [][]byte, query []byte) mailAct {
	if len(s) == 0 {
		return mailAct{}
	}
	last := s[len(s)-1]
	reads := string(method) == "GET"
	switch {
	case ascii.EqualFold(s[0], "sendmail"):
		return mailAct{event.MailAccess, event.Send, 1}
	case !ascii.EqualFold(s[0], "messages") && !ascii.EqualFold(s[0], "mailfolders"):
		return mailAct{}
	case within(s, "messagerules"):
		if reads {
			return mailAct{}
		}
		return mailAct{action: event.MailboxChange}
	case string(method) == "DELETE":
		return mailAct{action: event.MailboxChange, items: 1}
	case sends(last):
		return mailAct{event.MailAccess, event.Send, 1}
	case ascii.EqualFold(last, "delta"):
		return mailAct{event.MailAccess, event.Sync, 0}
	case string(method) == "POST" && ascii.EqualFold(last, "messages"):
		return mailAct{action: event.MailboxChange, items: 1} // writes a message, as a draft
	case !reads:
		return mailAct{action: event.MailAccess}
	case ascii.EqualFold(last, "messages"):
		return mailAct{event.MailAccess, event.Bind, pageSize(query)}
	case within(s, "messages"):
		return mailAct{event.MailAccess, event.Bind, 1}
	}
	return mailAct{action: event.MailAccess} // folders, counts
}

func within(s [][]byte, name string) bool {
	for _, segment := range s {
		if ascii.EqualFold(segment, name) {
			return true
		}
	}
	return false
}

func sends(segment []byte) bool {
	for _, name := range [...]string{"send", "reply", "replyall", "forward"} {
		if ascii.EqualFold(segment, name) {
			return true
		}
	}
	return false
}

// pageSize returns the largest number of messages in a page, since the log has no
// actual number.
func pageSize(query []byte) int {
	for _, name := range [...]string{"$top=", "%24top="} {
		at := bytes.Index(query, []byte(name))
		if at < 0 {
			continue
		}
		n := 0
		for _, c := range query[at+len(name):] {
			if !ascii.IsDigit(c) || n > maxPage {
				break
			}
			n = n*10 + int(c-'0')
		}
		return min(max(n, 1), maxPage)
	}
	return defaultPage
}

// shape writes method and path, with {id} for every segment that is not a plain
// word.
func (g *Graph) shape(method []byte, s [][]byte) {
	out := append(g.operation, method[:min(len(method), 16)]...)
	out = append(out, ' ')
	for _, segment := range s {
		if len(out)+len(segment) > maxOperation {
			break
		}
		out = append(out, '/')
		if isWord(segment) {
			out = append(out, segment...)
		} else {
			out = append(out, "{id}"...)
		}
	}
	g.operation = out
}

// isWord reports whether a segment is the name of a collection or an action. Ids
// are long or contain digits, punctuation or an @.
func isWord(segment []byte) bool {
	if len(segment) > 24 {
		return false
	}
	for _, c := range segment {
		if c != '$' && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
