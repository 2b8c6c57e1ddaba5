// Package baseline holds what is usual: for the tenant as a whole, the number
// of accounts that have ever signed in with a given feature (an address
// prefix, a network's owner, a user agent, an application, or a conjunction of
// these).
//
// Analytics add what succeeds and ask how rare something is before they call
// it evidence. All state is bounded, keyed by event time, and can be saved.
package baseline
