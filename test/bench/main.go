// The bench measures what detection adds to a Fluent Bit that reads and drops
// the same lines: CPU of whole processes, pair by pair, so that a machine whose
// speed drifts still gives ratios that hold. make bench-host builds what it
// needs and calls it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"redshank/test/agent"
	"redshank/test/bench/iis"
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
	rounds := flag.Int("rounds", 5, "counted rounds, after one that is not")
	only := flag.String("only", "", "`names` of cases to run, with commas; the first is what the others are held against")
	flag.Parse()
	dir, err := filepath.Abs(filepath.Join(*build, "bench"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	input := filepath.Join(dir, "iis.log")
	if err := writeLines(input, *lines); err != nil {
		return fmt.Errorf("write the lines: %w", err)
	}
	cases, err := prepare(filepath.Dir(dir), dir, input)
	if err != nil {
		return err
	}
	cases = chosen(cases, *only)
	if err := measure(cases, *rounds, *lines); err != nil {
		return err
	}
	info, err := os.Stat(input)
	if err != nil {
		return err
	}
	fmt.Printf("\n%d IIS lines of %d bytes; medians of %d rounds\n\n", *lines, info.Size()/int64(*lines), *rounds)
	table(os.Stdout, cases)
	return nil
}

func writeLines(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(iis.Write(f, n), f.Close())
}

// prepare writes the configurations: of fluent-bit where it is on PATH, of the
// minimal host otherwise, which has neither Lua nor parsers.
func prepare(build, dir, input string) ([]*subject, error) {
	if path, err := agent.Find(); err == nil {
		return onFluentBit(path, build, dir, input)
	}
	fmt.Println("SKIPPED: no fluent-bit on PATH; on build/host there is nothing to compare with but a Go output")
	return onHost(build, input), nil
}

func chosen(cases []*subject, names string) []*subject {
	if names == "" {
		return cases
	}
	var some []*subject
	for name := range strings.SplitSeq(names, ",") {
		for _, c := range cases {
			if c.name == name {
				some = append(some, c)
			}
		}
	}
	return some
}
