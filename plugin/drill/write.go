package drill

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	mark "redshank/analytics/drill"
	"redshank/analytics/policy"
)

// Options are the classes to write and the files to write to.
type Options struct {
	Policy  *policy.Policy
	IIS     string   // path of a W3C log; empty: none
	UAL     string   // path of an audit log; empty: none
	Entra   string   // path of a sign-in log; empty: none
	SMTP    string   // path of a log of the receive connectors; empty: none
	IMAP    string   // path of a log of IMAP4; empty: none
	POP     string   // path of a log of POP3; empty: none
	Windows string   // path of Windows events as JSON lines; empty: none
	Classes []string // nil: all
	Now     time.Time
}

// Drill is one drill that was written.
type Drill struct {
	Run     mark.Run   `json:"run"`
	Written time.Time  `json:"written"`
	Expect  []Incident `json:"expect"`
	Skipped []Skipped  `json:"skipped,omitempty"`
}

// Incident is an incident that the drill should lead to.
type Incident struct {
	Rule    string `json:"rule"`
	Class   string `json:"class"`
	Format  string `json:"format"`
	Path    string `json:"path"`
	Records int    `json:"records"`
}

// Skipped is a class that could not be drilled.
type Skipped struct {
	Class string `json:"class"`
	Why   string `json:"why"`
}

// format writes the records of one log.
type format interface {
	name() string
	can(a *act) bool
	line(a *act, id string) []byte
}

// headed is a format whose files begin with a header.
type headed interface {
	// header takes the columns of an existing file, and returns the lines that a new
	// one begins with.
	header(existing io.Reader) (string, error)
}

// logFile is one file to write.
type logFile struct {
	format
	path string
	acts []act
}

// Write appends the attacks of a drill to the logs, each in the first log that can
// record it, in the order of Options.logs.
func Write(o Options) (*Drill, error) {
	if o.Policy.Drill.Key == nil {
		return nil, errors.New("the policy has no section drill (want key_file and accounts)")
	}
	logs := o.logs()
	if len(logs) == 0 {
		return nil, errors.New("no log to write (want --ual, --iis, --entra, --smtp, --imap, --pop or --windows)")
	}
	c := &cast{policy: o.Policy, accounts: o.Policy.Drill.Accounts, now: o.Now.Truncate(time.Second)}
	d := &Drill{Run: mark.NewRun(o.Now), Written: o.Now.UTC(), Expect: []Incident{}}
	for i := range classes {
		if k := &classes[i]; o.Classes == nil || slices.Contains(o.Classes, k.name) {
			d.plan(k, c, logs)
		}
	}
	number := uint32(0)
	for _, l := range logs {
		if err := l.write(d.Run, o.Policy.Drill.Key, &number); err != nil {
			return nil, fmt.Errorf("%s: %w", l.name(), err)
		}
	}
	return d, nil
}

// logs returns the logs to write.
func (o *Options) logs() (list []*logFile) {
	for _, l := range []*logFile{{format: ual{}, path: o.UAL}, {format: &iis{}, path: o.IIS}, {format: entra{}, path: o.Entra},
		{format: newSMTP(), path: o.SMTP}, {format: newMailbox("imap"), path: o.IMAP}, {format: newMailbox("pop"), path: o.POP},
		{format: windows{}, path: o.Windows}} {
		if l.path != "" {
			list = append(list, l)
		}
	}
	return list
}

// plan assigns the acts of a class to the first log that can have them.
func (d *Drill) plan(k *incidentClass, c *cast, logs []*logFile) {
	why := k.check(c)
	if why != "" {
		d.Skipped = append(d.Skipped, Skipped{k.name, why})
		return
	}
	for _, l := range logs {
		acts := k.actsFor(c, l)
		if acts == nil {
			continue
		}
		l.acts = append(l.acts, acts...)
		d.Expect = append(d.Expect, Incident{k.rule, k.name, l.name(), l.path, len(acts)})
		return
	}
	var names []string
	for _, l := range logs {
		names = append(names, l.name())
	}
	d.Skipped = append(d.Skipped, Skipped{k.name, "the log has no records of its kind: " + strings.Join(names, ", ") + " (want --ual)"})
}

// actsFor returns the attack of a class as a log can record it, nil if it cannot.
func (k *incidentClass) actsFor(c *cast, l *logFile) []act {
	for _, attack := range [...]func(*cast) []act{k.acts, k.onServer} {
		if attack == nil {
			continue
		}
		acts := attack(c)
		if !slices.ContainsFunc(acts, func(a act) bool { return !l.can(&a) }) {
			return acts
		}
	}
	return nil
}

// write appends the acts of a log in the order of their times.
func (l *logFile) write(run mark.Run, key *mark.Key, number *uint32) (err error) {
	if len(l.acts) == 0 {
		return nil
	}
	file, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644) // for the agent, whose account may be another
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err := l.begin(file)
	if err != nil {
		return err
	}
	slices.SortStableFunc(l.acts, func(a, b act) int { return cmp.Or(a.at.Compare(b.at)) })
	for i := range l.acts {
		a := &l.acts[i]
		*number++
		id := key.Mark(run, *number, mark.Record{At: a.at, Account: a.account, Address: a.address})
		text = append(append(text, l.line(a, id)...), '\n')
	}
	_, err = file.Write(text) // at once, so that an agent finds whole lines
	return err
}

// begin returns what precedes the lines: the header of a new file, the end of an
// unfinished line.
func (l *logFile) begin(file *os.File) (text []byte, err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if size := info.Size(); size > 0 {
		var end [1]byte
		if _, err := file.ReadAt(end[:], size-1); err != nil {
			return nil, err
		}
		if end[0] != '\n' {
			text = append(text, '\n')
		}
	}
	if f, ok := l.format.(headed); ok {
		header, err := f.header(io.NewSectionReader(file, 0, info.Size()))
		if err != nil {
			return nil, err
		}
		text = append(text, header...)
	}
	return text, nil
}
