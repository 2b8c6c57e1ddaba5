package sorted

import (
	"encoding/binary"

	"redshank/analytics/event"
)

// maxMailsSize bounds the mails of an entry, in bytes.
const maxMailsSize = (event.MaxMails*3 + 1) * (binary.MaxVarintLen32 + event.MaxMailText)

// mails are the mails of an entry: the three texts of each, after their lengths.
type mails []byte

// appendMails appends the first mails of a list, after their size.
func appendMails(dst []byte, list event.MailList) []byte {
	at, n := len(dst), 0
	dst = append(dst, 0, 0)
	list.Mails(func(m *event.Mail) bool {
		for _, text := range [...][]byte{m.ID, m.Subject, m.Folder} {
			text = text[:min(len(text), event.MaxMailText)]
			dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
		}
		n++
		return n < event.MaxMails
	})
	binary.BigEndian.PutUint16(dst[at:], uint16(len(dst)-at-2))
	return dst
}

// readMails sets the mails of ev, which share the memory of b, and returns what follows
// them.
func readMails(b []byte, ev *event.Event) (rest []byte, err error) {
	if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
		return nil, errEntry
	}
	end := 2 + int(binary.BigEndian.Uint16(b))
	ev.Mails = mails(b[2:end:end])
	return b[end:], nil
}

// Mails implements event.MailList. It ends where an entry is damaged.
func (l mails) Mails(take func(*event.Mail) bool) {
	for len(l) > 0 {
		var m event.Mail
		for _, text := range [...]*[]byte{&m.ID, &m.Subject, &m.Folder} {
			size, n := binary.Uvarint(l)
			if n <= 0 || uint64(len(l)-n) < size {
				return
			}
			if size > 0 {
				*text = l[n : n+int(size)]
			}
			l = l[n+int(size):]
		}
		if !take(&m) {
			return
		}
	}
}
