package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"redshank/test/agent"
	"redshank/test/world/lines"
)

// playHost plays a world through the shared object, in the host of this
// project: the whole plugin, alerts as documents. It returns how many lines
// there were. The host reads everything now: restarts are not among what it
// can do.
func playHost(w labelled, dir string, o options) (*found, int, error) {
	policy, err := writePolicy(w, dir, o)
	if err != nil {
		return nil, 0, err
	}
	alerts := filepath.Join(dir, "alerts.ndjson")
	cmd := exec.Command(filepath.Join(o.build, "host"), "-e", filepath.Join(o.build, "out_redshank.so"), "-t", "score",
		"-p", "policy="+policy, "-p", "sink=file", "-p", "sink_path="+alerts, "-p", "health_interval=0", "-f", "tagged", "-c", "1000", "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, 0, err
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return nil, 0, fmt.Errorf("%w (want make build)", err)
	}
	count, err := writeTagged(w, in)
	if err := errors.Join(err, in.Close(), cmd.Wait()); err != nil {
		return nil, count, fmt.Errorf("%w\n%s", err, agent.LastLines(log.Bytes(), 20))
	}
	f, err := readAlerts(alerts)
	return f, count, err
}

// writeTagged writes all lines as "TAG<tab>text".
func writeTagged(w labelled, to io.Writer) (count int, err error) {
	out := bufio.NewWriterSize(to, 1<<18)
	w.Play(func(l lines.Line) bool {
		count++
		out.WriteString(l.Tag)
		out.WriteByte('\t')
		out.Write(l.Text)
		err = out.WriteByte('\n')
		return err == nil
	})
	return count, errors.Join(err, out.Flush())
}

// document holds the fields of an alert in ECS form that are judged.
type document struct {
	Timestamp time.Time `json:"@timestamp"`
	Message   string    `json:"message"`
	Event     struct {
		Kind       string
		ID         string
		Sequence   int
		Start, End time.Time
	}
	Rule    struct{ ID string }
	Source  struct{ IP string }
	User    struct{ Name, Email string }
	Related struct {
		IP    []string
		User  []string
		Hosts []string
	}
	Redshank struct {
		Class, Severity string
		Subject         struct{ Name string }
		Counts          struct {
			Failures int
			Users    int `json:"distinct_users"`
			IPs      int `json:"distinct_ips"`
		}
		Apps    []string
		Valid   []struct{ User string } `json:"valid_credentials"`
		Users   []struct{ Name string }
		Signals []struct{ Code string }
	}
}

// readAlerts reads a file of alerts, one a line. A missing file is an empty one.
func readAlerts(path string) (*found, error) {
	f := newFound()
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	scan := bufio.NewScanner(file)
	scan.Buffer(nil, 1<<22)
	for scan.Scan() {
		var d document
		if err := json.Unmarshal(scan.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if d.Event.Kind == "alert" {
			f.add(d.message())
		}
	}
	return f, scan.Err()
}

func (d *document) message() message {
	m := message{
		ID: d.Event.ID, Sequence: d.Event.Sequence, Rule: d.Rule.ID, Class: d.Redshank.Class, Severity: d.Redshank.Severity,
		Subject: d.Redshank.Subject.Name, User: d.User.Email, Source: d.Source.IP, Text: d.Message,
		Time: d.Timestamp, Start: d.Event.Start, End: d.Event.End,
		Users: d.Redshank.Counts.Users, IPs: d.Redshank.Counts.IPs, Failures: d.Redshank.Counts.Failures,
		Addresses: d.Related.IP, Apps: d.Redshank.Apps, Hosts: d.Related.Hosts,
	}
	if m.User == "" {
		m.User = d.User.Name
	}
	for _, u := range d.Redshank.Users {
		m.Accounts = append(m.Accounts, u.Name)
	}
	for _, v := range d.Redshank.Valid {
		m.Valid = append(m.Valid, v.User)
	}
	for _, s := range d.Redshank.Signals {
		m.Signals = append(m.Signals, s.Code)
	}
	return m
}
