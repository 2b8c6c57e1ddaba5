// The bench measures the CPU that detection adds to a Fluent Bit that reads and
// drops the same lines, and the CPU that workers, a second instance and a
// state_path add to detection. It compares whole processes pair by pair, so that
// the ratios are valid even if the speed of the machine drifts. make bench-host and
// make bench-scale build the artefacts and run the bench.
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

// The cases by question: the cost of detection, and how the cost scales.
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
	kind := flag.String("input", iis.Routine, "`kind` of lines: routine, hostile, logins, flood or mixed")
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

// prepare writes the configurations for fluent-bit if it is on PATH, otherwise for
// the minimal host, which has neither Lua nor parsers. input is the file of all
// lines, line a file with one line.
func prepare(build, dir, input, line string) ([]*subject, error) {
	if path, err := agent.Find(); err == nil {
		return onFluentBit(path, build, dir, input, line)
	}
	fmt.Println("SKIPPED: no fluent-bit on PATH; on build/host there is no Lua and no parser to compare with")
	return onHost(build, dir, input, line), nil
}

// chosen returns the available cases with these names. The first one replaces a
// base that is not available.
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
