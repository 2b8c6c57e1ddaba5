// Package health finds blind spots of the input: a source that fell silent, a
// field that is no longer logged, a clock that is wrong, a proxy that hides the
// clients, records of unknown form, full tables. Every event and chunk goes
// through a Monitor; findings come out for the health record of an agent.
package health
