// Package profile is what AN1269 remembers: of a client the accounts that fail and sign in
// there, of an account where and with what it signs in, of a sign-in what an alert says of
// it, and of the tenant how many accounts use a program or a network.
//
// It answers questions about these, bounds them and saves them. It does not decide
// what is an attack: package stuffing does, which takes attempts into the profiles and
// out of them.
//
// All times are in Unix milliseconds, and lengths of time in milliseconds, unless a comment
// gives another unit. Nothing here is safe for concurrent use.
package profile
