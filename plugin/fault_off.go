//go:build !fault

package main

// injectFault does nothing: only the build for the crash tests has faults.
func injectFault(string) {}
