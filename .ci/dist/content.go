package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// entry is one file of a package.
type entry struct {
	name string // below the folder of the archive, or below / of a Debian package
	mode os.FileMode
	data []byte
}

// contents are what a target's packages are made of.
type contents struct {
	root, goos      string
	object, command string // paths
	notices         []byte // licences of what is built in
}

// Names of the papers in every package.
const noticesName = "THIRD_PARTY_LICENSES"

var papers = []string{"README.md", "LICENSE", "CHANGELOG.md"}

// archive lies flat, with conf/ beside.
func (c contents) archive() ([]entry, error) {
	return c.place(func(name string) string { return name }, "conf/", "")
}

// debian lies where a packaged Fluent Bit finds it: /etc/redshank/plugins.conf
// names the shared object by its path.
func (c contents) debian() ([]entry, error) {
	program := func(name string) string {
		if strings.HasSuffix(name, ".so") {
			return "usr/lib/redshank/" + name
		}
		return "usr/bin/" + name
	}
	entries, err := c.place(program, "etc/redshank/", "usr/share/doc/redshank/")
	if err != nil {
		return nil, err
	}
	licence, err := os.ReadFile(filepath.Join(c.root, "LICENSE"))
	return append(entries, entry{"usr/share/doc/redshank/copyright", 0o644, licence}), err
}

// place reads the files and puts each where it belongs, sorted by name.
func (c contents) place(program func(string) string, conf, doc string) ([]entry, error) {
	entries := []entry{{doc + noticesName, 0o644, c.notices}}
	add := func(name, path string, mode os.FileMode) error {
		data, err := os.ReadFile(path)
		entries = append(entries, entry{name, mode, data})
		return err
	}
	if err := add(program(filepath.Base(c.object)), c.object, 0o644); err != nil {
		return nil, err
	}
	if err := add(program(filepath.Base(c.command)), c.command, 0o755); err != nil {
		return nil, err
	}
	for _, paper := range papers {
		if err := add(doc+paper, filepath.Join(c.root, paper), 0o644); err != nil {
			return nil, err
		}
	}
	err := fs.WalkDir(os.DirFS(filepath.Join(c.root, "conf")), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, "windows") && c.goos != "windows" {
			return err
		}
		return add(conf+name, filepath.Join(c.root, "conf", name), 0o644)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return entries, nil
}
