package theft

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"redshank/analytics/alert"
	"redshank/analytics/event"
)

// MaxMails bounds the mails of one signal.
const MaxMails = 5

// MergeMails appends to list the mails of another list that it lacks, up to a limit, and
// reports whether there were any. Texts are capped copies without line breaks.
func MergeMails(list []alert.Mail, from event.MailList, limit int) (merged []alert.Mail, added bool) {
	if len(list) >= limit {
		return list, false
	}
	from.Mails(func(m *event.Mail) bool {
		one := alert.Mail{ID: mailText(m.ID), Subject: mailText(m.Subject), Folder: mailText(m.Folder)}
		same := func(have alert.Mail) bool {
			return have.ID == one.ID && (one.ID != "" || have.Subject == one.Subject && have.Folder == one.Folder)
		}
		if !slices.ContainsFunc(list, same) {
			list, added = append(list, one), true
		}
		return len(list) < limit
	})
	return list, added
}

// mailText returns a capped copy of a text of a mail, which its sender has chosen.
func mailText(text []byte) string { return Line(text, event.MaxMailText) }

// Line returns a copy of text, capped at a number of bytes, without line breaks and runs of
// blanks.
func Line(text []byte, most int) string {
	text = text[:min(len(text), most)]
	if !bytes.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= utf8.RuneSelf }) {
		return string(text) // usually an address or an id
	}
	return strings.ToValidUTF8(strings.Join(strings.Fields(string(text)), " "), "")
}

// KeptMails are mails that were kept, as an event.MailList.
type KeptMails []alert.Mail

// Mails implements event.MailList.
func (l KeptMails) Mails(take func(*event.Mail) bool) {
	for _, m := range l {
		if !take(&event.Mail{ID: []byte(m.ID), Subject: []byte(m.Subject), Folder: []byte(m.Folder)}) {
			return
		}
	}
}
