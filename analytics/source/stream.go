package source

// Stream is what is remembered of one tag and path: which format its records
// come in, and the columns its last header line named.
type Stream struct {
	format  format
	columns []int
}
