package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"redshank/test/world/lines"
)

// options are the flags.
type options struct {
	seeds        []uint64
	days, people int
	late         time.Duration
	restart      time.Duration
	double       bool
	databases    bool
	leaked       bool
	calm, plain  bool
	only         string
	json         bool
	details      bool
	worlds       []string
	write        string // file for the lines
	memory       bool
}

func main() {
	o, err := readFlags(os.Args[1:])
	if err == nil {
		err = run(o)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

func readFlags(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("score", flag.ContinueOnError)
	seeds := f.String("seeds", "1,2,3", "seeds of the worlds, comma separated")
	f.IntVar(&o.days, "days", 10, "days of each world")
	name := f.String("world", home, "`world`: home, others for all others, or the name of one")
	f.IntVar(&o.people, "size", 0, "people of each world; 0: as many as it has of its own")
	f.DurationVar(&o.late, "late", 0, "how much later cloud logs may come than usual")
	hours := f.Float64("restart", 0, "restart the engine every so many hours of the world's time")
	f.BoolVar(&o.double, "doubled", false, "deliver every line twice")
	plainText := f.Bool("without-databases", false, "no databases of network owners and cities")
	f.BoolVar(&o.leaked, "leaked", true, "name a list of leaked accounts in the policy")
	f.BoolVar(&o.calm, "calm", false, "no attacks")
	f.BoolVar(&o.plain, "plain", false, "no noise beyond ordinary days")
	f.StringVar(&o.only, "only", "", "only kinds of attack whose names contain this, each once")
	f.BoolVar(&o.json, "json", false, "write the figures as JSON")
	f.StringVar(&o.write, "write", "", "write all lines to a `file`, as TAG<tab>line, in order of arrival, and play nothing")
	f.BoolVar(&o.memory, "memory", false, "measure what the engine keeps at the end of each world")
	f.BoolVar(&o.details, "v", false, "list every attack and every false incident")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	var err error
	if o.worlds, err = worldNames(*name); err != nil {
		return o, err
	}
	o.restart, o.databases = time.Duration(*hours*float64(time.Hour)), !*plainText
	for _, text := range strings.Split(*seeds, ",") {
		seed, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return o, fmt.Errorf("-seeds: %q: want numbers, as 1,2,3", text)
		}
		o.seeds = append(o.seeds, seed)
	}
	return o, nil
}

func run(o options) error {
	all, count := map[string][]*result{}, 0
	for _, name := range o.worlds {
		for _, seed := range o.seeds {
			r, err := scoreOf(name, seed, o)
			if err != nil {
				return fmt.Errorf("%s, seed %d: %w", name, seed, err)
			}
			if r != nil {
				all[name] = append(all[name], r)
			}
		}
		if !o.json && len(all[name]) > 0 {
			report(os.Stdout, name, all[name], o.details)
		}
		count++
	}
	if o.json {
		return writeJSON(os.Stdout, o.worlds, all)
	}
	if count > 1 {
		organisationTable(os.Stdout, o.worlds, all)
	}
	return nil
}

// writeJSON writes the figures of one world, or of several by name.
func writeJSON(out io.Writer, names []string, all map[string][]*result) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	if len(names) == 1 {
		return e.Encode(summarise(all[names[0]]))
	}
	by := map[string]*summary{}
	for _, name := range names {
		by[name] = summarise(all[name])
	}
	return e.Encode(by)
}

// scoreOf plays the world of a seed and judges what was found.
func scoreOf(name string, seed uint64, o options) (*result, error) {
	dir, err := os.MkdirTemp("", "score")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	began := time.Now()
	w, truth, people, err := newWorld(name, seed, o)
	if err != nil {
		return nil, err
	}
	if o.write != "" {
		return nil, writeLines(w, o.write)
	}
	r, err := playBy(w, dir, o)
	if err != nil {
		return nil, err
	}
	r.Seed, r.Days, r.People, r.took = seed, o.days, people, time.Since(began)
	r.judgement, r.incidents = judge(truth, r.found), len(r.found.order)
	for _, i := range r.found.order {
		r.totalMessages += i.messages
		r.mostMessages = max(r.mostMessages, i.messages)
	}
	return r, nil
}

// writeLines writes all lines of a world to a file, as "TAG<tab>text".
func writeLines(w labelled, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 1<<18)
	w.Play(func(l lines.Line) bool {
		_, err = fmt.Fprintf(out, "%s\t%s\n", l.Tag, l.Text)
		return err == nil
	})
	return errors.Join(err, out.Flush(), file.Close())
}

// playBy plays a world, and returns what was found with the figures of the engine.
func playBy(w labelled, dir string, o options) (r *result, err error) {
	r = &result{}
	e, err := newEngine(w, dir, o)
	if err != nil {
		return nil, err
	}
	if r.lines, err = play(w, e); err != nil {
		return nil, err
	}
	if o.memory {
		r.memory = heap()
	}
	r.found, r.engine = e.close(w.End()), e.cpu
	if o.memory {
		e.engine, e.state = nil, nil
		r.memory -= heap()
	}
	return r, nil
}
