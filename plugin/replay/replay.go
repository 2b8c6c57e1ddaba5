package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"

	"redshank/analytics"
	"redshank/analytics/coverage"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/plugin/document"
	"redshank/plugin/replay/input"
	"redshank/plugin/replay/sorted"
)

// Result is what a run found out.
type Result struct {
	Logs      []Log
	Unread    []error // paths that lead nowhere
	Events    int64
	Repeated  int64 // events of logs that were there twice
	Incidents []*Incident
	Stats     analytics.Stats
	Coverage  *coverage.Report
	Findings  []Finding // about the logs themselves
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
	if r.against != nil {
		if err := r.compare(ctx); err != nil {
			return Failed, err
		}
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
	blocks map[string]int // by name, where a log stands among the result's
	result Result
	other  []*Incident // under against

	explanation *explanation // nil: not asked for
}

func newRun(opts Options, errs io.Writer) (*run, error) {
	opts.MaxIPs, opts.MaxUsers = cmp.Or(opts.MaxIPs, 200_000), cmp.Or(opts.MaxUsers, 200_000)
	r := &run{opts: opts, errs: errs, blocks: map[string]int{}}
	var err error
	if r.policy, err = policy.Load(opts.Policy); err != nil {
		return nil, err
	}
	if opts.Against != "" {
		if r.against, err = policy.Load(opts.Against); err != nil {
			return nil, err
		}
	}
	if _, err := newDecoder(&opts, r.policy, sorted.New(""), nil); err != nil {
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
	if opts.Enriched != "" && opts.Explain != "" {
		return nil, errors.New("--explain and --enriched: want one of the two")
	}
	if opts.Enriched != "" {
		r.sorter = sorted.NewRecords(opts.Folder)
	}
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
	queue := make(chan func(*decoder))
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			d, _ := newDecoder(&r.opts, r.policy, r.sorter, r.done)
			for work := range queue {
				work(d)
			}
			d.sorted.Flush()
		})
	}
	// The largest first: the last one to end is then a small one.
	slices.SortStableFunc(r.files, func(a, b input.File) int { return cmp.Compare(b.Size, a.Size) })
	for _, f := range r.files {
		split, err := input.Split(ctx, f, r.bar.add, func(b *input.Block) { queue <- func(d *decoder) { b.Read(d) } })
		if err != nil {
			r.done(Log{Name: f.Path, Err: err})
		}
		if !split {
			queue <- func(d *decoder) { input.Read(ctx, f, r.opts.Stdin, d, r.bar.add) }
		}
	}
	close(queue)
	workers.Wait()
	slices.SortFunc(r.result.Logs, func(a, b Log) int { return strings.Compare(a.Name, b.Name) })
	return ctx.Err()
}

// done takes the account of one log, or of one more block of it.
func (r *run) done(l Log) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l.Err != nil {
		fmt.Fprintf(r.errs, "%s: %v\n", printable(l.Name), l.Err)
	}
	if at, ok := r.blocks[l.Name]; ok {
		r.result.Logs[at].add(&l)
		return
	}
	r.blocks[l.Name] = len(r.result.Logs)
	r.result.Logs = append(r.result.Logs, l)
}

// detect runs the events through the engine.
func (r *run) detect(ctx context.Context) error {
	d, err := newDetection(&r.opts, r.policy)
	if err != nil {
		return err
	}
	d.form = r.form()
	if err := d.open(&r.opts); err != nil {
		return errors.Join(err, d.close())
	}
	if r.opts.Explain != "" {
		r.explanation = newExplanation(r.policy, d.engine, r.opts.Explain)
		d.explanation = r.explanation
	}
	if d.enriched != nil {
		r.bar.start("detecting", r.sorter.Len(), false)
		r.result.Repeated, err = r.sorter.EachRecord(func(events iter.Seq[*event.Event], body []byte) error {
			r.bar.add(1)
			return errors.Join(ctx.Err(), d.enrich(events, body))
		})
		r.bar.stop()
	} else {
		r.result.Repeated, err = r.walk(ctx, "detecting", d.observe)
	}
	err = errors.Join(err, d.close())
	r.result.Events, r.result.Incidents, r.result.Stats = d.events, d.list(), d.engine.Stats()
	r.result.Coverage = d.coverage.Report()
	r.result.Findings = append(d.engine.Review(), unread(r.result.Logs)...)
	return err
}

// compare runs the events through a second policy.
func (r *run) compare(ctx context.Context) error {
	d, err := newDetection(&r.opts, r.against)
	if err != nil {
		return err
	}
	_, err = r.walk(ctx, "comparing", d.observe)
	err = errors.Join(err, d.close())
	r.other = d.list()
	return err
}

// changes returns what the second policy changes; nil without one.
func (r *run) changes() []Change {
	if r.against == nil {
		return nil
	}
	return changesBetween(r.result.Incidents, r.other)
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
	switch {
	case len(r.result.Incidents) > 0:
		return Found
	case r.result.incomplete():
		return Failed
	}
	return Nothing
}

// incomplete reports whether something could not be read.
func (res *Result) incomplete() bool {
	return len(res.Unread) > 0 || slices.ContainsFunc(res.Logs, func(l Log) bool { return l.Err != nil })
}
