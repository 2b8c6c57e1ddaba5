// Package command is the redshank command line: one file for each subcommand.
//
// The package is plain Go. The shared object does not contain it.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit statuses of every subcommand.
const (
	StatusOK       = 0 // nothing is wrong
	StatusFindings = 1 // errors in what was checked or read
	StatusUsage    = 2 // the command line is not understood
)

// exit is the error of a subcommand that has already written what is wrong
// and only has to set the exit status.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// Run runs the command line args, without the program's name, and returns the
// exit status.
func Run(version string, args []string, in io.Reader, out, errs io.Writer) int {
	root := New(version)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	called, err := root.ExecuteContextC(context.Background())
	var status exit
	switch {
	case err == nil:
		return StatusOK
	case errors.As(err, &status):
		return int(status)
	}
	fmt.Fprintf(errs, "redshank: %v\nRun '%s --help' for usage.\n", err, called.CommandPath())
	return StatusUsage
}

// New returns the redshank command with all of its subcommands.
func New(version string) *cobra.Command {
	root := &cobra.Command{
		Use:   "redshank",
		Short: "Detect attacks on Exchange and Microsoft 365 mail",
		Long: `Redshank is an output plugin of Fluent Bit that detects attacks on the mail of
Exchange and Microsoft 365. This command searches logs for attacks,
checks and tests a configuration, explains incidents, and fetches the logs of a
tenant.

Exit status: 0 for success, 1 for errors in what was checked or read, 2 for a
command line that is not understood.`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          withoutSubcommand,
	}
	root.AddCommand(newCheck(), newCollect(), newCoverage(version), newDocs(), newDrill(), newExplain(version), newFind(), newReplay(version), newTest(), newVersion(version))
	root.SetHelpCommand(newHelp())
	return root
}

// newHelp returns the help command, which refuses a word that is not a command.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			switch {
			case err != nil:
				return err
			case len(rest) > 0:
				return withoutSubcommand(topic, rest)
			}
			topic.InitDefaultHelpFlag()
			topic.InitDefaultVersionFlag()
			return topic.Help()
		},
	}
}

// withoutSubcommand is run by a command that only groups subcommands. It
// returns an error that names the subcommands nearest to the word that was
// given.
func withoutSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		cmd.SetOut(cmd.ErrOrStderr())
		_ = cmd.Help()
		return exit(StatusUsage)
	}
	text := fmt.Sprintf("unknown command %q", args[0])
	cmd.SuggestionsMinimumDistance = 2
	for n, name := range cmd.SuggestionsFor(args[0]) {
		text += map[bool]string{true: ", did you mean ", false: " or "}[n == 0] + name
	}
	return errors.New(text)
}

// wanted returns a check that a command line has an argument; the error says what is
// expected.
func wanted(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New("no argument (want " + what + ")")
		}
		return nil
	}
}
