package command

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"redshank/analytics/source"
	"redshank/plugin/replay"
)

func newReplay(version string) *cobra.Command {
	opts := replay.Options{Version: version}
	var since, until string
	cmd := &cobra.Command{
		Use:   "replay [-p POLICY] FILE|FOLDER|- ...",
		Short: "Find attacks in logs that already exist",
		Long: `Replay reads logs and runs them through the detections of the plugin, in the
order in which the events happened. The format of each log is found; it may be
plain, gzip, zstd, zip or tar: W3C and CSV logs of IIS and Exchange, JSON lines,
JSON arrays and records[] envelopes, CSV exports, and Windows event logs (.evtx).
Neither the names nor the order of the files change the result.

A file that cannot be read is named and the rest is read.

Exit status: 0 when nothing was found, 1 for an error, or when nothing was found
and something could not be read, 2 for a command line that is not understood, 3
when incidents were found.`,
		Example: `  redshank replay -p policy.yaml /var/log/exchange
  redshank replay --report report.html audit.csv signins.json Security.evtx
  redshank replay -p policy.yaml --against stricter.yaml logs/
  redshank replay --explain alice@contoso.com logs/`,
		Args: wanted("at least one log: FILE, FOLDER or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Paths, opts.Stdin = args, cmd.InOrStdin()
			return runReplay(cmd, opts, since, until)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&opts.Policy, "policy", "p", "", "policy `FILE`; without it the built-in policy")
	f.StringVar(&opts.Against, "against", "", "second policy `FILE`: show which incidents open, close and change under it")
	f.StringVar(&opts.Source, "source", source.Auto, "`FORMAT` of all logs")
	f.StringVar(&since, "since", "", "leave out events before `TIME`, as 2026-03-10 or 2026-03-10T14:30:00Z")
	f.StringVar(&until, "until", "", "leave out events at or after `TIME`")
	f.StringVar(&opts.Alerts, "alerts", "", "write the alerts of the plugin to `FILE`, as JSON lines")
	f.StringVar(&opts.Enriched, "enriched", "", "write every record, with a field redshank, to `FILE`, as JSON lines")
	f.StringVar(&opts.Report, "report", "", "write a report to `FILE`, as one HTML page")
	f.StringVar(&opts.Explain, "explain", "", "account for every event of an `ACCOUNT` or address")
	f.BoolVar(&opts.JSON, "json", false, "print the result as JSON")
	return cmd
}

// runReplay completes the options and runs them.
func runReplay(cmd *cobra.Command, opts replay.Options, since, until string) (err error) {
	if opts.Since, err = timeFlag("since", since); err != nil {
		return err
	}
	if opts.Until, err = timeFlag("until", until); err != nil {
		return err
	}
	opts.Host, _ = os.Hostname()
	opts.Host = cmp.Or(opts.Host, "unknown")
	errs := cmd.ErrOrStderr()
	if f, ok := errs.(*os.File); ok {
		opts.Progress = term.IsTerminal(int(f.Fd()))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	status, err := replay.Run(ctx, opts, cmd.OutOrStdout(), errs)
	if err != nil {
		fmt.Fprintf(errs, "redshank replay: %v\n", err)
	}
	if status != StatusOK {
		return exit(status)
	}
	return nil
}

func timeFlag(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := replay.ParseTime(text)
	if err != nil {
		return at, fmt.Errorf("--%s: %w", name, err)
	}
	return at, nil
}
