//go:build fault

package main

// injectFault crashes as the tag of a chunk asks. This build is for the crash
// tests and is never shipped.
func injectFault(tag string) {
	switch tag {
	case "fault.nil":
		var none *instance
		none.ownTold = true
	case "fault.index":
		var empty []int
		empty[len(tag)]++
	}
}
