// Package alert defines what leaves the detection engine: the alert, the rule
// that raised it, its severity and the ATT&CK techniques it names. The package
// depends on nothing but the event types, so that the forms of an alert (ECS,
// OCSF, CEF) are pure functions of it.
package alert
