// Package cases runs test cases of a detection: logs, a policy, and the
// incidents that are expected of them, as one YAML file for each case.
package cases

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxCase bounds a case file, in bytes.
const maxCase = 1 << 20

// Case is one test case. Paths are relative to its file.
type Case struct {
	Name      string     `yaml:"name"`
	Policy    string     `yaml:"policy"`    // path; empty: the built-in policy
	Source    string     `yaml:"source"`    // format of the logs; empty: found for each
	Logs      []string   `yaml:"logs"`      // files, folders, patterns
	Incidents []Expected `yaml:"incidents"` // all of them; empty: nothing may be found

	path string
}

// Expected is one incident. What is empty may be anything.
type Expected struct {
	Rule        string   `yaml:"rule"`
	Class       string   `yaml:"class"`
	Severity    string   `yaml:"severity"`
	Address     string   `yaml:"address"`           // one of its addresses
	Account     string   `yaml:"account"`           // one of its accounts, or its subject
	Application string   `yaml:"application"`       // one of its application ids, or its subject
	Valid       []string `yaml:"valid_credentials"` // all accounts with valid credentials
}

// Find returns the cases below the folder path, or the case in the file path: YAML
// files with the key logs or incidents. A file with one of them that is no case
// is an error.
func Find(path string) (list []*Case, err error) {
	walked := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isYAML(name) {
			return err
		}
		c, err := load(name)
		if c != nil {
			list = append(list, c)
		}
		return err
	})
	if walked == nil && len(list) == 0 {
		return nil, fmt.Errorf("%s: no case (want YAML files with the keys logs and incidents)", path)
	}
	return list, walked
}

func isYAML(name string) bool {
	ending := strings.ToLower(filepath.Ext(name))
	return ending == ".yaml" || ending == ".yml"
}

// load reads a case. Another YAML file, for instance a policy, gives nil.
func load(path string) (*Case, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxCase))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var keys map[string]any
	if yaml.Unmarshal(text, &keys) != nil || keys["logs"] == nil && keys["incidents"] == nil {
		return nil, nil
	}
	c := &Case{path: path}
	decode := yaml.NewDecoder(strings.NewReader(string(text)))
	decode.KnownFields(true)
	if err := decode.Decode(c); err != nil {
		return nil, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return c, c.check()
}

// check finds expectations that any incident meets.
func (c *Case) check() error {
	for n, e := range c.Incidents {
		if e.Rule+e.Class+e.Address+e.Account+e.Application == "" {
			return fmt.Errorf("%s: incidents[%d]: matches every incident (want rule, class, address, account or application)", c.path, n)
		}
	}
	if len(c.Logs) == 0 {
		return errors.New(c.path + ": logs: empty (want files)")
	}
	return nil
}

// Title returns the name of the case, with its file.
func (c *Case) Title() string {
	if c.Name == "" {
		return c.path
	}
	return c.path + ": " + c.Name
}

// beside returns a path of the case, which is relative to its file.
func (c *Case) beside(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.path), path)
}
