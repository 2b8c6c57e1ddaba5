package event

// Bounds of the mails that are kept: the texts of one, in bytes, and how many one
// event lists.
const (
	MaxMailText = 160
	MaxMails    = 20
)

// Mail is a mail that an event touched, as far as the log identifies it. The texts are
// views, as those of an Event, and not capped.
type Mail struct {
	ID      []byte // Message-ID of the mail, or the id of the item in the mailbox
	Subject []byte
	Folder  []byte // alone, it stands for all mails of the folder
}

// MailList is the mails of an event. They are read from the record only when they are
// asked for, since most mail access is not evidence.
type MailList interface {
	// Mails calls take with each mail until take returns false.
	Mails(take func(*Mail) bool)
}
