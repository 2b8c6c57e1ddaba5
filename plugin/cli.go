//go:build !cgo

package main

import (
	"os"

	"redshank/plugin/command"
)

// main is the redshank command. The shared object has a main of its own, which
// does nothing.
func main() {
	os.Exit(command.Run(version, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
