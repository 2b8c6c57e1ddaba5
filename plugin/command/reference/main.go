// Command reference writes the man pages of the redshank command and its
// completions for shells into a folder, for the packages: make dist calls it.
package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra/doc"

	"redshank/plugin/command"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: reference FOLDER VERSION DATE")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

// write makes folder with man1/*.1, redshank.bash, redshank.fish and
// _redshank (zsh). date is the date of the release in the form 2006-01-02.
func write(folder, version, date string) error {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return err
	}
	pages := filepath.Join(folder, "man1")
	if err := os.MkdirAll(pages, 0o755); err != nil {
		return err
	}
	root := command.New(version)
	root.DisableAutoGenTag = true
	head := doc.GenManHeader{Section: "1", Source: "Redshank " + version, Manual: "Redshank", Date: &day}
	return cmp.Or(
		doc.GenManTree(root, &head, pages),
		root.GenBashCompletionFileV2(filepath.Join(folder, "redshank.bash"), true),
		root.GenFishCompletionFile(filepath.Join(folder, "redshank.fish"), true),
		root.GenZshCompletionFile(filepath.Join(folder, "_redshank")))
}
