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
	what    string // in the table
	command []string
	reads   bool // it logs how many records it has read

	cpu    []time.Duration // user and system, by round
	memory int64           // peak of the process in KiB, the greatest of the rounds
}

// measure runs all subjects in turn, round by round: what is compared has
// then seen the same machine. The first round only warms the caches.
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
	cmd := exec.Command(s.command[0], s.command[1:]...)
	log, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", s.name, err, agent.LastLines(log, 20))
	}
	// The header is a record, too.
	if s.reads && !strings.Contains(string(log), fmt.Sprintf("records=%d ", lines+1)) {
		return fmt.Errorf("%s: it did not read %d records\n%s", s.name, lines+1, agent.LastLines(log, 5))
	}
	if counts {
		state := cmd.ProcessState
		s.cpu = append(s.cpu, state.UserTime()+state.SystemTime())
		if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
			s.memory = max(s.memory, usage.Maxrss)
		}
		fmt.Fprintf(os.Stderr, "%-12s %v\n", s.name, s.cpu[len(s.cpu)-1])
	}
	return nil
}

// table prints Markdown. The first subject is what the others are held
// against; ratios are medians of the rounds' own.
func table(w io.Writer, subjects []*subject) {
	base := subjects[0]
	fmt.Fprintln(w, "| pipeline | CPU | against "+base.what+" | added to it | peak memory |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- |")
	for _, s := range subjects {
		var ratios, added []float64
		for i := range s.cpu {
			ratios = append(ratios, s.cpu[i].Seconds()/base.cpu[i].Seconds())
			added = append(added, (s.cpu[i] - base.cpu[i]).Seconds())
		}
		fmt.Fprintf(w, "| %s | %.2f s | %.2f | %.2f s | %d MB |\n",
			s.what, median(s.cpu).Seconds(), median(ratios), median(added), s.memory/1024)
	}
}

func median[T cmp.Ordered](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
