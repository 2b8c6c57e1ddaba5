package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"redshank/test/agent"
	"redshank/test/day"
)

// policyYAML is the policy of the synthetic organisation.
//
//go:embed policy.yaml
var policyYAML []byte

// player plays one day through the shared object.
type player struct {
	day    *day.Day
	build  string // folder of the artefacts
	out    string // folder of the logs
	alerts string // file that the sink writes
}

func (p *player) object() string { return filepath.Join(p.build, "out_redshank.so") }
func (p *player) policy() string { return filepath.Join(p.out, "policy.yaml") }

// play runs the host given. auto is fluent-bit if it is on PATH, otherwise
// build/host.
func (p *player) play(ctx context.Context, host string) error {
	if err := p.prepare(); err != nil {
		return err
	}
	_, err := agent.Find()
	switch {
	case host == "host" || host == "auto" && err != nil:
		return p.minimalHost(ctx)
	case host == "fluent-bit" || host == "auto":
		if err != nil {
			return err
		}
		return p.fluentBit(ctx)
	}
	return fmt.Errorf("-host: %q: want fluent-bit, host or auto", host)
}

// prepare removes the files of an earlier run, because alerts are appended.
func (p *player) prepare() error {
	if _, err := os.Stat(p.object()); err != nil {
		return fmt.Errorf("%w (want make build)", err)
	}
	if err := os.Remove(p.alerts); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(p.policy(), policyYAML, 0o644)
}

// minimalHost feeds the tagged file to build/host.
func (p *player) minimalHost(ctx context.Context) error {
	fmt.Println("playing on build/host (fluent-bit is not on PATH or was not requested)")
	f, err := os.Open(filepath.Join(p.out, taggedName))
	if err != nil {
		return err
	}
	defer f.Close()
	bar := newProgress(os.Stdout, p.day.Lines())
	cmd := exec.CommandContext(ctx, filepath.Join(p.build, "host"), "-e", p.object(), "-t", "demo",
		"-p", "policy="+p.policy(), "-p", "sink=file", "-p", "sink_path="+p.alerts, "-f", "tagged", "-c", "1000", "-")
	cmd.Stdin = io.TeeReader(f, bar)
	log, err := cmd.CombinedOutput()
	bar.close()
	if err != nil {
		return fmt.Errorf("build/host: %w\n%s", err, agent.LastLines(log, 20))
	}
	return os.WriteFile(filepath.Join(p.out, "host.log"), log, 0o644)
}

// fluentBit runs a real agent that tails the files of the day.
func (p *player) fluentBit(ctx context.Context) error {
	config := filepath.Join(p.out, "fluent-bit.yaml")
	if err := os.WriteFile(config, []byte(p.config()), 0o644); err != nil {
		return err
	}
	fmt.Printf("playing on fluent-bit -e %s -c %s\n", p.object(), config)
	a, err := agent.Start(p.object(), config, filepath.Join(p.out, "fluent-bit.log"))
	if err != nil {
		return err
	}
	bar := newProgress(os.Stdout, p.day.Lines())
	err = a.Wait(ctx, p.day.Lines(), bar.set)
	bar.close()
	if err != nil {
		return a.Abandon(err)
	}
	return a.Stop()
}
