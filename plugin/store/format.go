package store

import "fmt"

// formatError reports entries of another format, as another version of the
// plugin writes them. Nothing is damaged, and the file cannot be used.
type formatError struct{ got, want uint32 }

func (e *formatError) Error() string {
	return fmt.Sprintf("written by another version of Redshank: format %d (want %d)", e.got, e.want)
}
