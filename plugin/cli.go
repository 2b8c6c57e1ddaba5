package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"redshank/analytics/policy"
	"redshank/plugin/delivery"
)

// version is set by the Makefile from git.
var version = "dev"

// usage is printed for help, and as the error of a call that is not understood.
const usage = `redshank: the command beside the Fluent Bit output plugin

  redshank check [-p policy.yaml] [option=value ...]
        tell all that is wrong with a policy and options, or what would run
  redshank docs options
        the option table, in markdown
  redshank docs signals
        the signals of AN0131 with their weights, in markdown
  redshank docs fields
        the fields of the map redshank in an alert, in markdown
  redshank version
`

// main is the redshank command. It never runs inside the shared object.
func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings given; it returns the exit status: 0, 1
// for what was found wrong, 2 for a call that cannot be understood.
func run(args []string, out, errs io.Writer) int {
	switch command := strings.Join(args, " "); {
	case len(args) > 0 && args[0] == "check":
		return check(args[1:], out, errs)
	case command == "docs options":
		return say(out, optionsTable())
	case command == "docs signals":
		return say(out, signalsTable())
	case command == "docs fields":
		return say(out, delivery.FieldsTable())
	case command == "version":
		return say(out, version+"\n")
	case command == "help", command == "-h", command == "--help":
		return say(out, usage)
	}
	say(errs, usage)
	return 2
}

// say writes text; a standard output that is gone is no reason to fail.
func say(w io.Writer, text string) int {
	_, _ = io.WriteString(w, text)
	return 0
}

// check reads options and policy as an instance would, and starts nothing: no
// file of a sink is opened, so it can run beside a living agent and as another
// user. The agent's own --dry-run cannot do this, as it never calls Init.
func check(args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(errs)
	path := flags.String("p", "", "policy file, as policy=`path`")
	var rest []string
	for len(args) > 0 { // -p may stand after an option=value
		if err := flags.Parse(args); err != nil {
			return 2
		}
		args = flags.Args()
		if len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	given, wrong := assignments(rest)
	if *path != "" {
		given["policy"] = *path
	}
	s, p, err := configure(func(key string) string { return given[key] })
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	if len(wrong) > 0 {
		say(errs, strings.Join(wrong, "\n")+"\n")
		return 1
	}
	say(out, "ok\n")
	for i := 0; i < len(s.shown); i += 2 {
		fmt.Fprintf(out, "  %-15v %v\n", s.shown[i], s.shown[i+1])
	}
	tellExpired(out, s.policy, p, time.Now())
	return 0
}

// tellExpired tells which declared automation is over: no error, since a policy
// must not stop working on a date, but somebody has to tidy up or renew. What
// is never used shows only in the logs; the running plugin tells that.
func tellExpired(out io.Writer, file string, p *policy.Policy, now time.Time) {
	for _, a := range p.Automations() {
		if a.Expired(now) {
			fmt.Fprintf(out, "%s:%d: automation %q expired on %s: what it does is reported again\n", file, a.Line, a.Name, a.Expires.Format(time.DateTime))
		}
	}
}

// assignments reads option=value arguments. Here, unlike in the host, every
// key can be seen, so an unknown one is an error.
func assignments(args []string) (given map[string]string, wrong []string) {
	given = map[string]string{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		key = strings.ToLower(key)
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%q: not an option=value", arg))
		case !slices.ContainsFunc(options, func(o option) bool { return o.name == key }):
			wrong = append(wrong, fmt.Sprintf("%s: %q: no such option", key, value))
		default:
			given[key] = value
		}
	}
	return given, wrong
}
