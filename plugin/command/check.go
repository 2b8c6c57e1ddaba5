package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redshank/analytics/policy"
)

func newCheck(p Plugin) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:                   "check [-p POLICY] [OPTION=VALUE ...]",
		Short:                 "Check a policy and options without starting anything",
		DisableFlagsInUseLine: true,
		Long: `Check reads options and policy as the plugin does at start, and prints either
everything that is wrong or the configuration that would run. It opens no file
of a sink, so it can run beside a running agent and as another user. The
--dry-run of Fluent Bit does not check the options of an output.

Exit status: 0 when the plugin would start, 1 when it would not, 2 for a command
line that is not understood.`,
		Example: "  redshank check -p policy.yaml sink=file sink_path=alerts.ndjson",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			given, wrong := p.assignments(args)
			if path != "" {
				given["policy"] = path
			}
			return p.check(cmd.OutOrStdout(), cmd.ErrOrStderr(), given, wrong)
		},
		ValidArgsFunction: p.completeOption,
	}
	cmd.Flags().StringVarP(&path, "policy", "p", "", "policy `FILE`, as policy=FILE")
	return cmd
}

// check writes the configuration of the options given, or all that is wrong.
func (p Plugin) check(out, errs io.Writer, given map[string]string, wrong []string) error {
	c, err := p.Configure(func(key string) string { return given[key] })
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
	writeExpired(out, c.PolicyPath, c.Policy, time.Now())
	return nil
}

// writeExpired writes the automation whose date of expiry has passed. This is
// no error, because a policy must not stop working on a date. Automation that
// no record matches is visible only to the running plugin, which logs it.
func writeExpired(out io.Writer, file string, p *policy.Policy, now time.Time) {
	for _, a := range p.Automations() {
		if a.Expired(now) {
			fmt.Fprintf(out, "%s:%d: automation %q expired on %s: its activity raises alerts again\n", file, a.Line, a.Name, a.Expires.Format(time.DateTime))
		}
	}
}

// assignments returns the values of OPTION=VALUE arguments, and an error text
// for each that is none. Unlike the plugin in its host, the command sees every
// key, so an unknown key is an error.
func (p Plugin) assignments(args []string) (given map[string]string, wrong []string) {
	given = map[string]string{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		key = strings.ToLower(key)
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%q: not an option=value", arg))
		case !p.knows(key):
			wrong = append(wrong, fmt.Sprintf("%s: %q: no such option", key, value))
		default:
			given[key] = value
		}
	}
	return given, wrong
}

// knows reports whether the plugin has an option called key.
func (p Plugin) knows(key string) bool {
	return slices.ContainsFunc(p.Options, func(o Option) bool { return o.Name == key })
}

// completeOption completes the name of an option for a shell.
func (p Plugin) completeOption(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, o := range p.Options {
		if strings.HasPrefix(o.Name, begun) {
			names = append(names, cobra.CompletionWithDesc(o.Name+"=", o.Want))
		}
	}
	return names, cobra.ShellCompDirectiveNoSpace
}
