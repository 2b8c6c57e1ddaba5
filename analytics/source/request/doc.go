// Package request knows the requests that clients of Exchange make over HTTP: which
// service a path leads to, what a query string says, which operations touch mail, and
// which requests are the server's own. The logs of IIS and of Exchange share it.
package request
