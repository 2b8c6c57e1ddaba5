package collection

import (
	"testing"

	"redshank/analytics/alert"
	"redshank/analytics/collection/theft"
)

// The halves of a set of kinds are those of its signals.
func TestKindSet(t *testing.T) {
	var i theft.Theft
	var signIn, access bool
	for kind := range signalKinds {
		if kindsOf(&i).has(kind) {
			t.Errorf("%s before it was added", signalCodes[kind])
		}
		i.Signals = append(i.Signals, alert.Signal{Code: signalCodes[kind]}, alert.Signal{Code: "of a later version"})
		signIn, access = signIn || !kind.isAccess(), access || kind.isAccess()
		set := kindsOf(&i)
		if s, a := set.halves(); s != signIn || a != access || !set.has(kind) || !set.has(newHour, kind) {
			t.Errorf("%s: halves %v %v, want %v %v", signalCodes[kind], s, a, signIn, access)
		}
		if s, a := setOf(kind).halves(); s == kind.isAccess() || a != kind.isAccess() {
			t.Errorf("%s alone: halves %v %v", signalCodes[kind], s, a)
		}
	}
	if kindsOf(new(theft.Theft)) != 0 {
		t.Error("no signals have kinds")
	}
}
