package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// progress prints a bar that grows in place on a terminal; otherwise one line for
// every step.
type progress struct {
	out   *os.File
	start string // text before a step
	end   string
	total int
	done  int
	shown int // tenths printed so far
}

func newProgress(out *os.File, total int) *progress {
	p := &progress{out: out, start: "", end: "\n", total: max(total, 1)}
	if info, err := out.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		p.start, p.end = "\r", ""
	}
	return p
}

// Write counts the lines that pass.
func (p *progress) Write(b []byte) (int, error) {
	p.set(p.done + bytes.Count(b, []byte("\n")))
	return len(b), nil
}

// set reports that done lines have been processed.
func (p *progress) set(done int) {
	p.done = done
	tenths := min(10, done*10/p.total)
	if tenths == p.shown {
		return
	}
	p.shown = tenths
	fmt.Fprintf(p.out, "%s  [%-20s] %d of %d lines%s", p.start, strings.Repeat("#", 2*tenths), done, p.total, p.end)
}

// close ends the line of a bar.
func (p *progress) close() {
	if p.end == "" {
		fmt.Fprintln(p.out)
	}
}
