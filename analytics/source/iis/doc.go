// Package iis decodes the W3C logs of the web server in front of Exchange. It turns
// lines, or maps of their columns, into events: requests of an account, failed logins
// over HTTP, and the forms logins of Outlook on the web, which a later request decides.
//
// Most lines of most installations are of this format. line.go splits a line that
// follows another line of its file at half the cost; align.go splits lines with more
// pieces than the header has columns.
package iis
