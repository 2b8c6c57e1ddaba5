package event

// Operation is what an operation of an audit log means. The zero Operation is one
// that concerns no analytic.
type Operation struct {
	Action  Action
	Access  Access
	Outcome Outcome  // of a sign-in, whatever its result says; OutcomeUnknown: the result decides
	Needs   []string // the operation counts only if one of these parameters is set
}
