package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
)

// licence is one module with the papers that its authors want to go along.
type licence struct {
	module *debug.Module
	ids    []string // SPDX, each once
	texts  []string
}

// phrases identify licences. The third clause of BSD is looked for before the
// first two. A text with none of the phrases stops the release: somebody has to
// read it first.
var phrases = []struct{ id, phrase string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
	{"BSD-3-Clause", "Neither the name of"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce"},
}

var paperName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\..*)?$`)

// noticesName is the name of the file with the licences of what is built in.
const noticesName = "THIRD_PARTY_LICENSES"

// licencesOf returns the papers of every module that is built into files. They
// are read from the module cache, and those of Go itself from its folder.
func licencesOf(files ...string) ([]licence, error) {
	modules, err := modulesOf(files...)
	if err != nil {
		return nil, err
	}
	var all []licence
	for _, m := range modules {
		folder, err := sourceOf(m)
		if err != nil {
			return nil, err
		}
		l, err := readLicence(m, folder)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		all = append(all, l)
	}
	return all, nil
}

// modulesOf returns the modules built into any of files, each once.
func modulesOf(files ...string) ([]*debug.Module, error) {
	byPath := map[string]*debug.Module{}
	for _, file := range files {
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, m := range info.Deps {
			byPath[m.Path] = m
		}
		byPath["std"] = &debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
	}
	return slices.SortedFunc(maps.Values(byPath), func(a, b *debug.Module) int { return strings.Compare(a.Path, b.Path) }), nil
}

// sourceOf returns the folder that a module's source lies in.
func sourceOf(m *debug.Module) (string, error) {
	if m.Path == "std" {
		out, err := exec.Command("go", "env", "GOROOT").Output()
		return strings.TrimSpace(string(out)), err
	}
	cmd := exec.Command("go", "mod", "download", "-json", m.Path+"@"+m.Version)
	cmd.Dir = os.TempDir() // outside of any module, whose go.mod it would read
	out, err := cmd.Output()
	var found struct{ Dir, Error string }
	if err := errors.Join(err, json.Unmarshal(out, &found)); err != nil {
		return "", fmt.Errorf("%s: %w %s", m.Path, err, found.Error)
	}
	return found.Dir, nil
}

func readLicence(m *debug.Module, folder string) (licence, error) {
	l := licence{module: m}
	files, err := os.ReadDir(folder)
	if err != nil {
		return l, err
	}
	for _, f := range files {
		if f.IsDir() || !paperName.MatchString(f.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return l, err
		}
		l.texts = append(l.texts, string(bytes.TrimSpace(text)))
		l.ids = append(l.ids, identify(string(text))...)
	}
	slices.Sort(l.ids)
	l.ids = slices.Compact(l.ids)
	if len(l.ids) == 0 {
		return l, errors.New("no licence that is known by its words")
	}
	return l, nil
}

// identify returns the SPDX identifiers of the licences in a text, which may
// hold several.
func identify(text string) []string {
	var ids []string
	words := strings.Join(strings.Fields(text), " ")
	for _, p := range phrases {
		if strings.Contains(words, p.phrase) && !(p.id == "BSD-2-Clause" && slices.Contains(ids, "BSD-3-Clause")) {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// notices returns the text of noticesName: the papers of every module in full.
func notices(licences []licence) []byte {
	var b bytes.Buffer
	b.WriteString("Redshank contains the following software.\n")
	for _, l := range licences {
		fmt.Fprintf(&b, "\n%s\n%s %s (%s)\n\n", strings.Repeat("=", 78), l.module.Path, l.module.Version, strings.Join(l.ids, ", "))
		b.WriteString(strings.Join(l.texts, "\n\n") + "\n")
	}
	return b.Bytes()
}
