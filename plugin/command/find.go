package command

import (
	"github.com/spf13/cobra"

	"redshank/plugin/replay"
)

func newFind() *cobra.Command {
	return &cobra.Command{
		Use:   "find RECORD [FILE|FOLDER|- ...]",
		Short: "Find the log record that an alert names as evidence",
		Long: `Find prints the record that an alert names in redshank.evidence, or in the field
record of a signal or a valid credential, with its file and offset. RECORD is the
text of that field: the id of a record, FILE:OFFSET, or the digest of a line or an
event, with or without the time and the file behind it. Without logs the file that
RECORD names is read. Logs may be of any kind that replay reads.

The digest of a line is the beginning of the SHA-256 of the line without its line
end. A record that a parser of the agent has taken apart has the digest of an event,
by which the line of the log is found as well.

Exit status: 0 when the record was found, 1 when it was not, 2 for a command line
that is not understood.`,
		Example: `  redshank find "sha256:0123456789abcdef 2026-03-10T08:15:30Z /logs/u_ex260310.log"
  redshank find sha256:0123456789abcdef /archive/2026-03`,
		Args: wanted("a RECORD"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := replay.Locate(cmd.Context(), args[0], args[1:], cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			switch {
			case err != nil && n == 0:
				cmd.PrintErrf("redshank find: %v\n", err)
				fallthrough
			case n == 0:
				return exit(StatusFindings)
			}
			return nil
		},
	}
}
