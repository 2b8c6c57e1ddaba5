package command

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"redshank/plugin/replay/cases"
)

func newTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test FOLDER|FILE ...",
		Short: "Run your own test cases of the detection",
		Long: `Test runs cases: YAML files that name logs, a policy and the incidents that are
expected of them. A case passes when exactly these incidents are found. Keys
that an expected incident does not have may be anything; an empty list means
that nothing may be found. Paths are relative to the case.

  name: a spray from one address
  policy: policy.yaml
  logs: [logs/spray.log]
  incidents:
    - {rule: AN1269, class: password_spraying, severity: high, address: 203.0.113.7}

Exit status: 0 when all cases pass, 1 when one fails or cannot be run, 2 for a
command line that is not understood.`,
		DisableFlagsInUseLine: true,
		Example:               "  redshank test /etc/redshank/cases",
		Args:                  wanted("at least one FOLDER of cases"),
		RunE: func(cmd *cobra.Command, args []string) error {
			failed := false
			for _, path := range args {
				list, err := cases.Find(path)
				if err != nil {
					fmt.Fprintln(cmd.ErrOrStderr(), err)
					failed = true
				}
				for _, c := range list {
					failed = !runCase(cmd, c) || failed
				}
			}
			if failed {
				return exit(StatusFindings)
			}
			return nil
		},
	}
}

// runCase runs a case, writes the result, and reports whether it passed.
func runCase(cmd *cobra.Command, c *cases.Case) bool {
	out := cmd.OutOrStdout()
	o, err := c.Run(cmd.Context(), cmd.ErrOrStderr())
	switch {
	case err != nil:
		fmt.Fprintf(out, "FAIL  %s\n      %v\n", c.Title(), err)
		return false
	case o.Passed():
		fmt.Fprintf(out, "ok    %s (incidents: %d)\n", c.Title(), o.Found)
		return true
	}
	fmt.Fprintf(out, "FAIL  %s\n", c.Title())
	writeOutcome(out, o)
	return false
}

func writeOutcome(out io.Writer, o *cases.Outcome) {
	for _, e := range o.Missing {
		fmt.Fprintf(out, "      missing: %v\n", e)
	}
	for _, i := range o.Unexpected {
		// Quoted where needed: names come from logs.
		fmt.Fprintf(out, "      not expected: %s\n", plain(cases.Describe(i).String()))
	}
}

// plain returns text without characters that a terminal could act on.
func plain(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
