package alert

// Rule describes the analytic that raised an alert.
type Rule struct {
	ID        string   // of the MITRE ATT&CK analytic, for instance AN1269
	Name      string   // one line, for people
	Version   string   // changes with the logic
	Category  []string // ECS event.category
	Reference string   // URL of the analytic's description
	Kind      Kind
}

// Kind is how an analytic detects and, with it, which part the accounts of
// its alerts play.
type Kind uint8

const (
	// Threshold compares counts with limits. The accounts of an alert are the
	// targets of the attack.
	Threshold Kind = iota + 1
	// Behaviour compares activity with what is usual. The account of an alert is
	// the one that acted.
	Behaviour
)
