package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	mark "redshank/analytics/drill"
	"redshank/analytics/policy"
	"redshank/plugin/drill"
	"redshank/plugin/text"
)

// drillFlags are the flags of redshank drill.
type drillFlags struct {
	drill.Options
	policy, newKey, run, alerts, listen string
	verify, json                        bool
	timeout                             time.Duration
}

// drillLong is the help of redshank drill.
const drillLong = `Drill appends harmless attacks to logs that an agent reads, one of each class of
incidents, and with --verify waits until their alerts have arrived in a file or
at an HTTP receiver, and says how long each took.

The attacks have addresses for documentation only, or none where the log of a server
names none, and the accounts of the section
drill of the policy. Each record is marked with a key that is in a file of that
policy; the agent must have the same policy. Alerts of a drill have
redshank.drill: true and the id of the run. A drill teaches the detections nothing
about real accounts. A record whose mark does not hold, is a day old, or has another
account or address is an ordinary record.

  redshank drill --new-key /etc/redshank/drill.key
  # policy.yaml
  drill: {key_file: drill.key, accounts: [drill-01@contoso.com, ...]}

Without --verify the run is written to the --run file, if one is given, and
--verify with that file alone looks for its alerts later.

Exit status: 0 when the drill was written and, with --verify, every alert arrived,
1 when one did not arrive or something failed, 2 for a command line that is not
understood.`

func newDrill() *cobra.Command {
	var o drillFlags
	cmd := &cobra.Command{
		Use:   "drill -p POLICY --ual FILE|--iis FILE|--entra FILE|--smtp FILE|--imap FILE|--pop FILE|--windows FILE... [--verify --alerts FILE | --verify --listen ADDRESS]",
		Short: "Write a harmless attack of each class, and see whether its alerts arrive",
		Long:  drillLong,
		Example: `  redshank drill -p policy.yaml --ual /var/log/m365/drill.ndjson --verify --alerts /var/log/redshank/alerts.ndjson
  redshank drill -p policy.yaml --smtp 'D:\Logs\SmtpReceive\RECVDRILL.LOG' --windows D:\Logs\drill.ndjson
  redshank drill -p policy.yaml --iis /var/log/iis/u_ex_drill.log --verify --listen 127.0.0.1:9880`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if err := o.do(cmd); err != nil {
				if !errors.Is(err, errNotArrived) {
					fmt.Fprintf(cmd.ErrOrStderr(), "redshank drill: %v\n", err)
				}
				return exit(StatusFindings)
			}
			return nil
		},
	}
	o.define(cmd.Flags())
	return cmd
}

// define defines the flags.
func (o *drillFlags) define(f *pflag.FlagSet) {
	f.StringVarP(&o.policy, "policy", "p", "", "policy `FILE` of the agent")
	f.StringVar(&o.newKey, "new-key", "", "write a new key to `FILE`, and nothing else")
	f.StringVar(&o.UAL, "ual", "", "append records of the unified audit log to `FILE`")
	f.StringVar(&o.IIS, "iis", "", "append lines of an IIS log to `FILE`, with its columns")
	f.StringVar(&o.Entra, "entra", "", "append records of Entra sign-ins to `FILE`")
	f.StringVar(&o.SMTP, "smtp", "", "append rows of an SMTP receive log to `FILE`, with its columns")
	f.StringVar(&o.IMAP, "imap", "", "append rows of an IMAP4 log to `FILE`, with its columns")
	f.StringVar(&o.POP, "pop", "", "append rows of a POP3 log to `FILE`, with its columns")
	f.StringVar(&o.Windows, "windows", "", "append Windows events to `FILE`, as JSON lines of winevtlog")
	f.StringSliceVar(&o.Classes, "class", nil, "only these `CLASSES`")
	f.BoolVar(&o.verify, "verify", false, "wait for the alerts")
	f.StringVar(&o.alerts, "alerts", "", "look for alerts in `FILE`, that of a file sink")
	f.StringVar(&o.listen, "listen", "", "receive alerts of an http sink at `ADDRESS`")
	f.DurationVar(&o.timeout, "timeout", 5*time.Minute, "wait at most this long")
	f.StringVar(&o.run, "run", "", "keep what was written, or read it, in `FILE`")
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
}

// writes reports whether a drill is to be written.
func (o *drillFlags) writes() bool {
	return o.UAL+o.IIS+o.Entra+o.SMTP+o.IMAP+o.POP+o.Windows != ""
}

