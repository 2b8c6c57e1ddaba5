package command

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"redshank/plugin/collect"
)

// newCollect returns redshank collect, with a subcommand for each origin.
func newCollect() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Fetch logs from a service and write them as NDJSON",
		Args:  cobra.ArbitraryArgs,
		RunE:  withoutSubcommand,
	}
	cmd.AddCommand(newCollectM365())
	return cmd
}

// m365Flags are the flags of redshank collect m365 that need reading.
type m365Flags struct {
	cloud, size string
	endpoints   collect.Endpoints
	options     collect.Options
}

func newCollectM365() *cobra.Command {
	f := &m365Flags{options: collect.Defaults()}
	cmd := &cobra.Command{
		Use:   "m365 --out FOLDER --state FOLDER",
		Short: "Fetch audit records and sign-ins of a Microsoft 365 tenant",
		Long: `Collect m365 fetches audit records from the Office 365 Management Activity API
and sign-ins from Microsoft Graph, and writes them as NDJSON, one record a
line: into files below --out for Fluent Bit to tail, or with --out - to the
standard output. It logs to the standard error and ends at SIGINT or SIGTERM.

A record is synced before the checkpoint in --state says so: after a crash
some records come twice and none is missing. Use one state folder for one
tenant and one process.

The application in Entra ID needs the permissions ActivityFeed.Read (Office 365
Management APIs) and AuditLog.Read.All (Microsoft Graph), with admin consent.
Its secret is never an argument: set M365_SECRET, or name a file.

Exit status: 0 after a signal or a whole pass with --once, 1 for an error, 2
for a command line that is not understood.`,
		Example: `  redshank collect m365 --out /var/log/m365 --state /var/lib/redshank/m365 --secret-file /etc/redshank/m365.secret`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.register(cmd)
	return cmd
}

func (f *m365Flags) register(cmd *cobra.Command) {
	o, flags := &f.options, cmd.Flags()
	flags.StringVar(&o.Tenant, "tenant", "", "GUID of the tenant, or M365_TENANT")
	flags.StringVar(&o.Client, "client", "", "GUID of the application, or M365_CLIENT")
	flags.StringVar(&o.SecretFile, "secret-file", "", "`file` that holds the secret alone, or M365_SECRET_FILE")
	flags.StringVar(&o.Certificate, "certificate", "", "PEM `file` with certificate and RSA key in place of a secret, or M365_CERTIFICATE")
	flags.StringVar(&o.Out, "out", "", "`folder` of the NDJSON files, or - for the standard output; or M365_LOGS")
	flags.StringVar(&o.State, "state", "", "`folder` of the checkpoints, or M365_STATE")
	flags.StringSliceVar(&o.Audit, "audit", o.Audit, "content types: "+strings.Join(collect.AuditTypes, ", ")+", or none")
	flags.StringSliceVar(&o.SignIns, "sign-ins", o.SignIns, "kinds of sign-in: "+strings.Join(collect.SignInTypes, ", ")+", or none")
	flags.StringVar(&o.GraphVersion, "graph-version", o.GraphVersion, "beta or v1.0, which has interactive sign-ins alone and fewer fields")
	flags.StringVar(&f.cloud, "cloud", "global", strings.Join(collect.Clouds(), ", "))
	flags.StringVar(&f.endpoints.Login, "login-url", "", "another token endpoint than that of the cloud")
	flags.StringVar(&f.endpoints.Management, "management-url", "", "another Management Activity API")
	flags.StringVar(&f.endpoints.Graph, "graph-url", "", "another Microsoft Graph")
	flags.StringVar(&f.size, "max-size", "64M", "`size` at which a file ends, in M or G; so does a day")
	flags.IntVar(&o.MaxFiles, "max-files", o.MaxFiles, "files kept for each content type and kind of sign-in")
	flags.DurationVar(&o.Keep, "keep", o.Keep, "age at which a file is deleted")
	flags.DurationVar(&o.Late, "late", o.Late, "collect sign-ins that appear up to this long after their time, 30m to 168h")
	flags.DurationVar(&o.Since, "since", o.Since, "how far the first pass goes back, at most 168h")
	flags.DurationVar(&o.Interval, "interval", o.Interval, "pause between two passes, 10s to 1h")
	flags.BoolVar(&o.Once, "once", false, "make one pass and end")
}

// run reads the environment and collects until a signal comes.
func (f *m365Flags) run(cmd *cobra.Command) error {
	o, err := f.read()
	if err == nil {
		err = o.Check()
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
		err = collect.Run(ctx, o, cmd.OutOrStdout(), log)
	}
	if err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), err)
		return exit(StatusFindings)
	}
	return nil
}

// read returns the options, completed from the environment.
func (f *m365Flags) read() (collect.Options, error) {
	o := f.options
	for variable, value := range map[string]*string{
		"M365_TENANT": &o.Tenant, "M365_CLIENT": &o.Client, "M365_SECRET": &o.Secret, "M365_SECRET_FILE": &o.SecretFile,
		"M365_CERTIFICATE": &o.Certificate, "M365_LOGS": &o.Out, "M365_STATE": &o.State,
	} {
		*value = cmp.Or(*value, os.Getenv(variable))
	}
	o.Audit, o.SignIns = withoutNone(o.Audit), withoutNone(o.SignIns)
	cloud, err := collect.Cloud(f.cloud)
	o.Endpoints = collect.Endpoints{
		Login:      trimmedURL(cmp.Or(f.endpoints.Login, cloud.Login)),
		Management: trimmedURL(cmp.Or(f.endpoints.Management, cloud.Management)),
		Graph:      trimmedURL(cmp.Or(f.endpoints.Graph, cloud.Graph)),
	}
	var errSize error
	o.MaxSize, errSize = fileSize(f.size)
	return o, errors.Join(err, errSize)
}

// withoutNone returns names, or nothing for the single word none.
func withoutNone(names []string) []string {
	if len(names) == 1 && names[0] == "none" {
		return nil
	}
	return names
}

func trimmedURL(value string) string { return strings.TrimRight(value, "/") }

// fileSize reads 64M or 2G, in bytes.
func fileSize(value string) (int64, error) {
	shift := map[string]int{"M": 20, "G": 30}[strings.ToUpper(value[max(0, len(value)-1):])]
	n, err := strconv.ParseInt(value[:max(0, len(value)-1)], 10, 64)
	if err != nil || shift == 0 || n < 1 || n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("max-size: %q: want a size as 64M", value)
	}
	return n << shift, nil
}
