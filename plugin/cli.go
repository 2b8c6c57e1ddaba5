//go:build !cgo

package main

import (
	"os"

	"redshank/plugin/agent"
	"redshank/plugin/command"
	"redshank/plugin/document"
)

// main is the redshank command. The shared object has a main of its own, which
// does nothing.
func main() {
	os.Exit(command.Run(plugin(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// plugin returns what the command needs of the plugin.
func plugin() command.Plugin {
	p := command.Plugin{Version: version, OptionsTable: agent.OptionsTable, FieldsTable: document.FieldsTable}
	for _, o := range agent.Options() {
		p.Options = append(p.Options, command.Option(o))
	}
	p.Configure = func(lookup func(string) string) (command.Configuration, error) {
		c, err := agent.Configure(lookup)
		return command.Configuration(c), err
	}
	return p
}
