// Command dist packs what make has built into archives that anybody can build
// again, byte for byte: make dist calls it.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// release is one run: every target of one version.
type release struct {
	root    string // of the repository
	stage   string // folders named goos-goarch, with what make has built
	out     string
	version string
	date    time.Time // of the commit; every file in an archive has it
}

func main() {
	var r release
	flag.StringVar(&r.root, "root", ".", "`folder` of the repository")
	flag.StringVar(&r.stage, "stage", "build/stage", "`folder` with a folder for each target")
	flag.StringVar(&r.out, "out", "build/dist", "`folder` for the archives")
	flag.StringVar(&r.version, "version", "dev", "`version` of the release")
	flag.Parse()
	if err := r.run(); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func (r *release) run() error {
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	r.date = time.Unix(seconds, 0).UTC()
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	targets, err := filepath.Glob(filepath.Join(r.stage, "*-*"))
	if err != nil || len(targets) == 0 {
		return errors.Join(fmt.Errorf("%s: nothing built", r.stage), err)
	}
	var made []string
	for _, folder := range targets {
		files, err := r.pack(filepath.Base(folder))
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(folder), err)
		}
		made = append(made, files...)
	}
	return r.sums(made)
}

// pack makes all packages of one target and returns their paths.
func (r *release) pack(target string) ([]string, error) {
	goos, goarch, _ := strings.Cut(target, "-")
	object, command := "out_redshank.so", "redshank"
	if goos == "windows" {
		object, command = "out_redshank.dll", "redshank.exe"
	}
	object, command = filepath.Join(r.stage, target, object), filepath.Join(r.stage, target, command)
	if goos == "linux" {
		if err := checkFloor(object); err != nil {
			return nil, err
		}
	}
	modules, err := modulesOf(object, command)
	if err != nil {
		return nil, err
	}
	licences, err := licencesOf(modules)
	if err != nil {
		return nil, err
	}
	c := contents{root: r.root, goos: goos, object: object, command: command, notices: notices(licences)}
	name := filepath.Join(r.out, "redshank-"+r.version+"-"+target)
	made := []string{name + ".cdx.json"}
	if err := writeSBOM(made[0], r, target, licences); err != nil {
		return nil, err
	}
	return r.archives(made, name, goarch, c)
}

// archives makes what is installed: an archive for every target, and a Debian
// package for Linux.
func (r *release) archives(made []string, name, goarch string, c contents) ([]string, error) {
	entries, err := c.archive()
	if err != nil {
		return nil, err
	}
	if c.goos == "windows" {
		made = append(made, name+".zip")
		return made, writeZip(name+".zip", filepath.Base(name), entries, r.date)
	}
	made = append(made, name+".tar.gz")
	if err := writeTar(name+".tar.gz", filepath.Base(name), entries, r.date); err != nil {
		return nil, err
	}
	if entries, err = c.debian(); err != nil {
		return nil, err
	}
	deb, err := writeDeb(r.out, r.version, goarch, entries)
	return append(made, deb), err
}

// modulesOf are the modules built into all of the files, each once.
func modulesOf(files ...string) ([]*debug.Module, error) {
	byPath := map[string]*debug.Module{}
	for _, file := range files {
		info, err := readBuildInfo(file)
		if err != nil {
			return nil, err
		}
		for _, m := range info.Deps {
			byPath[m.Path] = m
		}
		byPath["std"] = &debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
	}
	var all []*debug.Module
	for _, m := range byPath {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *debug.Module) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

// sums writes the SHA-256 of every package in the form of sha256sum.
func (r *release) sums(files []string) error {
	slices.Sort(files)
	var b strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(content), filepath.Base(file))
	}
	fmt.Print(b.String())
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(b.String()), 0o644)
}
