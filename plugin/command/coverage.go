package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"redshank/analytics/coverage"
	"redshank/analytics/source"
	"redshank/plugin/agent"
	"redshank/plugin/document"
	"redshank/plugin/matrix"
	"redshank/plugin/replay"
	"redshank/plugin/text"
)

func newCoverage(version string) *cobra.Command {
	opts := replay.Options{Version: version}
	var state string
	cmd := &cobra.Command{
		Use:   "coverage [-p POLICY] FILE|FOLDER|- ... | --state STATE_PATH",
		Short: "Show which evidence your logs bring, and what the gaps blind",
		Long: `Coverage shows, for each service that the logs name, which evidence its records
bring: client address, account, result, agent and so on. A cell is "yes" if at
least 90 % of the records have the evidence, a share in per cent below that, "no"
if none has it, "?" if no record came that could have it (for instance no failed
sign-in), and "-" if no analytic needs it. After the matrix each gap is listed
with the signals of AN0131 and the parts of AN1269 that are blind there. Findings about
the logs follow: missing fields, a proxy that hides the clients, and each kind of record
that is not understood, with the names of its fields.

With logs, all of their records count. With --state, the state_path of an
instance, which may be running, the last two days with records of each service
count; nothing is written there.

Only what was seen in the records is claimed. A service without a record is listed
as not seen: the records do not show whether it is not logged or not used.

Exit status: 0 when the matrix was made, 1 when something could not be read, 2 for
a command line that is not understood.`,
		Example: `  redshank coverage /var/log/exchange
  redshank coverage --state /var/lib/redshank --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if (state == "") == (len(args) == 0) {
				return fmt.Errorf("want logs or --state, one of the two")
			}
			opts.Paths, opts.Stdin = args, cmd.InOrStdin()
			return runCoverage(cmd, &opts, state)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&opts.Policy, "policy", "p", "", "policy `FILE`; without it the built-in policy")
	f.StringVar(&opts.Source, "source", source.Auto, "`FORMAT` of all logs")
	f.StringVar(&state, "state", "", "read the state in this `FOLDER`, the state_path of an instance")
	f.BoolVar(&opts.JSON, "json", false, "print the result as JSON")
	return cmd
}

// runCoverage makes the report and prints it.
func runCoverage(cmd *cobra.Command, opts *replay.Options, state string) error {
	errs, status := cmd.ErrOrStderr(), StatusOK
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var report *coverage.Report
	var findings []replay.Finding
	var err error
	if state != "" {
		report, err = agent.Coverage(state)
	} else {
		var read bool
		if report, findings, read, err = replay.Coverage(ctx, *opts, errs); !read {
			status = StatusFindings
		}
	}
	if err == nil {
		err = writeCoverage(cmd.OutOrStdout(), report, findings, opts.JSON)
	}
	if err != nil {
		fmt.Fprintf(errs, "redshank coverage: %v\n", err)
		status = StatusFindings
	}
	if status != StatusOK {
		return exit(status)
	}
	return nil
}

func writeCoverage(out io.Writer, r *coverage.Report, findings []replay.Finding, asJSON bool) error {
	if asJSON {
		body, err := text.JSON(coverageDocument{matrix.Document(r), replay.Documents(findings)})
		if err == nil {
			_, err = out.Write(append(body, '\n'))
		}
		return err
	}
	if len(r.Rows) == 0 {
		fmt.Fprintln(out, "no record of any service was seen")
	} else if err := coverageTable(out, r); err != nil {
		return err
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(out, "\n%s, %s: %s\n  blind without it: %s\n", g.Service, g.Evidence.Words(), g.Cell.Found(), coverage.Sentence(g.Blind))
	}
	for _, g := range r.UnseenGroups() {
		fmt.Fprintf(out, "\nno record seen of %s\n  blind there: %s\n", g.Names(), g.Sentence())
	}
	replay.WriteFindings(out, findings)
	return nil
}

// coverageDocument is the result as JSON.
type coverageDocument struct {
	*document.Coverage
	Findings []replay.FindingDocument `json:"findings,omitempty"`
}

func coverageTable(out io.Writer, r *coverage.Report) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "SERVICE\tEVENTS")
	for _, e := range coverage.Columns() {
		fmt.Fprint(t, "\t", strings.ToUpper(e.Words()))
	}
	fmt.Fprintln(t, "\tLAST (UTC)")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%d", row.Service, row.Total)
		for _, cell := range row.Cells {
			fmt.Fprint(t, "\t", cell.Text())
		}
		fmt.Fprintf(t, "\t%s\n", row.Last.Format(time.DateTime))
	}
	return t.Flush()
}
