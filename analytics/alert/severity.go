package alert

// Severity of an alert.
type Severity uint8

// The severities, in rising order.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

// String returns the name of the severity in lower case, or "" for 0.
func (s Severity) String() string {
	return [...]string{"", "low", "medium", "high", "critical"}[min(s, Critical)]
}

// SeverityByName returns the severity with the name, or 0 for an unknown name.
func SeverityByName(name string) Severity {
	for s := Low; s <= Critical; s++ {
		if s.String() == name {
			return s
		}
	}
	return 0
}
