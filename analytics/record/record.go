// Package record reads the chunks that Fluent Bit hands over, without copying them:
// from the bytes of a chunk it makes views of records and of their fields.
package record

import "time"

// Record is one log record of a chunk. Its values are views into the chunk.
type Record struct {
	Time     time.Time // Fluent Bit's timestamp, UTC; zero if it had none
	Metadata Value     // V2 metadata map; zero for legacy records
	Body     Value     // the record itself, a map
	Raw      []byte    // the whole encoded record, timestamp included

	// Line is the last field of a body with few fields, if it is a text. Again
	// reports that all bytes before Line are the same as in the previous record, as
	// in the next line of the same file.
	Line  []byte
	Again bool
}
