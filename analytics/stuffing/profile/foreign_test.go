package profile

import "testing"

// The successes that a campaign may look back on are the latest; a restored list goes
// on where the saved one stopped.
func TestForeignSignInsAreBounded(t *testing.T) {
	var f ForeignSignIns
	for n := range maxForeignSignIns + 100 {
		f.Add(&SignIn{First: int64(n)})
	}
	oldest := f.list[f.next].First
	next := f.next
	f.next = 0
	f.loaded()
	if len(f.list) != maxForeignSignIns || oldest != 100 || f.next != next {
		t.Errorf("%d kept, the oldest %d, next %d, restored %d", len(f.list), oldest, next, f.next)
	}
}
