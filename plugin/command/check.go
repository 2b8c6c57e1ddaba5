package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redshank/plugin/agent"
)

func newCheck() *cobra.Command {
	var path, config string
	cmd := &cobra.Command{
		Use:   "check [-c CONFIG | -p POLICY] [OPTION=VALUE ...]",
		Short: "Check a policy, options or the configuration of an agent",
		Long: `Check reads options and policy as the plugin does at start, and prints either
everything that is wrong or the configuration that would run. With -c it reads
the configuration of an agent, classic or YAML with all it includes, and checks
every redshank output in it: options, policies, tags, folders, and alerts that
come back to the plugin. Lines with "warning" are advice.

It starts nothing and opens no file of a sink, so it can run beside a running
agent and as another user. The --dry-run of Fluent Bit does not check the
options of an output.

Exit status: 0 when the plugin would start, 1 when it would not or would not do
what the configuration says, 2 for a command line that is not understood.`,
		DisableFlagsInUseLine: true,
		Example: `  redshank check -c /etc/fluent-bit/fluent-bit.yaml
  redshank check -p policy.yaml sink=file sink_path=alerts.ndjson`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if config != "" {
				if path != "" || len(args) > 0 {
					return errors.New("-c takes options and policy from the configuration (want no other arguments)")
				}
				return checkAgent(cmd.OutOrStdout(), config)
			}
			given, wrong := assignments(args)
			if path != "" {
				given["policy"] = path
			}
			return checkOptions(cmd.OutOrStdout(), cmd.ErrOrStderr(), given, wrong)
		},
		ValidArgsFunction: completeOption,
	}
	cmd.Flags().StringVarP(&path, "policy", "p", "", "check the policy `FILE`, as policy=FILE")
	cmd.Flags().StringVarP(&config, "config", "c", "", "check the configuration `FILE` of an agent")
	return cmd
}

// checkOptions writes the configuration of the given options, or every error in them.
func checkOptions(out, errs io.Writer, given map[string]string, wrong []string) error {
	c, err := agent.Configure(func(key string) string { return given[key] })
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	if len(wrong) > 0 {
		fmt.Fprintln(errs, strings.Join(wrong, "\n"))
		return exit(StatusFindings)
	}
	fmt.Fprintln(out, "ok")
	for i := 0; i < len(c.Shown); i += 2 {
		fmt.Fprintf(out, "  %-15v %v\n", c.Shown[i], c.Shown[i+1])
	}
	for _, text := range c.Policy.Advice(time.Now()) {
		fmt.Fprintln(out, finding{"warning", policyName(c.PolicyPath), text})
	}
	return nil
}

// assignments returns the values of OPTION=VALUE arguments, and an error text for
// every other argument. Unlike the plugin in its host, the command sees every
// key, so an unknown key is an error.
func assignments(args []string) (given map[string]string, wrong []string) {
	given = map[string]string{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		key = strings.ToLower(key)
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%q: not an option=value%s", arg, meantFile(arg)))
		case !known(key):
			wrong = append(wrong, fmt.Sprintf("%s: %q: no such option%s", key, value, suggest(key)))
		default:
			given[key] = value
		}
	}
	return given, wrong
}

// meantFile returns a suggestion for an argument that is a file and no option.
func meantFile(arg string) string {
	if info, err := os.Stat(arg); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return fmt.Sprintf(" (did you mean -p %s for a policy, or -c %s for the configuration of an agent?)", arg, arg)
}

// known reports whether the plugin has an option called key.
func known(key string) bool {
	return slices.ContainsFunc(agent.Options(), func(o agent.Option) bool { return o.Name == key })
}

// completeOption completes the name of an option for a shell.
func completeOption(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, o := range agent.Options() {
		if strings.HasPrefix(o.Name, begun) {
			names = append(names, cobra.CompletionWithDesc(o.Name+"=", o.Want))
		}
	}
	return names, cobra.ShellCompDirectiveNoSpace
}
