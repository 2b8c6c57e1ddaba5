// Package incident tracks attacks while they are active. An analytic opens an
// Incident, adds to it and notifies the Tracker of changes. The Tracker
// decides when to send a message (opened, escalated, changed, grown, final)
// and when to close the incident. The Detail of an incident holds the data of
// its analytic.
//
// The Tracker also connects the analytics: OpenFor returns the open incident
// of a client, and OnCredential reports accounts whose credentials an attacker
// has.
package incident
