// The demo plays a synthetic day of an Exchange server and a tenant through the
// plugin, in a real Fluent Bit if fluent-bit is on PATH, and compares the incidents
// with the attacks in the day. make demo builds everything and runs the demo.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"redshank/test/day"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	out := flag.String("out", filepath.Join(root, "build", "demo"), "`folder` for logs and alerts")
	records := flag.Int("records", 0, "lines of log, roughly; 0: about 90,000")
	host := flag.String("host", "auto", "fluent-bit, host or auto")
	generate := flag.Bool("generate-only", false, "write the logs and stop")
	flag.Parse()

	d, err := makeDay(*out, *records)
	if err != nil || *generate {
		return err
	}
	p := player{day: d, build: filepath.Join(root, "build"), out: *out, alerts: filepath.Join(*out, "alerts.ndjson")}
	if err := p.play(ctx, *host); err != nil {
		return err
	}
	if err := report(os.Stdout, d, p.alerts); err != nil {
		return err
	}
	return p.page(ctx)
}

// makeDay generates the day and writes it below out: as separate log files, and as
// one tagged file in order of arrival.
func makeDay(out string, records int) (*day.Day, error) {
	d := day.New(day.Options{Records: records})
	if err := d.Write(out); err != nil {
		return nil, fmt.Errorf("write the day: %w", err)
	}
	if err := writeTagged(d, filepath.Join(out, taggedName)); err != nil {
		return nil, fmt.Errorf("write the day: %w", err)
	}
	fmt.Printf("%s: %d lines in %d files below %s\n", day.Date.Format("Monday 2 January 2006"), d.Lines(), len(d.Streams), out)
	return d, nil
}

// taggedName is the name of the file for build/host, in the folder of the demo.
const taggedName = "day.tagged"

func writeTagged(d *day.Day, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(d.WriteTagged(f), f.Close())
}

// moduleRoot returns the folder of go.mod, at or above the working directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("go.mod: not found in any folder above")
}
