package collection

import (
	"testing"

	"redshank/analytics/alert"
	"redshank/analytics/policy"
)

// Code and content must name the same signals, halves and techniques.
func TestSignals(t *testing.T) {
	docs := policy.Default().Signals()
	if len(docs) != int(signalKinds) {
		t.Errorf("%d signals in the content, %d in the code", len(docs), signalKinds)
	}
	list := signalsOf(policy.Default())
	for k, code := range signalCodes {
		s := list[k]
		if code == "" || s.Code != code {
			t.Errorf("signal %d: code %q, content %q", k, code, s.Code)
		}
		if s.Access != signalKind(k).isAccess() {
			t.Errorf("%s: in the other half", code)
		}
		if _, ok := alert.TechniqueByID(s.Technique); !ok {
			t.Errorf("%s: technique %q", code, s.Technique)
		}
	}
}
