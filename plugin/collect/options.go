package collect

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Bounds of Options.
const (
	leastInterval = 10 * time.Second
	mostInterval  = time.Hour
	leastFileSize = 1 << 20
	leastLate     = 30 * time.Minute
	mostLate      = 7 * 24 * time.Hour
)

// Stdout as Options.Out selects the standard output.
const Stdout = "-"

// Options configures a collector: the tenant, the feeds and the output.
type Options struct {
	Tenant string // GUID of the tenant
	Client string // GUID of the application registered in it
	Credential
	Endpoints

	Audit   []string // content types, as Audit.Exchange
	SignIns []string // kinds of sign-in, as interactiveUser
	// GraphVersion is beta or v1.0. Only beta has other than interactive
	// sign-ins, the session and the authentication protocol.
	GraphVersion string

	Out      string        // folder of the NDJSON files, or Stdout
	MaxSize  int64         // bytes of a file
	MaxFiles int           // files kept for each feed
	Keep     time.Duration // age at which a file is deleted
	State    string        // folder of the checkpoints

	Late     time.Duration // sign-ins that appear up to this long after their time are collected
	Since    time.Duration // how far the first pass of a new feed goes back
	Interval time.Duration // pause between two passes
	Once     bool          // one pass, then the end
}

// Defaults returns the default options.
func Defaults() Options {
	return Options{
		Endpoints:    clouds["global"],
		Audit:        []string{"Audit.Exchange", "Audit.AzureActiveDirectory", "Audit.General"},
		SignIns:      []string{"interactiveUser", "nonInteractiveUser"},
		GraphVersion: "beta",
		MaxSize:      64 << 20,
		MaxFiles:     64,
		Keep:         72 * time.Hour,
		Late:         24 * time.Hour,
		Since:        24 * time.Hour,
		Interval:     time.Minute,
	}
}

// AuditTypes are the content types of the Management Activity API.
var AuditTypes = []string{"Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All"}

// SignInTypes are the kinds of sign-in in Microsoft Graph.
var SignInTypes = []string{"interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// Check returns every error of o, joined. It reads no file.
func (o *Options) Check() error {
	var wrong []error
	refuse := func(refused bool, name string, value any, want string) {
		if refused {
			wrong = append(wrong, fmt.Errorf("%s: %q: want %s", name, fmt.Sprint(value), want))
		}
	}
	refuse(!guid.MatchString(o.Tenant), "tenant", o.Tenant, "the GUID of the tenant")
	refuse(!guid.MatchString(o.Client), "client", o.Client, "the GUID of the application")
	refuse(len(o.Audit)+len(o.SignIns) == 0, "audit", "", "at least one content type or kind of sign-in")
	for _, name := range o.Audit {
		refuse(!slices.Contains(AuditTypes, name), "audit", name, strings.Join(AuditTypes, ", "))
	}
	for _, name := range o.SignIns {
		refuse(!slices.Contains(SignInTypes, name), "sign-ins", name, strings.Join(SignInTypes, ", "))
		refuse(o.GraphVersion == "v1.0" && name != SignInTypes[0], "sign-ins", name, "interactiveUser alone with graph-version v1.0")
	}
	refuse(o.GraphVersion != "beta" && o.GraphVersion != "v1.0", "graph-version", o.GraphVersion, "beta or v1.0")
	refuse(o.Out == "", "out", o.Out, "a folder, or - for the standard output")
	refuse(o.State == "", "state", o.State, "a folder")
	refuse(o.MaxSize < leastFileSize, "max-size", o.MaxSize, fmt.Sprint("at least ", leastFileSize, " bytes"))
	refuse(o.MaxFiles < 2, "max-files", o.MaxFiles, "at least 2")
	refuse(o.Keep < time.Hour, "keep", o.Keep, "at least 1h")
	refuse(o.Late < leastLate || o.Late > mostLate, "late", o.Late, "30m to 168h")
	refuse(o.Since < 0 || o.Since > auditRetention, "since", o.Since, "0 to 168h")
	refuse(o.Interval < leastInterval || o.Interval > mostInterval, "interval", o.Interval, "10s to 1h")
	return errors.Join(append(wrong, o.Credential.check(), o.Endpoints.check())...)
}
