package policy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/policy/strict"
)

// maxLine bounds a line of a list file, in bytes.
const maxLine = 64 << 10

// policyList is a list of a policy: what stands in it, and files it names.
type policyList[T any] struct {
	inline []T
	files  []*listFile[T]

	parse   func(string) (T, error)
	pending []entry // read, but not parsed yet: see finish
}

// entry is an element as written. Lists are parsed only after the whole policy
// has been read, since what an account is depends on the domains further down.
type entry struct {
	at   string
	node *yaml.Node
	text string
	file bool
}

// listFile is a file with one element a line. Empty lines and what follows a
// `#` at the start of a line or after a space are left out.
type listFile[T any] struct {
	path  string
	stamp stamp
	items []T
}

// stamp identifies a version of a file without reading the file.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	if !info.Mode().IsRegular() {
		return stamp{}, fmt.Errorf("%s: not a regular file", path)
	}
	return stamp{info.ModTime(), info.Size()}, nil
}

// elements reads a list into l: texts, and `file: path` for files. A list in a
// policy replaces the default.
func elements[T any](l *policyList[T]) strict.Field {
	return func(r *strict.Reader, at string, n *yaml.Node) {
		l.pending = nil
		r.Items(at, n, func(item *yaml.Node) {
			e := entry{at: at, node: item}
			r.Either(item, func() {
				e.file = true
				strict.Section(strict.Fields{"file": strict.Text(&e.text)})(r, at, item)
			}, func() {
				e.text, _ = r.Value(item, at, "a text, or file: and a path")
			})
			if e.text != "" {
				l.pending = append(l.pending, e)
			}
		})
	}
}

// finish parses what elements has read.
func (l *policyList[T]) finish(r *strict.Reader, parse func(string) (T, error)) {
	l.parse, l.inline, l.files = parse, nil, nil
	for _, e := range l.pending {
		if e.file {
			f := &listFile[T]{path: r.Path(e.text)}
			_, err := f.read(parse)
			r.FailEach(e.node, e.at, err)
			l.files = append(l.files, f)
			continue
		}
		item, err := parse(e.text)
		if err != nil {
			r.Fail(e.node, e.at, "%q: %v", strict.Clip(e.text), err)
			continue
		}
		l.inline = append(l.inline, item)
	}
}

// all calls f for every element.
func (l *policyList[T]) all(f func(T)) {
	for _, item := range l.inline {
		f(item)
	}
	for _, file := range l.files {
		for _, item := range file.items {
			f(item)
		}
	}
}

// refresh reads the files that have changed. One that cannot be read keeps
// what it held.
func (l *policyList[T]) refresh() (changed []string, err error) {
	for _, f := range l.files {
		again, e := f.read(l.parse)
		err = errors.Join(err, e)
		if again {
			changed = append(changed, f.path)
		}
	}
	return changed, err
}

// read reads the file if it has changed since the last read, and reports whether its
// elements are new. A file with an error changes nothing.
func (f *listFile[T]) read(parse func(string) (T, error)) (bool, error) {
	now, err := stampOf(f.path)
	if err != nil || now == f.stamp {
		return false, err
	}
	var items []T
	err = eachLine(f.path, func(line []byte) error {
		item, err := parse(string(line))
		if err != nil {
			return fmt.Errorf("%q: %w", strict.Clip(string(line)), err)
		}
		items = append(items, item)
		return nil
	})
	if err != nil {
		return false, err
	}
	f.items, f.stamp = items, now
	return true, nil
}

// maxWrong bounds the invalid lines of one file that are reported.
const maxWrong = 20

// eachLine calls f for every line that says something, without its comment.
// The line is f's only until it returns.
func eachLine(path string, f func(line []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	scan := bufio.NewScanner(file)
	scan.Buffer(make([]byte, 0, maxLine), maxLine)
	var wrong []error
	number := 0
	for scan.Scan() && len(wrong) < maxWrong {
		number++
		line := withoutComment(scan.Bytes())
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if len(line) == 0 {
			continue
		}
		if err := f(line); err != nil {
			wrong = append(wrong, fmt.Errorf("%s:%d: %w", path, number, err))
		}
	}
	if err := scan.Err(); err != nil {
		wrong = append(wrong, fmt.Errorf("%s:%d: %w", path, number+1, err))
	}
	return errors.Join(wrong...)
}

// withoutComment trims a line. A `#` inside a word is part of it, as in the
// names of guests (bob_fabrikam.com#EXT#@contoso.com).
func withoutComment(line []byte) []byte {
	line = bytes.TrimSpace(line)
	if len(line) > 0 && line[0] == '#' {
		return nil
	}
	if i := bytes.Index(line, []byte(" #")); i >= 0 {
		line = bytes.TrimSpace(line[:i])
	}
	return line
}
