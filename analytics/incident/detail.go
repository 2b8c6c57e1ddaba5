package incident

import "redshank/analytics/alert"

// Detail is what an analytic adds to an incident: what it counts, how it grades
// the attack and what it writes into the alert.
type Detail interface {
	// Assess sets the class and the severity of the incident. It is called once a
	// chunk, before the tracker looks for a reason to send a message.
	Assess()
	// Volume returns the size of the attack, in the unit of the analytic: tenfold
	// growth is a reason for a message.
	Volume() int
	// Fill completes an alert that has the common fields.
	Fill(a *alert.Alert)
	// Save returns the detail in the form that Restore reads.
	Save() ([]byte, error)
	// Restore reads what Save returned.
	Restore(b []byte) error
}
