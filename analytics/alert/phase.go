package alert

// The phases of an incident that a message can tell of.
const (
	PhaseOpened    = "opened"
	PhaseEscalated = "escalated"
	PhaseChanged   = "changed" // another class than before
	PhaseGrown     = "grown"   // ten times the failures of the last message
	PhaseQuiet     = "quiet"   // final figures
)
