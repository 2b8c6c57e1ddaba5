package alert

// The phases of an incident.
const (
	PhaseOpened    = "opened"
	PhaseEscalated = "escalated"
	PhaseChanged   = "changed"   // the class is another, or the severity is lower: an incident behind this one was withdrawn
	PhaseGrown     = "grown"     // ten times the failures of the last message
	PhaseQuiet     = "quiet"     // final figures
	PhaseWithdrawn = "withdrawn" // final: later sign-ins explain the incident
)
