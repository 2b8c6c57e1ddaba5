package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"redshank/plugin/replay"
)

// page replays the logs of the day into a report, and prints its path.
func (p *player) page(ctx context.Context) error {
	path := filepath.Join(p.out, "report.html")
	opts := replay.Options{Policy: p.policy(), Report: path, Version: "demo", Host: "demo"}
	for _, s := range p.day.Streams {
		opts.Paths = append(opts.Paths, filepath.Join(p.out, s.Path))
	}
	if _, err := replay.Run(ctx, opts, io.Discard, os.Stderr); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	fmt.Printf("report: %s\n", path)
	return nil
}
