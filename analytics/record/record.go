// Package record walks the chunks that Fluent Bit hands over without copying
// them: chunk bytes in, views of records and of their fields out.
package record

import "time"

// Record is one log record of a chunk. Its values are views into the chunk.
type Record struct {
	Time     time.Time // Fluent Bit's timestamp, UTC; zero if it had none
	Metadata Value     // V2 metadata map; zero for legacy records
	Body     Value     // the record itself, a map
	Raw      []byte    // the whole encoded record, timestamp included

	// Line is the last field of a body of few fields, if it is a text, and
	// Again reports that all bytes before Line are the same as in the previous
	// record: the next line of the same file.
	Line  []byte
	Again bool
}
