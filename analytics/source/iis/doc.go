// Package iis reads the W3C logs of the web server in front of Exchange. Lines go in,
// or maps of their columns; events come out: requests of an account, failed logins
// over HTTP, and the forms logins of Outlook on the web, which a later request decides.
//
// Most lines of most installations are of this format. line.go cuts a line that
// follows another one of its file at half the cost; align.go reads the lines whose
// pieces do not add up to the columns of the header.
package iis
