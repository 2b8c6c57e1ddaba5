package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"redshank/test/agent"
)

// subject is one command that is measured.
type subject struct {
	name    string
	what    string // description in the table
	command []string
	base    *subject // the subject to compare with: itself, or a smaller one
	reads   int      // number of instances that log how many records they have read
	line    bool     // reads one line only
	state   string   // folder that has to be empty before each run

	cpu    []time.Duration // user and system time, by round
	took   []time.Duration // wall clock time, by round
	memory int64           // peak resident memory in KiB, maximum over the rounds
}

// measure runs all subjects in turn, round by round, so that compared subjects run
// under the same conditions. The first round only warms the caches.
func measure(subjects []*subject, rounds, lines int) error {
	for round := range rounds + 1 {
		for _, s := range subjects {
			if err := s.run(round > 0, lines); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *subject) run(counts bool, lines int) error {
	if s.state != "" {
		if err := os.RemoveAll(s.state); err != nil {
			return err
		}
	}
	if s.line {
		lines = 1
	}
	cmd, begin := exec.Command(s.command[0], s.command[1:]...), time.Now()
	log, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", s.name, err, agent.LastLines(log, 20))
	}
	// The header is a record, too.
	if strings.Count(string(log), fmt.Sprintf("records=%d ", lines+1)) != s.reads {
		return fmt.Errorf("%s: it did not read %d records\n%s", s.name, lines+1, agent.LastLines(log, 5))
	}
	if counts {
		state := cmd.ProcessState
		s.took = append(s.took, time.Since(begin))
		s.cpu = append(s.cpu, state.UserTime()+state.SystemTime())
		if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
			s.memory = max(s.memory, usage.Maxrss)
		}
		fmt.Fprintf(os.Stderr, "%-12s %v\n", s.name, s.cpu[len(s.cpu)-1])
	}
	return nil
}

// table writes a Markdown table. Ratios and differences are medians over the rounds.
func table(w io.Writer, subjects []*subject) {
	fmt.Fprintln(w, "| pipeline | CPU | against | added to it | from start to end | peak memory |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- |")
	for _, s := range subjects {
		var ratios, added []float64
		for i := range s.cpu {
			ratios = append(ratios, s.cpu[i].Seconds()/s.base.cpu[i].Seconds())
			added = append(added, (s.cpu[i] - s.base.cpu[i]).Seconds())
		}
		against, more := "-", "-"
		if s.base != s {
			against, more = fmt.Sprintf("%.2f times %s", median(ratios), s.base.what), shown(median(added))
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %.1f s | %d MB |\n",
			s.what, shown(median(s.cpu).Seconds()), against, more, median(s.took).Seconds(), s.memory/1024)
	}
}

func shown(seconds float64) string {
	if max(seconds, -seconds) < 0.1 {
		return fmt.Sprintf("%.0f ms", 1000*seconds)
	}
	return fmt.Sprintf("%.2f s", seconds)
}

func median[T cmp.Ordered](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
