// Package incident keeps attacks while they last. An analytic opens an Incident,
// adds to it and tells the Tracker about changes; the Tracker decides when a
// message leaves (opened, worse, changed, grown, final) and when the incident
// closes. What only one analytic knows about an attack is the incident's Detail.
//
// The Tracker is also the one place where analytics learn from each other: which
// incident is open for a client (OpenFor), and which account's credentials an
// attacker turned out to have (OnCredential).
package incident
