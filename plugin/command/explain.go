package command

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"redshank/analytics/explain"
	"redshank/analytics/policy"
	"redshank/plugin/agent"
	"redshank/plugin/replay"
)

func newExplain(version string) *cobra.Command {
	opts := replay.Options{Version: version}
	var state, since, until string
	cmd := &cobra.Command{
		Use:   "explain [-p POLICY] ACCOUNT|ADDRESS FILE|FOLDER|- ... | --state STATE_PATH",
		Short: "Explain why an account or address is in an incident or not",
		Long: `Explain shows what the detections make of an account, in any spelling, or of the
address of a client.

With logs, every event of the subject is listed with its result, as by
redshank replay --explain.

With --state, the state_path of an instance, which may be running, Explain shows
what the instance knows now: clients, failures beside the thresholds, signals
with their weights, incidents, and the mutes of the policy that may cover them.
The policy should be that of the instance. Nothing in the folder is changed.

Exit status with --state: 0, or 1 when the state or the policy could not be read.
Exit status with logs: that of redshank replay.`,
		Example: `  redshank explain -p /etc/redshank/policy.yaml --state /var/lib/redshank alice@contoso.com
  redshank explain 203.0.113.7 /var/log/exchange`,
		Args: wanted("an account or an address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (state == "") == (len(args) == 1) {
				return errors.New("want logs or --state, one of the two")
			}
			if state != "" {
				return explainState(cmd, state, opts.Policy, args[0])
			}
			opts.Explain, opts.Paths, opts.Stdin = args[0], args[1:], cmd.InOrStdin()
			return runReplay(cmd, opts, since, until)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&opts.Policy, "policy", "p", "", "policy `FILE`; without it the built-in policy")
	f.StringVar(&state, "state", "", "read the state in this `FOLDER`, the state_path of an instance")
	f.StringVar(&since, "since", "", "leave out events of logs before `TIME`")
	f.StringVar(&until, "until", "", "leave out events of logs at or after `TIME`")
	return cmd
}

// explainState explains a subject from the state of an instance.
func explainState(cmd *cobra.Command, state, path, subject string) error {
	p := policy.Default()
	var err error
	if path != "" {
		p, err = policy.Load(path)
	}
	if err == nil {
		var of explain.Subject
		var facts []explain.Fact
		if of, facts, err = agent.Explain(state, p, subject); err == nil {
			return writeFacts(cmd.OutOrStdout(), of, facts)
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "redshank explain: %v\n", err)
	return exit(StatusFindings)
}

func writeFacts(out io.Writer, of explain.Subject, facts []explain.Fact) error {
	fmt.Fprintln(out, plain(of.String()))
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range facts {
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.Of, f.Name, plain(f.Value)) // names come from logs
	}
	return t.Flush()
}
