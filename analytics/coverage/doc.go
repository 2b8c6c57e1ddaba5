// Package coverage reports which evidence the logs bring, service by service, and
// which parts of the analytics a gap blinds.
//
// A Matrix counts the events of each service and the fields that they have; Report
// reads it. Only what was seen in the logs is counted: a service without a record
// is reported as not seen, and nothing is derived from a configuration.
package coverage
