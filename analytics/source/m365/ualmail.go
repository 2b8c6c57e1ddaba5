package m365

import (
	"bytes"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

var accessProperties = []string{"MailAccessType", "IsThrottled"}

// mail fills an operation on mail, mailboxes or the directory, and reports false if
// the operation is irrelevant with these parameters.
func (u *UAL) mail(in *format.Input, ev *event.Event, op *event.Operation) bool {
	parameters := in.Structured(u.f(ualParameters))
	if op.Needs != nil && !hasAny(parameters, u.f(ualParameters).Bytes(), op.Needs) {
		return false
	}
	ev.Access = op.Access
	ev.Outcome = event.Success
	if ualFailed(u.f(ualResultStatus)) || ualFailed(u.f(ualOperationResult)) {
		ev.Outcome = event.Failure
	}
	if app := u.first(ualClientAppID, ualAppID); app != nil {
		ev.App = app
	}
	ev.Client = u.first(ualClientInfo)
	ev.Service, ev.Agent = clientInfo(ev.Client)
	if ev.Agent == nil {
		ev.Agent = u.first(ualUserAgent)
	}
	switch op.Action {
	case event.MailAccess:
		u.access(in, ev)
	case event.MailboxChange:
		u.mailboxChange(parameters, ev)
	default:
		u.directory(in, ev)
	}
	u.describe(in, parameters, ev)
	return true
}

// access fills in the amount of mail that was accessed. Sync stands for a whole
// folder.
func (u *UAL) access(in *format.Input, ev *event.Event) {
	var how [2]record.Value
	pick(in.Structured(u.f(ualOperationProperties)), accessProperties, how[:])
	if string(how[0].Bytes()) == "Sync" {
		ev.Access = event.Sync
	}
	ev.Throttled, _ = how[1].Bool()
	ev.Items = u.items(in)
	ev.Mailbox = notOwn(u.first(ualMailboxOwner), ev.RawUser)
}

// items returns how many mail items the record stands for. OperationCount is the
// log's own aggregate; older records only list the items.
func (u *UAL) items(in *format.Input) int {
	if n, ok := u.f(ualOperationCount).Int(); ok && n > 0 {
		return int(min(n, 1<<30))
	}
	n := 0
	for folder := range in.Structured(u.f(ualFolders)).Items() {
		n += folder.GetFold("FolderItems").Len()
	}
	if n == 0 {
		n = in.Structured(u.f(ualAffectedItems)).Len()
	}
	if n == 0 && (u.f(ualItem).Present() || u.at[ualLastAccessed] > 0 && string(u.f(ualOperation).Bytes()) == messageBind) {
		n = 1
	}
	return n
}

// messageBind is the operation of a mailbox audit log that opens one mail.
const messageBind = "MessageBind"

var mailboxParameters = []string{"Mailbox", "Identity"}

// mailboxChange fills in the mailbox that was changed.
func (u *UAL) mailboxChange(parameters record.Value, ev *event.Event) {
	owner := u.first(ualMailboxOwner)
	if owner == nil {
		var of [2]record.Value
		pick(parameters, mailboxParameters, of[:])
		if owner = known(of[0]); owner == nil && bytes.HasSuffix(ev.Operation, []byte("InboxRule")) {
			return // without a mailbox the change is to the user's own, and Identity names the rule
		}
		if owner == nil {
			owner = known(of[1])
		}
		if owner == nil {
			owner = u.first(ualObjectID, ualOfficeObjectID)
		}
	}
	ev.Mailbox = notOwn(leafName(owner), ev.RawUser)
}

// directory fills in the application or account that was changed, and the agent,
// which is in JSON inside a property.
func (u *UAL) directory(in *format.Input, ev *event.Event) {
	ev.Target = u.first(ualObjectID, ualOfficeObjectID)
	if ev.Agent != nil {
		return
	}
	var more [1]record.Value
	pick(in.Structured(u.f(ualExtendedProperties)), additionalDetails, more[:])
	if details := in.Structured(more[0]); details.IsMap() {
		ev.Agent = known(details.GetFold("User-Agent"))
	}
}

var additionalDetails = []string{"additionalDetails"}

// describe fills the detail with the parameters, if there are any.
func (u *UAL) describe(in *format.Input, parameters record.Value, ev *event.Event) {
	d := &u.detail
	d.reset()
	switch {
	case parameters.Present():
		d.pairs(parameters)
	case u.f(ualParameters).Present():
		d.bytes(u.f(ualParameters).Bytes())
	case ev.Action == event.MailboxChange:
		d.pairs(in.Structured(u.f(ualOperationProperties)))
		d.pairs(in.Structured(u.f(ualItem)).GetFold("ParentFolder"))
	case ev.Action == event.MailAccess:
		u.describeAccess(in)
	default:
		d.pairs(in.Structured(u.f(ualModifiedProperties)))
	}
	if len(d.buf) > 0 {
		ev.Detail = d.buf
	}
}

var (
	asFolders   = []byte("Folders")
	asLogonType = []byte("LogonType")
)

// describeAccess fills the detail with the search terms, the number of folders, and
// LogonType: 0 for the owner, 1 for an admin, 2 for a delegate.
func (u *UAL) describeAccess(in *format.Input) {
	d := &u.detail
	d.bytes(u.f(ualQueryText).Bytes())
	if n := in.Structured(u.f(ualFolders)).Len(); n > 1 {
		d.number(asFolders, int64(n))
	}
	for _, slot := range [...]int{ualLogonType, ualLogonTypeOffice} {
		if n, ok := u.f(slot).Int(); !ok || n > 0 {
			d.add(asLogonType, u.f(slot))
		}
	}
}

// hasAny reports whether one of the parameters is set, in a list, a map or the text
// of a command.
func hasAny(parameters record.Value, text []byte, names []string) bool {
	for _, name := range names {
		if bytes.Contains(text, []byte(name)) {
			return true
		}
	}
	p := walk(parameters)
	for got, value, ok := p.next(); ok; got, value, ok = p.next() {
		for _, name := range names {
			if string(got) == name && isSet(value) {
				return true
			}
		}
	}
	return false
}

// isSet reports whether a parameter has a value: a text that is not empty, a number,
// a truth value, or a list.
func isSet(value record.Value) bool {
	if text := value.Bytes(); text != nil {
		return len(text) > 0
	}
	return value.Present() && value.Type() != msgp.NilType
}

// leafName returns the mailbox's own name in a canonical directory path.
func leafName(path []byte) []byte {
	return path[bytes.LastIndexByte(path, '/')+1:]
}

// notOwn returns the mailbox, nil if it is the user's own.
func notOwn(mailbox, user []byte) []byte {
	if bytes.EqualFold(mailbox, user) {
		return nil
	}
	return mailbox
}

// maxFolderItems bounds the items of one record whose ids are read.
const maxFolderItems = 1000

// hasMails reports whether the record lists folders, items or an item.
func (u *UAL) hasMails() bool {
	return u.at[ualFolders]|u.at[ualAffectedItems]|u.at[ualItem] > 0
}

// Mails implements event.MailList. MailItemsAccessed lists the items of each
// folder, or only the folders for a synchronisation; a deletion or a move lists the
// affected items; the other operations have one item.
func (u *UAL) Mails(take func(*event.Mail) bool) {
	looked := 0
	for folder := range u.in.Structured(u.f(ualFolders)).Items() {
		path := known(folder.GetFold("Path"))
		items := folder.GetFold("FolderItems")
		if items.Len() == 0 && !give(take, nil, path) {
			return
		}
		for item := range items.Items() {
			if looked++; looked > maxFolderItems || !give(take, item, path) {
				return
			}
		}
	}
	for item := range u.in.Structured(u.f(ualAffectedItems)).Items() {
		if looked++; looked > maxFolderItems || !give(take, item, nil) {
			return
		}
	}
	if item := u.in.Structured(u.f(ualItem)); looked == 0 && item.IsMap() {
		give(take, item, nil)
	}
}

// give passes an item on, if it has an id, and reports whether more items are
// wanted. path is the path of the folder, for items without a path.
func give(take func(*event.Mail) bool, item record.Value, path []byte) bool {
	m := event.Mail{Folder: path}
	if item.IsMap() {
		m.ID, m.Subject = known(item.GetFold("InternetMessageId")), known(item.GetFold("Subject"))
		if m.ID == nil && m.Subject == nil {
			m.ID = known(item.GetFold("Id"))
		}
		if m.Folder == nil {
			m.Folder = known(item.GetFold("ParentFolder").GetFold("Path"))
		}
		if m.ID == nil && m.Subject == nil {
			return true
		}
	}
	return m.ID == nil && m.Subject == nil && m.Folder == nil || take(&m)
}
