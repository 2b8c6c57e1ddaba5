// Package collection is analytic AN0131: a mail system reached with stolen
// credentials or tokens, followed by scripted access to mailbox contents.
//
// Events come in through Detector.Observe. An event may add signals to the profile
// of its subject: an account, an application or a host. Signals are of two halves,
// the sign-in (signin.go, travel.go, session.go) and the access (mailaccess.go,
// mailboxchange.go, application.go, script.go). Signals of both halves that lie near
// each other, in either order of arrival, correlate (correlate.go); enough weight
// opens an incident of the tracker, which classify.go names.
//
// Flows in: normalised events; from the tracker, accounts whose credentials an
// attacker has. Flows out: incidents, and the context of accounts for the alerts of
// all analytics.
package collection
