package replay

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/plugin/document"
	"redshank/plugin/replay/input"
	"redshank/plugin/replay/sorted"
)

// flushEvery is the event time between two looks for messages, in seconds. The
// agent hands over chunks about as often.
const flushEvery = 1

// Result is what a run found out.
type Result struct {
	Logs      []Log
	Unread    []error // paths that lead nowhere
	Events    int64
	Repeated  int64 // events of logs that were there twice
	Incidents []*Incident
	Stats     analytics.Stats
}

// Incident is one incident with its last message.
type Incident struct {
	*alert.Alert     // the last message
	Messages     int // that the plugin would have sent
}

// Run does what the options say, and returns the exit status. What is wrong with
// single files goes to errs.
func Run(ctx context.Context, opts Options, out, errs io.Writer) (int, error) {
	r, err := newRun(opts, errs)
	if err != nil {
		return Failed, err
	}
	defer r.sorter.Close()
	if err := r.read(ctx); err != nil {
		return Failed, err
	}
	if err := r.detect(ctx); err != nil {
		return Failed, err
	}
	if err := r.write(ctx, out); err != nil {
		return Failed, err
	}
	return r.status(), nil
}

// run is one call of Run.
type run struct {
	opts    Options
	errs    io.Writer
	policy  *policy.Policy
	against *policy.Policy // nil: none
	files   []input.File
	sorter  *sorted.Sorter
	bar     *bar

	mu     sync.Mutex
	result Result
	other  []*Incident // under against
}

func newRun(opts Options, errs io.Writer) (*run, error) {
	opts.MaxIPs, opts.MaxUsers = cmp.Or(opts.MaxIPs, 200_000), cmp.Or(opts.MaxUsers, 200_000)
	r := &run{opts: opts, errs: errs}
	var err error
	if r.policy, err = policy.Load(opts.Policy); err != nil {
		return nil, err
	}
	if opts.Against != "" {
		if r.against, err = policy.Load(opts.Against); err != nil {
			return nil, err
		}
	}
	if _, err := newDecoder(&opts, sorted.New(""), nil); err != nil {
		return nil, err
	}
	files, missing := input.Find(opts.Paths)
	if missing != nil {
		r.result.Unread = append(r.result.Unread, missing)
		fmt.Fprintln(errs, missing)
	}
	if len(files) == 0 {
		return nil, errors.New("no log to read")
	}
	r.files, r.sorter, r.bar = files, sorted.New(opts.Folder), newBar(errs, opts.Progress)
	return r, nil
}

// read decodes all files, on all cores.
func (r *run) read(ctx context.Context) error {
	var total int64
	for _, f := range r.files {
		total += f.Size
	}
	r.bar.start("reading", total, true)
	defer r.bar.stop()
	queue := make(chan input.File)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			d, _ := newDecoder(&r.opts, r.sorter, r.done)
			for f := range queue {
				input.Read(ctx, f, r.opts.Stdin, d, r.bar.add)
			}
			d.sorted.Flush()
		})
	}
	// The largest first: the last one to end is then a small one.
	slices.SortStableFunc(r.files, func(a, b input.File) int { return cmp.Compare(b.Size, a.Size) })
	for _, f := range r.files {
		queue <- f
	}
	close(queue)
	workers.Wait()
	slices.SortFunc(r.result.Logs, func(a, b Log) int { return strings.Compare(a.Name, b.Name) })
	return ctx.Err()
}

// done takes the account of one log.
func (r *run) done(l Log) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Logs = append(r.result.Logs, l)
	if l.Err != nil {
		fmt.Fprintf(r.errs, "%s: %v\n", printable(l.Name), l.Err)
	}
}

