// Package explain is how an analytic accounts for what it made of an event. Nobody
// listens in a running plugin: the observer is nil then, and an analytic asks for
// that before it builds a Decision. redshank replay --explain listens.
package explain

import "redshank/analytics/event"

// Verdict is what an analytic made of an event.
type Verdict uint8

// The verdicts. Counted: evidence of an attack, by itself or with others. Forgiven:
// evidence that something honest accounts for, which may be known only later.
// Ignored: never evidence.
const (
	Ignored Verdict = iota
	Forgiven
	Counted
)

// String returns the verdict as a word.
func (v Verdict) String() string {
	return [...]string{"ignored", "forgiven", "counted"}[min(v, Counted)]
}

// Decision is the verdict of one analytic on one event.
type Decision struct {
	Rule    string // ID of the analytic, as in alert.Rule
	Verdict Verdict
	Reason  string // in a few words: "known client of the account", "signin.new_network"
	Policy  string // key of the policy that decided, as stuffing.forgiveness; empty: none
	Weight  int    // of a signal of AN0131; 0: no weight
}

// Observer takes decisions. The event points into memory that is used again: an
// Observer copies what it keeps. It may be called several times for one event, and
// the last decision of a rule stands.
type Observer interface {
	Decided(ev *event.Event, d Decision)
}

// Explainer is an analytic that can account for its decisions.
type Explainer interface {
	Explain(o Observer)
}
