//go:build cgo && fault

package main

// flush crashes where the tag of a chunk asks for a crash, and passes every
// other chunk on to the instance. The end-to-end tests of crash recovery build
// the library with the tag fault; no such build is shipped.
func (a *attached) flush(tag string, chunk []byte) error {
	switch tag {
	case "fault.nil":
		var none *attached
		none.logs = a.logs
	case "fault.index":
		var empty []int
		empty[len(tag)]++
	}
	return a.instance.Flush(tag, chunk)
}