// detect takes the events through the engine, and through a second one where
// there is a policy to compare with.
func (r *run) detect(ctx context.Context) error {
	first, err := newDetection(&r.opts, r.policy)
	if err != nil {
		return err
	}
	engines := []*detection{first}
	if r.opts.Alerts != "" {
		if err := first.writeTo(r.opts.Alerts, r.form()); err != nil {
			return err
		}
	}
	if r.against != nil {
		second, err := newDetection(&r.opts, r.against)
		if err != nil {
			return err
		}
		engines = append(engines, second)
	}
	repeated, err := r.walk(ctx, "detecting", func(ev *event.Event) error {
		raw := *ev
		for i, d := range engines {
			if i > 0 {
				*ev = raw // as the source left it
			}
			if err := d.observe(ev); err != nil {
				return err
			}
		}
		return nil
	})
	for _, d := range engines {
		err = errors.Join(err, d.close())
	}
	r.result.Events, r.result.Repeated = r.sorter.Len()-repeated, repeated
	r.result.Incidents, r.result.Stats = first.list(), first.engine.Stats()
	if r.against != nil {
		r.other = engines[1].list()
	}
	return err
}

// walk calls take with every event in order of time.
func (r *run) walk(ctx context.Context, what string, take func(ev *event.Event) error) (repeated int64, err error) {
	const step = 4096
	r.bar.start(what, r.sorter.Len(), false)
	defer r.bar.stop()
	n := 0
	return r.sorter.Each(func(ev *event.Event) error {
		if n++; n%step == 0 {
			r.bar.add(step)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return take(ev)
	})
}

func (r *run) form() document.Form {
	return document.Form{By: document.Observer{Version: r.opts.Version, Name: r.opts.Host}}
}

// status returns the exit status of a run that ended.
func (r *run) status() int {
	unread := len(r.result.Unread) > 0
	for _, l := range r.result.Logs {
		unread = unread || l.Err != nil
	}
	switch {
	case len(r.result.Incidents) > 0:
		return Found
	case unread:
		return Failed
	}
	return Nothing
}

// detection is an engine with the incidents it has raised.
type detection struct {
	engine    *analytics.Engine
	second    int64 // of the last event
	incidents map[string]*Incident
	form      document.Form
	file      *os.File // for messages; nil: none
	to        *bufio.Writer
}

func newDetection(opts *Options, p *policy.Policy) (*detection, error) {
	engine, err := analytics.New(analytics.Options{Policy: p, Source: opts.Source, MaxIPs: opts.MaxIPs, MaxUsers: opts.MaxUsers})
	return &detection{engine: engine, incidents: map[string]*Incident{}}, err
}

// writeTo writes all messages into a file.
func (d *detection) writeTo(path string, form document.Form) (err error) {
	if d.file, err = os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	d.to, d.form = bufio.NewWriter(d.file), form
	return nil
}

func (d *detection) observe(ev *event.Event) (err error) {
	if second := ev.Time.Unix(); second >= d.second+flushEvery {
		d.second = second
		err = d.keep(d.engine.Flush())
	}
	d.engine.ObserveEvent(ev)
	return err
}

// keep takes the messages of incidents.
func (d *detection) keep(alerts []*alert.Alert) error {
	for _, a := range alerts {
		i := d.incidents[a.ID]
		if i == nil {
			i = &Incident{}
			d.incidents[a.ID] = i
		}
		i.Alert = a
		i.Messages++
		if d.file == nil {
			continue
		}
		doc, err := d.form.Alert(a)
		if err != nil {
			return fmt.Errorf("alert of %s: %w", a.ID, err)
		}
		d.to.Write(doc)
		if err := d.to.WriteByte('\n'); err != nil {
			return fmt.Errorf("alerts: %w", err)
		}
	}
	return nil
}

// close ends the engine: what is still open is told for the last time.
func (d *detection) close() error {
	err := d.keep(d.engine.Flush())
	err = errors.Join(err, d.keep(d.engine.Close()))
	if d.file != nil {
		err = errors.Join(err, d.to.Flush(), d.file.Close())
	}
	return err
}

// list returns the incidents in the order in which they began.
func (d *detection) list() []*Incident {
	var all []*Incident
	for _, i := range d.incidents {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b *Incident) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.ID, b.ID))
	})
	return all
}
