// The bench measures what detection adds to a Fluent Bit that reads and drops
// the same lines, and what workers, a second instance and a state_path add to
// detection: CPU of whole processes, pair by pair, so that a machine whose speed
// drifts still gives ratios that hold. make bench-host and make bench-scale
// build what it needs and call it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"redshank/test/agent"
	"redshank/test/bench/iis"
)

// The cases by what they answer: is it cheap, and does it stay so.
const (
	costCases  = "null,redshank,lua,regex,getrecord"
	scaleCases = "null,redshank,workers1,workers2,two,state,start-null,start"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	build := flag.String("build", "build", "`folder` of the artefacts")
	lines := flag.Int("lines", 1_000_000, "IIS lines to read")
	kind := flag.String("input", iis.Routine, "`kind` of lines: routine, hostile or flood")
	rounds := flag.Int("rounds", 5, "counted rounds, after one that is not")
	only := flag.String("only", costCases, "`names` of cases to run, with commas, or scale for\n"+scaleCases+"\n")
	flag.Parse()
	dir, err := filepath.Abs(filepath.Join(*build, "bench"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	input, line := filepath.Join(dir, "iis.log"), filepath.Join(dir, "line.log")
	if err := errors.Join(writeLines(input, *kind, *lines), writeLines(line, iis.Routine, 1)); err != nil {
		return fmt.Errorf("write the lines: %w", err)
	}
	cases, err := prepare(filepath.Dir(dir), dir, input, line)
	if err != nil {
		return err
	}
	if cases, err = chosen(cases, *only); err != nil {
		return err
	}
	if err := measure(cases, *rounds, *lines); err != nil {
		return err
	}
	info, err := os.Stat(input)
	if err != nil {
		return err
	}
	fmt.Printf("\n%d IIS lines of %d bytes (%s); medians of %d rounds\n\n", *lines, info.Size()/int64(*lines), *kind, *rounds)
	table(os.Stdout, cases)
	return nil
}

func writeLines(path, kind string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(iis.WriteKind(f, kind, n), f.Close())
}

// prepare writes the configurations: of fluent-bit where it is on PATH, of the
// minimal host otherwise, which has neither Lua nor parsers. input are the
// lines, line is a file of one.
func prepare(build, dir, input, line string) ([]*subject, error) {
	if path, err := agent.Find(); err == nil {
		return onFluentBit(path, build, dir, input, line)
	}
	fmt.Println("SKIPPED: no fluent-bit on PATH; on build/host there is no Lua and no parser to compare with")
	return onHost(build, dir, input, line), nil
}

// chosen are the cases of those names that there are here. The first of them
// is what is held against a case that is not there.
func chosen(cases []*subject, names string) ([]*subject, error) {
	if names == "scale" {
		names = scaleCases
	}
	var some []*subject
	for name := range strings.SplitSeq(names, ",") {
		if i := slices.IndexFunc(cases, func(s *subject) bool { return s.name == name }); i >= 0 {
			some = append(some, cases[i])
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("-only %q: no such case", names)
	}
	for _, s := range some {
		if !slices.Contains(some, s.base) {
			s.base = some[0]
		}
	}
	return some, nil
}
