// Package baseline holds what is usual: for the tenant as a whole, the number
// of accounts that have ever signed in with a given feature (an address
// prefix, a network's owner, a user agent, an application, or a conjunction of
// these).
//
// Analytics add successful sign-ins, and query the rarity of a feature before they
// count it as evidence. All state is bounded, keyed by event time, and can be
// saved.
package baseline
