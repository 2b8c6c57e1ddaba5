//go:build !cgo

package main

import (
	"os"

	"redshank/plugin/command"
	"redshank/plugin/delivery"
)

// main is the redshank command. The shared object has a main of its own, which
// does nothing.
func main() {
	os.Exit(command.Run(plugin(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// plugin returns what the command needs of the plugin.
func plugin() command.Plugin {
	p := command.Plugin{Version: version, OptionsTable: optionsTable, FieldsTable: delivery.FieldsTable}
	for _, o := range options {
		p.Options = append(p.Options, command.Option{Name: o.name, Default: o.def, Want: o.want, Help: o.help})
	}
	p.Configure = func(lookup func(string) string) (command.Configuration, error) {
		s, read, err := configure(lookup)
		return command.Configuration{Shown: s.shown, PolicyPath: s.policy, Policy: read}, err
	}
	return p
}
