// Package scenario tests the analytics by scenario files: events in, alerts out.
// It is imported by tests only.
//
// A file is strict YAML; a misspelt key is an error with file and line:
//
//	use: company                  # a population that is built in, or a file beside this one
//	policy: {accounts: {privileged: [boss@contoso.com]}}
//	networks: {203.0.113.0/24: {as: 64666, owner: Cheap Hosting, country: BR, at: [-23.5, -46.6]}}
//	names: {thief: 203.0.113.77}  # texts for <thief>
//	history: [...]                # acts before the attack
//	acts:
//	  - {at: 09:00, do: sign_in, user: alice@contoso.com, ip: <thief>, agent: <chrome>}
//	  - at: 09:01
//	    with: {user: alice@contoso.com, ip: <thief>}
//	    acts:
//	      - {at: +5m, do: read, items: 6, count: 60, every: 30s}
//	      - {at: +40m, do: change, operation: New-InboxRule, detail: MarkAsRead=True}
//	  - {at: "<day>d 08:<n:02>", each: {day: -5..-1, n: 40}, user: p<n>@contoso.com, ip: 100.<n%8+64>.7.9}
//	expect:                       # or none: no incident at all
//	  - {rule: AN0131, class: session_replay, severity: high.., items: 100..200, valid: []}
//
// A time is a time of day, a duration ("90m"), either after a number of days
// ("-5d 08:00"), or relative to the acts around it ("+5m"). each repeats an act or a
// group for every combination of values: a number counts from 0. count and every
// repeat with the variable k. In angle brackets stand names and variables with
// whole-number arithmetic from left to right, and a width. A field that an act does not
// name comes from with. do is a kind of act (see kinds); every other field is one of
// package event.
//
// A range is "5", "5..", "..5" or "5..10". Every incident must be expected, and every
// expectation without `optional: true` matches one incident.
//
// Run plays a file in order of time, in reverse order within the lateness, and with
// every record doubled and the state saved and restored in the middle of the acts. All
// of them must meet the expectations and agree.
package scenario
