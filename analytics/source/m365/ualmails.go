package m365

import (
	"redshank/analytics/event"
	"redshank/analytics/record"
)

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
		path := known(folder.Get("Path"))
		items := folder.Get("FolderItems")
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
		m.ID, m.Subject = known(item.Get("InternetMessageId")), known(item.Get("Subject"))
		if m.ID == nil && m.Subject == nil {
			m.ID = known(item.Get("Id"))
		}
		if m.Folder == nil {
			m.Folder = known(item.Get("ParentFolder").Get("Path"))
		}
		if m.ID == nil && m.Subject == nil {
			return true
		}
	}
	return m.ID == nil && m.Subject == nil && m.Folder == nil || take(&m)
}
