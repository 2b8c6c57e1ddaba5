// Package change reads what a change of a mailbox, an application or the tenant does:
// the parameters of an operation of the audit log or of a cmdlet, and their effects.
// Which signal an effect raises is decided in package collection.
package change
