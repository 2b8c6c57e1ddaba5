// Package directory finds the names of accounts that a log identifies by a Windows
// security identifier (SID) alone, or by a name without a domain. Records that have
// both, as a successful logon (4624), teach the names.
package directory

import (
	"bytes"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// maxName bounds a name, in bytes. Longer names are not kept.
const maxName = 128

// Directory maps SIDs to the canonical names of their accounts. The names used last
// are kept. A Directory is not safe for concurrent use.
type Directory struct{ names *window.Recent[[]byte] }

// New returns a directory of at most size names, each of about 200 bytes.
func New(size int) *Directory { return &Directory{window.NewRecent[[]byte](size)} }

// Resolve replaces ev.RawUser by the name of the account if the record has the SID
// alone, or a name that depends on the place of the record: without a domain, as in
// 4771, or the place in the directory, as in the cmdlet log, which ends with the
// display name. Resolve is called before the event is normalised.
func (d *Directory) Resolve(ev *event.Event) {
	sid := sidOf(ev)
	if sid == nil || qualified(ev.RawUser) {
		return
	}
	if name, ok := d.names.Get(xxhash.Sum64(sid)); ok {
		ev.RawUser, ev.SID = name, sid
	} else if len(ev.RawUser) == 0 {
		ev.RawUser = sid
	}
}

// Learn keeps the name of a normalised event that has both a SID and a name with a
// domain. A principal name (alice@contoso.com) is not replaced by the older form
// (contoso\alice): a person has one name, whatever the last logon was typed with.
func (d *Directory) Learn(ev *event.Event) {
	sid := ev.SID
	if ev.UserKind != event.UserPerson || !isAccount(sid) || !qualified(ev.RawUser) || len(ev.User) > maxName {
		return
	}
	key := xxhash.Sum64(sid)
	before, ok := d.names.Get(key)
	if !ok || !bytes.Equal(before, ev.User) && (!principal(before) || principal(ev.User)) {
		d.names.Add(key, bytes.Clone(ev.User))
	}
}

// sidOf returns the SID of the account of an event, nil if the record has none.
func sidOf(ev *event.Event) []byte {
	switch {
	case isAccount(ev.SID):
		return ev.SID
	case isAccount(ev.RawUser):
		return ev.RawUser
	}
	return nil
}

var accounts = []byte("S-1-5-21-") // of a domain or a computer

// isAccount reports whether a text is the SID of an account or a group. Well-known
// SIDs, as that of a failed logon (S-1-0-0), name nobody.
func isAccount(text []byte) bool { return bytes.HasPrefix(text, accounts) }

// qualified reports whether a name has a domain: a NetBIOS name before a backslash,
// or a suffix after an @.
func qualified(name []byte) bool { return bytes.IndexByte(name, '\\') >= 0 || principal(name) }

func principal(name []byte) bool { return bytes.IndexByte(name, '@') >= 0 }

// Table returns the table of the names, for the saved state.
func (d *Directory) Table() state.Table {
	const name = "sids"
	return state.Table{
		Name:  name,
		Track: d.names.Track,
		Changes: func(w *state.Writer) {
			d.names.Changes(func(known window.Dated[[]byte], present bool) {
				w.Encode(name, saved{known.At, known.Value})
				w.Put(name, w.Number(known.Key), present)
			})
		},
		Restore: func(key, value []byte) error {
			var s saved
			k, err := state.Unmarshal(key, value, &s)
			if err == nil && len(s.Name) <= maxName {
				d.names.Load(window.Dated[[]byte]{Key: k, At: s.At, Value: s.Name})
			}
			return err
		},
		Loaded: d.names.Loaded,
		Size:   func() (int, uint64) { return d.names.Len(), 0 },
	}
}

// saved is the saved form of a name.
type saved struct {
	At   uint64
	Name []byte
}
