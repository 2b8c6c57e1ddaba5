package stuffing

import (
	"redshank/analytics/event"
	"redshank/analytics/explain"
)

// Explain makes the detector report what it makes of each event; nil stops
// that.
func (s *Detector) Explain(o explain.Observer) { s.observer = o }

// decided reports a decision if somebody listens.
func (s *Detector) decided(ev *event.Event, v explain.Verdict, reason, key string) {
	if s.observer != nil {
		s.observer.Decided(ev, explain.Decision{Rule: ruleStuffing.ID, Verdict: v, Reason: reason, Policy: key})
	}
}
