// Package analytics is the detection engine. It turns records into alerts, and
// data flows in one direction:
//
//	chunk -> record -> source -> event -> analytic -> incident -> alert
//
// Package source turns the records of every log into events, which the policy
// normalises. Every analytic (packages stuffing and collection) observes every
// event and keeps its state in tables of package window. A detected attack
// becomes an incident (package incident), whose messages are alerts.
//
// The engine has no I/O, no clock, no goroutines and no logging. To add an
// analytic, write a package that implements Analytic and add one line to New.
package analytics
