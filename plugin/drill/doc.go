// Package drill writes harmless attacks into logs, marked as package
// redshank/analytics/drill describes, and looks for their alerts where they should
// arrive.
package drill
