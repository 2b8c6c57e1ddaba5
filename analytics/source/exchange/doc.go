// Package exchange reads the text logs of Exchange: HttpProxy, EWS, cmdlets, the
// protocol logs of SMTP receive connectors, and those of IMAP4 and POP3. All of them
// are CSV with a #Fields line. Rows go in, as lines or as maps of their columns;
// events come out: logins, accesses to mail, cmdlets.
package exchange
