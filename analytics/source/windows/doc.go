// Package windows reads Windows events: logons, PowerShell, Sysmon, and the events
// of Exchange. An event is XML, text, or JSON in the form of one of a dozen
// collectors. It is first read into one row (head.go, map.go, flat.go, xml.go,
// text.go), whose values get their names by key, by position (schema.go) or from
// the rendered message (message.go), and is then decoded by provider and
// id.
package windows
