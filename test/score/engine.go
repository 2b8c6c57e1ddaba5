package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/policy"
)

// engine plays a world through the detection engine directly: the same code as
// in the plugin, without an agent around it. This file is all that knows the
// engine's interface.
type engine struct {
	policy  string
	engine  *analytics.Engine
	state   map[string]map[string][]byte // saved by Changes, by table
	restart time.Duration                // world time between two restarts; 0 for no restarts
	next    time.Time
	found   *found
	cpu     time.Duration
}

// newEngine writes the policy of a world to dir and starts an engine with it.
func newEngine(w labelled, dir string, o options) (*engine, error) {
	path, err := writePolicy(w, dir, o)
	if err != nil {
		return nil, err
	}
	e := &engine{policy: path, restart: o.restart, state: map[string]map[string][]byte{}, found: newFound()}
	return e, e.start()
}

// writePolicy writes a policy and the files that it names.
func writePolicy(w labelled, dir string, o options) (string, error) {
	if o.databases {
		if err := w.Databases(dir); err != nil {
			return "", err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "leaked.txt"), []byte(strings.Join(w.Leaked(), "\n")+"\n"), 0o600); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "policy.yaml")
	return path, os.WriteFile(path, []byte(w.Policy(o.databases, o.leaked)), 0o600)
}

// start creates an engine with the saved state.
func (e *engine) start() error {
	p, err := policy.Load(e.policy)
	if err != nil {
		return err
	}
	e.engine, err = analytics.New(analytics.Options{Policy: p, Source: "auto", MaxIPs: 200_000, MaxUsers: 200_000})
	if err != nil || e.restart == 0 {
		return err
	}
	if len(e.state) == 0 {
		e.engine.Track()
		return nil
	}
	return e.engine.Restore(func(table string, do func(key, value []byte) error) error {
		for key, value := range e.state[table] {
			if err := do([]byte(key), value); err != nil {
				return err
			}
		}
		return nil
	})
}

// save saves the changed entries.
func (e *engine) save() error {
	return e.engine.Changes(func(c analytics.Entry) {
		t := e.state[c.Table]
		if t == nil {
			t = map[string][]byte{}
			e.state[c.Table] = t
		}
		if c.Value == nil {
			delete(t, string(c.Key))
		} else {
			t[string(c.Key)] = append([]byte(nil), c.Value...)
		}
	})
}

// observe passes one chunk to the engine, and restarts the engine when a restart is due.
func (e *engine) observe(tag string, chunk []byte, at time.Time) error {
	if e.restart > 0 {
		if e.next.IsZero() {
			e.next = at.Add(e.restart)
		}
		if !at.Before(e.next) {
			e.next = at.Add(e.restart)
			if err := e.save(); err != nil {
				return err
			}
			if err := e.start(); err != nil {
				return err
			}
		}
	}
	began := time.Now()
	alerts := e.engine.Observe(tag, chunk)
	e.cpu += time.Since(began)
	for _, a := range alerts {
		e.found.add(messageOf(a, at))
	}
	return nil
}

// close returns the result, with the final messages.
func (e *engine) close(at time.Time) *found {
	for _, a := range e.engine.Close() {
		e.found.add(messageOf(a, at))
	}
	return e.found
}

// heap returns the bytes of the heap in use, after a collection.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// messageOf returns the fields of an alert that the judge needs.
func messageOf(a *alert.Alert, at time.Time) message {
	m := message{
		ID: a.ID, Sequence: a.Sequence, Rule: a.Rule.ID, Class: a.Class, Severity: a.Severity.String(), Subject: a.Subject, Text: a.Message,
		Time: a.Time, Start: a.Start, End: a.End, Read: at,
		Users: a.Counts.DistinctUsers, IPs: a.Counts.DistinctIPs, Failures: a.Counts.Failures, Apps: a.Apps, Hosts: a.Hosts,
	}
	if a.Source.IsValid() {
		m.Source = a.Source.String()
	}
	if a.User != nil {
		m.User = a.User.Name
		if a.User.Email != "" {
			m.User = a.User.Email
		}
	}
	for _, ip := range a.IPs {
		m.Addresses = append(m.Addresses, ip.String())
	}
	for _, u := range a.Users {
		m.Accounts = append(m.Accounts, u.Name)
	}
	for _, v := range a.Valid {
		m.Valid = append(m.Valid, v.User)
	}
	for _, s := range a.Signals {
		m.Signals = append(m.Signals, s.Code)
	}
	return m
}
