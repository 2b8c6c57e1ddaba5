// Package input reads stored logs: plain, compressed or in archives, as lines, as JSON in
// any arrangement, or as Windows event logs. It finds the records; package source decodes
// them.
package input

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the name of standard input among the paths.
const Stdin = "-"

// File is a file to read.
type File struct {
	Path string
	Size int64 // bytes as stored; 0: not known
}

// Find returns the files that paths name: files, folders with everything below
// them, patterns of package filepath, and "-" for standard input. A file that is
// named twice is returned once. The error names every path without a file; the other files
// are returned beside it.
func Find(paths []string) ([]File, error) {
	var files []File
	var wrong []error
	for _, path := range paths {
		found, err := find(path)
		if err != nil {
			wrong = append(wrong, err)
		}
		files = append(files, found...)
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return slices.CompactFunc(files, func(a, b File) bool { return a.Path == b.Path }), errors.Join(wrong...)
}

func find(path string) ([]File, error) {
	if path == Stdin {
		return []File{{Path: Stdin}}, nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return walk(path)
	case err == nil:
		return []File{{filepath.Clean(path), info.Size()}}, nil
	case !strings.ContainsAny(path, "*?["):
		return nil, err
	}
	return glob(path, err)
}

// glob expands a pattern, for shells that leave this to the program. missing is
// the error of the pattern as a path.
func glob(pattern string, missing error) ([]File, error) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	if len(names) == 0 {
		return nil, missing
	}
	var files []File
	var wrong []error
	for _, name := range names {
		found, err := find(name)
		files, wrong = append(files, found...), append(wrong, err)
	}
	return files, errors.Join(wrong...)
}

// walk returns the regular files below a folder, without hidden ones.
func walk(folder string) ([]File, error) {
	var files []File
	var wrong []error
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		hidden := path != folder && strings.HasPrefix(filepath.Base(path), ".")
		switch {
		case err != nil:
			wrong = append(wrong, err)
			return nil
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden || entry.IsDir():
			return nil
		}
		info, err := os.Stat(path) // behind a link, too
		if err != nil || info.Mode().IsRegular() {
			wrong = append(wrong, err)
			if err == nil {
				files = append(files, File{filepath.Clean(path), info.Size()})
			}
		}
		return nil
	})
	return files, errors.Join(wrong...)
}
