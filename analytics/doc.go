// Package analytics is the detection engine: records in, alerts out. The data
// flows in one direction:
//
//	chunk -> record -> source -> event -> analytic -> incident -> alert
//
// Package source turns the records of every log into events, which the policy
// normalises. Every analytic (packages stuffing and collection) observes every
// event and keeps what it needs in tables of package window. What it takes for an
// attack becomes an incident (package incident), whose messages are alerts.
//
// The engine has no I/O, no clock, no goroutines and no logging. To add an
// analytic, write a package that implements Analytic and add one line to New.
package analytics
