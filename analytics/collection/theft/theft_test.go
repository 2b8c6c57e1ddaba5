package theft

import (
	"encoding/binary"
	"testing"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/alert"
	"redshank/analytics/incident"
	"redshank/analytics/window"
)

// The number of mailboxes is within 2 % of the true one at any size, and a mailbox that
// was read before changes nothing.
func TestManyMailboxes(t *testing.T) {
	i := &Theft{Incident: &incident.Incident{}}
	for range 2 {
		for key := range uint64(3000) {
			i.AddMailbox(&window.Attempt{Key: xxhash.Sum64(binary.BigEndian.AppendUint64(nil, key))})
		}
	}
	a := alert.Alert{Class: ClassApp}
	i.Fill(&a)
	if a.Counts.Mailboxes < 2940 || a.Counts.Mailboxes > 3060 {
		t.Errorf("%d mailboxes, want 3000", a.Counts.Mailboxes)
	}
}
