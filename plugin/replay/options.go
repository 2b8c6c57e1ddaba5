// Package replay finds attacks in logs that already exist: it reads files of every
// kind, puts their events into the order in which they happened, and takes them
// through the engine of the plugin. Two runs over the same logs give the same
// bytes, in whatever files and order the logs lie.
package replay

import (
	"fmt"
	"io"
	"time"
)

// Options configure a run.
type Options struct {
	Paths   []string  // files, folders, patterns, "-" for standard input
	Stdin   io.Reader // behind "-"
	Policy  string    // path; empty: the built-in policy
	Against string    // path of a second policy to compare with; empty: none
	Source  string    // format of the logs; empty: found for each

	Since, Until time.Time // events from Since on and before Until; zero: all

	Alerts   string // file for all messages, as NDJSON
	Enriched string // file for all records as they came, each with a field redshank; NDJSON
	Report   string // file for the report, HTML
	Explain  string // account or address whose events are listed
	JSON     bool   // the result as JSON instead of tables
	Progress bool   // a bar on the error output

	Version, Host string // of the observer in alerts
	MaxIPs        int    // bound of the client table; 0: 200,000
	MaxUsers      int    // bound of the account table; 0: 200,000
	Folder        string // for temporary files; empty: the system's
}

// Exit statuses of a run.
const (
	Nothing = 0 // no incident, and all was read
	Failed  = 1 // nothing could be found out, or no incident and something unread
	Found   = 3 // at least one incident
)

// timeForms are the forms of a time on the command line. Without a zone it is UTC.
var timeForms = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// ParseTime reads a time of the options Since and Until. In UTC where the text has
// no zone; a date alone is its midnight.
func ParseTime(text string) (time.Time, error) {
	for _, form := range timeForms {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q: want a time as 2026-03-10, 2026-03-10 14:30 or 2026-03-10T14:30:00Z", text)
}