// check returns what is wrong with the flags together.
func (o *drillFlags) check() error {
	for _, c := range o.Classes {
		if !slices.Contains(drill.Classes(), c) {
			return fmt.Errorf("--class %s: no such class (want %s)", c, strings.Join(drill.Classes(), ", "))
		}
	}
	switch {
	case o.newKey != "":
		return nil
	case o.verify && (o.alerts == "") == (o.listen == ""):
		return errors.New("--verify: want --alerts or --listen, one of the two")
	case !o.verify && o.alerts+o.listen != "":
		return errors.New("--alerts, --listen: want --verify")
	case o.writes() && o.policy == "":
		return errors.New("want -p and the policy of the agent")
	case !o.writes() && !(o.verify && o.run != ""):
		return errors.New("want a log to write (--ual, --iis, --entra, --smtp, --imap, --pop or --windows), or --verify and --run")
	}
	return nil
}

// errNotArrived reports that alerts did not arrive, which has been printed.
var errNotArrived = errors.New("alerts did not arrive")

func (o *drillFlags) do(cmd *cobra.Command) error {
	out := cmd.OutOrStdout()
	if o.newKey != "" {
		return mark.NewKeyFile(o.newKey)
	}
	var receiver *drill.Receiver
	var err error
	if o.listen != "" {
		if receiver, err = drill.Listen(o.listen); err != nil {
			return err
		}
		defer receiver.Close()
	}
	d, err := o.written()
	if err != nil {
		return err
	}
	if !o.json {
		printDrill(out, d)
	}
	if !o.verify {
		return o.print(out, d)
	}
	interrupt, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(interrupt, o.timeout)
	defer cancel()
	var arrived []drill.Arrival
	if receiver != nil {
		arrived, err = receiver.Watch(ctx, d)
	} else {
		arrived, err = drill.WatchFile(ctx, d, o.alerts)
	}
	if err != nil {
		return err
	}
	return o.printArrivals(out, d, arrived)
}

// written writes the drill, or returns the one of an earlier call.
func (o *drillFlags) written() (*drill.Drill, error) {
	if !o.writes() {
		text, err := os.ReadFile(o.run)
		if err != nil {
			return nil, err
		}
		d := &drill.Drill{}
		if err := json.Unmarshal(text, d); err != nil || d.Run.Began().IsZero() {
			return nil, fmt.Errorf("%s: not a run that redshank drill has written", o.run)
		}
		return d, nil
	}
	var err error
	if o.Policy, err = policy.Load(o.policy); err != nil {
		return nil, err
	}
	o.Now = time.Now()
	d, err := drill.Write(o.Options)
	if err != nil || o.run == "" {
		return d, err
	}
	body, err := text.JSON(d)
	if err != nil {
		return nil, err
	}
	return d, os.WriteFile(o.run, append(body, '\n'), 0o600)
}

func printDrill(out io.Writer, d *drill.Drill) {
	fmt.Fprintf(out, "drill %s, written %s\n", d.Run, d.Written.Format(time.RFC3339))
	for _, s := range d.Skipped {
		fmt.Fprintf(out, "not drilled: %s: %s\n", s.Class, s.Why)
	}
}

// print prints what was written.
func (o *drillFlags) print(out io.Writer, d *drill.Drill) error {
	if o.json {
		return printJSON(out, d)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RULE\tCLASS\tLOG\tRECORDS")
	for _, i := range d.Expect {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\n", i.Rule, i.Class, i.Path, i.Records)
	}
	return t.Flush()
}

// printArrivals prints what has arrived, and returns errNotArrived unless all has.
func (o *drillFlags) printArrivals(out io.Writer, d *drill.Drill, arrived []drill.Arrival) (err error) {
	for _, a := range arrived {
		if !a.Arrived {
			err = errNotArrived
		}
	}
	if o.json {
		return errors.Join(err, printJSON(out, struct {
			*drill.Drill
			Arrivals []drill.Arrival `json:"arrivals"`
		}{d, arrived}))
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RULE\tCLASS\tLOG\tALERT\tAFTER")
	for _, a := range arrived {
		state, after := "missing", "-"
		if a.Arrived {
			state, after = "arrived", fmt.Sprintf("%.1f s", a.Seconds)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", a.Rule, a.Class, a.Format, state, after)
	}
	return errors.Join(err, t.Flush())
}

func printJSON(out io.Writer, v any) error {
	body, err := text.JSON(v)
	if err == nil {
		_, err = out.Write(append(body, '\n'))
	}
	return err
}
