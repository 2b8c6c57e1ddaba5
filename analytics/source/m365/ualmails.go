package m365

import (
	"redshank/analytics/event"
	"redshank/analytics/record"
)

// maxFolderItems bounds the items of one record that are looked at for an id.
const maxFolderItems = 1000

// hasMails reports whether the record lists folders, items or an item.
func (u *UAL) hasMails() bool {
	return u.at[ualFolders]|u.at[ualAffectedItems]|u.at[ualItem] > 0
}

// Mails implements event.MailList. MailItemsAccessed lists the items of each folder,
// and of a synchronisation the folders alone; a deletion or a move lists the affected
// items; the other operations have one item.
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

// give hands over an item, if anything identifies it, and reports whether more are
// wanted. path is that of the folder if the item does not name it.
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
