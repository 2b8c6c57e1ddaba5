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

func (s Severity) String() string {
	return [...]string{"", "low", "medium", "high", "critical"}[min(s, Critical)]
}
